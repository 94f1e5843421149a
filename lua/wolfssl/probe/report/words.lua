--- Facts in words.
-- @module wolfssl.probe.report.words

local M = {}

-- Fields that are moments.
local MOMENTS = { not_before = true, not_after = true, this_update = true, next_update = true,
  produced_at = true, time = true }

--- The names in a table, sorted.
-- @tparam table map
-- @treturn list
function M.sorted(map)
  local names = {}
  for name in pairs(map) do names[#names + 1] = name end
  table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
  return names
end

--- A name as people write it.
-- @param name of a fact or a field
-- @treturn string
function M.title(name)
  return (tostring(name):gsub("_", " "))
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

--- Whether a value has no fields that could be told one by one.
-- @param value
-- @treturn boolean
function M.is_plain(value)
  if type(value) ~= "table" or M.is_code_point(value) then return true end
  if not M.is_list(value) then return false end
  for _, item in ipairs(value) do
    if not M.is_plain(item) then return false end
  end
  return true
end

local LAST = 2 ^ 40   -- second that has a date for us

local function number_text(n, name)
  if MOMENTS[name] and n > -LAST and n < LAST then
    return os.date("!%Y-%m-%d %H:%M:%S UTC", math.floor(n))
  end
  return n % 1 == 0 and ("%.0f"):format(n) or ("%.3f"):format(n)
end

--- A plain value in words, on one line.
-- @param value a fact, or a part of one
-- @tparam ?string name of its field
-- @treturn string
function M.text(value, name)
  if type(value) == "boolean" then return value and "yes" or "no" end
  if type(value) == "number" then return number_text(value, name) end
  if type(value) ~= "table" then return tostring(value) end
  if M.is_code_point(value) then return value.name end
  local parts = {}
  for i, item in ipairs(value) do parts[i] = M.text(item, name) end
  return #parts == 0 and "none" or table.concat(parts, ", ")
end

local function join(path, name)
  return path == "" and M.title(name) or path .. " " .. M.title(name)
end

local FEW = 4

-- A few plain fields fit on one line: "code: a; depth: 0". nil for others.
local function fields_text(map)
  local parts = {}
  for i, field in ipairs(M.sorted(map)) do
    if i > FEW or not M.is_plain(map[field]) then return nil end
    parts[i] = M.title(field) .. ": " .. M.text(map[field], field)
  end
  return table.concat(parts, "; ")
end

local function add_lines(lines, path, value, name, fold)
  if M.is_plain(value) then
    lines[#lines + 1] = { path, M.text(value, name) }
  elseif M.is_list(value) then
    for i, item in ipairs(value) do add_lines(lines, join(path, i), item, nil, fold) end
  else
    local text = fold and path ~= "" and fields_text(value)
    if text then lines[#lines + 1] = { path, text } end
    for _, field in ipairs(text and {} or M.sorted(value)) do
      add_lines(lines, join(path, field), value[field], field, fold)
    end
  end
end

--- A fact as lines, one for each field that has a plain value.
-- @param value
-- @tparam ?boolean fold true to have a few fields of their own on one line
-- @treturn {{string,string},...} pairs of the path to the field, "" where there is none, and its
-- value
function M.lines(value, fold)
  local lines = {}
  add_lines(lines, "", value, nil, fold)
  return lines
end

--- A value on one line, whatever it is.
-- @param value
-- @treturn string
function M.line(value)
  local parts = {}
  for i, pair in ipairs(M.lines(value)) do
    parts[i] = pair[1] == "" and pair[2] or pair[1] .. ": " .. pair[2]
  end
  return table.concat(parts, "; ")
end

--- Where a record is from.
-- @tparam table record
-- @treturn string HOST:PORT, and the protocol of STARTTLS
function M.place(record)
  local place = (record.host:find(":", 1, true) and "[%s]:%d" or "%s:%d"):format(record.host,
    record.port)
  local name = record.server_name and ", as " .. record.server_name or ""
  return place .. (record.starttls and ", " .. record.starttls or "") .. name
end

return M
