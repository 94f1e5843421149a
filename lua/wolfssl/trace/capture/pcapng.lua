--- Reader of pcapng (draft-ietf-opsawg-pcapng): packets and TLS secrets of every section, in both
-- byte orders.
-- @module wolfssl.trace.capture.pcapng

local int = require "wolfssl.trace.capture.int"

local MAX_BLOCK = 16777216
local TWO32 = 4294967296.0
local SECTION_HEADER = "\10\13\13\10"
local ORDER_MAGIC = { ["\77\60\43\26"] = int.little, ["\26\43\60\77"] = int.big }
local TLS_KEY_LOG = 0x544c534b
local OPTION_END, OPTION_TSRESOL, OPTION_TSOFFSET = 0, 9, 14

local M = {}

--- Whether a file that starts with these four bytes is of this format.
function M.recognises(magic)
  return magic == SECTION_HEADER
end

--- The options from position i of a block's body, as {[code] = value}; damage ends the list.
local function options(body, i, order)
  local found = {}
  while true do
    local code, length = order.u16(body, i), order.u16(body, i + 2)
    if not length or code == OPTION_END then return found end
    found[code] = found[code] or body:sub(i + 4, i + 3 + length)
    i = i + 4 + length + (-length) % 4
  end
end

local function ticks_per_second(resolution)
  local exponent = resolution and resolution:byte() or 6
  if exponent >= 128 then return 2 ^ (exponent - 128) end
  return 10 ^ exponent
end

--- A signed 64-bit number of seconds, as a float.
local function seconds64(bytes, order)
  if not bytes or #bytes ~= 8 then return 0 end
  local first, second = order.u32(bytes, 1), order.u32(bytes, 5)
  local high, low = first, second
  if order == int.little then high, low = second, first end
  if high >= 2147483648 then high = high - TWO32 end
  return high * TWO32 + low
end

-- Readers by block type: `record | nil, message` from section, body and byte order.
local block = {}

block[0x00000001] = function(section, body, order)
  if #body < 8 then return nil, "interface description block too short" end
  local found = options(body, 9, order)
  section[#section + 1] = {
    link = order.u16(body, 1),
    snaplen = order.u32(body, 5),
    ticks = ticks_per_second(found[OPTION_TSRESOL]),
    start = seconds64(found[OPTION_TSOFFSET], order),
  }
  return {}
end

--- The packet of an interface from the header fields that three block types share.
local function packet(section, fields, body, first, length)
  local interface = section[fields.interface + 1]
  if not interface then
    return nil, ("packet of interface %d, which is not described"):format(fields.interface)
  end
  if first + length - 1 > #body then
    return nil, ("packet claims %.0f bytes, its block has %d"):format(length, #body - first + 1)
  end
  local time = fields.high
    and (fields.high * TWO32 + fields.low) / interface.ticks + interface.start
  return {
    kind = "packet", link = interface.link, time = time,
    bytes = body:sub(first, first + length - 1),
  }
end

local function timed_packet(read_interface)
  return function(section, body, order)
    if #body < 20 then return nil, "packet block too short" end
    local fields = {
      interface = order[read_interface](body, 1),
      high = order.u32(body, 5), low = order.u32(body, 9),
    }
    return packet(section, fields, body, 21, order.u32(body, 13))
  end
end

block[0x00000002] = timed_packet("u16") -- obsolete packet block
block[0x00000006] = timed_packet("u32") -- enhanced packet block

-- Simple packet block: no time, and no captured length but the snap length's.
block[0x00000003] = function(section, body, order)
  if #body < 4 then return nil, "simple packet block too short" end
  local length = order.u32(body, 1)
  local snaplen = section[1] and section[1].snaplen or 0
  if snaplen > 0 then length = math.min(length, snaplen) end
  return packet(section, { interface = 0 }, body, 5, length)
end

-- Decryption secrets block.
block[0x0000000a] = function(_, body, order)
  local kind, length = order.u32(body, 1), order.u32(body, 5)
  if not length then return nil, "decryption secrets block too short" end
  if length > #body - 8 then
    return nil, ("secrets claim %.0f bytes, their block has %d"):format(length, #body - 8)
  end
  if kind ~= TLS_KEY_LOG then return {} end
  return { kind = "secrets", bytes = body:sub(9, 8 + length) }
end

--- Takes what is left of a block after its type and length: `body | nil, message`.
local function rest_of_block(source, length, order, taken)
  if length < taken + 4 or length % 4 ~= 0 then
    return nil, ("block length %.0f is not possible"):format(length)
  elseif length > MAX_BLOCK then
    return nil, ("block claims %.0f bytes, more than the %d allowed"):format(length, MAX_BLOCK)
  end
  local rest = source:take(length - taken)
  if #rest < length - taken then
    return nil, ("block claims %.0f bytes, the file has %d"):format(length, taken + #rest)
  elseif order.u32(rest, #rest - 3) ~= length then
    return nil, "the two lengths of a block differ"
  end
  return rest:sub(1, -5)
end

--- Reads a section header block behind its type: `order | nil, message`.
local function section_header(source)
  local head = source:take(8)
  if #head < 8 then return nil, "the file ends inside a section header" end
  local order = ORDER_MAGIC[head:sub(5, 8)]
  if not order then return nil, "section header without a byte-order magic" end
  local body, message = rest_of_block(source, order.u32(head, 1), order, 12)
  if not body then return nil, message end
  return order
end

--- Reads one block behind its type: `record | nil, message`; the record of a skipped block is {}.
local function any_block(source, kind, section, order)
  local head = source:take(4)
  if #head < 4 then return nil, "the file ends inside a block header" end
  local body, message = rest_of_block(source, order.u32(head, 1), order, 8)
  if not body then return nil, message end
  local read = block[order.u32(kind, 1)]
  if not read then return {} end
  return read(section, body, order)
end

--- Opens a capture whose first four bytes have been taken from the source.
-- @tparam table source see `wolfssl.trace.capture.source`
-- @treturn function next record: `{kind = "packet", link, time, bytes, offset}` (no time in a
--   simple packet block) or `{kind = "secrets", bytes, offset}` (TLS key log lines); nil at the
--   end; `nil, message, offset` where the file is damaged
-- @return on failure `nil, message, offset`
function M.open(source)
  local order, problem = section_header(source)
  if not order then return nil, problem, 0 end
  local section = {}

  local function next_block(kind)
    if #kind < 4 then return nil, "the file ends inside a block type" end
    if kind ~= SECTION_HEADER then return any_block(source, kind, section, order) end
    local message
    section = {}
    order, message = section_header(source)
    return order and {}, message
  end

  return function()
    while true do
      local offset = source.offset
      local kind = source:take(4)
      if kind == "" then return nil end
      local record, message = next_block(kind)
      if not record then return nil, message, offset end
      if record.kind then
        record.offset = offset
        return record
      end
    end
  end
end

return M
