--- Offer all, take away what was chosen, repeat.
-- @module wolfssl.probe.enumerate.exhaust

local function remove(list, value)
  for i, item in ipairs(list) do
    if item == value then return table.remove(list, i) end
  end
end

--- Takes away what is chosen, until nothing is, or something that was not offered.
-- @function exhaust
-- @tparam table items
-- @tparam function choose gets the list of those left; returns one of them, false for a refusal, or
-- nil, message, code
-- @tparam ?table known those that were chosen so far, in that order
-- @treturn table those chosen, in that order; or nil, message, code
-- @return what was chosen though it was not offered; nil for nothing
return function(items, choose, known)
  local left, found = {}, {}
  for i, item in ipairs(items) do left[i] = item end
  for i, item in ipairs(known or {}) do
    found[i] = item
    remove(left, item)
  end
  while #left > 0 do
    local chosen, message, code = choose(left)
    if chosen == nil then return nil, message, code end
    if not chosen then break end
    if not remove(left, chosen) then return found, chosen end
    found[#found + 1] = chosen
  end
  return found
end
