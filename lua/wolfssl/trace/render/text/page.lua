--- Lines of a fixed width, wrapped, indented and perhaps coloured.
-- @module wolfssl.trace.render.text.page
local harmless = require "wolfssl.trace.render.harmless"

local M = {}

local STYLES = { title = "1", good = "32", bad = "31;1", doubt = "33", dim = "2", strong = "1" }

local page = {}
page.__index = page

--- Makes an empty page.
-- @tparam ?table options `width` (default 80), `color`
-- @treturn table page
function M.new(options)
  options = options or {}
  return setmetatable({ width = options.width or 80, color = options.color, lines = {} }, page)
end

-- Columns, not bytes: continuation bytes of UTF-8 take none.
local function columns(text)
  return #text:gsub("[\128-\191]", "")
end

local function paint(self, text, style)
  if not self.color or not style then return text end
  return ("\27[%sm%s\27[0m"):format(STYLES[style], text)
end

--- Adds one line as it is.
-- @tparam ?string text
-- @tparam ?string style
function page:line(text, style)
  self.lines[#self.lines + 1] = paint(self, harmless.text(text or ""), style)
end

-- So many bytes of a word, and what belongs to the last character.
local function whole(word, size)
  while word:find("^[\128-\191]", size + 1) do size = size + 1 end
  return size
end

-- A word that is longer than a line is cut.
local function words_of(text, room)
  local list = {}
  for word in text:gmatch("%S+") do
    while columns(word) > room do
      local size = whole(word, room)
      list[#list + 1] = word:sub(1, size)
      word = word:sub(size + 1)
    end
    list[#list + 1] = word
  end
  return list
end

--- Breaks a text into lines.
-- @tparam string text
-- @tparam number room columns
-- @treturn {string,...}
function M.wrap(text, room)
  local lines, line = {}, nil
  for _, word in ipairs(words_of(harmless.text(text), room)) do
    if line and columns(line) + 1 + columns(word) <= room then
      line = line .. " " .. word
    else
      lines[#lines + 1] = line
      line = word
    end
  end
  lines[#lines + 1] = line
  return lines
end

--- Adds a paragraph.
-- @tparam string text
-- @tparam ?number indent columns
-- @tparam ?string style
function page:text(text, indent, style)
  self:item("", text, indent, style)
end

--- Adds a paragraph behind a mark, such as "- ".
-- @tparam string mark
-- @tparam string text
-- @tparam ?number indent columns
-- @tparam ?string style
function page:item(mark, text, indent, style)
  local first = (" "):rep(indent or 0) .. mark
  local others = (" "):rep(columns(first))
  for i, line in ipairs(M.wrap(text, self.width - columns(first))) do
    self:line((i == 1 and first or others) .. line, style)
  end
end

--- Adds a heading.
-- @tparam string text
function page:heading(text)
  self:line()
  self:line(text:upper(), "title")
  self:line(("-"):rep(columns(text)), "dim")
end

--- Adds names with texts beside them.
-- @tparam string name
-- @tparam string text
-- @tparam ?number indent
-- @tparam ?number column of the text; default 14 behind the indent
function page:entry(name, text, indent, column)
  local width = column or 14
  self:item(("%-" .. width .. "s "):format(name), text, indent)
end

--- Adds bytes in hexadecimal, 32 to a line, of long ones the first.
-- @tparam string mark
-- @tparam string hex
-- @tparam number indent
-- @tparam number most lines
function page:hex(mark, hex, indent, most)
  local first = (" "):rep(indent) .. mark
  local others, shown = (" "):rep(#first), 0
  for i = 1, #hex, 56 do
    if shown == most then
      return self:line(("%s... %.0f bytes in all"):format(others, #hex / 2), "dim")
    end
    local part = hex:sub(i, i + 55):gsub("%x%x%x%x%x%x%x%x", "%0 "):gsub(" $", "")
    self:line((shown == 0 and first or others) .. part, "dim")
    shown = shown + 1
  end
end

--- The whole page.
-- @treturn string
function page:finish()
  return table.concat(self.lines, "\n") .. "\n"
end

return M
