--- Writes JSON: explanations, and other reports. Keys are sorted, so that equal reports are equal
-- texts.
-- @module wolfssl.trace.render.json

local element = require "wolfssl.trace.render.html.element"

local M = {}

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function escaped(c)
  return ESCAPES[c] or ("\\u%04x"):format(c:byte())
end

-- What steers terminals, ends lines for some readers or turns the direction of writing.
local function escaped_wide(first, rest)
  local a, b = rest:byte(1, 2)
  local value = b and (first:byte() - 224) * 4096 + (a - 128) * 64 + b - 128 or a
  return ("\\u%04x"):format(value)
end

-- Bytes that are no UTF-8 are taken as Latin-1: JSON has no other way to carry them.
local function string_of(text)
  if not element.is_utf8(text) then
    text = text:gsub("[\128-\255]", function(c)
      return string.char(192 + math.floor(c:byte() / 64), 128 + c:byte() % 64)
    end)
  end
  text = text:gsub('[%z\1-\31"\\\127]', escaped):gsub("(\194)([\128-\159])", escaped_wide)
    :gsub("(\226)(\128[\142\143\168-\174])", escaped_wide)
    :gsub("(\226)(\129[\166-\169])", escaped_wide)
  return '"' .. text .. '"'
end

local function number_of(n)
  return n % 1 == 0 and ("%.0f"):format(n) or ("%.6g"):format(n)
end

local encode

local function array(list, indent)
  local parts = {}
  for i, value in ipairs(list) do
    parts[i] = encode(value, indent .. "  ")
  end
  if #parts == 0 then
    return "[]"
  end
  local gap = "\n" .. indent .. "  "
  return "[" .. gap .. table.concat(parts, "," .. gap) .. "\n" .. indent .. "]"
end

local function is_array(value)
  return value[1] ~= nil or next(value) == nil and getmetatable(value) ~= M.OBJECT
end

local function object(fields, indent)
  if next(fields) == nil then return "{}" end
  local names, parts = {}, {}
  for name in pairs(fields) do
    names[#names + 1] = name
  end
  table.sort(names)
  for i, name in ipairs(names) do
    parts[i] = string_of(name) .. ": " .. encode(fields[name], indent .. "  ")
  end
  local gap = "\n" .. indent .. "  "
  return "{" .. gap .. table.concat(parts, "," .. gap) .. "\n" .. indent .. "}"
end

function encode(value, indent)
  local kind = type(value)
  if kind == "string" then
    return string_of(value)
  elseif kind == "number" then
    return number_of(value)
  elseif kind == "table" then
    return (is_array(value) and array or object)(value, indent)
  end
  return tostring(value)
end

local function inline(value)
  if type(value) ~= "table" then return encode(value, "") end
  local parts = {}
  if is_array(value) then
    for i, item in ipairs(value) do parts[i] = inline(item) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  for name in pairs(value) do parts[#parts + 1] = name end
  table.sort(parts)
  for i, name in ipairs(parts) do parts[i] = string_of(name) .. ":" .. inline(value[name]) end
  return "{" .. table.concat(parts, ",") .. "}"
end

--- Encodes a value in one line. An empty table is an empty array, unless it is marked.
-- @tparam table|string|number|boolean value
-- @treturn string JSON without line ends
function M.line(value)
  return inline(value)
end

--- The metatable that marks tables as objects, which count when they are empty.
M.OBJECT = {}

--- Marks a table as an object.
-- @tparam table fields
-- @treturn table the same
function M.object(fields)
  return setmetatable(fields, M.OBJECT)
end

--- Encodes a report. An empty table is an empty array, unless it is marked.
-- @tparam table|string|number|boolean value
-- @treturn string JSON, indented
function M.encode(value)
  return encode(value, "")
end

return M
