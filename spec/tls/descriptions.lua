-- Walks the descriptions of all messages and extensions.

local tls = require "wolfssl.tls"

local M = {}

--- Shows each type that a type is made of, itself first and each once.
function M.each(kind, visit, seen)
  seen = seen or {}
  if seen[kind] then return end
  seen[kind] = true
  visit(kind)
  for _, field in ipairs(kind.fields or {}) do M.each(field[2], visit, seen) end
  for _, part in ipairs { kind.element or false, kind.content or false } do
    if part then M.each(part, visit, seen) end
  end
  for _, case in ipairs(kind.cases or {}) do M.each(case, visit, seen) end
  if kind.kind == "extension" then
    for _, data in pairs(tls.extension.types(kind.code)) do M.each(data, visit, seen) end
  end
end

return M
