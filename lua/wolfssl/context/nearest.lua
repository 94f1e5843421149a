--- "Did you mean": the known word that is nearest to one that is not, if it is near.
-- @module wolfssl.context.nearest

local M = {}

-- Levenshtein's
local function distance(a, b)
  local row = {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local corner = row[0]
    row[0] = i
    for j = 1, #b do
      local replaced = corner + (a:sub(i, i) == b:sub(j, j) and 0 or 1)
      corner = row[j]
      row[j] = math.min(replaced, row[j] + 1, row[j - 1] + 1)
    end
  end
  return row[#b]
end

--- The nearest of known words.
-- @tparam string name
-- @tparam table known a table whose keys they are
-- @treturn ?string nil when more than two letters, and than a third of the name, are different
function M.nearest(name, known)
  local best, least
  for candidate in pairs(known) do
    local d = distance(name, candidate)
    if not least or d < least or (d == least and candidate < best) then
      best, least = candidate, d
    end
  end
  local near = least and least < #name and (least <= 2 or 3 * least <= #name)
  return near and best or nil
end

return M
