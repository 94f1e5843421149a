--- Where two scanners differ, and why.

local configurations = require "farm.configurations"
local explained = require "farm.explained"
local scanners = require "farm.scanners"

local M = {}

local function sorted(set)
  local list = {}
  for item in pairs(set) do list[#list + 1] = tostring(item) end
  table.sort(list)
  return list
end

local function text(value)
  if type(value) == "number" then return ("%d"):format(value) end
  if value == nil then return "says nothing" end
  if type(value) ~= "table" then return tostring(value) end
  return "{" .. table.concat(sorted(value), " ") .. "}"
end

local function without(set, other)
  local rest = {}
  for item in pairs(set) do rest[item] = not other[item] or nil end
  return rest
end

-- What each side alone says, as text; nil where they agree.
local function differ(theirs, ours)
  if type(theirs) == "table" and type(ours) == "table" then
    theirs, ours = without(theirs, ours), without(ours, theirs)
    if next(theirs) == nil and next(ours) == nil then return nil end
  end
  theirs, ours = text(theirs), text(ours)
  if theirs ~= ours then return theirs, ours end
end

local function fits(rule, difference)
  for _, field in ipairs { "tool", "server", "fact", "theirs", "ours" } do
    if rule[field] and not difference[field]:find(rule[field]) then return false end
  end
  return true
end

local function explain(difference)
  for _, rule in ipairs(explained) do
    difference.rule = difference.rule or fits(rule, difference) and rule or nil
  end
  return difference
end

--- Compares what another scanner states with what ours says of the same.
-- @tparam table contest of farm.scanners
-- @tparam string server its name in the farm
-- @tparam table theirs facts, see farm.readers.common
-- @tparam table ours
-- @treturn table by kind of fact: how many `agree`
-- @treturn {table,...} differences: {tool, server, fact, kind, theirs, ours, rule}, where `rule` is
-- what farm.explained has on it
function M.compare(contest, server, theirs, ours)
  local agree, differences = {}, {}
  for _, fact in ipairs(sorted(theirs)) do
    local kind = fact:match "^[^:]+"
    if not contest.only or contest.only[kind] then
      local one, other = differ(theirs[fact], ours[fact])
      if not one then agree[kind] = (agree[kind] or 0) + 1 end
      differences[#differences + 1] = one and explain { tool = contest.tool, server = server,
        fact = fact, kind = kind, theirs = one, ours = other } or nil
    end
  end
  return agree, differences
end

-- Whether each server was asked of which the rule can be, by each scanner whose it can be.
local function tried(rule, asked)
  for _, contest in pairs(scanners.contests) do
    for _, server in ipairs(contest.tool:find(rule.tool or "") and configurations or {}) do
      if server.name:find(rule.server or "") and not asked[contest.tool .. " " .. server.name] then
        return false
      end
    end
  end
  return true
end

--- The rules of farm.explained that explain nothing any more.
-- @tparam table used a set of those that did
-- @tparam table asked a set of "tool server", for each server that a tool was asked about in full
-- @treturn {table,...} rules that could have been used by what was asked, and were not
function M.needless(used, asked)
  local list = {}
  for _, rule in ipairs(explained) do
    if not used[rule] and tried(rule, asked) then list[#list + 1] = rule end
  end
  return list
end

return M
