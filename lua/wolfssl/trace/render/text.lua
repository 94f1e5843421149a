--- An explanation as text for terminals.
-- @module wolfssl.trace.render.text
local page_of = require "wolfssl.trace.render.text.page"
local secrets = require "wolfssl.trace.notes.secrets"
local steps = require "wolfssl.trace.render.text.step"

local M = {}

local STYLES = { closed = "good", warning = "doubt", broken = "bad", none = "doubt" }

local function opening(page, explanation)
  page:line(explanation.title, "title")
  page:line(("="):rep(math.min(#explanation.title, page.width)), "dim")
  page:text(explanation.kind.text)
  if explanation.origin then page:text(explanation.origin, 0, "dim") end
  page:heading("who takes part")
  for _, party in ipairs(explanation.parties) do
    page:entry(party.id, party.name .. ": " .. party.role)
  end
  page:heading("where TLS has its place, from below")
  for _, layer in ipairs(explanation.stack) do page:entry(layer.name, layer.text, 0, 18) end
end

local function facts(page, explanation)
  if #explanation.facts == 0 then return end
  page:heading("what was agreed on")
  for _, fact in ipairs(explanation.facts) do
    local text = fact.value .. (fact.meaning and " (" .. fact.meaning .. ")" or "")
    page:entry(fact.name, text, 0, 22)
  end
end

local function certificate(page, item, depth)
  local indent = 2 * depth
  page:item("- ", item.subject .. (item.sent and "" or " (not sent: the verifier has it)"), indent,
    "strong")
  page:entry("issued by", item.issuer, indent + 2, 10)
  if #item.names > 0 then page:entry("names", table.concat(item.names, ", "), indent + 2, 10) end
  page:entry("valid", item.not_before .. " to " .. item.not_after, indent + 2, 10)
  page:entry("key", item.key .. ", signed with " .. item.signature, indent + 2, 10)
  page:entry("serial", item.serial, indent + 2, 10)
  for _, check in ipairs(item.checks) do steps.check(page, check, indent + 2) end
end

local function chains(page, explanation)
  for _, chain in ipairs(explanation.chains) do
    page:heading(("the %s's certificates, from the leaf to the root"):format(chain.from))
    for i, item in ipairs(chain.certificates) do certificate(page, item, i - 1) end
    for _, check in ipairs(chain.checks) do steps.check(page, check, 0) end
  end
end

local function row_text(row)
  local from = #row.inputs > 0 and " from " .. table.concat(row.inputs, " and ") or ""
  local label = row.label and (", label \"%s\""):format(row.label) or ""
  local context = row.context and ", over " .. row.context or ""
  local place = row.offset and (", bytes %.0f to %.0f"):format(row.offset,
    row.offset + row.length - 1) or ""
  return row.operation .. from .. label .. context .. place
end

local function row(page, item)
  local known = item.known and "" or " (value not known here)"
  local size = item.length and (", %.0f bytes"):format(item.length) or ""
  page:item("- ", ("%s%s%s"):format(item.name, size, known), 0, "strong")
  page:text(row_text(item) .. (item.step and (", step %d"):format(item.step) or ""), 2)
  page:text(item.purpose, 2, "dim")
  if item.value then page:hex("", item.value, 2, 4) end
end

local OPERATIONS = { "known", "agreement", "extract", "expand", "prf", "cut" }

local function legend(page, schedule)
  local used = {}
  for _, item in ipairs(schedule.rows) do used[item.operation] = true end
  for _, name in ipairs(OPERATIONS) do
    if used[name] then page:entry(name, secrets.operations[name], 0, 10) end
  end
end

local function schedules(page, explanation, options)
  if options.brief then return end
  for i, schedule in ipairs(explanation.schedules) do
    page:heading(("the key schedule%s: %s, %s"):format(
      #explanation.schedules > 1 and (" of handshake %d"):format(i) or "", schedule.version,
      schedule.hash))
    legend(page, schedule)
    for _, item in ipairs(schedule.rows) do row(page, item) end
  end
end

local function failure(page, explanation)
  local found = explanation.failure
  if not found then return end
  page:heading("why it failed")
  page:text(found.text, 0, "bad")
  if #found.causes > 0 then page:line("Likely causes:") end
  for _, cause in ipairs(found.causes) do page:item("- ", cause, 2) end
end

local function tamper(page, explanation)
  local found = explanation.tamper
  if not found then return end
  page:heading("what was done on the way")
  page:text(found.text, 0, found.detected and "good" or "doubt")
end

local function verdict(page, explanation)
  local found = explanation.verdict
  page:heading("what the lock in a browser would show")
  page:text(found.text, 0, STYLES[found.lock])
  for _, reason in ipairs(found.reasons) do
    steps.check(page, { what = reason.text, ok = reason.ok }, 2)
  end
end

--- Renders an explanation.
-- @tparam table explanation see `wolfssl.trace.explain`
-- @tparam ?table options `color`: true for terminals that have it; `width`: columns, default 80;
-- `brief`: true leaves out fields and keys
-- @treturn string lines
function M.render(explanation, options)
  options = options or {}
  local page = page_of.new(options)
  opening(page, explanation)
  page:heading("step by step")
  local told = { brief = options.brief, told = {} }
  for _, step in ipairs(explanation.steps) do steps.add(page, step, explanation, told) end
  facts(page, explanation)
  chains(page, explanation)
  schedules(page, explanation, options)
  tamper(page, explanation)
  failure(page, explanation)
  verdict(page, explanation)
  return page:finish()
end

return M
