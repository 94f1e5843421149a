--- The smallest set of changes that still does it.
-- @module wolfssl.probe.diagnose.smallest

local M = {}

local function part(list, from, to)
  local some = {}
  for i = from, to do some[#some + 1] = list[i] end
  return some
end

local function rest(list, from, to)
  local some = {}
  for i, item in ipairs(list) do
    if i < from or i > to then some[#some + 1] = item end
  end
  return some
end

-- One part of n, or all but one, that still does it.
local function reduced(list, n, does)
  local size = math.ceil(#list / n)
  for _, pick in ipairs { part, #list > 2 and n > 2 and rest or nil } do
    for from = 1, #list, size do
      local some = pick(list, from, math.min(from + size - 1, #list))
      if #some < #list and does(some) then return some, pick == part and 2 or math.max(n - 1, 2) end
    end
  end
end

--- Finds it by delta debugging: halves first, then ever smaller parts and what is left without
-- them. None of those that remain can be left out.
-- @tparam table list changes that do it together
-- @tparam function does gets a list, returns whether it still does it
-- @treturn table list
function M.find(list, does)
  local n = 2
  while #list > 1 do
    local some, parts = reduced(list, n, does)
    if some then
      list, n = some, math.min(parts, #some)
    elseif n >= #list then
      break
    else
      n = math.min(n * 2, #list)
    end
  end
  return list
end

return M
