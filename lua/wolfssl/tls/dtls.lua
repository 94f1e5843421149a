--- DTLS handshake messages put together from fragments that come in any order, twice or not.
-- @module wolfssl.tls.dtls
-- @see RFC 6347 section 4.2.2 and 4.2.3
-- @see RFC 9147 section 5.2 and 5.5
local handshake = require "wolfssl.tls.handshake"
local wire = require "wolfssl.tls.wire"

local M = {}

-- Messages ahead of the next one that are kept; later ones come again.
local WINDOW = 16
local HEADER = 12
-- Separate stretches of one message; a fragment that would make more is left to be sent again.
local STRETCHES = 64

local function refuse(offset, path, text)
  return nil, ("DTLS handshake fragment: %s at offset %d: %s"):format(path, offset, text),
    "decode_error", { path = path, offset = offset }
end

-- Adds the range and joins those that touch, so that a message is whole when one range is left.
local function cover(ranges, first, last)
  local kept = {}
  for _, range in ipairs(ranges) do
    if range[2] + 1 < first or last + 1 < range[1] then
      kept[#kept + 1] = range
    else
      first, last = math.min(first, range[1]), math.max(last, range[2])
    end
  end
  kept[#kept + 1] = { first, last }
  return kept
end

local function whole(message)
  local range = message.ranges[1]
  return message.length == 0 or range and range[1] == 0 and range[2] == message.length - 1
end

-- Where fragments overlap, the one that begins earlier counts.
local function join(message)
  table.sort(message.fragments, function(a, b) return a.fragment_offset < b.fragment_offset end)
  local parts, reached = {}, 0
  for _, piece in ipairs(message.fragments) do
    local skip = reached - piece.fragment_offset
    if skip < #piece.fragment then
      parts[#parts + 1] = piece.fragment:sub(skip + 1)
      reached = piece.fragment_offset + #piece.fragment
    end
  end
  return wire.pack(message.msg_type.value, 1) .. wire.pack(message.length, 3)
    .. table.concat(parts)
end

local function add(waiting, piece, max)
  local message = waiting[piece.message_seq]
  if piece.length > max then
    return refuse(1, "length", ("%d bytes; at most %d are taken"):format(piece.length, max))
  end
  if piece.fragment_offset + #piece.fragment > piece.length then
    return refuse(6, "fragment", "it reaches beyond the end of the message")
  end
  if not message then
    message = { msg_type = piece.msg_type, length = piece.length, fragments = {}, ranges = {} }
    waiting[piece.message_seq] = message
  elseif message.length ~= piece.length or message.msg_type ~= piece.msg_type then
    return refuse(0, "msg_type", "it contradicts an earlier fragment of the same message")
  end
  local first, last = piece.fragment_offset, piece.fragment_offset + #piece.fragment - 1
  for _, range in ipairs(message.ranges) do
    if range[1] <= first and last <= range[2] then return true end
  end
  local ranges = cover(message.ranges, first, last)
  if last >= first and #ranges <= STRETCHES then
    message.ranges = ranges
    message.fragments[#message.fragments + 1] = piece
  end
  return true
end

--- Makes a reassembler for one direction.
-- @tparam ?number max longest message taken, bytes; default 2^17
-- @treturn table `{push = function(self, fragment), next = function(self)}`. `push` takes the
-- content of a handshake record and returns true; or nil, text, "decode_error",
-- `{path =, offset =}`. `next` gives the bytes of the next message in order of message_seq, in
-- the form `wolfssl.tls.handshake.decode` takes (with `dtls = true` in the context), and its
-- message_seq; nil when it is not complete
function M.reassembler(max)
  max = max or 131072
  local waiting, expected = {}, nil
  local self = {}
  function self.push(_, bytes)
    local pos = 1
    while pos <= #bytes do
      local a, b, c = bytes:byte(pos + 9, pos + 11)
      local size = c and HEADER + (a * 256 + b) * 256 + c or HEADER
      local piece, text, code, detail =
        wire.decode(handshake.DTLSFragment, bytes:sub(pos, pos + size - 1))
      if not piece then
        detail.offset = detail.offset + pos - 1
        return nil, text, code, detail
      end
      expected = expected or piece.message_seq
      if piece.message_seq >= expected and piece.message_seq < expected + WINDOW then
        local ok, why, kind, where = add(waiting, piece, max)
        if not ok then return nil, why, kind, where end
      end
      pos = pos + size
    end
    return true
  end
  function self.next(_)
    local message = expected and waiting[expected]
    if not message or not whole(message) then return nil end
    waiting[expected], expected = nil, expected + 1
    return join(message), expected - 1
  end
  return self
end

return M
