--- DER (ITU-T X.690), element by element: as much as reading keys and names needs.
-- @module wolfssl.trace.der
local M = {}

--- The element at a position.
-- @tparam string der
-- @tparam number pos
-- @tparam number limit last position that may be read
-- @treturn number tag, or nil where there is none
-- @treturn number position of its content
-- @treturn number position behind it
function M.element(der, pos, limit)
  local tag, length = der:byte(pos, pos + 1)
  if not length then return nil end
  local start = pos + 2
  if length >= 0x80 then
    local width = length - 0x80
    if width == 0 or width > 3 or start + width - 1 > limit then return nil end
    length = 0
    for i = start, start + width - 1 do length = length * 256 + der:byte(i) end
    start = start + width
  end
  if start + length - 1 > limit then return nil end
  return tag, start, start + length
end

--- The elements of a tag, one after the other, up to a position.
-- @tparam string der
-- @tparam number tag that each must have
-- @tparam number first
-- @tparam number last
-- @treturn {table,...} list of `{start, last}`; nil when something else stands there
function M.elements(der, tag, first, last)
  local list = {}
  while first <= last do
    local found, start, after = M.element(der, first, last)
    if found ~= tag then return nil end
    list[#list + 1] = { start, after - 1 }
    first = after
  end
  return list
end

return M
