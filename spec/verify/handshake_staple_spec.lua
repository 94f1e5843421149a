-- OCSP responses that come with a chain in real handshakes: OpenSSL staples what it is given.

local der = require "der"
local farm = require "verify.farm"
local field = require "attack.field"
local handshake = require "verify.handshake"
local helper = require "helper"
local ocsp = require "verify.ocsp"
local peers = require "interop.peers"
local wolfssl = require "wolfssl"

local MUST = { { oid = "1.3.6.1.5.5.7.1.24", value = "\48\3\2\1\5" } } -- RFC 7633

local function v16(s)
  return string.char(math.floor(#s / 256), #s % 256) .. s
end

local function v24(s)
  return string.char(math.floor(#s / 65536), math.floor(#s / 256) % 256, #s % 256) .. s
end

describe("a client that asks for a staple", function()
  local dir = helper.tempdir()
  local chain, root, all = farm.chain()
  local must, _, must_all = farm.chain { [0] = { extensions = MUST } }
  local number = 0

  local function write(bytes)
    number = number + 1
    return helper.write(("%s/%d"):format(dir, number), bytes)
  end

  lazy_teardown(peers.cleanup)

  local function response(levels, fields)
    local o = { certificate = levels[1].certificate, issuer = levels[2] }
    for name, value in pairs(fields or {}) do o[name] = value end
    return ocsp.response(o)
  end

  local function start(version, certificates, levels, staple)
    local others = {}
    for i = 2, #certificates do others[i - 1] = certificates[i]:pem() end
    return peers.openssl_server(("%s -www -cert %s -cert_chain %s -key %s %s"):format(
      peers.OPENSSL[version], write(certificates[1]:pem()), write(table.concat(others)),
      write(levels[1].key:pem()), staple and "-status_file " .. write(staple) or ""))
  end

  local function visit(server, options)
    local stream, message, code, detail = peers.connect(server, assert(wolfssl.client(options)),
      { server_name = farm.NAME })
    if not stream then return detail and detail[1] and detail[1].code or code .. ": " .. message end
    stream:send("GET / HTTP/1.0\r\n\r\n")
    local answer = stream:receive(4)
    stream:close()
    return answer == "HTTP" and "ok" or "no answer"
  end

  -- What clients say, one after the other, of one server.
  local function says(version, certificates, levels, staple, ...)
    local server = start(version, certificates, levels, staple)
    local list = {}
    for i, options in ipairs { ... } do
      list[i] = visit(server, { trust = root, max_version = version, staple = options.staple,
        staple_nonce = options.nonce })
    end
    server:stop()
    return list
  end

  local REQUEST, REQUIRE = { staple = "request" }, { staple = "require" }
  local function it_with_openssl(name, test)
    for _, version in ipairs(handshake.VERSIONS) do
      it(name .. ", " .. version, function()
        if not helper.have "openssl" then return pending("needs package openssl") end
        test(version)
      end)
    end
  end

  it_with_openssl("accepts one that is good", function(version)
    assert.same({ "ok", "ok", "ok" },
      says(version, chain, all, response(all), {}, REQUEST, REQUIRE))
  end)

  it_with_openssl("gets no nonce from a server that has its response", function(version)
    assert.same({ "ok", "bad_staple" }, says(version, chain, all, response(all),
      { staple = "require", nonce = "request" }, { staple = "require", nonce = "require" }))
  end)

  it_with_openssl("accepts whatever form the CA gives it", function(version)
    local delegate = farm.one { name = "Responder", issuer = all[2],
      extended_key_usage = { "ocsp_signing" } }
    for what, fields in pairs {
      ["by name"] = { by_name = true },
      ["SHA-256"] = { hash = "sha256" },
      delegate = { signer = delegate, delegates = { delegate.certificate } },
    } do
      assert.same({ "ok" }, says(version, chain, all, response(all, fields), REQUIRE), what)
    end
  end)

  it_with_openssl("accepts one beside a chain that wolfSSL cannot read", function(version)
    local long = { chain[1] }
    for i = 1, 12 do long[1 + i] = root end
    long[#long + 1] = chain[2]
    for _, hash in ipairs { "sha1", "sha256" } do
      assert.same({ "ok", "revoked" }, {
        says(version, long, all, response(all, { hash = hash }), REQUIRE)[1],
        says(version, long, all, response(all, { hash = hash, status = "revoked" }), REQUEST)[1],
      })
    end
  end)

  it_with_openssl("misses one only where it must be there", function(version)
    assert.same({ "ok", "ok", "no_staple" }, says(version, chain, all, nil, {}, REQUEST, REQUIRE))
    assert.same({ "ok", "no_staple" }, says(version, must, must_all, nil, {}, REQUEST))
    assert.same({ "ok" }, says(version, must, must_all, response(must_all), REQUEST))
  end)

  it_with_openssl("refuses what is revoked", function(version)
    for _, hash in ipairs { "sha1", "sha256" } do
      assert.same({ "ok", "revoked" }, says(version, chain, all,
        response(all, { status = "revoked", hash = hash }), {}, REQUEST))
    end
  end)

  it_with_openssl("refuses a response that is old, foreign or wrongly signed", function(version)
    local now, stranger = farm.NOW, farm.ca "Stranger"
    local _, _, others = farm.chain { [0] = { serial = 99 } }
    for what, staple in pairs {
      old = response(all, { this_update = now - 900, next_update = now - 600 }),
      foreign = response(others),
      ["wrongly signed"] = response(all, { signer = stranger }),
      nonsense = "\48\3\10\1\6",
    } do
      assert.same({ "bad_staple" }, says(version, chain, all, staple, REQUEST), what)
    end
  end)

  -- A server of TLS 1.2 that says it has a response, and does not send one: RFC 6066 section 8.
  local function forgetful(certificates, levels, options)
    return field.server(assert(wolfssl.client(options)), {
      version = 0x0303, chain = { certificates[1]:der(), certificates[2]:der() },
      key = levels[1].key, hello = function(body)
        table.insert(body.extensions, { extension_type = "status_request", extension_data = "" })
      end, play = function(self) return self:handshake() and self:send(21, "\1\0") end })
  end

  it("asks nobody about who is trusted by himself, also where there must be one", function()
    for _, version in ipairs(handshake.VERSIONS) do
      assert.equal("ok", (handshake.says("client", version, must, must_all[1].key,
        { trust = must[1], staple = "require" })))
    end
  end)

  it("misses none where nobody is trusted", function()
    for _, version in ipairs(handshake.VERSIONS) do
      assert.equal("1:unknown_issuer", (handshake.says("client", version, must, must_all[1].key,
        { trust = farm.ca("Stranger").certificate, staple = "require" })))
    end
  end)

  it("takes it that a server forgets what it announced, where nothing must be there", function()
    local responder = der.sequence(der.sequence(
      der.oid "1.3.6.1.5.5.7.48.1", der.tlv(0x86, "http://127.0.0.1:1/")))
    for what, extensions in pairs { plain = {},
        ["with a responder's address"] = { { oid = "1.3.6.1.5.5.7.1.1", value = responder } } } do
      local certificates, anchor, levels = farm.chain { [0] = {
        subject_alt_names = { "dns:localhost" }, extensions = extensions } }
      local _, hostile = forgetful(certificates, levels, { trust = anchor, staple = "request" })
      assert.equal(field.SECRET, hostile.data, what)
      local outcome = forgetful(certificates, levels, { trust = anchor, staple = "require" })
      assert.equal("no_staple", outcome.detail[1].code, what)
    end
  end)

  it("takes a response only that is of the type and of the length that it should be", function()
    local good = response(all)
    local function outcome_of(version, status)
      local tls12 = version == 0x0303
      local outcome, hostile = field.server(assert(wolfssl.client { trust = root,
        staple = "require" }), {
        version = version, chain = { chain[1]:der(), chain[2]:der() }, key = all[1].key,
        beside = v16("\0\5" .. v16(status)),
        hello = tls12 and function(body)
          table.insert(body.extensions, { extension_type = "status_request", extension_data = "" })
        end or nil,
        after_certificate = tls12 and function() return "\22" .. v24(status) end or nil,
        play = function(self) return self:handshake() and self:send(21, "\1\0") end,
      }, farm.NAME)
      if hostile.data == field.SECRET then return "ok" end
      return outcome.detail and outcome.detail[1] and outcome.detail[1].code or outcome.code
    end
    for version, refused in pairs { [0x0303] = "no_staple", [0x0304] = "decode_error" } do
      assert.equal("ok", outcome_of(version, "\1" .. v24(good)))
      for what, status in pairs {
        ["of another type"] = "\2" .. v24(good),
        ["too short"] = "\1" .. v24(good .. "x"):sub(1, -2),
        ["too long"] = "\1" .. v24(good) .. "x",
        ["cut before the length"] = "\1",
      } do
        assert.equal(refused, outcome_of(version, status), what)
      end
    end
  end)

  it("takes nobody's word who stands in the chain as if he were the issuer", function()
    local stranger = farm.ca "Stranger"
    local x = stranger.certificate:der()
    local function told(between, staple)
      local list = { chain[1]:der() }
      for _, entry in ipairs(between) do list[#list + 1] = entry end
      list[#list + 1] = chain[2]:der()
      return field.server(assert(wolfssl.client { trust = root, staple = "require" }), {
        version = 0x0303, chain = list, key = all[1].key,
        hello = function(body)
          table.insert(body.extensions, { extension_type = "status_request", extension_data = "" })
        end,
        after_certificate = function()
          return "\22" .. v24("\1" .. v24(staple))
        end,
        play = function(self) return self:handshake() and self:send(21, "\1\0") end,
      }, farm.NAME)
    end
    for _, between in ipairs { {}, { "" }, { x .. x }, { "junk" }, { x, "", x .. x } } do
      for _, hash in ipairs { "sha1", "sha256" } do
        local outcome = told(between, ocsp.response { certificate = chain[1], issuer = stranger,
          hash = hash })
        assert.equal("bad_staple", (outcome.detail[1] or {}).code, outcome.message)
      end
      local _, hostile = told(between, response(all, { hash = "sha256" }))
      assert.equal(field.SECRET, hostile.data)
    end
  end)

  it("takes one, where it belongs", function()
    local good, foreign = response(all), response(all, { hash = "sha256" })
    local function told(...)
      local messages = {}
      for i, staple in ipairs { ... } do messages[i] = "\22" .. v24("\1" .. v24(staple)) end
      return field.server(assert(wolfssl.client { trust = root, staple = "require" }), {
        version = 0x0303, chain = { chain[1]:der(), chain[2]:der() }, key = all[1].key,
        hello = function(body)
          table.insert(body.extensions, { extension_type = "status_request", extension_data = "" })
        end,
        after_certificate = function() return table.concat(messages) end,
        play = function(self) return self:handshake() and self:send(21, "\1\0") end,
      }, farm.NAME)
    end
    for _, first in ipairs { good, foreign } do
      local _, hostile = told(first)
      assert.equal(field.SECRET, hostile.data)
      for _, second in ipairs { good, foreign } do
        local outcome = told(first, second)
        assert.equal("peer_misbehaved", outcome.code, outcome.message)
        outcome = told(first, second, first)
        assert.equal("peer_misbehaved", outcome.code, outcome.message)
      end
    end
  end)

  it("understands GnuTLS, too", function()
    if not helper.have "gnutls-serv" then return pending("needs package gnutls-bin") end
    local pems, key = write(chain[1]:pem() .. chain[2]:pem()), write(all[1].key:pem())
    local stranger = farm.ca "Stranger"
    for expected, staple in pairs { ok = response(all),
        bad_staple = response(all, { signer = stranger }) } do
      for _, version in ipairs(handshake.VERSIONS) do
        local server = peers.gnutls_server(("--http --x509certfile=%s --x509keyfile=%s "
          .. "--ignore-ocsp-response-errors --ocsp-response=%s --priority %s"):format(
          pems, key, write(staple), peers.GNUTLS[version]))
        local said = visit(server, { trust = root, staple = "require" })
        server:stop()
        assert.equal(expected, said, version)
      end
    end
  end)

  it("is a client, and says it in one of two ways", function()
    assert.has_error(function() wolfssl.client { trust = root, staple = "always" } end)
    assert.has_error(function() wolfssl.client { trust = root, staple = true } end)
  end)
end)
