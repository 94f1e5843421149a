--- Frames for captures: a TCP segment with its IP and Ethernet headers and right checksums.
-- @module wolfssl.trace.capture.frame

local int = require "wolfssl.trace.capture.int"

local byte = string.byte
local put16, put32 = int.big.put16, int.big.put32

local TCP = 6
local WINDOW = 65535

local M = {}

--- The Internet checksum (RFC 1071). Sums of even and odd bytes are kept apart: both stay far
-- below 2^53, so the carries can be folded once at the end.
local function checksum(bytes)
  local high, low = 0, 0
  for i = 1, #bytes - 7, 8 do
    local a, b, c, d, e, f, g, h = byte(bytes, i, i + 7)
    high, low = high + a + c + e + g, low + b + d + f + h
  end
  for i = #bytes - #bytes % 8 + 1, #bytes, 2 do
    local a, b = byte(bytes, i, i + 1)
    high, low = high + a, low + (b or 0)
  end
  return (65535 - (high * 256 + low) % 65535) % 65535
end

local function ipv4(from, to, length, id)
  local before = "\69\0" .. put16(20 + length) .. put16(id % 65536) .. "\64\0\64\6"
  local after = from.raw .. to.raw
  return before .. put16(checksum(before .. after)) .. after
end

local function ipv6(from, to, length)
  return "\96\0\0\0" .. put16(length) .. "\6\64" .. from.raw .. to.raw
end

--- One Ethernet frame with a TCP segment.
-- @tparam table from sender: `{raw` (address)`, port, mac, sequence}`
-- @tparam table to receiver, the same
-- @tparam number flags of TCP; acknowledges `to.sequence` if ACK is among them
-- @tparam string payload
-- @tparam number id identification of an IPv4 packet
-- @treturn string
function M.tcp(from, to, flags, payload, id)
  local acknowledged = flags >= 16 and to.sequence or 0
  local before = put16(from.port) .. put16(to.port) .. put32(from.sequence)
    .. put32(acknowledged) .. "\80" .. string.char(flags) .. put16(WINDOW)
  local after = "\0\0" .. payload
  local length = #before + 2 + #after
  local pseudo = from.raw .. to.raw .. put32(length) .. put32(TCP)
  local sum = checksum(pseudo .. before .. "\0\0" .. after)
  local is4 = #from.raw == 4
  return to.mac .. from.mac .. (is4 and "\8\0" or "\134\221")
    .. (is4 and ipv4 or ipv6)(from, to, length, id)
    .. before .. put16(sum) .. after
end

return M
