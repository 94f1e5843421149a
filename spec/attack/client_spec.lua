-- Hostile servers and our client, over TCP. A server that gets its way is asked for first: that
-- proves that each refusal is for what is wrong.

local field = require "attack.field"
local pki = require "pki"
local server = require "attack.server"
local wolfssl = require "wolfssl"

local VERSIONS = { ["TLS 1.2"] = 0x0303, ["TLS 1.3"] = 0x0304 }

local function honest(options)
  local all = {}
  all.chain, all.key = pki.leaf "secp256r1"
  for name, value in pairs(options or {}) do all[name] = value end
  return all
end

local function attack(options, of_client)
  return field.server(pki.client(of_client), honest(options))
end

-- Refused with that code and alert, and nothing of the secret got out.
local function refused(code, alert, outcome, hostile)
  assert.equal(code, outcome.code, outcome.message)
  assert.equal(code, outcome.again)
  assert.equal(alert, hostile.alert)
  assert.equal(0, outcome.info.plaintext_sent)
  assert.equal(0, outcome.info.plaintext_received)
  assert.equal("", hostile.data)
  assert.is_nil(hostile.seen:find(field.SECRET, 1, true))
end

describe("a client", function()
  for name, version in pairs(VERSIONS) do
    it("tells the secret to an honest server of " .. name, function()
      local outcome, hostile = attack { version = version, play = function(self)
        assert.is_true(self:handshake())
        self:send(23, "hello")
        self:send(21, "\1\0")
        return true
      end }
      assert.equal("closed", outcome.code, outcome.message)
      assert.equal("hello", outcome.said)
      assert.equal(field.SECRET, hostile.data)
    end)

    it("refuses a server of " .. name .. " that is somebody else", function()
      local options = { version = version }
      options.chain, options.key = pki.leaf("secp256r1",
        { subject_alt_names = { "dns:other.example" } })
      local outcome, hostile = attack(options)
      refused("certificate_invalid", "bad_certificate", outcome, hostile)
      assert.equal("wrong_name", outcome.detail[1].code)
    end)

    it("refuses a server of " .. name .. " with the chain of another and its own key", function()
      local chain = pki.leaf "secp256r1"
      local key = require("wolfssl.issue").key "secp256r1"
      local outcome, hostile = attack { version = version, chain = chain, key = key }
      refused("peer_misbehaved", "decrypt_error", outcome, hostile)
    end)

    it("refuses a second Certificate of " .. name .. " after the one that it approved", function()
      local key = require("wolfssl.issue").key "secp256r1"
      local own = require("wolfssl.issue").certificate { subject = "Evil", key = key,
        subject_alt_names = { "dns:localhost" } }
      local outcome, hostile = attack { version = version, key = key,
        after_certificate = function(self) return self:certificate { own } end }
      refused("peer_misbehaved", "unexpected_message", outcome, hostile)
    end)

    it("tells a cut of " .. name .. " from an end, and keeps what came before it", function()
      for _, cut in ipairs { "", "\23", "\23\3\3\0\64", "\23\3\3\0\64" .. ("x"):rep(63) } do
        local outcome = attack { version = version, play = function(self)
          assert.is_true(self:handshake())
          self:send(23, "pay 100")
          self.transport:write(cut, 10)
          self.transport:finish()
          return true
        end }
        assert.equal("pay 100", outcome.said)
        assert.equal("truncated", outcome.code)
      end
    end)

    it("refuses a record of " .. name .. " that holds nothing but its tag, or less", function()
      for length = 1, version == 0x0304 and 16 or 23 do
        local outcome = attack { version = version, play = function(self)
          assert.is_true(self:handshake())
          self.transport:write(server.record(23, ("x"):rep(length)), 10)
          return true
        end }
        assert.equal("peer_misbehaved", outcome.code, outcome.message)
        assert.equal("", outcome.said)
      end
    end)
  end

  it("tells why under CBC, too, with the MAC first", function()
    for _, suite in ipairs { "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
      "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384" } do
      local outcome, hostile = attack({ version = 0x0303, suite = suite, play = function(self)
        assert.is_true(self:handshake())
        self.transport:write("\23\3\3\72\1", 10) -- the header of a record that is too large
        return true
      end }, { cipher_suites = { suite } })
      assert.equal("peer_misbehaved", outcome.code, outcome.message)
      assert.equal("record_overflow", hostile.alert)
    end
  end)

  it("refuses a record of nothing but its tag before the server is known", function()
    local outcome, hostile = attack { before_flight = function(self)
      self.transport:write(server.record(23, ("x"):rep(16)), 10)
    end }
    refused("peer_misbehaved", "unexpected_message", outcome, hostile)
  end)

  for _, suite in ipairs {
    "TLS_ECDH_anon_WITH_AES_128_CBC_SHA", "TLS_ECDHE_ECDSA_WITH_NULL_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA",
  } do
    it("refuses " .. suite .. ", which it did not offer", function()
      for _, options in ipairs { {}, { max_version = "TLS 1.2" } } do
        local outcome, hostile = attack({ version = 0x0303, suite = suite }, options)
        refused("peer_misbehaved", "illegal_parameter", outcome, hostile)
      end
    end)
  end

  it("refuses the suites of TLS 1.3 without encryption", function()
    for _, suite in ipairs { 0xC0B4, 0xC0B5 } do
      local outcome, hostile = attack { hello = function(hello) hello.cipher_suite = suite end }
      refused("peer_misbehaved", "illegal_parameter", outcome, hostile)
    end
  end)

  it("refuses a ServerHello without key_share", function()
    local outcome, hostile = attack { hello = function(hello)
      table.remove(hello.extensions, 2)
    end }
    refused("peer_misbehaved", "missing_extension", outcome, hostile)
  end)

  it("refuses a version below its minimum", function()
    for version, options in pairs {
      [0x0303] = { min_version = "TLS 1.3" }, [0x0302] = {}, [0x0301] = {}, [0x0300] = {},
    } do
      local outcome, hostile = attack({ version = version }, options)
      refused("peer_incompatible", "protocol_version", outcome, hostile)
    end
  end)

  it("refuses TLS 1.2 with the mark of a server that knows TLS 1.3", function()
    for _, mark in ipairs { "\0", "\1" } do
      local outcome, hostile = attack { version = 0x0303, hello = function(hello)
        hello.random = hello.random:sub(1, 24) .. "DOWNGRD" .. mark
      end }
      refused("peer_misbehaved", "illegal_parameter", outcome, hostile)
    end
  end)

  it("refuses a protocol that it did not offer", function()
    local outcome, hostile = attack({ version = 0x0303, hello = function(hello)
      table.insert(hello.extensions, {
        extension_type = "application_layer_protocol_negotiation",
        extension_data = { protocol_name_list = { "smtp" } } })
    end }, { alpn = { "http/1.1" } })
    refused("peer_incompatible", "no_application_protocol", outcome, hostile)
  end)
end)

describe("a server", function()
  it("refuses a client with which it shares no protocol", function()
    local outcome = {}
    field.run(function(transport)
      local stream = pki.server { alpn = { "http/1.1" } }:wrap(transport, { timeout = 100 })
      outcome.data, outcome.message, outcome.code = stream:read()
      outcome.info = stream:info()
      stream:close()
    end, function(transport)
      local stream = assert(wolfssl.client { trust = pki.root, alpn = { "smtp", "x" } })
        :wrap(transport, { server_name = "localhost", timeout = 100 })
      local _, _, code, detail = stream:write(field.SECRET)
      outcome.heard = code == "alert_received" and detail.name
      stream:close()
    end)
    assert.equal("peer_incompatible", outcome.code, outcome.message)
    assert.equal("no_application_protocol", outcome.heard)
    assert.equal(0, outcome.info.plaintext_received)
  end)
end)
