--- One step of a handshake as text.
-- @module wolfssl.trace.render.text.step
local words = require "wolfssl.trace.explain.words"

local M = {}

local ARROWS = { client = "client --> server", server = "client <-- server" }
local MARKS = { [true] = { "[ok] ", "good" }, [false] = { "[NO] ", "bad" } }
local DOUBT = { "[??] ", "doubt" }
local MOST_LINES = 4

local function header(page, step)
  page:line()
  local left = ("%3d  %s  "):format(step.number, ARROWS[step.from])
  local time = step.time and (" +%.1f ms"):format(step.time * 1000) or ""
  page:item(left, step.title .. time, 0, "strong")
  local facts = {}
  if step.section then facts[#facts + 1] = step.section end
  if step.bytes then facts[#facts + 1] = words.count(#step.bytes / 2, "byte") end
  facts[#facts + 1] = step.encrypted and "encrypted" or "not encrypted"
  page:text(table.concat(facts, ", "), 5, "dim")
end

local function numbers(step)
  local list = {}
  for i, record in ipairs(step.records) do list[i] = ("%d"):format(record.number) end
  return table.concat(list, ", ", 1, math.min(#list, 8)) .. (#list > 8 and ", ..." or "")
end

local function bytes(page, step, explanation)
  if step.text then page:entry("says", '"' .. step.text .. '"', 5, 8) end
  if step.bytes and step.kind ~= "handshake" then
    page:hex("plain    ", step.bytes, 5, MOST_LINES)
  end
  local record = step.records[1] and explanation.records[step.records[1].number]
  if record and step.encrypted then page:hex("on wire  ", record.wire, 5, 2) end
  if step.more then
    page:text(("and %s more with %s."):format(words.count(step.more.records, "record"),
      words.count(step.more.bytes, "byte")), 5)
  end
  if record then page:line(("     in record %s"):format(numbers(step)), "dim") end
end

-- Each note is told once.
local function note(page, field, told, indent)
  if not field.note or told[field.note] then return end
  told[field.note] = true
  page:text(field.note, indent, "dim")
end

-- Said elsewhere: the type of an extension in its name, the suites in their table.
local function is_said(field)
  local data = field.path:find("extension_data$") and (field.value or "(empty)") == "(empty)"
  return data or field.path:find("extension_type$") or field.path:find("^body%.cipher_suites%[")
end

local function one_field(page, field, told)
  local text = field.name .. (field.value and " = " .. field.value or "")
  if field.meaning then text = text .. " (" .. field.meaning .. ")" end
  local mark = ("     %6.0f  %6.0f  %s"):format(field.offset, field.length,
    ("  "):rep(field.depth))
  page:item(mark, text)
  note(page, field, told, #mark + 2)
end

--- Adds the fields of a message with their places.
-- @tparam table page
-- @tparam table step with `fields`
-- @tparam table told notes told already; changed
-- @tparam ?boolean all also what is said elsewhere on a page of the whole handshake
function M.fields(page, step, told, all)
  if #step.fields == 0 then return end
  page:line("     offset  length  field")
  for _, field in ipairs(step.fields) do
    if all or not is_said(field) then one_field(page, field, told) end
  end
end

local function suites(page, step)
  if not step.suites then return end
  page:line("     the cipher suites, taken apart:")
  for _, suite in ipairs(step.suites) do
    local mark = suite.chosen and "  <== chosen" or ""
    page:line(("     %s %s%s"):format(suite.value, suite.name, mark), suite.chosen and "good")
    if suite.encryption then
      page:text(("key exchange: %s; authentication: %s; encryption: %s; MAC: %s"):format(
        suite.key_exchange, suite.authentication, suite.encryption, suite.mac), 10)
    end
    page:text(suite.note, 10, "dim")
  end
end

--- Adds one check.
-- @tparam table page
-- @tparam table check
-- @tparam number indent
function M.check(page, check, indent)
  local mark = MARKS[check.ok] or DOUBT
  local text = check.what .. (check.detail and ": " .. check.detail or "")
  page:item(mark[1], text, indent, mark[2])
end

local function checks(page, step)
  if #step.checks == 0 then return end
  page:line(("     the %s checks:"):format(step.to))
  for _, check in ipairs(step.checks) do M.check(page, check, 7) end
end

local SIDES = { "client", "server", "eavesdropper" }

local function learned(page, step)
  local any = false
  for _, side in ipairs(SIDES) do
    for _, sentence in ipairs(step.learned[side]) do
      if not any then page:line("     who knows what now:") end
      any = true
      page:entry(side, sentence, 7, 12)
    end
  end
end

local function secrets(page, step)
  if #step.secrets == 0 then return end
  page:text("keys derived now (see the key schedule): " .. table.concat(step.secrets, ", "), 5)
end

--- Adds a step.
-- @tparam table page
-- @tparam table step
-- @tparam table explanation
-- @tparam table options `brief`: true leaves out fields and suites; `told`: notes told already
function M.add(page, step, explanation, options)
  header(page, step)
  if step.why then page:text(step.why, 5) end
  if step.problem then page:text(step.problem, 5, "bad") end
  bytes(page, step, explanation)
  if not options.brief then
    M.fields(page, step, options.told)
    suites(page, step)
  end
  for _, remark in ipairs(step.remarks) do page:item("* ", remark, 5) end
  checks(page, step)
  learned(page, step)
  secrets(page, step)
end

return M
