--- Types made of types: vectors, structures, variants.
-- @module wolfssl.tls.wire.composite
-- @see RFC 8446 section 3.4 to 3.8
local scalar = require "wolfssl.tls.wire.scalar"
local trace = require "wolfssl.tls.wire.trace"

local M = {}

local fail = trace.fail
local concat = table.concat

-- A part of a value: the bytes in `raw` stand for anything.
local function put(part, out, value, env, parent)
  if type(value) == "table" and type(value.raw) == "string" then
    out[#out + 1] = value.raw
  else
    part.write(out, value, env, parent)
  end
end
M.put = put

local function check_table(value)
  if type(value) ~= "table" then fail(nil, "a table expected, got " .. type(value)) end
end

-- One table does for all elements, for nothing looks at those before its own.
local function walk_elements(element, s, first, last, env)
  local list, shared, count, pos, walk, _ = {}, {}, 0, first, env.trace
  while pos <= last do
    count = count + 1
    walk.shared = shared
    _, pos = walk:visit(count, element.read, s, pos, last, env, list)
    walk.shared = nil
  end
  return list
end

local function read_elements(element, s, first, last, env)
  if env.trace then return walk_elements(element, s, first, last, env) end
  if element.read_all then return element.read_all(s, first, last) end
  local list, count, pos, read = {}, 0, first, element.read
  while pos <= last do
    count = count + 1
    list[count], pos = read(s, pos, last, env, list)
  end
  return list
end

-- A part of a value, and that it is this one where somebody wants to know.
local function put_part(name, part, out, value, env, parent)
  local walk = env.trace
  if not walk then return put(part, out, value, env, parent) end
  walk:enter(name)
  put(part, out, value, env, parent)
  walk:leave()
end

local function write_elements(element, out, list, env)
  check_table(list)
  local all = element.write_all and element.write_all(list)
  if all then
    out[#out + 1] = all
    return
  end
  for i = 1, #list do put_part(i, element, out, list[i], env, list) end
end

-- Adds elements while the dice say so or the vector is too short; measured by encoding.
local function random_elements(element, min, max, rng, env)
  local list, size = {}, 0
  repeat
    local item, out = element.random(rng, env, list), {}
    put(element, out, item, env, list)
    size = size + #concat(out)
    if size <= max then list[#list + 1] = item end
  until size > max or size >= min and rng(1, 3) == 1
  return list
end

--- Elements behind their length in bytes: `element name<min..max>`.
-- @tparam table element type; it takes at least one byte
-- @tparam number min bytes
-- @tparam number max bytes; decides the width of the prefix
-- @treturn table type, a list
function M.vector(element, min, max)
  local content, close = scalar.length_reader(min, max), scalar.length_writer(min, max)
  return {
    kind = "vector", element = element, min = min, max = max, prefix = scalar.prefix_width(max),
    read = function(s, pos, limit, env)
      local first, last = content(s, pos, limit, env)
      return read_elements(element, s, first, last, env), last + 1
    end,
    write = function(out, list, env)
      local inner = {}
      write_elements(element, inner, list, env)
      close(out, concat(inner))
    end,
    random = function(rng, env)
      if min == 0 and rng(1, 4) == 1 then return {} end
      return random_elements(element, min, max, rng, env)
    end,
  }
end

--- Elements up to the end of what surrounds them, without a length.
-- @tparam table element type; it takes at least one byte
-- @treturn table type, a list
function M.rest_of(element)
  return {
    kind = "vector", element = element, rest = true,
    read = function(s, pos, limit, env)
      return read_elements(element, s, pos, limit, env), limit + 1
    end,
    write = function(out, list, env) write_elements(element, out, list, env) end,
    random = function(rng, env) return random_elements(element, 0, 4096, rng, env) end,
  }
end

--- Refuses bytes that are left behind a value.
function M.finish(pos, last)
  if pos <= last then
    local left = last - pos + 1
    fail(pos, ("%d byte%s left over"):format(left, left == 1 and "" or "s"))
  end
end

--- One value behind its length. Encoding also takes a string: the content, ready made.
-- @tparam table content type
-- @tparam number min bytes
-- @tparam number max bytes; decides the width of the prefix
-- @treturn table type, the value of `content`
function M.sized(content, min, max)
  local length, close = scalar.length_reader(min, max), scalar.length_writer(min, max)
  return {
    kind = "sized", content = content, min = min, max = max, prefix = scalar.prefix_width(max),
    read = function(s, pos, limit, env, parent)
      local first, last = length(s, pos, limit, env)
      local value, after = content.read(s, first, last, env, parent)
      if after <= last then M.finish(after, last) end
      return value, after
    end,
    write = function(out, value, env, parent)
      if type(value) == "string" then return close(out, value) end
      local inner = {}
      content.write(inner, value, env, parent)
      close(out, concat(inner))
    end,
    random = content.random,
  }
end

local function walk_fields(names, reads, s, pos, limit, env)
  local walk = env.trace
  local value = walk:table()
  for i = 1, #names do
    local name = names[i]
    value[name], pos = walk:visit(name, reads[i], s, pos, limit, env, value)
  end
  return value, pos
end

--- Named fields in order: `struct { … } name`.
-- @tparam table fields list of `{name, type}`
-- @treturn table type, a table
function M.struct(fields)
  local names, reads, count = {}, {}, #fields
  for i, field in ipairs(fields) do
    names[i], reads[i] = field[1], field[2].read
  end
  return {
    kind = "struct", fields = fields,
    read = function(s, pos, limit, env)
      if env.trace then return walk_fields(names, reads, s, pos, limit, env) end
      local value = {}
      for i = 1, count do
        local field
        field, pos = reads[i](s, pos, limit, env, value)
        if field ~= nil then value[names[i]] = field end
      end
      return value, pos
    end,
    write = function(out, value, env)
      check_table(value)
      for i = 1, count do
        local name = names[i]
        put_part(name, fields[i][2], out, value[name], env, value)
      end
    end,
    random = function(rng, env)
      local value = {}
      for i = 1, count do value[names[i]] = fields[i][2].random(rng, env, value) end
      return value
    end,
  }
end

--- A field that may be missing at the end of a structure.
-- @tparam table content type
-- @treturn table type, nil when missing
function M.optional(content)
  return {
    kind = "optional", content = content,
    read = function(s, pos, limit, env, parent)
      if pos > limit then return nil, pos end
      return content.read(s, pos, limit, env, parent)
    end,
    write = function(out, value, env, parent)
      if value ~= nil then put(content, out, value, env, parent) end
    end,
    random = function(rng, env, parent)
      if rng(1, 4) > 1 then return content.random(rng, env, parent) end
    end,
  }
end

--- A field that is not there.
M.nothing = {
  kind = "nothing",
  read = function(_, pos) return nil, pos end,
  write = function(_, value)
    if value ~= nil then fail(nil, "this field does not exist here") end
  end,
  random = function() return nil end,
}

--- A variant: which type it is depends on the fields before it or on the context.
-- @tparam table cases list of all types that `choose` may give, for those who walk descriptions
-- @tparam function choose (parent, context) -> type
-- @treturn table type
function M.choice(cases, choose)
  return {
    kind = "choice", cases = cases,
    read = function(s, pos, limit, env, parent)
      return choose(parent, env.context).read(s, pos, limit, env, parent)
    end,
    write = function(out, value, env, parent)
      put(choose(parent, env.context), out, value, env, parent)
    end,
    random = function(rng, env, parent)
      return choose(parent, env.context).random(rng, env, parent)
    end,
  }
end

--- `select (field) { case name: type; … }`.
-- @tparam string field an enum that comes earlier in the structure
-- @tparam table registry of that enum
-- @tparam table cases name -> type
-- @tparam table default type of all other values
-- @treturn table type
function M.select(field, registry, cases, default)
  local by_value, by_entry, types = {}, {}, { default }
  for name, case in pairs(cases) do
    local entry = registry.by_name[name] or error("no such case: " .. name)
    by_value[entry.value], by_entry[entry] = case, case
    types[#types + 1] = case
  end
  return M.choice(types, function(parent)
    local value = parent[field]
    return by_entry[value] or by_value[registry:value(value)] or default
  end)
end

--- A type with a further condition on its value.
-- @tparam table content type
-- @tparam function holds (value) -> true or false
-- @tparam string message said when it does not hold
-- @treturn table type
function M.check(content, holds, message)
  local checked = {}
  for key, value in pairs(content) do checked[key] = value end
  checked.read = function(s, pos, limit, env, parent)
    local value, after = content.read(s, pos, limit, env, parent)
    if not holds(value) then fail(pos, message) end
    return value, after
  end
  checked.random = function(rng, env, parent)
    local value
    repeat value = content.random(rng, env, parent) until holds(value)
    return value
  end
  return checked
end

return M
