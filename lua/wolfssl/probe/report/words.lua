--- Facts in words.
-- @module wolfssl.probe.report.words
local M = {}

local function sorted(map)
  local names = {}
  for name in pairs(map) do names[#names + 1] = name end
  table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
  return names
end

--- Whether a table is a code point.
-- @tparam table value
-- @treturn boolean
function M.is_code_point(value)
  return type(value.value) == "number" and type(value.name) == "string"
end

--- Whether a table is a list; an empty one is.
-- @tparam table value
-- @treturn boolean
function M.is_list(value)
  return value[1] ~= nil or next(value) == nil
end

local text

local function list_of(list)
  local parts = {}
  for i, item in ipairs(list) do parts[i] = text(item, true) end
  if #parts == 0 then return "none" end
  return table.concat(parts, ", ")
end

local function fields_of(map, nested)
  local parts = {}
  for _, name in ipairs(sorted(map)) do
    local key = tostring(name):gsub("_", " ")
    parts[#parts + 1] = ("%s: %s"):format(key, text(map[name], true))
  end
  local all = table.concat(parts, "; ")
  return nested and "(" .. all .. ")" or all
end

function text(value, nested)
  if type(value) == "boolean" then return value and "yes" or "no" end
  if type(value) == "number" then
    return value % 1 == 0 and ("%.0f"):format(value) or ("%.3f"):format(value)
  end
  if type(value) ~= "table" then return tostring(value) end
  if M.is_code_point(value) then return value.name end
  if M.is_list(value) then return list_of(value) end
  return fields_of(value, nested)
end

--- A value in words, on one line.
-- @param value a fact, or a part of one
-- @treturn string
function M.text(value)
  return text(value)
end

--- A fact as lines, a line for each field of its own.
-- @param value
-- @treturn {{string,string},...} pairs of the field, "" where there is none, and its value
function M.lines(value)
  if type(value) ~= "table" or M.is_code_point(value) or M.is_list(value) then
    return { { "", text(value) } }
  end
  local lines = {}
  for _, name in ipairs(sorted(value)) do
    lines[#lines + 1] = { (tostring(name):gsub("_", " ")), text(value[name]) }
  end
  return lines
end

--- The name of a fact as people write it.
-- @tparam string name
-- @treturn string
function M.title(name)
  return (name:gsub("_", " "))
end

--- Where a record is from.
-- @tparam table record
-- @treturn string HOST:PORT, and the protocol of STARTTLS
function M.place(record)
  local place = (record.host:find(":", 1, true) and "[%s]:%d" or "%s:%d"):format(record.host,
    record.port)
  return record.starttls and ("%s (%s)"):format(place, record.starttls) or place
end

--- Names sorted, as every report lists them.
-- @tparam table map
-- @treturn list
M.sorted = sorted

return M
