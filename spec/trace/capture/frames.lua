--- Captures made by hand, for the specs of this directory.

local frame = require "wolfssl.trace.capture.frame"
local int = require "wolfssl.trace.capture.int"

local M = {}

M.FIN, M.SYN, M.RST, M.ACK = 1, 2, 4, 16

M.client = { raw = "\192\0\2\1", port = 49152, mac = "\2\0\0\0\0\1" }
M.server = { raw = "\192\0\2\2", port = 443, mac = "\2\0\0\0\0\2" }

--- An Ethernet frame with a TCP segment; `side` is "client" or "server".
function M.tcp(side, sequence, payload, flags, ack)
  local from, to = M.client, M.server
  if side == "server" then from, to = to, from end
  return frame.tcp(
    { raw = from.raw, port = from.port, mac = from.mac, sequence = sequence },
    { raw = to.raw, port = to.port, mac = to.mac, sequence = ack or 0 },
    flags or M.ACK, payload or "", 1)
end

--- The IP packet inside an Ethernet frame.
function M.ip(ethernet)
  return ethernet:sub(15)
end

function M.ipv4(protocol, payload, fragment, id)
  return "\69\0" .. int.big.put16(20 + #payload) .. int.big.put16(id or 1)
    .. int.big.put16(fragment or 0) .. "\64" .. string.char(protocol) .. "\0\0"
    .. M.client.raw .. M.server.raw .. payload
end

function M.ipv6(next_header, payload)
  return "\96\0\0\0" .. int.big.put16(#payload) .. string.char(next_header) .. "\64"
    .. ("\32\1\13\184" .. ("\0"):rep(11) .. "\1") .. ("\32\1\13\184" .. ("\0"):rep(11) .. "\2")
    .. payload
end

function M.udp(payload)
  return "\17\92\17\93" .. int.big.put16(8 + #payload) .. "\0\0" .. payload
end

local PCAP_MAGIC = { [1000000] = 0xa1b2c3d4, [1000000000] = 0xa1b23c4d }

--- A pcap file; packet n comes n ticks after second n.
function M.pcap(frames, link, order, ticks)
  local put16, put32 = int[order or "little"].put16, int[order or "little"].put32
  local out = {
    put32(PCAP_MAGIC[ticks or 1000000]), put16(2), put16(4), put32(0), put32(0), put32(65535),
    put32(link or 1),
  }
  for i, bytes in ipairs(frames) do
    out[#out + 1] = put32(i) .. put32(i) .. put32(#bytes) .. put32(#bytes) .. bytes
  end
  return table.concat(out)
end

--- One pcapng block.
function M.block(kind, body, order)
  local put32 = int[order or "little"].put32
  body = body .. ("\0"):rep(-#body % 4)
  return put32(kind) .. put32(#body + 12) .. body .. put32(#body + 12)
end

function M.section(order)
  local put16, put32 = int[order or "little"].put16, int[order or "little"].put32
  return M.block(0x0a0d0d0a, put32(0x1a2b3c4d) .. put16(1) .. put16(0) .. ("\255"):rep(8), order)
end

--- An interface description; `options` is a list of {code, value}.
function M.interface(link, options, order, snaplen)
  local put16, put32 = int[order or "little"].put16, int[order or "little"].put32
  local out = { put16(link), put16(0), put32(snaplen or 0) }
  for _, option in ipairs(options or {}) do
    local code, value = option[1], option[2]
    out[#out + 1] = put16(code) .. put16(#value) .. value .. ("\0"):rep(-#value % 4)
  end
  return M.block(1, table.concat(out), order)
end

--- An enhanced packet block.
function M.packet(bytes, high, low, order, interface)
  local put32 = int[order or "little"].put32
  return M.block(6, put32(interface or 0) .. put32(high) .. put32(low) .. put32(#bytes)
    .. put32(#bytes) .. bytes, order)
end

--- All bytes of a stream's chunks, gaps left out.
function M.data(stream)
  local out = {}
  for i, chunk in ipairs(stream.chunks) do out[i] = chunk.bytes end
  return table.concat(out)
end

return M
