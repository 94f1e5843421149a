local hosts = require "transport.hosts"
local found, copas = pcall(require, hosts.copas.library)

describe("wolfssl.transport.copas", function()
  if not found then
    pending("needs " .. hosts.copas.package)
    return
  end

  copas = require "copas"
  local core = require("wolfssl.core").fd
  local helper = require "helper"
  local socket = require "socket"
  local transport = require "wolfssl.transport.copas"
  local run = hosts.copas.new().run

  local function listen()
    local listener = assert(socket.bind("127.0.0.1", 0))
    local _, port = listener:getsockname()
    return listener, tonumber(port)
  end

  local function pair()
    local a, b = assert(core.socketpair())
    return transport.new(a), transport.new(b)
  end

  it("connects, and says why when it cannot", function()
    local listener, port = listen()
    run(function()
      local t = assert(transport.connect("127.0.0.1", port, 50))
      t:write("hello", 50)
      local server = transport.new((assert(listener:accept())))
      assert.equal("hello", server:read(10, 50))
      t:close()
      assert.same({ nil, "eof" }, { server:read(10, 50) })
      server:close()
      listener:close()
      port = helper.refused_port()
      local none, message, code = transport.connect("127.0.0.1", port, 50)
      assert.same({ nil, "network_error" }, { none, code })
      assert.equal(("cannot connect to 127.0.0.1:%d: connection refused"):format(port), message)
    end)
  end)

  it("serves what copas accepts, raw or wrapped", function()
    for _, wrap in ipairs { copas.wrap, function(s) return s end } do
      local listener, port = listen()
      copas.addserver(listener, function(s)
        s = wrap(s)
        assert(transport.fits(s))
        local t = transport.new(s)
        t:write(t:read(10, 50):upper(), 50)
        t:close()
        copas.removeserver(listener)
      end)
      run(function()
        local t = assert(transport.connect("127.0.0.1", port, 50))
        t:write("hello", 50)
        assert.equal("HELLO", t:read(10, 50))
        t:close()
      end)
    end
  end)

  it("wakes the right coroutine after another one's wait has timed out", function()
    local a, b = pair()
    local first, second
    run(function()
      first = { a:read(1, 0.05) }
      copas.pause(0.5)
    end, function()
      copas.pause(0.2)
      second = { a:read(1, 50) }
    end, function()
      copas.pause(0.3)
      b:write("x", 50)
    end)
    assert.same({ nil, "timeout" }, first)
    assert.same({ "x" }, second)
    a:close()
    b:close()
  end)

  it("waits by poll outside of a running loop", function()
    local a, b = pair()
    assert.is_false(transport.running())
    assert.same({ nil, "timeout" }, { a:read(1, 0.01) })
    b:write("x")
    assert.equal("x", a:read(1, 50))
    a:close()
    b:close()
  end)

  it("knows what is its own", function()
    local s = socket.tcp()
    assert.is_true(transport.fits(copas.wrap(s)))
    assert.is_false(transport.fits(s))
    assert.is_false(transport.fits({}))
    run(function()
      assert.is_true(transport.fits(s))
      assert.is_true(transport.fits(1))
    end)
    s:close()
  end)
end)
