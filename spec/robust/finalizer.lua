--- Finalizers that run in the middle of a call.

local M = {}

--- Lets `f` be the finalizer of something that nobody has any more.
function M.litter(f)
  local proxy = rawget(_G, "newproxy")
  if proxy then getmetatable(proxy(true)).__gc = f
  else setmetatable({}, { __gc = f }) end
end

--- Likewise, but `f` runs in the n-th collection.
function M.litter_after(n, f)
  M.litter(function()
    if n > 1 then M.litter_after(n - 1, f) else f() end
  end)
end

--- Whenever Lua looks whether a collection is due while `f` runs, it does all of one.
function M.eagerly(f)
  local fast = _VERSION == "Lua 5.4" and 1000 or 1000000
  if _VERSION == "Lua 5.4" then collectgarbage("incremental", 0, 0, 40) end
  local pause, multiplier = collectgarbage("setpause", 0), collectgarbage("setstepmul", fast)
  collectgarbage()
  f()
  if _VERSION == "Lua 5.4" then collectgarbage("incremental", 0, 0, 13) end
  collectgarbage("setpause", pause)
  collectgarbage("setstepmul", multiplier)
end

return M
