local descriptions = require "tls.descriptions"
local generator = require "tls.generator"
local helper = require "helper"
local rfc8448 = require "tls.rfc8448"
local tls = require "wolfssl.tls"

local unhex = helper.unhex
local handshake, wire = tls.handshake, tls.wire

-- Every proper prefix is refused, with the place.
local function refuse_prefixes(bytes, context)
  for length = 0, #bytes - 1 do
    local value, _, code, detail = tls.decode_handshake(bytes:sub(1, length), context)
    assert.is_nil(value)
    assert.equal("decode_error", code)
    assert.is_string(detail.path)
    assert.is_true(detail.offset <= length)
  end
end

-- The spans cover every byte, each inside the one it belongs to.
local function check_spans(bytes, context)
  local covered = 0
  for span in assert(handshake.spans(bytes, context)):each() do
    assert.is_true(span.offset + span.length <= #bytes)
    if not span.path:find("[.%[]") then
      assert.equal(covered, span.offset)
      covered = covered + span.length
    end
  end
  assert.equal(#bytes, covered)
end

describe("wolfssl.tls.handshake", function()
  it("decodes the messages of RFC 8448 and writes the same bytes", function()
    for _, trace in ipairs(rfc8448) do
      local context = {}
      for _, row in ipairs(trace) do
        local bytes = unhex(row[3])
        local message = assert(tls.decode_handshake(bytes, context))
        handshake.observe(context, message)
        assert.equal(row[2], handshake.name(message))
        assert.is_table(message.body)
        assert.equal(bytes, tls.encode_handshake(message, context))
        refuse_prefixes(bytes, context)
        check_spans(bytes, context)
      end
      assert.equal(0x0304, context.version)
      assert.equal("TLS_AES_128_GCM_SHA256", context.cipher_suite.name)
    end
  end)

  it("gives the fields of RFC 8448 section 3 their names", function()
    local hello = tls.decode_handshake(unhex(rfc8448[1][1][3])).body
    assert.equal("TLS 1.2", hello.legacy_version.name)
    assert.equal("", hello.legacy_session_id)
    assert.same({ "TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256",
      "TLS_AES_256_GCM_SHA384" }, {
      hello.cipher_suites[1].name, hello.cipher_suites[2].name, hello.cipher_suites[3].name })
    assert.same({ "null" }, { hello.legacy_compression_methods[1].name })
    local find = tls.extension.find
    assert.equal("server", find(hello.extensions, "server_name").server_name_list[1].name)
    assert.equal("x25519", find(hello.extensions, "key_share").client_shares[1].group.name)
    assert.equal(16385, find(hello.extensions, "record_size_limit").record_size_limit)
    assert.equal("psk_dhe_ke", find(hello.extensions, 45).ke_modes[1].name)
    assert.is_nil(find(hello.extensions, "cookie"))
    local ticket = tls.decode_handshake(unhex(rfc8448[1][#rfc8448[1]][3]), { version = 0x0304 })
    assert.equal(30, ticket.body.ticket_lifetime)
    assert.equal(1024, find(ticket.body.extensions, "early_data").max_early_data_size)
  end)

  it("keeps unknown messages raw", function()
    local bytes = unhex "63 000003 010203"
    local message = tls.decode_handshake(bytes)
    assert.equal("unknown (0x63)", message.msg_type.name)
    assert.equal("\1\2\3", message.body)
    assert.equal(bytes, tls.encode_handshake(message))
  end)

  it("keeps bytes whose form the context does not tell", function()
    local bytes = unhex "10 000003 020101"
    assert.equal("\2\1\1", tls.decode_handshake(bytes).body)
    local context = { version = 0x0303, cipher_suite = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" }
    assert.same({ ecdh_yc = "\1\1" }, tls.decode_handshake(bytes, context).body)
    context.cipher_suite = 0xC02F
    assert.same({ ecdh_yc = "\1\1" }, tls.decode_handshake(bytes, context).body)
  end)

  -- RFC 8492 appendix A
  it("reads a ServerKeyExchange of TLS-PWD", function()
    local bytes = unhex [[
      0c 000087 20 963c77cdc13a2a8d75cdddd1e04499298437 11c21d47ce6e6383cdda37e47da3 03 001a
      41 0422bbd56b481d7fa90c35e8d42fcd06618a0778de506b1bc38882abc73132eef3
         7f02e13bd544acc145bdd806450d43be34b9288348d03d6cd9832487b129dbe1
      20 2f704896699fc424d3cec33717644f5adf7f68483424ee51492bb96613fc4921 ]]
    local context = { version = 0x0303, cipher_suite = "TLS_ECCPWD_WITH_AES_128_CCM_SHA256" }
    local params = assert(tls.decode_handshake(bytes, context)).body.params
    assert.equal("brainpoolP256r1", params.curve_params.parameters.namedcurve.name)
    assert.same({ 32, 65, 32 }, { #params.salt, #params.element, #params.scalar })
    refuse_prefixes(bytes, context)
  end)

  it("reads the client's part of key exchanges without certificates", function()
    local function read(suite, body)
      local context = { version = 0x0303, cipher_suite = suite }
      local message = unhex("10 0000" .. ("%02x"):format(#body / 2) .. body)
      return assert(tls.decode_handshake(message, context)).body
    end
    assert.same({ ticket = "tt", authenticator = "", encrypted_pre_master_secret = "e" },
      read("TLS_KRB5_WITH_3DES_EDE_CBC_SHA", "0002747400000001" .. "65"))
    assert.same({ element = "\4xy", scalar = "s" },
      read("TLS_ECCPWD_WITH_AES_128_GCM_SHA256", "03047879" .. "0173"))
    assert.same({ ecjpake_key_kp = { x = "x", zkp = { v = "v", r = "r" } } },
      read("TLS_ECJPAKE_WITH_AES_128_CCM_8", "017801760172"))
  end)

  -- Sent by GnuTLS 3.7.9.
  it("reads the key transport of GOST, element by element", function()
    local bytes = unhex [[
      10 0000af 3081ac 3081a9 3028
        0420 e8c574accc1ebce28d1d0a96c2636a6ea5531ddefa63b936bdf7716517d05721 0404 24caf63c
      a07d 0609 2a8503070102050101
        a066 301f 06082a85030701010101 301306072a85030202230106082a85030701010202
          034300 0440da7eb7990647df9df1c7dbe3e353d6c0d702db7fc04e46d360fdb4c3744992328956e084
          83560b76587f74099617d87ad40c306396556edef391bee3f7e6d5d3
        0408 09c3afd2ecb23ff6 ]]
    local context = { version = 0x0303, cipher_suite = "TLS_GOSTR341112_256_WITH_28147_CNT_IMIT" }
    local blob = assert(tls.decode_handshake(bytes, context)).body.gost_key_transport.key_blob
    assert.equal("\36\202\246\60", blob.session_encrypted_key.mac_key)
    assert.equal(unhex "09c3afd2ecb23ff6", blob.transport_parameters.ukm)
    local key = blob.transport_parameters.ephemeral_public_key
    assert.equal(unhex "000440da7e", key.subject_public_key:sub(1, 5))
    refuse_prefixes(bytes, context)
  end)

  it("reads the key transport of GOST with OMAC", function()
    local context = { version = 0x0303, cipher_suite = "TLS_GOSTR341112_256_WITH_MAGMA_CTR_OMAC" }
    local transport = { key_exp = ("k"):rep(200), ephemeral_public_key = {
      algorithm = "\6\1a", subject_public_key = "\0\4\1p" } }
    local bytes = tls.encode_handshake({ msg_type = "client_key_exchange",
      body = { gost_key_transport = transport } }, context)
    assert.equal(unhex "10 0000db 3081d8 0481c8" .. ("k"):rep(200)
      .. unhex "300b 3003060161 030400040170", bytes)
    assert.same(transport, tls.decode_handshake(bytes, context).body.gost_key_transport)
  end)

  it("makes malformed messages on purpose", function()
    local hello = tls.decode_handshake(unhex(rfc8448[1][1][3]))
    hello.body.cipher_suites = { raw = unhex "0003 1301 13" }
    local _, _, code, detail = tls.decode_handshake(tls.encode_handshake(hello))
    assert.equal("decode_error", code)
    assert.same({ path = "body.cipher_suites[2]", offset = 43 }, detail)
    assert.equal("\1\0\0\1x", tls.encode_handshake { msg_type = "client_hello", body = "x" })
    assert.equal("\1\9", tls.encode_handshake { msg_type = 1, body = { raw = "\9" } })
  end)

  it("flags what is duplicated or misplaced, and keeps it", function()
    local context = { version = 0x0304 }
    local bytes = unhex "08 000010 000e 0015 0002 0000 0010 0000 0010 0000"
    local value, message = tls.decode_handshake(bytes, context)
    assert.is_nil(value)
    assert.truthy(message:find("body.extensions[2].extension_data", 1, true), message)
    bytes = unhex "08 000010 000e 0015 0002 0000 0031 0000 0031 0000"
    local list = tls.decode_handshake(bytes, context).body.extensions
    assert.same({ true, "\0\0" }, { list[1].misplaced, list[1].extension_data })
    assert.is_nil(list[2].duplicate)
    assert.is_true(list[3].duplicate)
    assert.equal(bytes, tls.encode_handshake({ msg_type = "encrypted_extensions",
      body = { extensions = list } }, context))
  end)

  it("reads the messages of DTLS", function()
    local hello = unhex("01 00002c feff" .. ("00"):rep(32) .. "00 02aabb 0002c014 0100")
    local message = assert(tls.decode_handshake(hello, { dtls = true }))
    assert.equal("\170\187", message.body.legacy_cookie)
    assert.equal(hello, tls.encode_handshake(message, { dtls = true }))
  end)

  local versions = { 0x0300, 0x0301, 0x0302, 0x0303, 0x0304 }
  local suites = tls.registry.cipher_suite.list

  local function some_context(rng)
    return { version = versions[rng(1, 5)], cipher_suite = suites[rng(1, #suites)],
      dtls = rng(1, 8) == 1 or nil }
  end

  local function some_message(name, rng, context)
    local body = wire.random(handshake.bodies[name], rng, context)
    return body, tls.encode_handshake({ msg_type = name, body = body }, context)
  end

  local names = {}
  for name in pairs(handshake.bodies) do names[#names + 1] = name end
  table.sort(names)

  for _, name in ipairs(names) do
    it("brings any " .. name .. " there and back", function()
      local rng = generator.rng(name)
      for round = 1, generator.times(150, 10000) do
        local context = some_context(rng)
        local body, bytes = some_message(name, rng, context)
        local message, text = tls.decode_handshake(bytes, context)
        assert(message, text)
        assert.is_nil(generator.difference(body, message.body, name))
        assert.equal(bytes, tls.encode_handshake(message, context))
        if round <= 10 then
          refuse_prefixes(bytes, context)
          check_spans(bytes, context)
        end
      end
    end)

    it("takes any mutation of " .. name .. " or says decode_error", function()
      local rng = generator.rng("mutated " .. name)
      local bytes, context
      for round = 1, generator.times(1000, 1000000) do
        if round % 50 == 1 then
          context = some_context(rng)
          local _
          _, bytes = some_message(name, rng, context)
        end
        local at, cut = rng(1, #bytes), rng(1, 20) == 1 and rng(0, 3) or 1
        local mutant = bytes:sub(1, at - 1) .. string.char(rng(0, 255)) .. bytes:sub(at + cut)
        local message, _, code = tls.decode_handshake(mutant, context)
        if message then
          assert.equal(mutant, tls.encode_handshake(message, context))
        else
          assert.equal("decode_error", code)
        end
      end
    end)
  end
end)

describe("wolfssl.tls.handshake.reassembler", function()
  local message = unhex(rfc8448[1][4][3])

  it("gives messages whole, however they were cut", function()
    for size = 1, #message * 2 do
      local reassembler = handshake.reassembler()
      local both, got = message .. message, {}
      for at = 1, #both, size do
        reassembler:push(both:sub(at, at + size - 1))
        for bytes in function() return reassembler:next() end do got[#got + 1] = bytes end
      end
      assert.same({ message, message }, got)
      assert.equal(0, reassembler.pending)
    end
  end)

  it("says how many bytes wait", function()
    local reassembler = handshake.reassembler()
    reassembler:push(message:sub(1, 7))
    assert.is_nil(reassembler:next())
    assert.equal(7, reassembler.pending)
  end)

  it("refuses a message longer than allowed before it has arrived", function()
    local reassembler = handshake.reassembler(100)
    reassembler:push(message:sub(1, 4))
    local value, text, code = reassembler:next()
    assert.is_nil(value)
    assert.truthy(text:find("441 bytes", 1, true))
    assert.equal("decode_error", code)
  end)
end)

describe("wolfssl.tls descriptions", function()
  it("name every field in snake_case", function()
    local count = 0
    descriptions.each(handshake.type, function(kind)
      for _, field in ipairs(kind.fields or {}) do
        assert.truthy(field[1]:match("^[a-z][a-z0-9_]*$"), field[1])
        count = count + 1
      end
    end)
    assert.is_true(count > 150, count)
  end)
end)
