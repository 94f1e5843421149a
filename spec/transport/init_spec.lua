local blocking = require "wolfssl.transport.blocking"
local core = require("wolfssl.core").fd
local hosts = require "transport.hosts"
local issue = require "wolfssl.issue"
local memory = require "wolfssl.transport.memory"
local pki = require "pki"
local transport = require "wolfssl.transport"
local wolfssl = require "wolfssl"

local function both_close(a, b)
  a:close()
  b:close()
end

describe("wolfssl.transport", function()
  it("finds modules by name", function()
    assert.equal(blocking, transport.named "blocking")
    assert.has_error(function() transport.named "none" end, "there is no transport 'none'")
  end)

  it("takes a transport as it is, and a descriptor", function()
    local a, b = assert(core.socketpair())
    local t, far = transport.of(a), transport.of(b)
    assert.equal(t, transport.of(t))
    far:write("x")
    assert.equal("x", t:read(1, 50))
    both_close(t, far)
  end)

  it("refuses what is no socket", function()
    for _, what in pairs { io.stdout, "localhost", {} } do
      assert.has_error(function() transport.of(what) end,
        "a socket, a descriptor or a transport expected, got " .. type(what))
    end
    assert.has_error(function() transport.of(nil) end)
  end)

  it("blocks where no loop runs", function()
    assert.equal(blocking, transport.here())
  end)

  for _, name in ipairs { "cqueues", "copas" } do
    it("chooses " .. name .. " where that runs", function()
      if not pcall(require, hosts[name].library) then
        pending("needs " .. hosts[name].package)
        return
      end
      local a, b = assert(core.socketpair())
      local order = {}
      hosts[name].new().run(function()
        local t = transport.of(a)
        assert.equal(transport.named(name), transport.here())
        assert.equal("x", t:read(1, 50))
        order[#order + 1] = "read"
        t:close()
      end, function()
        order[#order + 1] = "written"
        assert.equal(1, (core.send(b, "x")))
      end)
      assert.same({ "written", "read" }, order)
      core.close(b)
    end)
  end
end)

describe("wolfssl.connect", function()
  local server = pki.server()

  -- A server in the same loop: only a client that lets it run gets anywhere.
  local function meet(name, listen, accept)
    local listener, port = listen()
    local answer
    hosts[name].new().run(function()
      local s = assert(server:wrap(accept(listener), { timeout = 20 }))
      assert(s:send(s:receive():reverse() .. "\n"))
      s:close()
    end, function()
      local s = assert(wolfssl.connect("127.0.0.1", port, {
        trust = pki.root, timeout = 20, transport = name == "luv" and "luv" or nil,
      }))
      s:send("hello\n")
      answer = s:receive()
      s:close()
    end)
    assert.equal("olleh", answer)
  end

  it("lets cqueues go on", function()
    if not pcall(require, "cqueues") then return pending("needs package lua-cqueues") end
    local socket = require "cqueues.socket"
    meet("cqueues", function()
      local listener = assert(socket.listen("127.0.0.1", 0))
      return listener, (select(3, listener:localname()))
    end, function(listener)
      local s = assert(listener:accept(20))
      listener:close()
      return s
    end)
  end)

  it("lets copas go on", function()
    if not pcall(require, hosts.copas.library) then
      return pending("needs " .. hosts.copas.package)
    end
    local copas = require "copas"
    meet("copas", function()
      local listener = assert(require "socket".bind("127.0.0.1", 0))
      listener:settimeout(0)
      return listener, tonumber((select(2, listener:getsockname())))
    end, function(listener)
      local s
      repeat
        s = listener:accept()
        copas.pause(0.01)
      until s
      listener:close()
      return s
    end)
  end)

  it("uses libuv when it is told to", function()
    if not pcall(require, "luv") then return pending("needs package lua-luv") end
    local uv = require "luv"
    meet("luv", function()
      local listener = uv.new_tcp()
      listener:bind("127.0.0.1", 0)
      return listener, listener:getsockname().port
    end, function(listener)
      local handle, thread = uv.new_tcp(), coroutine.running()
      listener:listen(1, function()
        listener:accept(handle)
        listener:close()
        coroutine.resume(thread)
      end)
      coroutine.yield()
      return handle
    end)
  end)

  it("takes a module with connect, and nothing else", function()
    local asked
    local s, message, code = wolfssl.connect("example.org", 443, {
      trust = pki.root, timeout = 3,
      transport = {
        connect = function(...)
          asked = { ... }
          return nil, "not today", "network_error"
        end,
      },
    })
    assert.same({ nil, "not today", "network_error" }, { s, message, code })
    assert.same({ "example.org", 443, 3 }, asked)
    for _, wrong in ipairs { 1, true, {} } do
      assert.has_error(function() wolfssl.connect("example.org", 443, { transport = wrong }) end,
        "option 'transport': the name of a transport expected, or a module with 'connect'")
    end
  end)
end)

describe("wolfssl.connect", function()
  it("raises for what is wrong before it opens anything", function()
    local opened = 0
    local transports = { connect = function() opened = opened + 1 end }
    for _, case in ipairs {
      { nil, 443, {}, "host: string expected, got nil" },
      { "a", nil, {}, "port: a whole number from 0 to 65535 expected, got nil" },
      { "a", "https", {}, "port: a whole number from 0 to 65535 expected, got https" },
      { "a", 70000, {}, "port: a whole number from 0 to 65535 expected, got 70000" },
      { "a", 443, { timeout = "10" }, "option 'timeout': seconds expected, got 10" },
      { "a", 443, { timeout = -1 }, "option 'timeout': seconds expected, got -1" },
      { "a", 443, { context = pki.server() }, "option 'context': a client context expected" },
      { "a", 443, { verify = "required" },
        "unknown option 'verify' of a client context: 'verify' is one of a server context" },
      { "a", 443, { context = pki.client(), alpn = {} },
        "option 'alpn' belongs to the context, and there is one already" },
    } do
      case[3].transport = transports
      assert.has_error(function() wolfssl.connect(case[1], case[2], case[3]) end, case[4])
    end
    assert.has_error(function() wolfssl.connect("a", 443, 10) end,
      "options: table expected, got number")
    assert.has_error(function()
      wolfssl.connect("a", 443, { starttls = "http", transport = transports })
    end)
    assert.equal(0, opened)
  end)

  it("closes what it opened when an option is wrong all the same", function()
    local closed = 0
    local near = { read = print, write = print, close = function() closed = closed + 1 end }
    assert.has_error(function()
      wolfssl.connect("a", 443, { context = pki.client(), session_key = 1,
        transport = { connect = function() return near end } })
    end, "option 'session_key': string expected, got number")
    assert.equal(1, closed)
  end)

  it("takes whom to trust, and a recorder, for one connection of a context", function()
    local other = issue.certificate { subject = "Other", ca = true, key = pki.key "ed25519" }
    local client, s = pki.client { trust = other }, nil
    local near, far = memory.pair()
    memory.run(function()
      s = assert(wolfssl.connect("localhost", 443, {
        context = client, trust = assert(wolfssl.trust(pki.root)), trace = true,
        transport = { connect = function() return near end },
      }))
    end, function()
      pki.server():wrap(far):handshake()
    end)
    assert.is_truthy(s:connection().recorder)
    s:close()
  end)
end)
