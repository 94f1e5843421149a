--- Unsigned integers in strings, in both byte orders.
-- `int.big.u16(s, i)` reads the two bytes at position i (nil when they are not there);
-- `int.big.put16(n)` writes them. The same names stand in `int.little`.
-- @module wolfssl.trace.capture.int

local byte, char, floor = string.byte, string.char, math.floor

local M = { big = {}, little = {} }

function M.big.u16(s, i)
  local a, b = byte(s, i, i + 1)
  return b and a * 256 + b
end

function M.big.u32(s, i)
  local a, b, c, d = byte(s, i, i + 3)
  return d and a * 16777216 + b * 65536 + c * 256 + d
end

function M.big.put16(n)
  return char(floor(n / 256) % 256, floor(n) % 256)
end

function M.big.put32(n)
  return M.big.put16(n / 65536) .. M.big.put16(n)
end

function M.little.u16(s, i)
  local a, b = byte(s, i, i + 1)
  return b and b * 256 + a
end

function M.little.u32(s, i)
  local a, b, c, d = byte(s, i, i + 3)
  return d and d * 16777216 + c * 65536 + b * 256 + a
end

function M.little.put16(n)
  return M.big.put16(n):reverse()
end

function M.little.put32(n)
  return M.big.put32(n):reverse()
end

return M
