--- Small operations on byte strings, without bit operators.
-- @module wolfssl.trace.octets
local M = {}

local byte, char, floor = string.byte, string.char, math.floor

-- NIBBLES[16 * a + b] = a xor b: twice that of their halves, and the last bit.
local NIBBLES = { [0] = 0 }
for both = 1, 255 do
  local b = both % 16
  local a = (both - b) / 16
  NIBBLES[both] = 2 * NIBBLES[16 * floor(a / 2) + floor(b / 2)] + (a + b) % 2
end

local function xor_byte(a, b)
  local low_a, low_b = a % 16, b % 16
  return 16 * NIBBLES[(a - low_a) + (b - low_b) / 16] + NIBBLES[16 * low_a + low_b]
end

--- The exclusive or of two strings.
-- @tparam string a
-- @tparam string b as long as `a`
-- @treturn string
function M.xor(a, b)
  local out = {}
  for i = 1, #a do out[i] = char(xor_byte(byte(a, i), byte(b, i))) end
  return table.concat(out)
end

--- A number in bytes, the most significant first.
-- @tparam number value below 2^53
-- @tparam number width bytes
-- @treturn string
function M.number(value, width)
  local out = {}
  for i = width, 1, -1 do
    out[i] = char(value % 256)
    value = floor(value / 256)
  end
  return table.concat(out)
end

--- A vector of the RFCs' presentation language: the length, then the bytes.
-- @tparam string bytes
-- @tparam number width bytes of the length
-- @treturn string
function M.vector(bytes, width)
  return M.number(#bytes, width) .. bytes
end

return M
