local generator = require "tls.generator"
local helper = require "helper"
local tls = require "wolfssl.tls"

local extension, wire = tls.extension, tls.wire

-- RFC 8446 section 4.2, the table; server_name in CR is RFC 9261's.
local RFC8446 = [[
  server_name                            CH EE CR
  max_fragment_length                    CH EE
  status_request                         CH CR CT
  supported_groups                       CH EE
  signature_algorithms                   CH CR
  use_srtp                               CH EE
  heartbeat                              CH EE
  application_layer_protocol_negotiation CH EE
  signed_certificate_timestamp           CH CR CT
  client_certificate_type                CH EE
  server_certificate_type                CH EE
  padding                                CH
  key_share                              CH SH HRR
  pre_shared_key                         CH SH
  psk_key_exchange_modes                 CH
  early_data                             CH EE NST
  cookie                                 CH HRR
  supported_versions                     CH SH HRR
  certificate_authorities                CH CR
  oid_filters                            CR
  post_handshake_auth                    CH
  signature_algorithms_cert              CH CR
]]

local CODES = { "CH", "SH", "HRR", "EE", "CR", "CT", "NST", "SH12" }

describe("wolfssl.tls.extension", function()
  it("allows each extension where RFC 8446 section 4.2 does", function()
    for name, places in RFC8446:gmatch("([%w_]+) +([%u ]+)\n") do
      local allowed = {}
      for code in places:gmatch("%u+") do allowed[code] = true end
      for _, code in ipairs(CODES) do
        if code ~= "SH12" then
          local kind = extension.definition(name)[code]
          assert.equal(allowed[code], kind and true, name .. " " .. code)
        end
      end
    end
  end)

  it("has a format for every registered extension that has a published one", function()
    local without = {}
    for _, entry in ipairs(tls.registry.extension_type.list) do
      if not extension.definition(entry.value) then without[#without + 1] = entry.name end
    end
    assert.same({ "TLMSP", "TLMSP_proxying", "TLMSP_delegate",
      "sequence_number_encryption_algorithms" }, without)
  end)

  it("knows no places but those", function()
    local known = {}
    for _, code in ipairs(CODES) do known[code] = true end
    for _, entry in ipairs(tls.registry.extension_type.list) do
      for code in pairs(extension.definition(entry.value) or {}) do assert.is_true(known[code]) end
    end
  end)

  for _, code in ipairs(CODES) do
    it("brings all extensions of " .. code .. " there and back", function()
      local rng = generator.rng(code)
      local list = wire.named(code, extension.list(code))
      for name, kind in pairs(extension.types(code)) do
        for _ = 1, generator.times(60, 10000) do
          local value = { { extension_type = tls.registry.extension_type.by_name[name],
            extension_data = wire.random(kind, rng) } }
          local bytes = wire.encode(list, value)
          local decoded, message = wire.decode(list, bytes)
          assert(decoded, message)
          assert.is_nil(generator.difference(value, decoded, name))
          assert.equal(bytes, wire.encode(list, decoded))
        end
      end
    end)
  end

  it("takes names for everything when encoding", function()
    local list = wire.named("list", extension.list("CH"))
    local bytes = wire.encode(list, {
      { extension_type = "supported_versions", extension_data = { versions = { "TLS 1.3" } } },
      { extension_type = "GREASE (0x1a1a)", extension_data = "\0" },
      { extension_type = "server_name", extension_data = {
        server_name_list = { { name_type = "host_name", name = "a.example" } } } },
    })
    local decoded = wire.decode(list, bytes)
    assert.is_true(decoded[2].extension_type.grease)
    assert.equal("a.example",
      extension.find(decoded, "server_name").server_name_list[1].name)
  end)

  it("names the extension that cannot be encoded", function()
    local list = wire.named("list", extension.list("CH"))
    assert.error_matches(function()
      wire.encode(list, { { extension_type = "supported_groups",
        extension_data = { named_group_list = { "x25519", "x25518" } } } })
    end, "%[1%]%.extension_data%.named_group_list%[2%]: x25518 is no named group")
  end)

  local function data_of(name, code, hex)
    local kind = wire.named(name, extension.definition(name)[code])
    local bytes = helper.unhex(hex)
    local value = assert(wire.decode(kind, bytes))
    assert.equal(bytes, wire.encode(kind, value))
    for length = 0, #bytes - 1 do
      assert.is_nil((wire.decode(kind, bytes:sub(1, length))), name .. " " .. length)
    end
    return value
  end

  it("takes signed certificate timestamps apart", function()
    local id = ("a4"):rep(32)
    local list = data_of("signed_certificate_timestamp", "CT", "0042 0036 00" .. id
      .. "0000018bcfe56800 0000 0403 0007 30050201010201" .. "0008 0101020304050607").sct_list
    assert.same({ "v1", 1700000000000, "", "ecdsa_secp256r1_sha256", 7 }, {
      list[1].sct_version.name, list[1].timestamp, list[1].extensions, list[1].algorithm.name,
      #list[1].signature })
    assert.equal(helper.unhex(id), list[1].id)
    assert.equal("\1\2\3\4\5\6\7", list[2].content)
  end)

  it("keeps a time that no Lua number holds", function()
    local list = data_of("signed_certificate_timestamp", "CT", "0031 002f 00" .. ("00"):rep(32)
      .. "ffffffffffffffff 0000 0403 0000").sct_list
    assert.equal(("\255"):rep(8), list[1].timestamp.raw)
  end)

  it("reads ticket_pinning whichever parts the server sends", function()
    local function read(hex)
      local kind = wire.named("ticket_pinning", extension.definition("ticket_pinning").EE)
      local value = assert(wire.decode(kind, helper.unhex(hex)))
      assert.equal(helper.unhex(hex), wire.encode(kind, value))
      return { value.proof, value.ticket or "-", value.lifetime }
    end
    assert.same({ "pp", "tick", 60 }, read "02 7070 0004 7469636b 0000003c")
    assert.same({ nil, "tick", 60 }, read "0004 7469636b 0000003c")
    assert.same({ "pp", "-", 60 }, read "02 7070 0000003c")
    assert.same({ nil, "-", 60 }, read "0000003c")
  end)

  it("reads names of users, salts and trust anchors", function()
    assert.equal("fred", data_of("pwd_clear", "CH", "04 66726564").pwd_name)
    assert.equal("fred", data_of("pwd_protect", "CH", "04 66726564").pwd_name)
    assert.equal(16, #data_of("password_salt", "HRR",
      "0010 843711c21d47ce6e6383cdda37e47da3").salt)
    assert.same({ "\1\2", "\3" }, data_of("trust_anchors", "CH", "0005 02 0102 01 03")
      .trust_anchor_ids)
  end)

  it("keeps numbers of QUIC as they were written", function()
    local list = wire.named("list", extension.list("CH"))
    for _, parameters in ipairs {
      "\1\2\64\100",                               -- max_idle_timeout, two bytes
      "\64\1\1\5",                                 -- its id not written shortest
      "\1\64\1\5",                                 -- its length not written shortest
      "\255\1\2\3\4\5\6\7\0",                      -- an id beyond 2^53
    } do
      local bytes = wire.pack(#parameters + 4, 2) .. "\0\57" .. wire.pack(#parameters, 2)
        .. parameters
      local decoded = assert(wire.decode(list, bytes))
      assert.equal(1, #decoded[1].extension_data.transport_parameters)
      assert.equal(bytes, wire.encode(list, decoded))
    end
  end)
end)
