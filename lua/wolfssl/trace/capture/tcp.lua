--- TCP reassembly of a whole capture: each direction of each connection becomes chunks in stream
-- order. What arrived first wins; what is missing is a gap.
--
-- Positions are sequence numbers unwrapped around the first one seen, so that they grow without
-- end (RFC 9293 section 3.4). Offsets, as given out, count from the first byte of the stream.
-- @module wolfssl.trace.capture.tcp

local address = require "wolfssl.trace.capture.address"
local int = require "wolfssl.trace.capture.int"

local byte, sub = string.byte, string.sub

local WRAP, HALF = 4294967296, 2147483648
-- How many chunks late ones may push aside, per direction: keeps hostile captures linear.
local MAX_MOVES = 4000000

local M = {}
local Reassembly = {}
Reassembly.__index = Reassembly

--- An empty reassembly.
-- @tparam number max_connections further ones are reported once and left out
-- @tparam function report called with a message and a packet number
-- @treturn table with `connections`, in order of their first packet, and `size` in bytes kept
function M.new(max_connections, report)
  return setmetatable({
    connections = {}, size = 0, flows = {}, max = max_connections, report = report,
  }, Reassembly)
end

local function new_flow()
  return { chunks = {}, conflicts = {}, reference = 0, moves = 0 }
end

local function endpoint(raw, port)
  return { address = address.format(raw), port = port }
end

--- Unwraps a sequence number: the nearest position to the end of what is known.
local function position_of(flow, sequence)
  if not flow.origin then flow.origin = sequence end
  local distance = (sequence - flow.origin - flow.reference) % WRAP
  if distance >= HALF then distance = distance - WRAP end
  return flow.reference + distance
end

--- Index of the last chunk that starts at or before a position.
local function locate(chunks, position)
  local low, high = 0, #chunks
  while low < high do
    local middle = math.ceil((low + high) / 2)
    if chunks[middle].offset <= position then low = middle else high = middle - 1 end
  end
  return low
end

local function insert(self, flow, index, chunk)
  flow.moves = flow.moves + #flow.chunks - index + 1
  if flow.moves > MAX_MOVES then
    if not flow.gave_up then self.report("TCP segments too far out of order", chunk.packet) end
    flow.gave_up = true
    return false
  end
  table.insert(flow.chunks, index, chunk)
  self.size = self.size + #chunk.bytes
  return true
end

