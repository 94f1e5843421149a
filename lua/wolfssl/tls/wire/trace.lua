--- Where a reader or writer stands: the path of fields, and what is wrong there.
--
-- Decoding runs without a trace. Only when it fails, or when spans are wanted, it runs with one,
-- so that the common case pays one test a field. What is read then is thrown away, and is made
-- only as far as later fields depend on it: an unknown code point is just its number.
-- @module wolfssl.tls.wire.trace
local M = {}

local failure = {}
failure.__index = failure
failure.__tostring = function(self) return self.message end

local trace = {}
trace.__index = trace

--- Ends a read or write; the boundary in `wolfssl.tls.wire` catches it.
-- @tparam ?number pos one-based position of the byte at fault
-- @tparam string message what is wrong
function M.fail(pos, message)
  error(setmetatable({ offset = pos and pos - 1, message = message }, failure), 0)
end

--- Refuses a field that needs more bytes than are there.
-- @tparam number pos
-- @tparam number limit last position that may be read
-- @tparam number need bytes needed
function M.short(pos, limit, need)
  M.fail(pos, ("%d byte%s needed, %d left"):format(need, need == 1 and "" or "s", limit - pos + 1))
end

--- Whether an error is one of ours.
-- @param what anything that pcall gave
-- @treturn boolean
function M.is_failure(what)
  return getmetatable(what) == failure
end

local spans = {}
spans.__index = spans

-- Four lists side by side, for a hostile message has a hundred thousand fields; `shapes` holds the
-- depth and, in the last three bits, the width of the length in front.
local function new_spans()
  return setmetatable({ count = 0, names = {}, offsets = {}, lengths = {}, shapes = {} }, spans)
end

local function path_below(above, name)
  if type(name) == "number" then return (above or "") .. "[" .. name .. "]" end
  return above and above .. "." .. name or name
end

--- Goes through the fields in the order of the bytes, the outer before the inner.
-- @treturn function iterator that gives `{path =, offset =, length =, prefix =, depth =, leaf =}`:
-- offset from 0, `prefix` = bytes of length in front, nil where there are none; `depth` = how many
-- fields it is in; `leaf` = whether none is in it
function spans:each()
  local i, paths, shapes = 0, {}, self.shapes
  return function()
    if i == self.count then return nil end
    i = i + 1
    local shape = shapes[i]
    local prefix = shape % 8
    local depth = (shape - prefix) / 8
    paths[depth] = path_below(paths[depth - 1], self.names[i])
    return { path = paths[depth], offset = self.offsets[i], length = self.lengths[i],
      prefix = prefix > 0 and prefix or nil, depth = depth,
      leaf = i == self.count or shapes[i + 1] < (depth + 1) * 8 }
  end
end

--- Makes a trace.
-- @tparam ?boolean with_spans whether to keep the place of every field, in `spans`
-- @treturn table
function M.new(with_spans)
  return setmetatable({ depth = 0, names = {}, open = {}, spans = with_spans and new_spans() },
    trace)
end

--- Enters a field (a name) or an element (an index).
-- @tparam string|number name
-- @tparam ?number pos
function trace:enter(name, pos)
  local depth = self.depth + 1
  self.depth, self.names[depth] = depth, name
  local found = self.spans
  if found then
    local i = found.count + 1
    found.count, self.open[depth] = i, i
    found.names[i], found.offsets[i], found.lengths[i] = name, pos - 1, 0
    found.shapes[i] = (depth - 1) * 8
  end
end

--- Leaves it. What is not there has no place.
-- @tparam ?number pos position behind its last byte
-- @tparam ?boolean absent whether it has no value
function trace:leave(pos, absent)
  local found = self.spans
  if found then
    local i = self.open[self.depth]
    found.lengths[i] = pos - 1 - found.offsets[i]
    if absent and found.lengths[i] == 0 then found.count = i - 1 end
  end
  self.depth = self.depth - 1
end

--- A table for the fields of a structure: that of the element before, if it is an element.
-- @treturn table
function trace:table()
  local shared = self.shared
  self.shared = nil
  return shared or {}
end

--- Says that the open field begins with its length in `width` bytes.
-- @tparam number width
function trace:prefix(width)
  local i = self.open[self.depth]
  if i then self.spans.shapes[i] = (self.depth - 1) * 8 + width end
end

--- The path of what is open.
-- @treturn string
function trace:path()
  local path
  for i = 1, self.depth do path = path_below(path, self.names[i]) end
  return path or ""
end

return M
