--- The presentation language of RFC 8446 section 3 as values.
--
-- A type is made with the functions below, and from the one description come
--
--     decode(type, bytes, context)   the whole value, or what failed where
--     encode(type, value, context)   the bytes
--     spans(type, bytes, context)    the place of every field
--     random(type, rng, context)     some value, for tests
--
-- What comes out is plain data: numbers, strings, lists, tables of fields; a code point is its
-- registry entry `{value =, name =}`. For every valid `b`, `encode(t, decode(t, b)) == b`. When
-- encoding, `{raw = bytes}` may stand for any value, so that malformed messages can be made on
-- purpose. Descriptions do not recurse and every element takes a byte: work is linear in the input.
-- @module wolfssl.tls.wire
local composite = require "wolfssl.tls.wire.composite"
local scalar = require "wolfssl.tls.wire.scalar"
local trace = require "wolfssl.tls.wire.trace"

local M = {
  uint8 = scalar.uint(1), uint16 = scalar.uint(2), uint24 = scalar.uint(3),
  uint32 = scalar.uint(4), uint48 = scalar.uint(6), uint64 = scalar.uint64,
  enum = scalar.enum, fixed = scalar.fixed, opaque = scalar.opaque, rest = scalar.rest,
  vector = composite.vector, rest_of = composite.rest_of, sized = composite.sized,
  struct = composite.struct, optional = composite.optional, choice = composite.choice,
  select = composite.select, check = composite.check,
  fail = trace.fail, pack = scalar.pack, put = composite.put,
}

--- A structure without fields.
M.empty = M.struct {}

--- A field that is not there.
M.nothing = composite.nothing

local NOTHING = {}

local function check_bytes(bytes)
  if type(bytes) ~= "string" then error("a string of bytes expected, got " .. type(bytes), 3) end
end

local function run(kind, bytes, env)
  local value, pos = kind.read(bytes, 1, #bytes, env)
  composite.finish(pos, #bytes)
  return value
end

local function refuse(kind, problem, path)
  local where = path ~= "" and path .. " " or ""
  local message = ("%s: %sat offset %d: %s")
    :format(kind.name or "bytes", where, problem.offset, problem.message)
  return nil, message, "decode_error", { path = path, offset = problem.offset }
end

-- The second run of a failed decode, which finds the path.
local function explain(kind, bytes, context)
  local walk = trace.new()
  local _, problem = pcall(run, kind, bytes, { context = context, trace = walk })
  return refuse(kind, problem, walk:path())
end

--- Decodes all of `bytes`.
-- @tparam table kind type
-- @tparam string bytes
-- @tparam ?table context what the choices in the description look at
-- @return value; or nil, message, "decode_error", `{path =, offset =}` (offset from 0)
function M.decode(kind, bytes, context)
  check_bytes(bytes)
  context = context or NOTHING
  local ok, value = pcall(run, kind, bytes, { context = context })
  if ok then return value end
  if not trace.is_failure(value) then error(value, 0) end
  return explain(kind, bytes, context)
end

--- Encodes a value; raises an error that names the field when the value is impossible.
-- @tparam table kind type
-- @param value as `decode` gives it; code points also as names or numbers
-- @tparam ?table context
-- @treturn string bytes
function M.encode(kind, value, context)
  local out, env = {}, { context = context or NOTHING }
  local ok, problem = pcall(composite.put, kind, out, value, env)
  if ok then return table.concat(out) end
  if not trace.is_failure(problem) then error(problem, 0) end
  env.trace = trace.new()   -- the second run finds the path
  pcall(composite.put, kind, {}, value, env)
  local path = env.trace:path()
  error(("cannot encode %s: %s%s"):format(kind.name or "value", path ~= "" and path .. ": " or "",
    problem.message), 2)
end

--- Finds the place of every field.
--
--     for span in spans:each() do print(span.path, span.offset, span.length) end
--
-- @tparam table kind type
-- @tparam string bytes
-- @tparam ?table context
-- @treturn table spans with `count` and `each()`, which gives one
-- `{path =, offset =, length =, prefix =, depth =, leaf =}` after the other, the outer field before
-- the inner: offset from 0; `prefix` = bytes of length in front, nil where there are none;
-- `depth` = how many fields it is in; `leaf` = whether none is in it.
-- Or nil, message, "decode_error", `{path =, offset =}`
function M.spans(kind, bytes, context)
  check_bytes(bytes)
  context = context or NOTHING
  local walk = trace.surveyor()
  local ok, problem = pcall(run, kind, bytes, { context = context, trace = walk })
  if ok then return walk:spans() end
  if not trace.is_failure(problem) then error(problem, 0) end
  return refuse(kind, problem, walk:path())
end

--- Makes some value of a type.
-- @tparam table kind type
-- @tparam function rng (low, high) -> whole number
-- @tparam ?table context
-- @return value
function M.random(kind, rng, context)
  return kind.random(rng, { context = context or NOTHING })
end

--- Gives a type its name in messages.
-- @tparam string name
-- @tparam table kind type; not changed
-- @treturn table type
function M.named(name, kind)
  local copy = {}
  for key, value in pairs(kind) do copy[key] = value end
  copy.name = name
  return copy
end

return M
