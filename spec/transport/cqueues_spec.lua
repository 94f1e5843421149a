local found, cqueues = pcall(require, "cqueues")

describe("wolfssl.transport.cqueues", function()
  if not found then
    pending("needs package lua-cqueues")
    return
  end

  local core = require("wolfssl.core").fd
  local helper = require "helper"
  local hosts = require "transport.hosts"
  local socket = require "cqueues.socket"
  local transport = require "wolfssl.transport.cqueues"
  local run = hosts.cqueues.new().run

  local function listen()
    local listener = assert(socket.listen("127.0.0.1", 0))
    local _, host, port = listener:localname()
    return listener, host, port
  end

  it("connects, and says why when it cannot", function()
    local listener, _, port = listen()
    run(function()
      local t = assert(transport.connect("localhost", port, 50))
      assert.same({ "127.0.0.1", port }, { t:getpeername() })
      t:write("hello")
      local server = transport.new(assert(listener:accept(50)))
      assert.equal("hello", server:read(10, 50))
      t:close()
      assert.same({ nil, "eof" }, { server:read(10, 50) })
      server:close()
      listener:close()
      port = helper.refused_port()
      local none, message, code = transport.connect("127.0.0.1", port, 50)
      assert.same({ nil, "network_error" }, { none, code })
      assert.equal(("cannot connect to 127.0.0.1:%d: Connection refused"):format(port), message)
    end)
  end)

  it("connects while other coroutines run", function()
    local listener, host, port = listen()
    local order = {}
    run(function()
      local t = assert(transport.connect(host, port, 50))
      local answer = t:read(10, 50)
      order[#order + 1] = answer
      t:close()
    end, function()
      local t = transport.new(assert(listener:accept(50)))
      order[#order + 1] = "accepted"
      t:write("answer", 50)
      t:close()
    end)
    assert.same({ "accepted", "answer" }, order)
    listener:close()
  end)

  it("hands over first what the socket has read ahead", function()
    local near, far = assert(socket.pair())
    far:setmode("b", "bn")
    far:write("220 go ahead\n", ("x"):rep(3000), "\r\n\0")
    far:flush()
    run(function()
      assert.equal("220 go ahead", near:read())
      assert.is_true(near:pending() > 0)
      local t = transport.new(near)
      far:write("more")
      far:flush()
      local bytes = ""
      while #bytes < 3007 do bytes = bytes .. assert(t:read(10000, 50)) end
      assert.is_true(bytes == ("x"):rep(3000) .. "\r\n\0more")
      t:close()
    end)
    far:close()
  end)

  it("sends first what the socket holds back", function()
    local near, far = assert(socket.pair())
    near:setmode("b", "bf")
    near:write("STARTTLS\n")
    run(function()
      local t = transport.new(near)
      t:write("ciphertext")
      assert.equal("STARTTLS\nciphertext", far:xread(19, "b"))
      t:close()
    end)
    far:close()
  end)

  it("connects a socket that is not connected yet", function()
    local listener, host, port = listen()
    run(function()
      local t = transport.new(socket.connect(host, port))
      t:write("x", 50)
      assert.equal("x", listener:accept(50):xread(1, "b"))
      t:close()
      listener:close()
      local late = socket.connect(host, helper.refused_port())
      assert.has_error(function() transport.new(late) end,
        "the socket is not connected: Connection refused")
    end)
  end)

  it("takes LuaSocket's sockets and descriptors while a controller runs the caller", function()
    assert.is_false(transport.running())
    assert.is_false(transport.fits(1))
    run(function()
      assert.is_true(transport.running())
      assert.is_true(transport.fits(1))
      assert.is_false(transport.fits({}))
      assert.is_false(transport.fits(io.stdout))
    end)
    assert.is_true(transport.fits((assert(socket.pair()))))
  end)

  it("waits by poll outside of a controller", function()
    local near, far = assert(socket.pair())
    local a, b = transport.new(near), transport.new(far)
    assert.same({ nil, "timeout" }, { a:read(1, 0.01) })
    b:write("x")
    assert.equal("x", a:read(1, 50))
    a:close()
    b:close()
  end)

  it("leaves a controller nothing to mix up when a descriptor's number comes again", function()
    local queue = cqueues.new()
    local heard = {}
    queue:wrap(function()
      for i = 1, 20 do
        local a, b = assert(core.socketpair())
        local reader, writer = transport.new(a), transport.new(b)
        assert.same({ nil, "timeout" }, { reader:read(1, 0.001) })
        writer:write(tostring(i))
        heard[i] = reader:read(10, 50)
        reader:close()
        writer:close()
      end
    end)
    assert(queue:loop())
    for i = 1, 20 do assert.equal(tostring(i), heard[i]) end
  end)
end)
