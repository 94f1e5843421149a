--- Registries: code points with names, as IANA keeps them.
-- An entry is a plain table `{value =, name =, …}`; it is shared by every message decoded, so
-- treat it as read-only. Values that IANA does not list get an entry made on the spot, whose
-- name says what they are: "GREASE (0x0a0a)", "unknown (0x1234)".
-- @module wolfssl.tls.registry
local M = {}

local floor, format = math.floor, string.format
local methods = {}
methods.__index = methods

-- RFC 8701 section 2: 0x0A0A, 0x1A1A … 0xFAFA; section 3.1: 0x0B + 31 * n for PskKeyExchangeMode.
local function grease_values(width)
  local values = {}
  for i = 0, 15 do
    values[#values + 1] = width == 2 and (i * 16 + 10) * 257 or i < 8 and 0x0B + 31 * i or nil
  end
  return values
end

local function add(self, entry)
  if self.by_value[entry.value] or self.by_name[entry.name] then
    error("a second " .. entry.name .. " in " .. self.title)
  end
  self.by_value[entry.value] = entry
  self.by_name[entry.name] = entry
end

--- The value in hexadecimal, as wide as the field that carries it: "0x0a0a".
-- @tparam number value
-- @treturn string
function methods:hex(value)
  return format("0x%0" .. 2 * self.width .. "x", value)
end

--- The name of a value, always a string.
-- @tparam number value
-- @treturn string name, "GREASE (0x0a0a)" or "unknown (0x1234)"
function methods:name(value)
  return self:entry(value).name
end

local UNKNOWN = { __index = { unknown = true } }

--- The entry of a value that is not listed: two fields and no more, for a hostile message can hold
-- tens of thousands of these.
-- @tparam number value
-- @tparam string name
-- @treturn table entry whose `unknown` is true
function M.unlisted(value, name)
  return setmetatable({ value = value, name = name }, UNKNOWN)
end

--- The entry of a value, whether listed or not.
-- @tparam number value
-- @treturn table entry with at least `value` and `name`; `unknown` is true when not listed
function methods:entry(value)
  local entry = self.by_value[value] or self.others[value]
  if not entry then
    entry = M.unlisted(value, format(self.unknown, value))
    if self.width == 1 then self.others[value] = entry end
  end
  return entry
end

--- The value that a number, a name or an entry stands for.
-- @tparam number|string|table what
-- @treturn number value, or nil when the name is not listed or the number does not fit the field
function methods:value(what)
  if type(what) == "table" then what = what.value end
  if type(what) == "string" then
    local entry = self.by_name[what]
    what = entry and entry.value or tonumber(what:match("^unknown %(0x(%x+)%)$") or "", 16)
  end
  if type(what) ~= "number" or what < 0 or what >= self.limit or floor(what) ~= what then
    return nil
  end
  return what
end

--- Makes a registry.
-- @tparam string title what the code points are, in the singular, as error messages say it
-- @tparam number width bytes of the field that carries them
-- @tparam table entries list of `{value =, name =, …}`
-- @tparam ?boolean grease whether RFC 8701 reserves values here
-- @treturn table registry with `by_value`, `by_name`, `list` and the methods above
function M.new(title, width, entries, grease)
  local self = setmetatable({
    title = title, width = width, limit = 256 ^ width,
    list = entries, by_value = {}, by_name = {},
    others = {}, -- not listed: of one byte, each is made once
    unknown = "unknown (0x%0" .. 2 * width .. "x)",
  }, methods)
  for _, entry in ipairs(entries) do add(self, entry) end
  for _, value in ipairs(grease and grease_values(width) or {}) do
    add(self, { value = value, name = ("GREASE (%s)"):format(self:hex(value)), grease = true })
  end
  return self
end

--- Makes a registry from rows `{value, name, extra}` where `extra` goes into the field `key`.
-- @tparam string title
-- @tparam number width
-- @tparam table rows
-- @tparam ?string key
-- @tparam ?boolean grease
-- @treturn table registry
function M.rows(title, width, rows, key, grease)
  local entries = {}
  for i, row in ipairs(rows) do
    entries[i] = { value = row[1], name = row[2] }
    if key then entries[i][key] = row[3] end
  end
  return M.new(title, width, entries, grease)
end

-- Finds and makes entries of a text of lines "C02F NAME"; `by_name` and `by_value` keep them.
local function lookups(width, text, make)
  local places, by_value, by_name = {}, {}, {}
  for value, place in text:gmatch("(%x+) ()%S+\n") do places[tonumber(value, 16)] = place end
  setmetatable(by_value, { __index = function(_, value)
    local place = places[value]
    if not place then return nil end
    local name = text:match("^%S+", place)
    local entry = make(name, place)
    entry.value, entry.name = value, name
    by_value[value], by_name[name] = entry, entry
    return entry
  end })
  setmetatable(by_name, { __index = function(_, name)
    local space = type(name) == "string" and text:find(" " .. name .. "\n", 1, true)
    local entry = space and by_value[tonumber(text:sub(space - 2 * width, space - 1), 16)]
    return entry and entry.name == name and entry or nil
  end })
  return by_value, by_name
end

local function all_of(by_value, text)
  local list = {}
  for value in text:gmatch("(%x+) %S+\n") do list[#list + 1] = by_value[tonumber(value, 16)] end
  return list
end

--- Makes a registry whose entries come about when they are first looked up: `by_value` and
-- `by_name` answer as ever, but only `list` has them all.
-- @tparam string title
-- @tparam number width
-- @tparam string text a line "C02F NAME" for each
-- @tparam function make (name, place in the text) -> entry without `value` and `name`
-- @tparam ?boolean grease
-- @treturn table registry
function M.lazy(title, width, text, make, grease)
  local self = M.new(title, width, {}, grease)
  local greasy, by_value, by_name = self.by_value, lookups(width, text, make)
  for value, entry in pairs(greasy) do
    assert(not by_value[value], "duplicate value in " .. title)
    by_value[value], by_name[entry.name] = entry, entry
  end
  self.by_value, self.by_name, self.list = by_value, by_name, nil
  return setmetatable(self, { __index = function(_, key)
    if key ~= "list" then return methods[key] end
    self.list = all_of(by_value, text)
    return self.list
  end })
end

return M
