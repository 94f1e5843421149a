-- LUA spec/smoke.lua: every module of lua/wolfssl loads, and the core answers.

local version = _VERSION:match("%d%.%d")
package.path = "lua/?.lua;lua/?/init.lua;" .. package.path
package.cpath = "build/" .. version .. "/?.so;" .. package.cpath

-- These need a library or a host of their own, which is not there for every Lua.
local ELSEWHERE = {
  transport = { cqueues = true, copas = true, luv = true, ngx = true, haproxy = true, nse = true,
    luasocket = true },
  session_store = { redis = true },
}

local function elsewhere(module)
  local directory, name = module:match("^wolfssl%.([%w_]+)%.([%w_]+)$")
  return directory and ELSEWHERE[directory] and ELSEWHERE[directory][name]
end

local core = require "wolfssl.core"
local count = 0
local list = assert(io.popen("find lua/wolfssl -name '*.lua' | LC_ALL=C sort"))
for path in list:lines() do
  local module = path:match("^lua/(.*)%.lua$"):gsub("/init$", ""):gsub("/", ".")
  if not elsewhere(module) then
    require(module)
    count = count + 1
  end
end
list:close()
assert(count > 0, "no module found")
print(("%s: wolfSSL %s, %d modules load"):format(
  (rawget(_G, "jit") or {}).version or _VERSION, core.version.wolfssl, count))
