--- Types without parts: numbers, code points, bytes.
-- @module wolfssl.tls.wire.scalar
-- @see RFC 8446 section 3.3 to 3.5
local trace = require "wolfssl.tls.wire.trace"

local M = {}

local byte, char, sub, floor = string.byte, string.char, string.sub, math.floor
local fail, short = trace.fail, trace.short

local readers = {
  function(s, pos, limit)
    if pos > limit then short(pos, limit, 1) end
    return byte(s, pos), pos + 1
  end,
  function(s, pos, limit)
    if pos >= limit then short(pos, limit, 2) end
    local a, b = byte(s, pos, pos + 1)
    return a * 256 + b, pos + 2
  end,
  function(s, pos, limit)
    if pos + 1 >= limit then short(pos, limit, 3) end
    local a, b, c = byte(s, pos, pos + 2)
    return (a * 256 + b) * 256 + c, pos + 3
  end,
  function(s, pos, limit)
    if pos + 2 >= limit then short(pos, limit, 4) end
    local a, b, c, d = byte(s, pos, pos + 3)
    return ((a * 256 + b) * 256 + c) * 256 + d, pos + 4
  end,
  [6] = function(s, pos, limit)
    if pos + 4 >= limit then short(pos, limit, 6) end
    local a, b, c, d, e, f = byte(s, pos, pos + 5)
    return ((((a * 256 + b) * 256 + c) * 256 + d) * 256 + e) * 256 + f, pos + 6
  end,
}

-- The usual widths at once, for most of a message are such numbers.
local packers = {
  char,
  function(value) return char(floor(value / 256), value % 256) end,
  function(value) return char(floor(value / 65536), floor(value / 256) % 256, value % 256) end,
}

--- Bytes of a number, the most significant first.
-- @tparam number value
-- @tparam number width
-- @treturn string
function M.pack(value, width)
  local packer = packers[width]
  if packer then return packer(value) end
  local bytes = ""
  for _ = 1, width do
    bytes = char(value % 256) .. bytes
    value = floor(value / 256)
  end
  return bytes
end

local function random_bytes(rng, length)
  local bytes = {}
  for i = 1, length do bytes[i] = char(rng(0, 255)) end
  return table.concat(bytes)
end

