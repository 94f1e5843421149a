--- IP addresses: 4 or 16 raw bytes to text and back.
-- @module wolfssl.trace.capture.address

local int = require "wolfssl.trace.capture.int"

local M = {}

--- First and last index of the longest run of two or more zero groups, the leftmost of equals.
local function longest_zero_run(groups)
  local first, last = nil, nil
  local i = 1
  while i <= 8 do
    local j = i
    while groups[j] == 0 do j = j + 1 end
    if j - i >= 2 and (not first or j - i > last - first + 1) then first, last = i, j - 1 end
    i = j + 1
  end
  return first, last
end

local function format6(raw)
  local groups, text = {}, {}
  for i = 1, 8 do
    groups[i] = int.big.u16(raw, 2 * i - 1)
    text[i] = string.format("%x", groups[i])
  end
  local first, last = longest_zero_run(groups)
  if not first then return table.concat(text, ":") end
  return table.concat(text, ":", 1, first - 1) .. "::" .. table.concat(text, ":", last + 1)
end

--- The canonical text of an address.
-- @tparam string raw 4 bytes (IPv4) or 16 bytes (IPv6)
-- @treturn string dotted decimal, or the form of RFC 5952
-- @see RFC 5952 section 4
function M.format(raw)
  if #raw == 4 then return table.concat({ raw:byte(1, 4) }, ".") end
  return format6(raw)
end

local function parse4(text)
  local octets = { text:match("^(%d+)%.(%d+)%.(%d+)%.(%d+)$") }
  if #octets ~= 4 then return nil end
  for i = 1, 4 do
    octets[i] = #octets[i] <= 3 and tonumber(octets[i])
    if not octets[i] or octets[i] > 255 then return nil end
  end
  return string.char(octets[1], octets[2], octets[3], octets[4])
end

--- The bytes of colon-separated groups; at the end of an address the last may be dotted decimal.
local function groups6(text, at_end)
  if text == "" then return "" end
  local parts = {}
  for part in (text .. ":"):gmatch("([^:]*):") do parts[#parts + 1] = part end
  for i, part in ipairs(parts) do
    if part:find("^%x%x?%x?%x?$") then
      parts[i] = int.big.put16(tonumber(part, 16))
    else
      parts[i] = at_end and i == #parts and parse4(part)
    end
    if not parts[i] then return nil end
  end
  return table.concat(parts)
end

local function parse6(text)
  local head, tail = text:match("^(.-)::(.*)$")
  if not head then
    local raw = groups6(text, true)
    return raw and #raw == 16 and raw or nil
  end
  local before, after = groups6(head), groups6(tail, true)
  if not before or not after or #before + #after > 14 then return nil end
  return before .. ("\0"):rep(16 - #before - #after) .. after
end

--- The raw bytes of an address in text, or nil when it is none.
-- @tparam string text dotted decimal, or any form of RFC 4291 section 2.2
-- @treturn string|nil 4 or 16 bytes
function M.parse(text)
  return parse4(text) or (text:find(":", 1, true) and parse6(text)) or nil
end

return M
