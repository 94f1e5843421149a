local helper = require "helper"

local core = require("wolfssl.core").fd

local function pair(finally)
  local a, b = assert(core.socketpair())
  finally(function()
    core.close(a)
    core.close(b)
  end)
  return a, b
end

-- Calls until it is not "again": the peer's bytes are under way.
local function recv(fd, max)
  assert(core.poll(fd, "r", 50))
  return core.recv(fd, max)
end

describe("wolfssl.core.fd", function()
  teardown(helper.cleanup)

  describe("recv and send", function()
    it("move bytes", function()
      local a, b = pair(finally)
      assert.equal(5, core.send(a, "hello"))
      assert.equal("hello", recv(b))
    end)

    it("start at a position and stop at a maximum", function()
      local a, b = pair(finally)
      assert.equal(3, core.send(a, "hello", 3))
      assert.equal("ll", recv(b, 2))
      assert.equal("o", recv(b, 2))
      assert.equal(0, core.send(a, "hello", 6))
    end)

    it("say again instead of waiting, also on a blocking descriptor", function()
      local a, b = pair(finally)
      assert.same({ nil, "again" }, { core.recv(b) })
      local chunk, total = ("x"):rep(65536), 0
      local count, err
      repeat
        count, err = core.send(a, chunk)
        total = total + (count or 0)
      until not count
      assert.equal("again", err)
      assert.is_true(total > 0)
    end)

    it("tell the end of the stream from a reset", function()
      local a, b = pair(finally)
      core.send(a, "last")
      core.shutdown(a, "w")
      assert.equal("last", recv(b))
      assert.same({ nil, "eof" }, { recv(b) })
      assert.equal(4, core.send(b, "back"))
      assert.equal("back", recv(a))
    end)

    it("say reset, and raise no signal, when the peer is gone", function()
      local a, b = assert(core.socketpair())
      core.close(b)
      assert.same({ nil, "reset" }, { core.send(a, "x") })
      core.close(a)
    end)

    it("never give more than 32768 bytes at once", function()
      local a, b = pair(finally)
      core.send(a, ("x"):rep(50000))
      assert.equal(32768, #recv(b, 1e9))
    end)

    it("give the system's reason for a descriptor that is none", function()
      local a, b = assert(core.socketpair())
      core.close(a)
      core.close(b)
      assert.same({ nil, "Bad file descriptor" }, { core.recv(a) })
      assert.same({ nil, "Bad file descriptor" }, { core.send(a, "x") })
      assert.same({ nil, "Bad file descriptor" }, { core.poll(a, "r", 0) })
      assert.same({ nil, "Bad file descriptor" }, { core.close(a) })
    end)

    it("raise when called wrongly", function()
      assert.has_error(function() core.recv("x") end)
      assert.has_error(function() core.recv(-1) end)
      assert.has_error(function() core.recv(1.5) end)
      assert.has_error(function() core.recv(1e300) end)
      assert.has_error(function() core.recv(0, 0) end)
      assert.has_error(function() core.recv(0, 0 / 0) end)
      assert.has_error(function() core.send(0, {}) end)
      assert.has_error(function() core.send(0, "abc", 5) end)
      assert.has_error(function() core.send(0, "abc", 0) end)
      assert.has_error(function() core.poll(0, "x") end)
      assert.has_error(function() core.poll(0, "r", -1) end)
      assert.has_error(function() core.poll(0, "r", 0 / 0) end)
    end)
  end)

  describe("poll", function()
    it("waits as long as it may", function()
      local a = pair(finally)
      local before = core.monotime()
      assert.same({ nil, "timeout" }, { core.poll(a, "r", 0.03) })
      assert.is_true(core.monotime() - before >= 0.03)
    end)

    it("takes readiness for what it is", function()
      local a, b = pair(finally)
      assert.is_true(core.poll(a, "w", 0))
      assert.is_true(core.poll(a, "rw", 0))
      assert.same({ nil, "timeout" }, { core.poll(a, "r", 0) })
      core.send(b, "x")
      assert.is_true(core.poll(a, "r"))
    end)
  end)

  describe("poll_any", function()
    it("names those of many that are ready", function()
      local a, b = pair(finally)
      local c, d = pair(finally)
      assert.same({ nil, "timeout" }, { core.poll_any({ [a] = "r", [c] = "r" }, 0.01) })
      core.send(b, "x")
      assert.same({ a }, core.poll_any { [a] = "r", [c] = "r" })
      core.send(d, "x")
      local ready = core.poll_any { [a] = "r", [c] = "rw", [d] = "r" }
      table.sort(ready)
      local expected = { a, c }
      table.sort(expected)
      assert.same(expected, ready)
    end)

    it("names one that is none, for the next call to say why", function()
      local a, b = assert(core.socketpair())
      core.close(a)
      core.close(b)
      assert.same({ a }, core.poll_any { [a] = "r" })
    end)

    it("only waits when there is nothing to wait for", function()
      assert.same({ nil, "timeout" }, { core.poll_any({}, 0) })
    end)

    it("raises when called wrongly", function()
      for _, modes in ipairs { "x", { [0] = "x" }, { [0] = "" }, { [0] = true }, { a = "r" },
        { [-1] = "r" }, { [0.5] = "r" }, { [2 ^ 31] = "r" }, { [1e300] = "r" } } do
        assert.has_error(function() core.poll_any(modes, 0) end)
      end
    end)
  end)

  describe("listen, connect and accept", function()
    it("join two sockets over loopback", function()
      local listener, port = assert(core.listen("127.0.0.1", 0))
      local client = assert(core.connect("127.0.0.1", port, 50))
      local server = assert(core.accept(listener, 50))
      assert.same({ "127.0.0.1", port }, { core.peername(client) })
      assert.same({ "127.0.0.1", port }, { core.sockname(server) })
      assert.same({ core.sockname(client) }, { core.peername(server) })
      assert.is_true(core.setoption(client, "keepalive", true))
      core.send(client, "hello")
      assert.equal("hello", recv(server))
      for _, fd in ipairs { listener, client, server } do
        assert.is_true(core.close(fd))
      end
    end)

    it("try every address of a name", function()
      local listener, port = assert(core.listen("127.0.0.1", 0))
      local client = assert(core.connect("localhost", port, 50)) -- ::1 refuses, where it exists
      core.close(client)
      core.close(listener)
    end)

    it("name host, port and reason when nobody listens", function()
      local port = helper.refused_port()
      local fd, message, code = core.connect("127.0.0.1", port, 50)
      assert.is_nil(fd)
      assert.equal("cannot connect to 127.0.0.1:" .. port .. ": Connection refused", message)
      assert.equal("network_error", code)
    end)

    it("name the host that does not exist", function()
      local host = ("x"):rep(64) .. ".invalid" -- a label too long to ask anyone
      local fd, message, code = core.connect(host, 443, 50)
      assert.is_nil(fd)
      assert.match("^cannot connect to " .. host .. ":443: .+", message)
      assert.equal("network_error", code)
    end)

    it("put an IPv6 address in brackets", function()
      local _, message = core.connect("::x::", 443, 50)
      assert.match("^cannot connect to %[::x::%]:443: ", message)
    end)

    it("report a port in use", function()
      local listener, port = assert(core.listen("127.0.0.1", 0))
      local other, message, code = core.listen("127.0.0.1", port)
      assert.is_nil(other)
      assert.equal("cannot listen on 127.0.0.1:" .. port .. ": Address already in use", message)
      assert.equal("network_error", code)
      core.close(listener)
    end)

    it("time out", function()
      local listener = assert(core.listen("127.0.0.1", 0))
      local fd, message, code = core.accept(listener, 0.01)
      assert.same({ nil, "nobody connected in time", "timeout" }, { fd, message, code })
      core.close(listener)
    end)

    it("raise on what is no port", function()
      for _, port in ipairs { -1, 65536, 1.5, "http" } do
        assert.has_error(function() core.connect("localhost", port) end)
      end
    end)
  end)

  describe("a signal", function()
    local WAITS = {
      poll = "local a = fd.socketpair() ready() fd.poll(a, 'r')",
      poll_any = "local a = fd.socketpair() ready() fd.poll_any { [a] = 'r' }",
      accept = "local l = fd.listen('127.0.0.1', 0) ready() fd.accept(l)",
      read = "ready() fd.read(0)",
      connect = [[
        local l = assert(require "socket".bind("127.0.0.1", 0, 0))
        local _, port = l:getsockname()
        for _ = 1, 20 do fd.dial("127.0.0.1", port) end -- nobody takes them: no room for more
        ready() fd.connect("127.0.0.1", port)]],
    }
    for name, wait in pairs(WAITS) do
      it("lets the interpreter end " .. name, function()
        local script = helper.write(helper.tempdir() .. "/wait.lua", [[
          local fd = require "wolfssl.core".fd
          local function ready() io.write "ready\n" io.flush() end
          local ok, message = pcall(function() ]] .. wait .. [[ end)
          print(ok, message)]])
        local process = helper.spawn(("echo $$; LUA_CPATH=%s exec %s %s"):format(
          helper.quote(package.cpath), helper.interpreter(), script))
        local pid = process:wait_for "^(%d+)$"
        process:wait_for "^ready$"
        helper.interrupt(pid)
        assert.match("false\t.*interrupted!", process:finish())
      end)
    end
  end)

  it("calls a socket pair nameless", function()
    local a = pair(finally)
    assert.same({ "", 0 }, { core.sockname(a) })
  end)

  it("locks a file for one, for as long as its descriptor is open", function()
    local path = helper.tempdir() .. "/locked"
    local one = assert(core.lock(path))
    assert.same({ nil, path .. ": another process is using it", "file_error" },
      { core.lock(path) })
    core.close(one)
    core.close(assert(core.lock(path)))
    assert.equal("file_error", select(3, core.lock(helper.tempdir())))
    assert.equal("file_error", select(3, core.lock("/nowhere/at/all")))
  end)

  it("has a clock that never goes back", function()
    local last = core.monotime()
    for _ = 1, 1000 do
      local now = core.monotime()
      assert.is_true(now >= last)
      last = now
    end
  end)
end)
