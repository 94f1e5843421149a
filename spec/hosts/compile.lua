-- Compiles spec/hosts/NAME.c against Lua 5.4, with the module's object files linked in.

local helper = require "helper"

local COMMAND = "%s -std=c99 -D_GNU_SOURCE -g -O1 -Wall -Wextra -Werror"
  .. " -isystem /usr/include/lua5.4 -o %s spec/hosts/%s.c build/5.4/obj/*.o"
  .. " -llua5.4 -lwolfssl -lpthread -lm"

return function(name)
  local program = helper.tempdir() .. "/" .. name
  local output, status = helper.run(COMMAND:format(os.getenv "CC" or "cc", program, name))
  assert(status == 0, output)
  return program
end
