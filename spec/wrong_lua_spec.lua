-- A core that was built for one Lua, in each of the others.

local helper = require "helper"

local BUILDS = { ["5.1"] = "5.1 or LuaJIT", ["5.2"] = "5.2", ["5.3"] = "5.3", ["5.4"] = "5.4" }
local HOSTS = {
  ["lua5.1"] = "5.1", luajit = "5.1", ["lua5.2"] = "5.2", ["lua5.3"] = "5.3", ["lua5.4"] = "5.4" }

local function is_built(build)
  local file = io.open(("build/%s/wolfssl/core.so"):format(build))
  if file then file:close() end
  return file ~= nil
end

describe("wolfssl.core", function()
  for build, name in pairs(BUILDS) do
    for host, own in pairs(HOSTS) do
      if own ~= build and is_built(build) and helper.have(host) then
        it(("built for Lua %s says so in %s"):format(name, host), function()
          local output = helper.run(([[%s -e "package.cpath = 'build/%s/?.so' %s"]]):format(
            host, build, "print(pcall(require, 'wolfssl.core'))"))
          assert.matches(("^false\t.*was built for Lua %s"):format(name:gsub("%p", "%%%0")), output)
        end)
      end
    end
  end
end)
