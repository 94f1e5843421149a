--- Unsigned integers in strings, in both byte orders.
-- `int.big.u16(s, i)` reads the two bytes at position i (nil when they are not there);
-- `int.big.put16(n)` writes them. The same names stand in `int.little`.
-- @module wolfssl.trace.capture.int

local byte, char, floor = string.byte, string.char, math.floor

local M = { big = {}, little = {} }

local function octets16(n)
  local low = n % 256
  return (n - low) / 256 % 256, low
end

local function octets32(n)
  local low = n % 65536
  local a, b = octets16((n - low) / 65536)
  return a, b, octets16(low)
end

function M.big.u16(s, i)
  local a, b = byte(s, i, i + 1)
  return b and a * 256 + b
end

function M.big.u32(s, i)
  local a, b, c, d = byte(s, i, i + 3)
  return d and a * 16777216 + b * 65536 + c * 256 + d
end

function M.big.put16(n)
  return char(octets16(floor(n)))
end

function M.big.put32(n)
  return char(octets32(floor(n)))
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
  local a, b = octets16(floor(n))
  return char(b, a)
end

function M.little.put32(n)
  local a, b, c, d = octets32(floor(n))
  return char(d, c, b, a)
end

return M
