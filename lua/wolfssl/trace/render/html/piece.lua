--- Small pieces that many parts of the page are made of.
-- @module wolfssl.trace.render.html.piece
local h = require "wolfssl.trace.render.html.element"

local M = {}

--- A picture of the page's set (`wolfssl.trace.render.html.page`); it says nothing by itself.
-- @tparam string name
-- @treturn table element
function M.icon(name)
  return h.svg({ class = "icon", ["aria-hidden"] = "true" }, h.use { href = "#i-" .. name })
end

--- Text for those who listen instead of looking.
-- @tparam string text
-- @treturn table element
function M.spoken(text)
  return h.span({ class = "spoken" }, text)
end

local MARKS = {
  [true] = { "ok", "Passed: " }, [false] = { "bad", "Failed: " },
  unknown = { "unknown", "Unknown: " },
}

--- How something came out: an element with the mark in front.
-- @tparam string name of the element
-- @tparam ?boolean ok nil: nobody could tell
-- @param ... children
-- @treturn table element
function M.marked(name, ok, ...)
  if ok == nil then ok = "unknown" end
  local class, word = MARKS[ok][1], MARKS[ok][2]
  return h[name]({ class = { "mark", class } }, M.spoken(word), h.div(...))
end

local function check_item(check)
  return M.marked("li", check.ok, check.what, check.detail and h.span(" ", check.detail))
end

--- A list of checks; nil when there are none.
-- @tparam ?table checks of the explanation
-- @treturn ?table element
function M.checks(checks)
  if not checks or #checks == 0 then return nil end
  return h.ul({ class = "checks" }, M.map(checks, check_item))
end

--- Each item made into an element.
-- @tparam ?table list
-- @tparam function make
-- @treturn table list
function M.map(list, make)
  local made = {}
  for i, item in ipairs(list or {}) do made[i] = make(item, i) or false end
  return made
end

--- A list of sentences; nil when there are none.
-- @tparam ?{string,...} sentences
-- @tparam ?string class
-- @treturn ?table element
function M.sentences(sentences, class)
  if not sentences or #sentences == 0 then return nil end
  return h.ul({ class = class }, M.map(sentences, function(text) return h.li(text) end))
end

--- A count with commas: "1,234 bytes".
-- @tparam number count
-- @treturn string
function M.bytes(count)
  local digits = ("%.0f"):format(count)
  local text = digits:reverse():gsub("(%d%d%d)", "%1,"):reverse():gsub("^,", "")
  return text .. (count == 1 and " byte" or " bytes")
end

--- A name that may go on in the next line after each "_".
-- @tparam string name
-- @treturn table list
function M.breakable(name)
  local parts = {}
  for part in tostring(name):gmatch("[^_]*_?") do
    if part ~= "" then
      if #parts > 0 then parts[#parts + 1] = h.wbr() end
      parts[#parts + 1] = part
    end
  end
  return parts
end

--- Seconds as people read them.
-- @tparam ?number seconds
-- @treturn ?string
function M.time(seconds)
  if not seconds then return nil end
  if seconds >= 10 then return ("%.1f s"):format(seconds) end
  if seconds >= 1 then return ("%.2f s"):format(seconds) end
  return ("%.1f ms"):format(seconds * 1000)
end

--- A link to a step.
-- @tparam ?number number
-- @treturn ?table element
function M.step_link(number)
  return number and h.a({ href = ("#step-%.0f"):format(number) }, ("step %.0f"):format(number))
end

--- The place of a secret on the page.
-- @tparam number schedule
-- @tparam string name
-- @treturn string
function M.key_id(schedule, name)
  return ("key-%.0f-%s"):format(schedule, (name:gsub("[^%w_.-]", "-")))
end

return M
