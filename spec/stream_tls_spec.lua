-- What a stream does with its TLS beyond reading and writing.

local helper = require "helper"
local memory = require "wolfssl.transport.memory"
local peers = require "interop.peers"
local pki = require "pki"
local stream = require "wolfssl.stream"

local function client(options)
  local all = peers.at("TLS 1.3", peers.ours("rsa", { post_handshake_auth = true }))
  for name, value in pairs(options or {}) do all[name] = value end
  return pki.client(all)
end

local function server(options)
  local all = peers.at("TLS 1.3", { trust = pki.root })
  for name, value in pairs(options or {}) do all[name] = value end
  return pki.server(all)
end

-- Two joined streams past their handshakes.
local function open(of_client, of_server)
  local a, b = pki.pair(of_client or client(), of_server or server())
  local near, far = memory.pair()
  a, b = stream.new(a, near), stream.new(b, far)
  memory.run(function() assert(a:handshake()) end, function() assert(b:handshake()) end)
  return a, b
end

describe("stream:request_certificate", function()
  it("waits for the answer, and keeps the data that comes before it", function()
    local a, b = open()
    memory.run(function()
      assert(a:send "first\n")
      assert.equal("go on", a:receive())
      assert(a:send "second\n")
    end, function()
      assert.is_true(b:request_certificate())
      assert.equal("CN=Leaf", b:peer_certificates()[1]:subject_string())
      assert.is_true(b:verdict().ok)
      assert(b:send "go on\n")
      assert.equal("first", b:receive())
      assert.equal("second", b:receive())
    end)
  end)

  it("asks the handlers of both sides, which may yield", function()
    local order = {}
    local chain, key = pki.leaf "secp256r1"
    local a, b = open(client {
      on_certificate_request = function()
        coroutine.yield()
        order[#order + 1] = "request"
        return { certificate = chain, key = key }
      end,
    }, server {
      on_client_certificate = function()
        coroutine.yield()
        order[#order + 1] = "certificate"
      end,
    })
    memory.run(function()
      assert.equal("done", a:receive())
    end, function()
      assert.is_true(b:request_certificate())
      assert(b:send "done\n")
    end)
    assert.same({ "request", "certificate" }, order)
  end)

  it("does not keep data without end", function()
    local a, b = open()
    memory.run(function()
      assert(a:send(("x"):rep(200000)))
      assert.equal("done", a:receive())
    end, function()
      local size = 0
      while true do
        local ok, _, code = b:request_certificate()
        if ok then break end
        assert.equal("want_read", code)
        size = size + #assert(b:read())
      end
      size = size + #b:receive(200000 - size)
      assert.equal(200000, size)
      assert(b:send "done\n")
    end)
  end)

  it("says timeout when no answer comes, and goes on later", function()
    local a, b = open()
    b:settimeout(0, "t")
    local ok, _, code = b:request_certificate()
    assert.same({ nil, "timeout" }, { ok, code })
    b:settimeout(nil, "t")
    memory.run(function() assert.equal("done", a:receive()) end, function()
      assert.is_true(b:request_certificate())
      assert(b:send "done\n")
    end)
  end)

  it("leaves the stream open when the client cannot be asked", function()
    local a, b = open(client { post_handshake_auth = false })
    local ok, _, code = b:request_certificate()
    assert.same({ nil, "peer_incompatible" }, { ok, code })
    memory.run(function() assert.equal("pong", a:receive()) end,
      function() assert(b:send "pong\n") end)
  end)

  it("tells both why a certificate is refused", function()
    local a, b = open(nil, server {
      on_client_certificate = function() return nil, "not you", "access_denied" end,
    })
    memory.run(function()
      local _, _, _, code, alert = a:receive()
      assert.same({ "alert_received", "access_denied" }, { code, alert.name })
    end, function()
      local ok, _, code, detail = b:request_certificate()
      assert.same({ nil, "rejected", "not you" }, { ok, code, detail })
    end)
  end)
end)

describe("stream:update_keys", function()
  it("sends at once, and both go on", function()
    local a, b = open()
    memory.run(function()
      for round = 1, 4 do
        assert.is_true(a:update_keys(round % 2 == 0))
        assert(a:send("ping " .. round .. "\n"))
        assert.equal("pong " .. round, a:receive())
      end
    end, function()
      for round = 1, 4 do
        assert.equal("ping " .. round, b:receive())
        assert.is_true(b:update_keys())
        assert(b:send("pong " .. round .. "\n"))
      end
    end)
  end)

  it("is nothing that TLS 1.2 has, and the stream goes on", function()
    local twelve = peers.at "TLS 1.2"
    local a, b = open(pki.client(twelve), pki.server(twelve))
    local ok, _, code = a:update_keys()
    assert.same({ nil, "peer_incompatible" }, { ok, code })
    memory.run(function() assert(a:send "ping\n") end,
      function() assert.equal("ping", b:receive()) end)
  end)
end)

describe("a stream", function()
  it("passes on what was agreed, and what resumes it", function()
    local a, b = open()
    memory.run(function() assert.equal("ticket", a:receive()) end,
      function() assert(b:send "ticket\n") end)
    assert.equal("TLS 1.3", a:info().version.name)
    assert.matches("session", tostring(a:session()))
    assert.equal("CN=Leaf", a:peer_certificates()[1]:subject_string())
    assert.is_true(a:verdict().ok)
    assert.equal(a:export("EXPORTER-test", 32), b:export("EXPORTER-test", 32))
    assert.equal(32, #a:export("EXPORTER-test", 32))
    assert.equal(helper.hex(a:channel_binding "tls-exporter"),
      helper.hex(b:channel_binding "tls-exporter"))
  end)

  it("raises for each of these when it is closed", function()
    local a = open()
    a:close()
    for _, name in ipairs { "info", "session", "export", "channel_binding", "peer_certificates",
      "verdict", "request_certificate", "update_keys" } do
      assert.error_matches(function() a[name](a) end, "closed stream")
    end
  end)
end)