--- Compares bytes from..to of a segment with the chunk that covers them.
local function compare(flow, chunk, segment, from, to)
  if segment.conflict then return end
  local mine = sub(segment.bytes, from - segment.offset + 1, to - segment.offset)
  local kept = sub(chunk.bytes, from - chunk.offset + 1, to - chunk.offset)
  if mine == kept then return end
  segment.conflict = true
  flow.conflicts[#flow.conflicts + 1] =
    { from = from, to = to, packet = segment.packet, kept = chunk.packet }
end

local function piece(segment, from, to)
  return {
    offset = from, time = segment.time, packet = segment.packet,
    bytes = sub(segment.bytes, from - segment.offset + 1, to - segment.offset),
  }
end

--- Places a segment that does not simply follow the last chunk: only what nobody covers is new.
local function place(self, flow, segment)
  local chunks = flow.chunks
  local at, last = segment.offset, segment.offset + #segment.bytes
  local i = locate(chunks, at)
  while at < last do
    local before, after = chunks[i], chunks[i + 1]
    local covered = before and before.offset + #before.bytes or at
    local stop
    if covered > at then
      stop = math.min(covered, last)
      compare(flow, before, segment, at, stop)
    else
      stop = after and math.min(after.offset, last) or last
      if not insert(self, flow, i + 1, piece(segment, at, stop)) then return end
    end
    at = stop
    while chunks[i + 1] and chunks[i + 1].offset <= at do i = i + 1 end
  end
end

local function add_data(self, flow, position, bytes, time, number)
  local reach = flow.reach
  local segment = { offset = position, bytes = bytes, time = time, packet = number }
  if not reach or position >= reach then
    flow.chunks[#flow.chunks + 1] = segment
    self.size = self.size + #bytes
  elseif #bytes == 1 and position == reach - 1 then
    return -- a keep-alive probe; its byte means nothing (RFC 9293 section 3.8.4)
  else
    place(self, flow, segment)
  end
  flow.reach = math.max(reach or position, position + #bytes)
  flow.reference = flow.reach
end

--- Whether a SYN with this number opens another connection between the same ports.
local function reopens(flow, sequence)
  if flow.isn then return sequence ~= flow.isn end
  if flow.closed then return true end
  local first = flow.chunks[1]
  return first ~= nil and position_of(flow, sequence) + 1 ~= first.offset
end

function Reassembly:open(packet, sport, dport, keys, number)
  if #self.connections >= self.max then
    if not self.full then self.report("too many connections; this one is left out", number) end
    self.full = true
    return nil
  end
  local near, far = new_flow(), new_flow()
  near.peer, far.peer = far, near
  near.endpoint, far.endpoint = endpoint(packet.source, sport), endpoint(packet.destination, dport)
  local connection = { near = near, far = far, packets = 0 }
  near.connection, far.connection = connection, connection
  self.flows[keys[1]], self.flows[keys[2]] = near, far
  self.connections[#self.connections + 1] = connection
  return near
end

--- The direction that a segment belongs to; nil when there are too many connections.
function Reassembly:flow_of(packet, head, sequence, is_syn, number)
  local sport, dport = sub(head, 1, 2), sub(head, 3, 4)
  local key = packet.source .. packet.destination .. sport .. dport
  local flow = self.flows[key]
  if flow and not (is_syn and reopens(flow, sequence)) then return flow end
  local back = packet.destination .. packet.source .. dport .. sport
  return self:open(packet, int.big.u16(sport, 1), int.big.u16(dport, 1), { key, back }, number)
end

local function synchronise(flow, sequence, acknowledges, ack)
  flow.isn = sequence
  flow.start = position_of(flow, sequence) + 1
  flow.connection.opener = acknowledges and flow.peer or flow
  local peer = flow.peer
  if acknowledges and not peer.isn then
    peer.isn = (ack - 1) % WRAP
    peer.start = position_of(peer, ack)
  end
end

--- Notes how far the other direction has got, in data that its receiver has seen.
local function acknowledge(peer, ack)
  local position = position_of(peer, ack)
  if not peer.acked or position > peer.acked then peer.acked = position end
end

local function parse(packet)
  local bytes, first = packet.bytes, packet.first
  if packet.last < first + 19 then return nil, "the TCP header is cut short" end
  local data_offset, flags = byte(bytes, first + 12, first + 13)
  local payload = first + math.floor(data_offset / 16) * 4
  if payload < first + 20 or payload > packet.last + 1 + packet.missing then
    return nil, "the TCP header contradicts itself"
  end
  return {
    sequence = int.big.u32(bytes, first + 4), ack = int.big.u32(bytes, first + 8),
    fin = flags % 2 >= 1, syn = flags % 4 >= 2, rst = flags % 8 >= 4, acks = flags % 32 >= 16,
    payload = payload, length = packet.last + 1 + packet.missing - payload,
  }
end

local function take(self, flow, packet, segment, time, number)
  local position = position_of(flow, segment.sequence) + (segment.syn and 1 or 0)
  local finish = position + segment.length
  if segment.payload <= packet.last then
    add_data(self, flow, position, sub(packet.bytes, segment.payload, packet.last), time, number)
  end
  if segment.length > 0 then flow.claimed = math.max(flow.claimed or finish, finish) end
  if segment.fin then
    flow.closed = flow.closed or "fin"
    flow.fin = math.min(flow.fin or finish, finish)
  end
end

--- Takes a TCP packet.
-- @tparam table packet as `packet.decode` returns it
-- @tparam number time capture time in seconds
-- @tparam number number of the packet in the file
-- @return nil, message when the segment is damaged
function Reassembly:add(packet, time, number)
  local segment, message = parse(packet)
  if not segment then return nil, message end
  local head = sub(packet.bytes, packet.first, packet.first + 3)
  local flow = self:flow_of(packet, head, segment.sequence, segment.syn, number)
  if not flow then return true end
  local connection = flow.connection
  connection.packets = connection.packets + 1
  if segment.syn then synchronise(flow, segment.sequence, segment.acks, segment.ack) end
  if segment.rst then
    flow.closed = "rst" -- a payload would explain the reset, not continue the stream
    return true
  end
  if segment.acks then acknowledge(flow.peer, segment.ack) end
  take(self, flow, packet, segment, time, number)
  return true
end

--- Where the stream ends as far as the capture tells. A lone byte acknowledged beyond the data may
-- be a FIN that was not captured, and is not counted.
local function end_of(flow, reach)
  local known = math.max(reach, flow.claimed or reach, flow.fin or reach)
  if not flow.fin and flow.acked and flow.acked > known + 1 then known = flow.acked end
  return known
end

local function first_position(flow)
  local chunk = flow.chunks[1]
  if flow.start then return flow.start end
  return chunk and chunk.offset or flow.acked and math.min(0, flow.acked) or 0
end

--- The stream of a direction: offsets from its start, gaps found.
local function stream_of(flow)
  local start = first_position(flow)
  local stream = {
    chunks = {}, gaps = {}, conflicts = flow.conflicts,
    from_start = flow.start ~= nil, closed = flow.closed,
  }
  local at = 0
  for _, chunk in ipairs(flow.chunks) do
    chunk.offset = chunk.offset - start
    if chunk.offset >= 0 then
      if chunk.offset > at then
        stream.gaps[#stream.gaps + 1] = { from = at, to = chunk.offset }
      end
      stream.chunks[#stream.chunks + 1] = chunk
      at = chunk.offset + #chunk.bytes
    end
  end
  for _, conflict in ipairs(flow.conflicts) do
    conflict.from, conflict.to = conflict.from - start, conflict.to - start
  end
  stream.length = end_of(flow, at + start) - start
  if stream.length > at then stream.gaps[#stream.gaps + 1] = { from = at, to = stream.length } end
  return stream
end

--- Ends the reassembly.
-- @treturn table list of `{near, far, opener, packets}` in order of first packets; near sent the
--   first one; opener ("near", "far" or nil) sent the SYN. Each side is `{endpoint, stream}`.
function Reassembly:finish()
  local list = {}
  for i, connection in ipairs(self.connections) do
    local near, far = connection.near, connection.far
    list[i] = {
      packets = connection.packets,
      opener = connection.opener and (connection.opener == near and "near" or "far"),
      near = { endpoint = near.endpoint, stream = stream_of(near) },
      far = { endpoint = far.endpoint, stream = stream_of(far) },
    }
  end
  return list
end

return M
