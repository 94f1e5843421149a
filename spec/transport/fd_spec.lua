local blocking = require "wolfssl.transport.blocking"
local core = require("wolfssl.core").fd
local fd = require "wolfssl.transport.fd"
local helper = require "helper"
local scheduler = require "transport.scheduler"

local function pair(loop)
  local a, b = assert(core.socketpair())
  return fd.new(a, loop), fd.new(b, loop)
end

describe("wolfssl.transport.fd", function()
  local loop = { wait = core.poll }

  it("reads what is there", function()
    local a, b = pair(loop)
    assert.is_true(a:write("hello"))
    assert.equal("he", b:read(2))
    assert.equal("llo", b:read(10, 0))
    a:close()
    b:close()
  end)

  it("times out without losing anything", function()
    local a, b = pair(loop)
    assert.same({ nil, "timeout" }, { a:read(10, 0) })
    assert.same({ nil, "timeout" }, { a:read(10, 0.01) })
    b:write("x")
    assert.equal("x", a:read(10))
    a:close()
    b:close()
  end)

  it("says how much went out before a timeout", function()
    local a, b = pair(loop)
    local data = ("0123456789"):rep(2 ^ 19)
    local ok, err, sent = a:write(data, 0)
    assert.same({ nil, "timeout" }, { ok, err })
    assert.is_true(sent > 0 and sent < #data)
    local parts, size = {}, 0
    while size < sent do
      parts[#parts + 1] = b:read(65536, 50)
      size = size + #parts[#parts]
    end
    assert.is_true(table.concat(parts) == data:sub(1, sent))
    a:close()
    b:close()
  end)

  it("tells eof, reset and our own close apart", function()
    local a, b = pair(loop)
    b:finish()
    assert.same({ nil, "eof" }, { a:read(10) })
    b:close()
    assert.same({ nil, "reset", 0 }, { a:write("x") })
    a:close()
    assert.same({ nil, "closed" }, { a:read(10) })
    assert.same({ nil, "closed", 0 }, { a:write("x") })
    for _, name in ipairs { "finish", "getpeername", "getsockname", "setoption" } do
      assert.same({ nil, "closed" }, { a[name](a) })
    end
    assert.is_nil(a:getfd())
    assert.is_true(a:close())
  end)

  it("closes the descriptor once, after the last operation parked on it", function()
    local s = scheduler.new()
    local closed = 0
    s.loop.close = function(n)
      closed = closed + 1
      core.close(n)
    end
    local a, b = pair(s.loop)
    local read, written
    s:run(function()
      read = { a:read(10) }
    end, function()
      written = { a:write(("x"):rep(2 ^ 23)) }
    end, function()
      a:close()
      a:close()
      assert.equal(0, closed)
    end)
    assert.same({ nil, "closed" }, read)
    assert.same({ nil, "closed" }, { written[1], written[2] })
    assert.equal(1, closed)
    b:close()
  end)

  it("closes a descriptor that is forgotten, and none twice", function()
    local closed = {}
    local watched = {
      wait = core.poll,
      close = function(n)
        closed[#closed + 1] = n
        core.close(n)
      end,
    }
    select(2, pair(watched)):close()
    collectgarbage()
    collectgarbage()
    assert.equal(2, #closed)
    assert.are_not.equal(closed[1], closed[2])
  end)

  it("passes on what the loop reports", function()
    local a, b = pair { wait = function() return nil, "the loop is gone" end }
    assert.same({ nil, "the loop is gone" }, { a:read(1) })
    a:close()
    b:close()
  end)
end)

describe("wolfssl.transport.blocking", function()
  it("connects, and names what it could not reach", function()
    local listener, port = assert(core.listen("127.0.0.1", 0))
    local client = assert(blocking.connect("127.0.0.1", port, 50))
    local server = blocking.new(assert(core.accept(listener, 50)))
    assert.same({ "127.0.0.1", port }, { client:getpeername() })
    assert.same({ client:getsockname() }, { server:getpeername() })
    assert.is_true(client:setoption("keepalive", true))
    assert.is_true(client:write("hello", 50))
    assert.equal("hello", server:read(10, 50))
    client:close()
    server:close()
    core.close(listener)
    port = helper.refused_port()
    local t, message, code = blocking.connect("127.0.0.1", port, 50)
    assert.is_nil(t)
    assert.equal("cannot connect to 127.0.0.1:" .. port .. ": Connection refused", message)
    assert.equal("network_error", code)
  end)
end)
