local found, uv = pcall(require, "luv")

describe("wolfssl.transport.luv", function()
  if not found then
    pending("needs package lua-luv")
    return
  end

  local core = require("wolfssl.core").fd
  local helper = require "helper"
  local hosts = require "transport.hosts"
  local transport = require "wolfssl.transport.luv"
  local run = hosts.luv.new().run

  local function listen(serve)
    local listener = uv.new_tcp()
    assert(listener:bind("127.0.0.1", 0))
    assert(listener:listen(16, function()
      local handle = uv.new_tcp()
      listener:accept(handle)
      coroutine.wrap(serve)(transport.new(handle))
    end))
    return listener, listener:getsockname().port
  end

  local function hello(t)
    t:write("hello", 50)
    t:close()
  end

  local function pair()
    local a, b = assert(core.socketpair())
    return transport.new(a), transport.new(b)
  end

  it("connects, and says why when it cannot", function()
    local listener, port = listen(hello)
    run(function()
      local t = assert(transport.connect("localhost", port, 50))
      assert.same({ "127.0.0.1", port }, { t:getpeername() })
      assert.equal("hello", t:read(10, 50))
      assert.same({ nil, "eof" }, { t:read(10, 50) })
      t:close()
      listener:close()
      port = helper.refused_port()
      local none, message, code = transport.connect("127.0.0.1", port, 50)
      assert.same({ nil, "network_error" }, { none, code })
      assert.equal(("cannot connect to 127.0.0.1:%d: ECONNREFUSED"):format(port), message)
    end)
  end)

  it("runs the loop itself for the main coroutine", function()
    local listener, port = listen(hello)
    local t = assert(transport.connect("127.0.0.1", port, 50))
    assert.equal("hello", t:read(10, 50))
    t:close()
    listener:close()
  end)

  it("does not keep the loop running while nobody waits", function()
    local a, b = pair()
    run(function()
      assert.same({ nil, "timeout" }, { a:read(1, 0.001) })
      b:write("x")
      assert.equal("x", a:read(1, 50))
    end)
    uv.run() -- returns only when the loop has nothing to do
    a:close()
    b:close()
    uv.run()
  end)

  it("polls no more for what nobody takes", function()
    local a, b = pair()
    local turns = 0
    run(function()
      b:write("x")
      assert.equal("x", a:read(1, 50))
      b:write("y") -- stays there
      local check = uv.new_check()
      check:start(function() turns = turns + 1 end)
      assert.same({ nil, "timeout" }, { b:read(1, 0.05) })
      check:close()
    end)
    assert.is_true(turns < 10, turns)
    a:close()
    b:close()
  end)

  it("closes the handle that it was given", function()
    local handle
    local listener, port = listen(hello)
    run(function()
      handle = uv.new_tcp()
      local thread = coroutine.running()
      handle:connect("127.0.0.1", port, function() coroutine.resume(thread) end)
      coroutine.yield()
      transport.new(handle):close()
      listener:close()
    end)
    assert.is_true(handle:is_closing())
  end)

  it("refuses a handle that is not connected", function()
    local handle = uv.new_tcp()
    assert.has_error(function() transport.new(handle) end, "the handle is not connected")
    handle:close()
  end)

  it("knows its handles", function()
    local tcp, timer = uv.new_tcp(), uv.new_timer()
    assert.is_true(transport.fits(tcp))
    assert.is_false(transport.fits(timer))
    assert.is_false(transport.fits({}))
    tcp:close()
    timer:close()
    uv.run()
  end)

  -- luv itself crashes there.
  it("ends a program well that closes behind the last turn of the loop, or never", function()
    for _, ending in ipairs { "", "t:close()", "u:close()", "u:close() t:close()" } do
      local script = helper.write(helper.tempdir() .. "/end.lua", ([[
        package.path, package.cpath = %q, %q
        local uv = require "luv"
        local transport = require "wolfssl.transport.luv"
        local a, b = require "wolfssl.core".fd.socketpair()
        t, u = transport.new(a), uv.new_tcp()
        u:open(b)
        u = transport.new(u)
        t:write "x"
        assert(u:read(1, 50) == "x")
        assert(not transport.connect("127.0.0.1", 1, 50))
      ]]):format(package.path, package.cpath) .. ending)
      local output, status = helper.run(helper.interpreter() .. " " .. script)
      assert.equal(0, status, output)
    end
    helper.cleanup()
  end)
end)
