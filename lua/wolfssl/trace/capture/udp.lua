--- UDP datagrams (RFC 768).
-- @module wolfssl.trace.capture.udp

local address = require "wolfssl.trace.capture.address"
local int = require "wolfssl.trace.capture.int"

local M = {}

--- Reads the datagram of a packet.
-- @tparam table packet as `packet.decode` returns it
-- @treturn table|nil `{source, destination` ({address, port})`, bytes, missing}`, where missing
--   counts the bytes that the capture left out
-- @treturn string message when the datagram is damaged
function M.decode(packet)
  local bytes, first = packet.bytes, packet.first
  if packet.last < first + 7 then return nil, "the UDP header is cut short" end
  local available = packet.last - first + 1
  local length = int.big.u16(bytes, first + 4)
  if length == 0 then length = available end -- segmentation offload, jumbograms (RFC 2675)
  if length < 8 or length > available + packet.missing then
    return nil, "the UDP header contradicts itself"
  end
  local last = math.min(first + length - 1, packet.last)
  return {
    source = { address = address.format(packet.source), port = int.big.u16(bytes, first) },
    destination = {
      address = address.format(packet.destination), port = int.big.u16(bytes, first + 2),
    },
    bytes = bytes:sub(first + 8, last),
    missing = first + length - 1 - last,
  }
end

return M
