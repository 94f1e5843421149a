--- Types of ASN.1 in DER (ITU-T X.690), for the few messages that are written so.
-- @module wolfssl.tls.wire.der
local composite = require "wolfssl.tls.wire.composite"
local scalar = require "wolfssl.tls.wire.scalar"
local trace = require "wolfssl.tls.wire.trace"

local M = {}

local byte, char = string.byte, string.char
local fail, short = trace.fail, trace.short

-- Tags.
M.BIT_STRING, M.OCTET_STRING, M.OID, M.SEQUENCE, M.CONTEXT_0 = 0x03, 0x04, 0x06, 0x30, 0xA0

local MOST_WIDTH = 3   -- bytes of a length: no message is longer

-- The length at a position, and where it ends. DER has one way to write each.
local function read_length(s, pos, limit)
  if pos > limit then short(pos, limit, 1) end
  local first = byte(s, pos)
  if first < 0x80 then return first, pos + 1 end
  local width, length = first - 0x80, 0
  if width < 1 or width > MOST_WIDTH then fail(pos, ("0x%02x begins no length"):format(first)) end
  if pos + width > limit then short(pos + 1, limit, width) end
  for i = pos + 1, pos + width do length = length * 256 + byte(s, i) end
  if length < 0x80 or length < 256 ^ (width - 1) then
    fail(pos, "the length is longer than it need be")
  end
  return length, pos + width + 1
end

local function write_length(length)
  if length < 0x80 then return char(length) end
  local width = length < 0x100 and 1 or length < 0x10000 and 2 or 3
  return char(0x80 + width) .. scalar.pack(length, width)
end

--- An element: its tag, its length, its content.
-- @tparam number tag of one byte
-- @tparam table content type
-- @treturn table type, the value of `content`
function M.element(tag, content)
  return {
    kind = "der", tag = tag, content = content, random = content.random,
    read = function(s, pos, limit, env, parent)
      if pos > limit then short(pos, limit, 1) end
      if byte(s, pos) ~= tag then
        fail(pos, ("tag 0x%02x, 0x%02x expected"):format(byte(s, pos), tag))
      end
      local length, first = read_length(s, pos + 1, limit)
      local last = first + length - 1
      if last > limit then
        fail(pos + 1, ("length %d, but %d left"):format(length, limit - first + 1))
      end
      if env.trace then env.trace:prefix(first - pos) end
      local value, after = content.read(s, first, last, env, parent)
      composite.finish(after, last)
      return value, after
    end,
    write = function(out, value, env, parent)
      local inner = {}
      composite.put(content, inner, value, env, parent)
      inner = table.concat(inner)
      out[#out + 1] = char(tag) .. write_length(#inner) .. inner
    end,
  }
end

--- An element that is there when its tag is.
-- @tparam number tag
-- @tparam table content type
-- @treturn table type, nil when missing
function M.optional(tag, content)
  local element = M.element(tag, content)
  local kind = composite.optional(element)
  kind.read = function(s, pos, limit, env, parent)
    if pos > limit or byte(s, pos) ~= tag then return nil, pos end
    return element.read(s, pos, limit, env, parent)
  end
  return kind
end

--- `SEQUENCE { … }`.
-- @tparam table fields list of `{name, type}`, of elements
-- @treturn table type, a table
function M.sequence(fields)
  return M.element(M.SEQUENCE, composite.struct(fields))
end

return M
