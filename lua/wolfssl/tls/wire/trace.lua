--- Where a reader or writer stands: the path of fields, and what is wrong there.
--
-- Decoding runs without a trace. Only when it fails, or when spans are wanted, it runs with one,
-- so that the common case pays one test a structure. What is read then is thrown away, and is made
-- only as far as later fields depend on it: an unknown code point is just its number.
-- @module wolfssl.tls.wire.trace
local M = {}

local floor = math.floor

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

-- Two lists side by side, for a hostile message has a hundred thousand fields: names, and places,
-- in which are the offset, the depth (less than DEPTHS) and, in the last three bits, the width of
-- the length in front.
local DEPTHS = 64
local PLACE = 8 * DEPTHS

local function path_below(above, name)
  if type(name) == "number" then return (above or "") .. "[" .. name .. "]" end
  return above and above .. "." .. name or name
end

--- Goes through the fields in the order of the bytes, the outer before the inner.
-- @treturn function iterator that gives `{path =, offset =, length =, prefix =, depth =, leaf =}`:
-- offset from 0, `prefix` = bytes of length in front, nil where there are none; `depth` = how many
-- fields it is in; `leaf` = whether none is in it
function spans:each()
  local i, paths, places = 0, {}, self.places
  return function()
    if i == self.count then return nil end
    i = i + 1
    local place = places[i]
    local prefix, depth = place % 8, floor(place / 8) % DEPTHS
    paths[depth] = path_below(paths[depth - 1], self.names[i])
    return { path = paths[depth], offset = floor(place / PLACE), length = self.lengths[i],
      prefix = prefix > 0 and prefix or nil, depth = depth,
      leaf = i == self.count or floor(places[i + 1] / 8) % DEPTHS <= depth }
  end
end

--- Enters a field (a name) or an element (an index) that is written.
-- @tparam string|number name
function trace:enter(name)
  self.depth = self.depth + 1
  self.names[self.depth] = name
end

--- Leaves it.
function trace:leave()
  self.depth = self.depth - 1
end

--- Reads a field (a name) or an element (an index). What is not there has no place.
-- @tparam string|number name
-- @tparam function read of its type
-- @tparam string s
-- @tparam number pos
-- @tparam number limit last position that may be read
-- @tparam table env
-- @param parent the value that it is part of
-- @return what `read` gives: the value, and the position behind it
function trace:visit(name, read, s, pos, limit, env, parent)
  local above = self.depth
  local depth = above + 1
  self.depth, self.names[depth] = depth, name
  local value, after = read(s, pos, limit, env, parent)
  self.depth = above
  return value, after
end

--- Says that the open field begins with its length in `width` bytes.
-- @tparam number width
function trace.prefix() end

--- A table for the fields of a structure: that of the element before, if it is an element.
-- @treturn table
function trace:table()
  local shared = self.shared
  self.shared = nil
  return shared or {}
end

--- The path of what is open.
-- @treturn string
function trace:path()
  local path
  for i = 1, self.depth do path = path_below(path, self.names[i]) end
  return path or ""
end

--- Makes a trace.
-- @treturn table
function M.new()
  return setmetatable({ depth = 0, names = {} }, trace)
end

--- Makes a trace that keeps the place of every field. The state of its methods is in local
-- variables, for they run for each of those hundred thousand fields.
-- @treturn table; `spans` gives what it found
function M.surveyor()
  local names, places, lengths = {}, {}, {}
  local count, depth, open = 0, 0, {}
  local walk = setmetatable({}, trace)

  function walk.visit(_, name, read, s, pos, limit, env, parent)
    local i, above = count + 1, depth
    names[i], places[i], lengths[i] = name, (pos - 1) * PLACE + above * 8, 0
    count, depth = i, above + 1
    open[depth] = i
    local value, after = read(s, pos, limit, env, parent)
    if after > pos then
      lengths[i] = after - pos
    elseif value == nil then
      count = i - 1
    end
    depth = above
    return value, after
  end

  function walk.prefix(_, width)
    local i = open[depth]
    if i then places[i] = places[i] - places[i] % 8 + width end
  end

  function walk.path()
    local path
    for i = 1, depth do path = path_below(path, names[open[i]]) end
    return path or ""
  end

  function walk.spans()
    return setmetatable({ count = count, names = names, places = places, lengths = lengths },
      spans)
  end
  return walk
end

return M
