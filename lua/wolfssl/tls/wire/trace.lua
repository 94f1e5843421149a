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

--- Makes a trace.
-- @tparam ?table spans list to fill with `{path, offset, length, prefix}`
-- @treturn table
function M.new(spans)
  return setmetatable({ depth = 0, names = {}, open = spans and {}, spans = spans }, trace)
end

--- Enters a field (a name) or an element (an index).
-- @tparam string|number name
-- @tparam ?number pos
function trace:enter(name, pos)
  local depth = self.depth + 1
  self.depth, self.names[depth] = depth, name
  if self.spans then
    local span = { path = self:path(self.open[depth - 1], name), offset = pos - 1 }
    self.open[depth] = span
    self.spans[#self.spans + 1] = span
  end
end

--- Leaves it.
-- @tparam ?number pos position behind its last byte
function trace:leave(pos)
  local span = self.open and self.open[self.depth]
  if span then span.length = pos - 1 - span.offset end
  self.depth = self.depth - 1
end

--- Says that the open field begins with its length in `width` bytes.
-- @tparam number width
function trace:prefix(width)
  local span = self.open and self.open[self.depth]
  if span then span.prefix = width end
end

-- The path of a field below a span, or of the whole stack of names.
function trace:path(above, name)
  if name then
    if type(name) == "number" then return (above and above.path or "") .. "[" .. name .. "]" end
    return above and above.path .. "." .. name or name
  end
  local parts = {}
  for i = 1, self.depth do
    local part = self.names[i]
    parts[i] = type(part) == "number" and "[" .. part .. "]" or (i > 1 and "." or "") .. part
  end
  return table.concat(parts)
end

return M
