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
return open()
