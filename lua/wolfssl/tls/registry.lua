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
  assert(not self.by_value[entry.value], "duplicate value in " .. self.title)
  assert(not self.by_name[entry.name], "duplicate name in " .. self.title)
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
  return self.by_value[value] or M.unlisted(value, format(self.unknown, value))
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
  if type(what) ~= "number" or what < 0 or what >= 256 ^ self.width or floor(what) ~= what then
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
    title = title, width = width, list = entries, by_value = {}, by_name = {},
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

return M
