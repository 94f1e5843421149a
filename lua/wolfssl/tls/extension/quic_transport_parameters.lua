--- quic_transport_parameters.
--
-- QUIC writes numbers in 1, 2, 4 or 8 bytes, not always the fewest. A number that was not
-- written shortest, or that a Lua number cannot hold, carries its bytes in `raw`.
-- @module wolfssl.tls.extension.quic_transport_parameters
-- @see RFC 9001 section 8.2
-- @see RFC 9000 section 16 and 18
local code_points = require "wolfssl.tls.registry.code_points"
local registry = require "wolfssl.tls.registry"
local wire = require "wolfssl.tls.wire"

local names = code_points.quic_transport_parameter.by_value

local function write_number(value)
  if value < 64 then return wire.pack(value, 1) end
  if value < 16384 then return wire.pack(value + 0x4000, 2) end
  if value < 0x40000000 then return wire.pack(value + 0x80000000, 4) end
  local high = math.floor(value / 0x100000000)
  return wire.pack(high + 0xC0000000, 4) .. wire.pack(value % 0x100000000, 4)
end

local function read_number(s, pos, limit)
  local first = s:byte(pos)
  if pos > limit then wire.fail(pos, "1 byte needed, 0 left") end
  local width = first < 64 and 1 or first < 128 and 2 or first < 192 and 4 or 8
  if pos + width - 1 > limit then
    wire.fail(pos, ("%d bytes needed, %d left"):format(width, limit - pos + 1))
  end
  local value = first % 64
  for i = pos + 1, pos + width - 1 do value = value * 256 + s:byte(i) end
  local bytes = s:sub(pos, pos + width - 1)
  return value, (value >= 2 ^ 53 or write_number(value) ~= bytes) and bytes or nil, pos + width
end

local function check_number(value)
  if type(value) ~= "number" or value < 0 or value >= 2 ^ 53 or value % 1 ~= 0 then
    wire.fail(nil, "a whole number of 0..2^53-1 expected")
  end
end

local id = {
  kind = "varint", registry = code_points.quic_transport_parameter,
  read = function(s, pos, limit)
    local value, raw, after = read_number(s, pos, limit)
    if names[value] and not raw then return names[value], after end
    local name = ("unknown (0x%x)"):format(value < 2 ^ 53 and value or 0)
    local entry = registry.unlisted(value, name)
    entry.raw = raw
    return entry, after
  end,
  write = function(out, value)
    value = type(value) == "table" and value.value or value
    check_number(value)
    out[#out + 1] = write_number(value)
  end,
  random = function(rng)
    local list = code_points.quic_transport_parameter.list
    return list[rng(1, #list)]
  end,
}

local content = {
  kind = "varint_opaque",
  read = function(s, pos, limit)
    local length, raw, first = read_number(s, pos, limit)
    local last = first + length - 1
    if last > limit then
      wire.fail(pos, ("length %.0f, but %d bytes left"):format(length, limit - first + 1))
    end
    local bytes = s:sub(first, last)
    return raw and { value = bytes, raw = raw .. bytes } or bytes, last + 1
  end,
  write = function(out, value)
    if type(value) ~= "string" then wire.fail(nil, "a string expected") end
    out[#out + 1] = write_number(#value) .. value
  end,
  random = function(rng) return ("q"):rep(rng(0, 80)) end,
}

local TransportParameters = wire.struct {
  { "transport_parameters", wire.rest_of(wire.struct { { "id", id }, { "value", content } }) },
}

return { CH = TransportParameters, EE = TransportParameters }
