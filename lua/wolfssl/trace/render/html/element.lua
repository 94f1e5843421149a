--- HTML as Lua values: `h.p({ class = "why" }, "1 < 2", h.b "!")`.
--
-- A string is always text and is escaped when written, so nothing that a peer said can become
-- markup. Only `h.raw` makes markup, and only this renderer's own style and script come that way.
-- Children are strings, numbers, elements, lists of these, or nil; a class may be a list.
-- `h.group(...)` is its children and nothing around them; unlike a list it may have holes.
-- @module wolfssl.trace.render.html.element
local M = {}

local Element = {}

local VOID = { meta = true, wbr = true }

local ESCAPES = {
  ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;",
}

--- Whether a text is well-formed UTF-8.
-- @tparam string text
-- @treturn boolean
function M.is_utf8(text)
  if not text:find("[\128-\255]") then return true end
  -- A space in the place of each: what is around it does not become neighbours.
  local rest = text:gsub("[\194-\223][\128-\191]", " ")
    :gsub("[\225-\236\238\239][\128-\191][\128-\191]", " ")
    :gsub("\224[\160-\191][\128-\191]", " "):gsub("\237[\128-\159][\128-\191]", " ")
    :gsub("\240[\144-\191][\128-\191][\128-\191]", " ")
    :gsub("[\241-\243][\128-\191][\128-\191][\128-\191]", " ")
    :gsub("\244[\128-\143][\128-\191][\128-\191]", " ")
  return not rest:find("[\128-\255]")
end

local function latin1(c)
  return string.char(192 + math.floor(c:byte() / 64), 128 + c:byte() % 64)
end

-- U+202A..E and U+2066..9 turn the direction of what follows, U+200E, U+200F and U+061C what
-- surrounds them: a name could show as another one. They are written out.
local function direction(lead, last)
  local code = lead == "\226\128" and 0x2000 + last:byte() - 128 or 0x2040 + last:byte() - 128
  return ("[U+%04X]"):format(code)
end

local function without_direction(text)
  return (text:gsub("(\226\128)([\142\143\170-\174])", direction)
    :gsub("(\226\129)([\166-\169])", direction):gsub("\216\156", "[U+061C]"))
end

local function control(c)
  return ("[%02X]"):format(c:byte())
end

--- Text as it may stand in an element or in a quoted attribute.
-- @param text string or number
-- @treturn string
function M.escape(text)
  text = tostring(text)
  if not M.is_utf8(text) then text = text:gsub("[\128-\255]", latin1) end
  text = text:gsub("[%z\1-\8\11-\31\127]", control):gsub("\194([\128-\159])", control)
  return (without_direction(text):gsub("[&<>\"']", ESCAPES))
end

local function attributes(list, out)
  local names = {}
  for name in pairs(list) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    local value = list[name]
    if type(value) == "table" then value = table.concat(value, " ") end
    if value == true then
      out[#out + 1] = " " .. name
    elseif value then
      out[#out + 1] = (' %s="%s"'):format(name, M.escape(value))
    end
  end
end

local write

local function write_children(element, out)
  for i = 1, element.count do write(element.children[i], out) end
end

local function write_element(element, out)
  if element.name == "raw" then
    out[#out + 1] = element.markup
  elseif element.name == "group" then
    write_children(element, out)
  else
    out[#out + 1] = "<" .. element.name
    attributes(element.attributes, out)
    out[#out + 1] = ">"
    if VOID[element.name] then return end
    write_children(element, out)
    out[#out + 1] = "</" .. element.name .. ">"
  end
end

function write(child, out)
  if child == nil or child == false then return end
  if type(child) ~= "table" then
    out[#out + 1] = M.escape(child)
  elseif getmetatable(child) == Element then
    write_element(child, out)
  else
    for _, item in ipairs(child) do write(item, out) end
  end
end

local function is_attributes(value)
  return type(value) == "table" and getmetatable(value) ~= Element and value[1] == nil
end

local function make(name, ...)
  local element = { name = name, attributes = {}, children = { ... }, count = select("#", ...) }
  if is_attributes(element.children[1]) then
    element.attributes = element.children[1]
    for i = 1, element.count do element.children[i] = element.children[i + 1] end
    element.count = element.count - 1
  end
  return setmetatable(element, Element)
end

--- Markup from a string: never from anything that came with the explanation.
-- @tparam string markup
-- @treturn table element
function M.raw(markup)
  return setmetatable({ name = "raw", markup = markup }, Element)
end

--- Writes elements out.
-- @param child element, text or list
-- @treturn string
function M.write(child)
  local out = {}
  write(child, out)
  return table.concat(out)
end

return setmetatable(M, {
  __index = function(_, name)
    return function(...) return make(name, ...) end
  end,
})
