--- Lists of application protocols, as on the wire and as tables.
-- @module wolfssl.luasec.alpn

local M = {}

--- @tparam {string,...} names
-- @treturn string each name after its length
function M.encode(names)
  local parts = {}
  for i, name in ipairs(names) do parts[i] = string.char(#name) .. name end
  return table.concat(parts)
end

--- @tparam string wire
-- @treturn ?{string,...} nil when it is malformed
function M.decode(wire)
  local names, at = {}, 1
  while at <= #wire do
    local name = wire:sub(at + 1, at + wire:byte(at))
    if name == "" or #name < wire:byte(at) then return nil end
    names[#names + 1] = name
    at = at + 1 + #name
  end
  return names
end

return M
