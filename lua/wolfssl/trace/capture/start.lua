--- Where TLS starts in a stream, and what the first bytes say about who sent them.
-- @module wolfssl.trace.capture.start

local byte = string.byte

local ALERT, HANDSHAKE, APPLICATION_DATA = 21, 22, 23
local CLIENT_HELLO, SERVER_HELLO = 1, 2
local MAX_RECORD = 16384 + 2048 -- RFC 5246 section 6.2.3

local M = {}

--- Length and type of the record whose header stands at position i, if one may stand there.
local function record_header(bytes, i)
  local kind, major, minor, high, low = byte(bytes, i, i + 4)
  if not low or kind < 20 or kind > 24 or major ~= 3 or minor > 4 then return nil end
  local length = high * 256 + low
  if length == 0 or length > MAX_RECORD then return nil end
  return length, kind
end

--- Whether what follows a record of this length is another record, or not there.
local function goes_on(bytes, i, length)
  local following = i + 5 + length
  local kind, major = byte(bytes, following, following + 1)
  return not kind or (kind >= 20 and kind <= 24 and (not major or major == 3))
end

--- Whether a record at i opens a TLS connection; the type of its first message.
local function opening(bytes, i)
  local length, kind = record_header(bytes, i)
  if not length then return false end
  local first, second, _, _, major = byte(bytes, i + 5, i + 4 + math.min(length, 5))
  if kind == ALERT then return length == 2 and (first == 1 or first == 2) and second ~= nil end
  if kind ~= HANDSHAKE or (first ~= CLIENT_HELLO and first ~= SERVER_HELLO) then return false end
  -- a hello is shorter than 65536 bytes and starts with a version, 127 in drafts of TLS 1.3
  if (second or 0) ~= 0 or (major and major ~= 3 and major ~= 127) then return false end
  return goes_on(bytes, i, length), first
end

--- A client hello in the format of SSL 2.0 (RFC 5246 appendix E.2).
local function is_sslv2(bytes)
  local high, low, kind, major, minor, high_specs, low_specs = byte(bytes, 1, 7)
  if not low_specs or high < 128 or kind ~= 1 then return false end
  local specs = high_specs * 256 + low_specs
  return (major == 3 or (major == 0 and minor == 2))
    and specs > 0 and specs % 3 == 0 and (high - 128) * 256 + low >= 9 + specs
end

--- Whether the bytes start between two records of a connection that began earlier: two headers
-- where they should be, or nothing but one record of application data.
local function is_underway(bytes)
  local length, kind = record_header(bytes, 1)
  if not length then return false end
  return record_header(bytes, 6 + length) ~= nil
    or (kind == APPLICATION_DATA and #bytes == 5 + length)
end

--- Position of the first opening record, the type of its first message.
local function search(bytes)
  local i = bytes:find("[\21\22]\3")
  while i do
    local found, message = opening(bytes, i)
    if found then return i, message end
    i = bytes:find("[\21\22]\3", i + 1)
  end
end

--- Iterates over the runs of a stream that have no gap inside: offset, bytes.
local function runs(stream)
  local chunks, i = stream.chunks, 1
  return function()
    local first = chunks[i]
    if not first then return nil end
    local pieces, at = {}, first.offset
    while chunks[i] and chunks[i].offset == at do
      pieces[#pieces + 1] = chunks[i].bytes
      at = at + #chunks[i].bytes
      i = i + 1
    end
    return first.offset, table.concat(pieces)
  end
end

--- Finds the first TLS record of a stream; whatever a protocol says before STARTTLS is skipped.
-- @tparam table stream as `capture.read` gives it
-- @treturn number|nil offset of the record in the stream, from 0; nil when there is none
-- @treturn string "client_hello", "server_hello", "sslv2" (a client hello in SSL 2.0 format), or
--   "other" (an alert, or the middle of a connection)
function M.find(stream)
  for offset, bytes in runs(stream) do
    if offset == 0 and is_sslv2(bytes) then return 0, "sslv2" end
    local i, message = search(bytes)
    if offset == 0 and i ~= 1 and is_underway(bytes) then return 0, "other" end
    if i then
      local names = { [CLIENT_HELLO] = "client_hello", [SERVER_HELLO] = "server_hello" }
      return offset + i - 1, names[message] or "other"
    end
  end
  return nil
end

--- The bytes of a stream from an offset up to the next gap.
-- @tparam table stream as `capture.read` gives it
-- @tparam[opt=0] number from offset in the stream, from 0
-- @treturn string possibly empty
function M.bytes(stream, from)
  from = from or 0
  for offset, bytes in runs(stream) do
    if offset <= from and from < offset + #bytes then return bytes:sub(from - offset + 1) end
  end
  return ""
end

return M
