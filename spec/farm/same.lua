--- Whether facts are those that are expected, all of them and nothing else.
--
-- An expectation is plain data with code points told by their names. Lists are in order but for
-- `set{…}`; a number that cannot be known to the unit is `between(least, most)`.

local M = {}

local Set, Between = {}, {}

--- A list whose order means nothing.
function M.set(list)
  local copy = {}
  for i, item in ipairs(list) do copy[i] = item end
  return setmetatable(copy, Set)
end

--- A number of that range.
function M.between(least, most)
  return setmetatable({ least = least, most = most }, Between)
end

local function is_code_point(value)
  return type(value) == "table" and value.value ~= nil and value.name ~= nil
end

local function plain(value)
  return is_code_point(value) and value.name or value
end

local function text(value)
  if type(value) ~= "table" then return tostring(value) end
  local parts = {}
  for _, item in ipairs(value) do parts[#parts + 1] = text(plain(item)) end
  return "{" .. table.concat(parts, " ") .. "}"
end

-- Values that stand for themselves: what is neither found nor expected any more is told.
local function compare_sets(path, expected, found, say)
  local left = {}
  for _, item in ipairs(expected) do left[item] = true end
  for _, item in ipairs(found) do
    if not left[plain(item)] then say(path, "invents " .. text(plain(item))) end
    left[plain(item)] = nil
  end
  for _, item in ipairs(expected) do
    if left[item] then say(path, "misses " .. item) end
  end
end

local compare

local function compare_tables(path, expected, found, say)
  for key, item in pairs(expected) do
    compare(path .. "." .. tostring(key), item, found[key], say)
  end
  for key, item in pairs(found) do
    if expected[key] == nil then
      say(path .. "." .. tostring(key), "nobody expects " .. text(plain(item)))
    end
  end
end

function compare(path, expected, found, say)
  local kind = getmetatable(expected)
  found = plain(found)
  if kind == Between then
    local inside = type(found) == "number" and found >= expected.least and found <= expected.most
    if inside then return end
    say(path, ("%s, not %s to %s"):format(text(found), expected.least, expected.most))
  elseif type(expected) ~= "table" or type(found) ~= "table" then
    if expected ~= found then say(path, ("%s, not %s"):format(text(found), text(expected))) end
  elseif kind == Set then
    compare_sets(path, expected, found, say)
  else
    compare_tables(path, expected, found, say)
  end
end

--- What differs.
-- @tparam table expected facts by name
-- @tparam table found likewise
-- @treturn {string,...} empty where they are the same
function M.differences(expected, found)
  local list = {}
  compare_tables("facts", expected, found, function(path, what)
    list[#list + 1] = path .. ": " .. what
  end)
  table.sort(list)
  return list
end

--- How many facts there are in what was found, by the value: each word, number and code point, and
-- each list of none.
function M.count(found)
  if type(found) ~= "table" or is_code_point(found) then return 1 end
  local sum = 0
  for _, item in pairs(found) do sum = sum + M.count(item) end
  return math.max(sum, 1)
end

return M
