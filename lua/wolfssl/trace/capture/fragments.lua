--- Reassembly of IP fragments, bounded in number. Fragments that overlap spoil their packet
-- (RFC 5722), copies of a fragment do not.
-- @module wolfssl.trace.capture.fragments

local MAX_OPEN = 64
local MAX_PARTS = 8192
local MAX_LENGTH = 65535

local M = {}
local Fragments = {}
Fragments.__index = Fragments

--- An empty table of fragmented packets.
-- @tparam function report called with a message and the number of the first packet concerned
function M.new(report)
  return setmetatable({ open = {}, order = {}, report = report }, Fragments)
end

local function name(packet)
  return packet.source .. packet.destination
    .. ("/%d/%.0f"):format(packet.protocol, packet.fragment.id)
end

function Fragments:close(key)
  self.open[key] = nil
  for i, other in ipairs(self.order) do
    if other == key then return table.remove(self.order, i) end
  end
end

function Fragments:give_up(key, reason)
  local number = self.open[key].number
  self:close(key)
  self.report(reason, number)
end

function Fragments:set_of(packet, number)
  local key = name(packet)
  local set = self.open[key]
  if not set then
    if #self.order == MAX_OPEN then
      self:give_up(self.order[1], "IP fragments given up: too many incomplete packets")
    end
    set = { number = number, parts = {}, count = 0, size = 0 }
    self.open[key] = set
    self.order[#self.order + 1] = key
  end
  return set, key
end

--- The payload of a set whose parts follow each other up to the total, or nil and whether the
-- parts overlap.
local function join(set)
  local offsets, pieces, at = {}, {}, 0
  for offset in pairs(set.parts) do offsets[#offsets + 1] = offset end
  table.sort(offsets)
  for i, offset in ipairs(offsets) do
    if offset ~= at then return nil, offset < at end
    pieces[i] = set.parts[offset]
    at = at + #pieces[i]
  end
  if at ~= set.total then return nil, true end
  return table.concat(pieces)
end

--- Why a fragment cannot belong to its set, or nil.
local function objection(set, offset, payload, more)
  local known = set.parts[offset]
  local last = offset + #payload
  if known and known ~= payload then return "IP fragments overlap" end
  if last > MAX_LENGTH then return "IP fragments exceed 65535 bytes" end
  if set.count == MAX_PARTS then return "IP fragments given up: too many for one packet" end
  if #payload == 0 then return "IP fragment without payload" end
  if not more and set.total and set.total ~= last then return "IP fragments overlap" end
end

--- Takes a fragment.
-- @tparam table packet as `packet.decode` returns it, with `fragment`
-- @tparam number number of the captured packet
-- @treturn table|nil the whole packet, once its last missing fragment has come
function Fragments:add(packet, number)
  local set, key = self:set_of(packet, number)
  local offset, more = packet.fragment.offset, packet.fragment.more
  local payload = packet.bytes:sub(packet.first, packet.last)
  local reason = packet.missing > 0 and "IP fragment cut short by the capture"
    or objection(set, offset, payload, more)
  if reason then return self:give_up(key, reason) end
  if set.parts[offset] then return nil end
  set.parts[offset] = payload
  set.count, set.size = set.count + 1, set.size + #payload
  if not more then set.total = offset + #payload end
  if offset == 0 then set.protocol = packet.protocol end
  if not set.total or set.size < set.total then return nil end
  local bytes, overlap = join(set)
  if not bytes then return overlap and self:give_up(key, "IP fragments overlap") or nil end
  self:close(key)
  return {
    source = packet.source, destination = packet.destination, protocol = set.protocol,
    bytes = bytes, first = 1, last = #bytes, missing = 0,
  }
end

--- Reports what is still incomplete at the end of the capture.
function Fragments:finish()
  while self.order[1] do self:give_up(self.order[1], "IP fragments incomplete") end
end

return M
