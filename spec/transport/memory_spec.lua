local memory = require "wolfssl.transport.memory"

describe("wolfssl.transport.memory", function()
  it("gives one end what the other writes", function()
    local a, b = memory.pair()
    assert.is_true(a:write("hello"))
    assert.equal("he", b:read(2))
    assert.equal("llo", b:read(100))
  end)

  it("waits in a coroutine, and only there", function()
    local a, b = memory.pair()
    assert.same({ nil, "timeout" }, { a:read(1) })
    local got
    memory.run(function() got = a:read(10) end, function() b:write("late") end)
    assert.equal("late", got)
  end)

  it("has room for so many bytes", function()
    local a, b = memory.pair(10)
    assert.same({ nil, "timeout", 10 }, { a:write(("x"):rep(25)) })
    local bytes = ""
    b:read(10)
    memory.run(function()
      assert.is_true(a:write(("y"):rep(25)))
    end, function()
      while #bytes < 25 do bytes = bytes .. b:read(100) end
    end)
    assert.equal(("y"):rep(25), bytes)
  end)

  it("times out", function()
    local a = memory.pair()
    memory.run(function()
      assert.same({ nil, "timeout" }, { a:read(1, 0.01) })
      assert.same({ nil, "timeout" }, { a:read(1, 0) })
    end)
  end)

  it("ends with eof after what is under way", function()
    local a, b = memory.pair()
    a:write("last")
    a:close()
    assert.equal("last", b:read(10))
    assert.same({ nil, "eof" }, { b:read(10) })
    assert.same({ nil, "reset", 0 }, { b:write("x") })
  end)

  it("ends one direction at a time", function()
    local a, b = memory.pair()
    a:finish()
    assert.same({ nil, "eof" }, { b:read(1) })
    assert.is_true(b:write("x"))
    assert.equal("x", a:read(1))
  end)

  it("returns closed to parked operations", function()
    local a = memory.pair(1)
    local read, written
    memory.run(function() read = { a:read(1) } end, function()
      written = { a:write("xx") }
    end, function() a:close() end)
    assert.same({ nil, "closed" }, read)
    assert.same({ nil, "closed", 1 }, written)
  end)

  it("raises what its coroutines raise", function()
    assert.has_error(function() memory.run(function() error("fault", 0) end) end)
  end)
end)
