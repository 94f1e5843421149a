--- A step's panel: why, what is in it, what is checked, who learns what, how it looks on the wire.
-- @module wolfssl.trace.render.html.step
local bytes = require "wolfssl.trace.render.html.bytes"
local h = require "wolfssl.trace.render.html.element"
local ladder = require "wolfssl.trace.render.html.ladder"
local piece = require "wolfssl.trace.render.html.piece"

local M = {}

local function block(title, ...)
  return h.section({ class = "block" }, h.h4(title), ...)
end

local function some(title, content)
  return content and block(title, content) or nil
end

local function side(name, sentences)
  local list = piece.sentences(sentences)
  return list and h.div({ class = "side " .. name }, h.h5(name), list) or nil
end

local function learned(step)
  local known = step.learned or {}
  local sides = {}
  for _, name in ipairs { "client", "server", "eavesdropper" } do
    sides[#sides + 1] = side(name, known[name])
  end
  return #sides > 0 and block("Who learns what", h.div({ class = "sides" }, sides)) or nil
end

local function suite_row(suite)
  return h.tr({ class = suite.chosen and "chosen" or nil },
    h.th({ scope = "row" }, h.code(suite.name), suite.chosen and h.b " chosen"),
    h.td(suite.key_exchange or "–"), h.td(suite.authentication or "–"),
    h.td(suite.encryption or "–"), h.td(suite.mac or "–"), h.td(suite.note or ""))
end

local COLUMNS = { "Suite", "Key exchange", "Authentication", "Encryption", "Integrity", "Note" }

local function suites(step)
  if not step.suites or #step.suites == 0 then return nil end
  local head = piece.map(COLUMNS, function(name) return h.th({ scope = "col" }, name) end)
  return h.details({ class = "block" },
    h.summary(("The %.0f cipher suites, taken apart"):format(#step.suites)),
    h.div({ class = "wide", tabindex = 0, role = "region", ["aria-label"] = "Cipher suites" },
      h.table({ class = "suites" }, h.thead(h.tr(head)),
        h.tbody(piece.map(step.suites, suite_row)))))
end

local function key_links(step)
  if not step.secrets or #step.secrets == 0 then return nil end
  local schedule = math.max(step.handshake or 1, 1)
  return block("Both sides can now compute", h.ul({ class = "chips" },
    piece.map(step.secrets, function(name)
      return h.li(h.a({ href = "#" .. piece.key_id(schedule, name) }, (name:gsub("_", " "))))
    end)))
end

local function said(step)
  if not step.text then return nil end
  local more = step.more and ("and %.0f more records, %s"):format(step.more.records,
    piece.bytes(step.more.bytes))
  return block("As text", h.pre({ class = "text", tabindex = 0 }, step.text),
    more and h.p({ class = "muted" }, more))
end

local function message(step)
  if not step.bytes or #step.bytes == 0 then return nil end
  local options = { name = ladder.label(step), section = step.section }
  local title = step.encrypted and "The message, decrypted" or "The message"
  return block(title .. ", " .. piece.bytes(#step.bytes / 2),
    bytes.view(step.bytes, step.fields, options))
end

local function facts_of(record)
  local parts = {}
  local function add(text, what) if what then parts[#parts + 1] = text:format(what) end end
  add("hides: %s", record.content_type)
  add("%.0f bytes of content", record.content_length)
  add("%.0f bytes of padding", record.padding)
  add("record number %.0f under its key", record.sequence)
  add("protected with %s", record.secret)
  local inner = #parts > 0 and h.span({ class = record.protected and "in" }, "; ",
    table.concat(parts, "; "))
  return h.p({ class = "muted" }, record.version, ", ", piece.bytes(record.length or 0), inner,
    ". ", record.note)
end

local function changed_byte(model, record)
  local tamper = model.tamper
  return tamper and tamper.record == record.number and tamper.offset
    and tamper.offset - record.offset or nil
end

-- Several messages may share a record: its bytes stand with the first. The parts of its header are
-- explained once on the page.
local function record_view(model, step, number, shown)
  local record = model.records[number]
  if not record then return nil end
  local owners = shown.records
  owners[number] = owners[number] or step.number
  local title = h.h5(("Record %.0f: %s"):format(number, record.type or ""))
  if owners[number] ~= step.number then
    return h.div({ class = "record" }, title, h.p("Its bytes stand with ",
      piece.step_link(owners[number]), "."))
  end
  return h.div({ class = "record" }, title,
    facts_of(record),
    bytes.view(record.wire or "", record.fields,
      { name = ("record %.0f"):format(number), given = shown.notes,
        changed = changed_byte(model, record) }))
end

local function wire(model, step, shown)
  if not step.records or #step.records == 0 then return nil end
  return h.details({ class = { "block", "wire", step.encrypted and "sealed" or "open" },
      open = step.name == "application_data" },
    h.summary("On the wire: ", ladder.outside(model, step)),
    piece.map(step.records, function(carried)
      return record_view(model, step, carried.number, shown)
    end))
end

local function route(step)
  local parts = {
    h.span({ class = "from" }, step.from), " → ", h.span(step.to or ""),
    step.encrypted and { piece.icon "lock", h.span "encrypted" } or h.span "in the clear",
  }
  local time = piece.time(step.time)
  return h.p({ class = "route" }, parts, time and h.span("at ", time),
    step.section and h.span({ class = step.encrypted and "in" }, step.section))
end

local function heading(model, step)
  local id, number = ("step-%.0f-title"):format(step.number), ("%.0f. "):format(step.number)
  local title = step.title or step.name
  if not step.encrypted then return h.h3({ id = id, tabindex = -1 }, number, title) end
  return h.h3({ id = id, tabindex = -1 }, number, h.span({ class = "in" }, title),
    h.span({ class = "out" }, "Ciphertext: ", ladder.outside(model, step)))
end

local function inside(step)
  return h.group(
    step.why and h.p({ class = "why" }, step.why),
    piece.map(step.remarks, function(text) return h.p({ class = "remark" }, text) end),
    step.problem and h.p({ class = "problem" }, "Could not be read: ", step.problem),
    some("Checked by the " .. (step.to or "receiver"), piece.checks(step.checks)),
    learned(step), key_links(step), said(step), suites(step), message(step))
end

local function outside(step)
  return h.div({ class = "out" },
    h.p({ class = "why" }, "Encrypted. From the network one sees only that the ", step.from,
      " sent this much, now. What it was, and whether it was one message or several, is hidden."),
    some("What it learns all the same", piece.sentences((step.learned or {}).eavesdropper)))
end

--- A step's panel.
-- @tparam table model
-- @tparam table step
-- @tparam table shown `{records, notes}`, empty at first: which step shows the bytes of a record,
-- and which notes on records stand already
-- @treturn table element
function M.view(model, step, shown)
  local sealed = step.encrypted
  return h.article({ id = ("step-%.0f"):format(step.number),
      class = { "step", "from-" .. step.from, sealed and "encrypted" or "open" },
      ["aria-labelledby"] = ("step-%.0f-title"):format(step.number) },
    route(step), heading(model, step),
    sealed and { h.div({ class = "in" }, inside(step)), outside(step) } or inside(step),
    wire(model, step, shown))
end

return M
