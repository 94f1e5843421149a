-- One lua_State per thread, many threads: helgrind sees every memory access, wolfSSL's as well.
-- `make tsan` does ten thousand handshakes under ThreadSanitizer.

local compile = require "hosts.compile"
local helper = require "helper"

describe("Threads with a lua_State each", function()
  local program

  setup(function() program = compile("threads") end)
  teardown(helper.cleanup)

  local function run(handshakes, under)
    local command = "LUA_PATH='lua/?.lua;lua/?/init.lua' %s %s 8 %d spec/hosts/threads.lua"
    return helper.run(command:format(under or "", program, handshakes))
  end

  it("do handshakes at once", function()
    local output, status = run(400)
    assert.equal(0, status, output)
    assert.equal("400 handshakes in 8 threads\n", output)
  end)

  if jit then return end -- luacheck: ignore 113

  -- Not under LuaJIT, whose states share what helgrind objects to.
  it("share nothing that helgrind objects to", function()
    if not helper.have "valgrind" then return pending("needs package valgrind") end
    local output, status = run(40,
      "valgrind -q --tool=helgrind --history-level=none --error-exitcode=9")
    assert.equal("40 handshakes in 8 threads\n", output)
    assert.equal(0, status)
  end)
end)
