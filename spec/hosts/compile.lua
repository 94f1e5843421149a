-- Compiles spec/hosts/NAME.c against the Lua that runs this, with the object files of the module.

local helper = require "helper"

local COMMAND = "%s -std=c99 -D_GNU_SOURCE -g -O1 -Wall -Wextra -Werror"
  .. " -isystem /usr/include/lua%s -o %s spec/hosts/%s.c build/%s/obj/*.o"
  .. " %s -lwolfssl -lpthread -lm"

-- LuaJIT takes what was compiled for 5.1.
local ABI = _VERSION:match "%d%.%d"
local LIBRARY = jit and "-l:libluajit-5.1.so.2" or "-llua" .. ABI -- luacheck: ignore 113

return function(name)
  local program = helper.tempdir() .. "/" .. name
  local output, status = helper.run(COMMAND:format(os.getenv "CC" or "cc", ABI, program, name, ABI,
    LIBRARY))
  assert(status == 0, output)
  return program
end
