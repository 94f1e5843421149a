--- spec/robust/memory.c, compiled for the Lua that is running: allocators that count and fail.

local helper = require "helper"

local VERSION = _VERSION:match("%d%.%d")
local COMPILE = "cc -std=c99 -D_GNU_SOURCE -O1 -g -fPIC -shared -Wl,-z,nodelete"
  .. " -isystem /usr/include/lua%s %s -o %s spec/robust/memory.c %s -lwolfssl"

local function compile()
  local prefix = os.getenv("WOLFSSL_DIR")
  local object = helper.tempdir() .. "/memory.so"
  local command = COMPILE:format(VERSION,
    prefix and ("-isystem %s/include"):format(prefix) or "", object,
    prefix and ("-L%s/lib -Wl,-rpath,%s/lib"):format(prefix, prefix) or "")
  local output, status = helper.run(command)
  assert(status == 0, output)
  return object
end

local object = compile()
local open = assert(package.loadlib(object, "luaopen_memory"))
helper.cleanup()
local M = open()

--- LuaJIT 2.1 does not survive its own "not enough memory" in a compiled trace: lj_err_mem takes
-- the stack's base from the state, and there it is stale. So nothing is compiled from now on, until
-- the function that is returned has been called.
function M.interpret()
  local compiler = rawget(_G, "jit")
  if not compiler or not compiler.status() then return function() end end
  compiler.off()
  compiler.flush()
  return compiler.on
end

--- How many blocks wolfSSL holds when all garbage is gone.
function M.settled()
  collectgarbage()
  collectgarbage()
  return (M.live())
end

return M