--- An unsigned number of 1, 2, 3, 4 or 6 bytes.
-- @tparam number width
-- @treturn table type
function M.uint(width)
  local top = 256 ^ width - 1
  return {
    kind = "uint", width = width, read = readers[width],
    write = function(out, value)
      if type(value) ~= "number" or value < 0 or value > top or floor(value) ~= value then
        fail(nil, "a whole number of 0.." .. ("%.0f"):format(top) .. " expected")
      end
      out[#out + 1] = M.pack(value, width)
    end,
    random = function(rng)
      local value = 0
      for _ = 1, width do value = value * 256 + rng(0, 255) end
      return value
    end,
  }
end

--- An unsigned number of 8 bytes. What a Lua number cannot hold for sure is `{raw = bytes}`.
M.uint64 = {
  kind = "uint", width = 8,
  read = function(s, pos, limit)
    if pos + 6 >= limit then short(pos, limit, 8) end
    local high, low = readers[4](s, pos, limit), readers[4](s, pos + 4, limit)
    if high >= 0x200000 then return { raw = sub(s, pos, pos + 7) }, pos + 8 end
    return high * 0x100000000 + low, pos + 8
  end,
  write = function(out, value)
    if type(value) ~= "number" or value < 0 or value >= 2 ^ 53 or floor(value) ~= value then
      fail(nil, "a whole number of 0..2^53-1 expected")
    end
    out[#out + 1] = M.pack(floor(value / 0x100000000), 4) .. M.pack(value % 0x100000000, 4)
  end,
  random = function(rng)
    local high, low = rng(0, 0x3FFFFF), rng(0, 0xFFFFFFFF)
    if high >= 0x200000 then return { raw = M.pack(high, 4) .. M.pack(low, 4) } end
    return high * 0x100000000 + low
  end,
}

--- A code point; its value is the registry's entry. Encoding also takes the name or the number.
-- @tparam table registry as `wolfssl.tls.registry` makes them
-- @treturn table type
function M.enum(registry)
  local width, by_value, by_name = registry.width, registry.by_value, registry.by_name
  local number, packed = readers[width], {}   -- bytes by name, once they were asked for
  local function bytes_of(value)
    local number_of = registry:value(value)
    local bytes = number_of and M.pack(number_of, width)
    if by_name[value] then packed[value] = bytes end
    return bytes
  end
  return {
    kind = "enum", width = width, registry = registry,
    read = function(s, pos, limit, env)
      local value, after = number(s, pos, limit)
      return by_value[value] or env.trace and value or registry:entry(value), after
    end,
    write = function(out, value)
      local bytes = packed[value] or bytes_of(value)
      if not bytes then
        fail(nil, ("%s is no %s"):format(tostring(value), registry.title))
      end
      out[#out + 1] = bytes
    end,
    -- All of a list at once.
    read_all = width == 2 and function(s, pos, last)
      local list, count = {}, 0
      while pos < last do
        local a, b = byte(s, pos, pos + 1)
        local value = a * 256 + b
        count, pos = count + 1, pos + 2
        list[count] = by_value[value] or registry:entry(value)
      end
      if pos == last then short(pos, last, 2) end
      return list
    end or nil,
    -- The same for writing; nil when an element is none.
    write_all = function(list)
      local parts = {}
      for i = 1, #list do
        local value = list[i]
        parts[i] = packed[value] or bytes_of(value)
        if not parts[i] then return nil end
      end
      return table.concat(parts)
    end,
    random = function(rng)
      if rng(1, 8) == 1 then return registry:entry(rng(0, 256 ^ width - 1)) end
      return registry.list[rng(1, #registry.list)]
    end,
  }
end

--- The bytes that a length prefix for up to `max` bytes takes.
-- @tparam number max
-- @treturn number
function M.prefix_width(max)
  return max < 256 and 1 or max < 65536 and 2 or max < 16777216 and 3 or 4
end

--- Reads a length prefix and holds it against its bounds and what is there.
-- @treturn function (s, pos, limit, env) -> position of the content, position of its last byte
function M.length_reader(min, max)
  local width = M.prefix_width(max)
  local number = readers[width]
  return function(s, pos, limit, env)
    local length, first = number(s, pos, limit)
    if length < min or length > max then
      fail(pos, ("length %d is not in %d..%d"):format(length, min, max))
    end
    local last = first + length - 1
    if last > limit then
      fail(pos, ("length %d, but %d byte%s left")
        :format(length, limit - first + 1, limit == first and "" or "s"))
    end
    if env.trace then env.trace:prefix(width) end
    return first, last
  end
end

--- Appends bytes behind their length.
-- @treturn function (out, bytes)
function M.length_writer(min, max)
  local width = M.prefix_width(max)
  return function(out, bytes)
    local length, count = #bytes, #out
    if length < min or length > max then
      fail(nil, ("%d bytes, %d..%d allowed"):format(length, min, max))
    end
    out[count + 1] = M.pack(length, width)
    out[count + 2] = bytes
  end
end

local function check_string(value)
  if type(value) ~= "string" then fail(nil, "a string expected, got " .. type(value)) end
end

--- Exactly `length` bytes: `opaque name[length]`.
-- @tparam number length
-- @treturn table type, a string
function M.fixed(length)
  return {
    kind = "opaque", min = length, max = length,
    read = function(s, pos, limit)
      local after = pos + length
      if after - 1 > limit then short(pos, limit, length) end
      return sub(s, pos, after - 1), after
    end,
    write = function(out, value)
      check_string(value)
      if #value ~= length then fail(nil, ("%d bytes, %d needed"):format(#value, length)) end
      out[#out + 1] = value
    end,
    random = function(rng) return random_bytes(rng, length) end,
  }
end

--- Bytes behind their length: `opaque name<min..max>`.
-- @tparam number min
-- @tparam number max decides the width of the prefix
-- @treturn table type, a string
function M.opaque(min, max)
  local content, close = M.length_reader(min, max), M.length_writer(min, max)
  return {
    kind = "opaque", min = min, max = max, prefix = M.prefix_width(max),
    read = function(s, pos, limit, env)
      local first, last = content(s, pos, limit, env)
      return sub(s, first, last), last + 1
    end,
    write = function(out, value)
      check_string(value)
      close(out, value)
    end,
    random = function(rng) return random_bytes(rng, rng(min, math.min(max, min + 12))) end,
  }
end

--- All bytes up to the end of what surrounds it.
-- @tparam ?number min at least so many bytes
-- @treturn table type, a string
function M.rest(min)
  min = min or 0
  return {
    kind = "opaque", min = min, rest = true,
    read = function(s, pos, limit)
      if limit - pos + 1 < min then short(pos, limit, min) end
      return sub(s, pos, limit), limit + 1
    end,
    write = function(out, value)
      check_string(value)
      if #value < min then fail(nil, ("%d bytes, at least %d needed"):format(#value, min)) end
      out[#out + 1] = value
    end,
    random = function(rng) return random_bytes(rng, rng(min, min + 12)) end,
  }
end

return M
