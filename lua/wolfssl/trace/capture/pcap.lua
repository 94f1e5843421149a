--- Reader of the classic capture file format (draft-ietf-opsawg-pcap), in both byte orders, in
-- micro- and nanoseconds.
-- @module wolfssl.trace.capture.pcap

local int = require "wolfssl.trace.capture.int"

local MAX_RECORD = 16777216

local FORMATS = {
  ["\212\195\178\161"] = { int = int.little, ticks = 1000000 },
  ["\161\178\195\212"] = { int = int.big, ticks = 1000000 },
  ["\077\060\178\161"] = { int = int.little, ticks = 1000000000 },
  ["\161\178\060\077"] = { int = int.big, ticks = 1000000000 },
}

local M = {}

--- Whether a file that starts with these four bytes is of this format.
function M.recognises(magic)
  return FORMATS[magic] ~= nil
end

local function record_reader(source, format, link)
  return function()
    local offset = source.offset
    local head = source:take(16)
    if head == "" then return nil end
    if #head < 16 then return nil, "the file ends inside a record header", offset end
    local length = format.int.u32(head, 9)
    if length > MAX_RECORD then
      return nil, ("record claims %.0f bytes, more than the %d allowed"):format(length, MAX_RECORD),
        offset
    end
    local bytes = source:take(length)
    if #bytes < length then
      return nil, ("record claims %.0f bytes, the file has %d more"):format(length, #bytes), offset
    end
    local time = format.int.u32(head, 1) + format.int.u32(head, 5) / format.ticks
    return { kind = "packet", link = link, time = time, bytes = bytes, offset = offset }
  end
end

--- Opens a capture whose magic number has been taken from the source.
-- @tparam table source see `wolfssl.trace.capture.source`
-- @tparam string magic the four bytes already taken
-- @treturn function next record: `{kind = "packet", link, time, bytes, offset}`; nil at the end;
--   `nil, message, offset` where the file is damaged
-- @return on failure `nil, message, offset`
function M.open(source, magic)
  local format = FORMATS[magic]
  local head = source:take(20)
  if #head < 20 then return nil, "the file ends inside the pcap header", 0 end
  -- the upper half tells the length of a frame check sequence, which the IP lengths leave out
  local link = format.int.u32(head, 17) % 65536
  return record_reader(source, format, link)
end

return M
