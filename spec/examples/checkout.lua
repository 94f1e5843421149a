-- The examples run from a checkout after `make build`, whatever directory they are started from.

local here = (arg[0]:match("^(.*)/[^/]*$") or ".") .. "/../.."
local abi = _VERSION:match("%d%.%d")

package.path = ("%s/lua/?.lua;%s/lua/?/init.lua;%s"):format(here, here, package.path)
package.cpath = ("%s/build/%s/?.so;%s"):format(here, abi, package.cpath)

if not pcall(require, "wolfssl.core") then
  io.stderr:write(("%s: nothing built for Lua %s: make build LUA=lua%s\n"):format(arg[0], abi, abi))
  os.exit(2)
end
