--- Tables of options: one that is not known, or of the wrong type, is the caller's mistake, and is
-- told with the word that may have been meant.
-- @module wolfssl.options

local M = {}

-- Levenshtein's
local function distance(a, b)
  local row = {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local corner = row[0]
    row[0] = i
    for j = 1, #b do
      local replaced = corner + (a:sub(i, i) == b:sub(j, j) and 0 or 1)
      corner = row[j]
      row[j] = math.min(replaced, row[j] + 1, row[j - 1] + 1)
    end
  end
  return row[#b]
end

--- The nearest of known words.
-- @tparam string name
-- @tparam table known a table whose keys they are
-- @treturn ?string nil when more than two letters, and than a third of the name, are different
function M.nearest(name, known)
  local best, least
  for candidate in pairs(known) do
    local d = distance(name, candidate)
    if not least or d < least or (d == least and candidate < best) then
      best, least = candidate, d
    end
  end
  local near = least and least < #name and (least <= 2 or 3 * least <= #name)
  return near and best or nil
end

local function wrong(name, value, kind, kinds, whose)
  if kind then return ("option '%s': %s expected, got %s"):format(name, kind, type(value)) end
  local meant = M.nearest(tostring(name), kinds)
  return ("unknown option '%s' of %s%s"):format(tostring(name), whose,
    meant and ("; did you mean '%s'?"):format(meant) or "")
end

--- Raises for what is no table of such options.
-- @param options
-- @tparam table kinds types by name, as of `type`, or "any"
-- @tparam string whose they are, for messages
-- @tparam[opt=3] int level where the error is, as of `error`: 3 is the caller of the caller
function M.check(options, kinds, whose, level)
  level = level or 3
  if type(options) ~= "table" then
    error("options: table expected, got " .. type(options), level)
  end
  for name, value in pairs(options) do
    local kind = kinds[name]
    if not kind or kind ~= "any" and type(value) ~= kind then
      error(wrong(name, value, kind, kinds, whose), level)
    end
  end
end

--- Raises at the caller of a function for an argument that it does not take.
-- @tparam boolean ok whether it takes it
-- @tparam string whose the function's name
-- @tparam int position
-- @tparam string expected
-- @param value what was given
function M.argument(ok, whose, position, expected, value)
  if ok then return end
  error(("bad argument #%d to '%s' (%s expected, got %s)"):format(position, whose, expected,
    type(value)), 3)
end

return M
