-- ClientHellos that wolfSSL does not take as they are meant: it gets another form of them.

local attacker = require "attacker"
local guest = require "guest"
local peers = require "interop.peers"
local pki = require "pki"
local tls = require "wolfssl.tls"

local function u16(n) return string.char(math.floor(n / 256), n % 256) end
local function v16(s) return u16(#s) .. s end
local function name(kind, text) return string.char(kind) .. v16(text) end
local function extension(kind, content)
  return { extension_type = kind, extension_data = content }
end

local function visit(version, hello)
  hello.versions = { version }
  return guest.of(pki.server(peers.at(version)))
end

-- A handshake with this hello, after which the visitor hears the server. What is known of it then.
local function assert_greeted(version, hello)
  local visitor, connection = visit(version, hello)
  assert(visitor:handshake { hello = hello })
  assert.equal(6, (connection:write "a word"))
  assert.equal("a word", (visitor:read()))
  return connection:info()
end

describe("a ClientHello", function()
  for _, version in ipairs(peers.VERSIONS) do
    it("of " .. version .. " may have names that are none of a host", function()
      local host = name(0, "localhost")
      for _, names in ipairs { name(1, "x") .. host, host .. name(9, "xyz"), name(7, "xyz") } do
        local info = assert_greeted(version, { add = { extension(0, v16(names)) } })
        assert.equal(names:find(host, 1, true) and "localhost" or nil, info.server_name)
      end
    end)
  end

  -- RFC 5246 appendix E.1: a server answers with the highest version that it has.
  it("of TLS 1.2 may be of a version to come", function()
    for _, number in ipairs { 0x0304, 0x0401, 0x0500, 0xFFFF } do
      local info = assert_greeted("TLS 1.2", { legacy_version = number,
        without = { "supported_versions" } })
      assert.equal("TLS 1.2", info.version.name)
    end
  end)

  -- RFC 5746 section 3.4
  it("of TLS 1.2 may have both signs of secure renegotiation", function()
    local suites = { "TLS_EMPTY_RENEGOTIATION_INFO_SCSV",
      "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" }
    local hello = { cipher_suites = suites, add = {
      extension("renegotiation_info", { renegotiated_connection = "" }) } }
    assert_greeted("TLS 1.2", hello)
    local visitor = visit("TLS 1.2", hello)
    assert(visitor:send(visitor:client_hello(hello)))
    local answer = assert(visitor:expect "server_hello").body
    assert.is_table(tls.extension.find(answer.extensions, "renegotiation_info"))
  end)

  -- RFC 9325 section 4.6
  it("of TLS 1.2 that has truncated_hmac is answered without it", function()
    local hello = { add = { extension("truncated_hmac", "") } }
    assert_greeted("TLS 1.2", hello)
    local visitor = visit("TLS 1.2", hello)
    assert(visitor:send(visitor:client_hello(hello)))
    local answer = assert(visitor:expect "server_hello").body
    assert.is_nil(tls.extension.find(answer.extensions, "truncated_hmac"))
  end)

  -- RFC 8446 section 4.4.2.1. The visitor cannot read all of these itself.
  it("of TLS 1.3 may have any status_request_v2", function()
    local request = "\2" .. v16(v16 "" .. v16 "")
    for _, content in ipairs { "", "\0", "\0\0", "\0\9x", "\0\1xy", v16(request), v16 "\2\0\1x" } do
      local client = attacker.new(pki.server({ min_version = "TLS 1.3" }):connection())
      local extensions = client:extensions()
      table.insert(extensions, 1, { 17, content })
      local ok, message = client:handshake(nil, { extensions = extensions })
      assert.is_true(ok, message)
    end
  end)

  it("cannot be decoded where the last identity of a key is without its age", function()
    for _, first in ipairs { false, { identity = "first" } } do
      local client = attacker.new(pki.server({ min_version = "TLS 1.3" }):connection())
      local psks = { first or nil, nil }
      psks[#psks + 1] = { identity = "last", age = "" }
      local _, message, code, detail = client:send(22, client:hello(psks))
      assert.equal("decode_error", code, message)
      assert.equal("body.pre_shared_key", detail.path)
    end
  end)
end)
