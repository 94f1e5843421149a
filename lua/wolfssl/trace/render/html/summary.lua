--- What stands before the messages: verdict, facts, failure, tampering, parties, layers.
-- @module wolfssl.trace.render.html.summary
local h = require "wolfssl.trace.render.html.element"
local piece = require "wolfssl.trace.render.html.piece"

local M = {}

local LOCKS = {
  closed = { "lock", "Closed lock. " }, warning = { "warning", "Warning. " },
  broken = { "open", "Broken lock. " }, none = { "open", "No lock. " },
}

local function reason(item)
  return piece.marked("li", item.ok, item.text)
end

local function verdict(model)
  local judged = model.verdict
  if not judged then return nil end
  local lock = LOCKS[judged.lock] or LOCKS.none
  return h.div({ class = { "judged", judged.lock or "none" } },
    h.span({ class = "seal" }, piece.icon(lock[1]), piece.spoken(lock[2])),
    h.div(h.p({ class = "judgement" }, judged.text),
      h.ul({ class = "checks" }, piece.map(judged.reasons, reason))))
end

local function fact(item)
  return h.div(h.dt(item.name), h.dd(h.span({ class = "value" }, piece.breakable(item.value)),
    item.meaning and h.span({ class = "meaning" }, item.meaning)))
end

local function facts(model)
  if #(model.facts or {}) == 0 then return nil end
  return h.dl({ class = "facts" }, piece.map(model.facts, fact))
end

-- All that can be learned without any key, with where it was learned.
local function overheard(model)
  local items, said = {}, { nothing = true }
  for _, step in ipairs(model.steps or {}) do
    for _, sentence in ipairs((step.learned or {}).eavesdropper or {}) do
      if not step.encrypted and not said[sentence] then
        said[sentence] = true
        items[#items + 1] = h.li(sentence, " ", h.span({ class = "muted" },
          piece.step_link(step.number)))
      end
    end
  end
  return h.section({ class = "out overheard" }, h.h2("What the eavesdropper knows"),
    h.ul({}, items), h.p({ class = "muted" },
      "Of all the rest: when it was sent, by whom, and how long it is."))
end

local function rows(list)
  return h.dl(piece.map(list, function(row)
    local value = row[2]
    return value ~= nil and { h.dt(row[1]), h.dd(value) } or nil
  end))
end

local function is_sealed(model, number)
  local step = number and (model.steps or {})[number]
  return step and step.encrypted
end

local function alert_of(failure)
  local alert = failure.alert
  if type(alert) ~= "table" then return alert end
  return alert.name
end

local function failure(model)
  local failed = model.failure
  if not failed then return nil end
  local list = h.div(rows {
    { "Alert", alert_of(failed) }, { "By", failed.side }, { "At", piece.step_link(failed.step) },
    { "Error", failed.message }, { "Code", failed.code and h.code(failed.code) },
    { failed.certain and "In answer to" or "After", piece.step_link(failed.where) },
    { "Meaning", failed.meaning },
  })
  local causes = piece.sentences(failed.causes)
  local sealed = is_sealed(model, failed.step)
  return h.section({ class = { "panel", "failed", sealed and "in" or "seen" },
      ["aria-labelledby"] = "failure-title" },
    h.h2({ id = "failure-title" }, "Why it failed"), failed.text and h.p(failed.text), list,
    causes and { h.h3("Likely causes"), causes })
end

local function tamper(model)
  local changed = model.tamper
  if not changed then return nil end
  local sealed = is_sealed(model, changed.step)
  return h.section({ class = { "panel", "tampered", sealed and "in" or "seen" },
      ["aria-labelledby"] = "tamper-title" },
    h.h2({ id = "tamper-title" }, "Changed on the way"), changed.text and h.p(changed.text),
    rows {
      { "Byte", changed.byte }, { "Sent by", changed.from }, { "Record", changed.record },
      { "Message", changed.message }, { "At", piece.step_link(changed.step) },
      { "Field", changed.field },
      { "Changed", changed.before and { h.code(changed.before), " to ", h.code(changed.after) } },
      { "Detected", changed.detected and "yes" or "no" },
      { "By", changed.by }, { "How", changed.how },
    })
end

-- Names come out of certificates: those that were sent encrypted are not for everyone.
local function party(item, sealed)
  local title = h.h3(item.id == "authority" and "certificate authority" or item.id)
  local name, role = h.p({ class = "value" }, item.name), h.p(item.role)
  if item.id == "eavesdropper" or not sealed then
    return h.li({ class = item.id }, title, name, role)
  end
  return h.li({ class = item.id }, title, h.div({ class = "in" }, name, role),
    h.p({ class = "out" }, "Certificates are encrypted here: the eavesdropper does not see any."))
end

local function has_sealed_chain(model)
  for _, chain in ipairs(model.chains or {}) do
    if is_sealed(model, chain.step) then return true end
  end
  return false
end

-- What a layer carries stands above it: TCP under the records, and these under the four content
-- types, which share a floor.
local function layers(list)
  local floors, types = {}, {}
  for i, item in ipairs(list or {}) do
    local text = h.group(h.b(item.name), " ", h.span(item.text))
    if i <= 2 then table.insert(floors, 1, h.li(text)) else types[#types + 1] = h.li(text) end
  end
  table.insert(floors, 1, h.li({ class = "types" }, h.ul({}, types)))
  return h.ul({ class = "stack" }, floors)
end

--- The head of the page.
-- @tparam table model
-- @treturn table element
function M.view(model)
  return h.header({ class = "top", id = "top" },
    h.h1(h.span({ class = "in" }, model.title or "TLS handshake"),
      h.span({ class = "out" }, "What crosses the network")),
    model.kind and model.kind.text and h.p({ class = "lead in" }, model.kind.text),
    model.origin and h.p({ class = "muted" }, model.origin),
    h.div({ class = "in" }, verdict(model)), overheard(model), failure(model), tamper(model),
    h.div({ class = "in" }, facts(model)))
end

--- Who takes part, and the layers.
-- @tparam table model
-- @treturn table element
function M.parties(model)
  return h.section({ id = "parties", ["aria-labelledby"] = "parties-title" },
    h.h2({ id = "parties-title" }, "Who takes part"),
    h.ul({ class = "parties" }, piece.map(model.parties, function(item)
      return party(item, has_sealed_chain(model))
    end)),
    h.h2("Where TLS has its place"),
    layers(model.stack))
end

return M
