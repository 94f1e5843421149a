--- Text that does nothing but stand there, whoever wrote it.
-- @module wolfssl.trace.render.harmless
local element = require "wolfssl.trace.render.html.element"

local M = {}

--- Puts "?" for control characters, for bytes that are not UTF-8, and for what turns the direction
-- of writing.
-- @tparam string text
-- @tparam ?string but control characters that are left, for a set of a pattern
-- @treturn string
function M.text(text, but)
  if not element.is_utf8(text) then text = text:gsub("[\128-\255]", "?") end
  return (text:gsub("[^%C" .. (but or "") .. "]", "?"):gsub("\194[\128-\159]", "?")
    :gsub("\226\128[\142\143\168-\174]", "?"):gsub("\226\129[\166-\169]", "?")
    :gsub("\216\156", "?"):gsub("\239\187\191", "?"):gsub("\239\191[\190\191]", "?"))
end

return M
