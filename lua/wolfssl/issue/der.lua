--- Writes DER (ITU-T X.690): every function returns one encoded value.
-- @module wolfssl.issue.der

local M = {}

local char = string.char
local floor = math.floor

-- Non-negative integer -> big-endian octets, none for 0.
local function octets(n)
  local out = ""
  while n > 0 do
    out = char(n % 256) .. out
    n = floor(n / 256)
  end
  return out
end

--- Any value: identifier octet and content.
-- @tparam integer tag
-- @tparam string content
-- @treturn string
function M.value(tag, content)
  local length = #content
  if length < 128 then return char(tag, length) .. content end
  local long = octets(length)
  return char(tag, 128 + #long) .. long .. content
end

--- SEQUENCE of values.
-- @tparam string ... encoded values
function M.sequence(...)
  return M.value(0x30, table.concat({ ... }))
end

--- SET OF values, in DER's order (section 11.6).
-- @tparam {string,...} values encoded values
function M.set(values)
  local sorted = {}
  for i, value in ipairs(values) do sorted[i] = value end
  table.sort(sorted)
  return M.value(0x31, table.concat(sorted))
end

--- [number] EXPLICIT, or IMPLICIT of a constructed value.
-- @tparam integer number
-- @tparam string content
function M.explicit(number, content)
  return M.value(0xa0 + number, content)
end

--- [number] IMPLICIT of a primitive value.
-- @tparam integer number
-- @tparam string content
function M.implicit(number, content)
  return M.value(0x80 + number, content)
end

--- Non-negative INTEGER.
-- @tparam integer|string n number, or big-endian octets
function M.integer(n)
  local content = type(n) == "number" and octets(n) or n:gsub("^%z+", "")
  if content == "" or content:byte() > 127 then content = "\0" .. content end
  return M.value(0x02, content)
end

--- BOOLEAN.
-- @tparam boolean value
function M.boolean(value)
  return M.value(0x01, value and "\255" or "\0")
end

--- NULL.
M.null = "\5\0"

--- OCTET STRING.
-- @tparam string content
function M.octet_string(content)
  return M.value(0x04, content)
end

--- BIT STRING.
-- @tparam string content
-- @tparam[opt=0] integer unused bits at its end
function M.bit_string(content, unused)
  return M.value(0x03, char(unused or 0) .. content)
end

--- BIT STRING whose trailing zero bits are left out (section 11.2.2): a set of named bits.
-- @tparam {[integer]=boolean} bits by number, from 0
function M.named_bits(bits)
  local last = -1
  for number in pairs(bits) do last = math.max(last, number) end
  local content = {}
  for start = 0, last, 8 do
    local byte = 0
    for number = start, start + 7 do
      byte = byte * 2 + (bits[number] and 1 or 0)
    end
    content[#content + 1] = char(byte)
  end
  return M.bit_string(table.concat(content), #content * 8 - 1 - last)
end

-- Base 128, most significant first; all octets but the last have bit 8 set.
local function arc(n)
  local out = char(n % 128)
  n = floor(n / 128)
  while n > 0 do
    out = char(128 + n % 128) .. out
    n = floor(n / 128)
  end
  return out
end

--- The content octets of an OBJECT IDENTIFIER; nil when the text is not one.
-- @tparam string dotted "2.5.4.3"
function M.oid_content(dotted)
  if not (dotted .. "."):match("^[0-2]%.%d+%.[%d%.]*$") or dotted:find("..", 1, true) then
    return nil
  end
  local arcs = {}
  for digits in dotted:gmatch("%d+") do
    if #digits > 15 then return nil end -- arcs beyond 2^53 are not exact in every Lua
    arcs[#arcs + 1] = tonumber(digits)
  end
  if arcs[1] < 2 and arcs[2] > 39 then return nil end
  local out = { arc(arcs[1] * 40 + arcs[2]) }
  for i = 3, #arcs do out[#out + 1] = arc(arcs[i]) end
  return table.concat(out)
end

--- OBJECT IDENTIFIER; nil when the text is not one.
-- @tparam string dotted
function M.oid(dotted)
  local content = M.oid_content(dotted)
  return content and M.value(0x06, content)
end

--- Time of a certificate: UTCTime until 2049, GeneralizedTime from then on.
-- @tparam integer seconds Unix time; nil is returned outside the years 0 to 9999
-- @see RFC 5280 section 4.1.2.5
function M.time(seconds)
  local ok, text = pcall(os.date, "!%Y%m%d%H%M%SZ", seconds)
  if not ok or not text or not text:match("^" .. ("%d"):rep(14) .. "Z$") then return nil end
  local year = tonumber(text:sub(1, 4))
  if year >= 1950 and year < 2050 then return M.value(0x17, text:sub(3)) end
  return M.value(0x18, text)
end

--- Finds the value at a position: enough to walk through a certificate of our own.
-- @tparam string der
-- @tparam integer at
-- @treturn ?integer tag; nil when there is no whole value
-- @treturn integer first position of its content
-- @treturn integer last position of its content
function M.find(der, at)
  local tag, length = der:byte(at, at + 1)
  if not length then return nil end
  local start = at + 2
  if length > 127 then
    local bytes = length - 128
    length = 0
    for i = start, start + bytes - 1 do length = length * 256 + (der:byte(i) or 0) end
    start = start + bytes
  end
  if start + length - 1 > #der then return nil end
  return tag, start, start + length - 1
end

return M
