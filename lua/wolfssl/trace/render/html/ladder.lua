--- The ladder: client and server in time, a rung for each message.
-- @module wolfssl.trace.render.html.ladder
local h = require "wolfssl.trace.render.html.element"
local piece = require "wolfssl.trace.render.html.piece"

local M = {}

--- A step in a word or two: "ClientHello", "Alert: bad_certificate".
-- @tparam table step
-- @treturn string
function M.label(step)
  local title = step.title or step.name
  return step.name ~= "alert" and title:match("^([^:]+):") or title
end

--- A step as it looks from outside: type and size of its records. Where a record carries several
-- messages, the first of them stands for it.
-- @tparam table model
-- @tparam table step
-- @treturn string
function M.outside(model, step)
  local first = (step.records or {})[1]
  if first and #step.records == 1 and (first.offset or 0) > 0 then return "in the same record" end
  local size, record = 0, nil
  for _, carried in ipairs(step.records or {}) do
    record = model.records[carried.number] or record
    size = size + (record and record.length or 0)
  end
  return record and ("%s, %s"):format(record.type, piece.bytes(size)) or "ciphertext"
end

local function is_alarm(step)
  return step.name == "alert" and not (step.title or ""):find("close_notify", 1, true)
end

local function name_of(model, step)
  if not step.encrypted then return M.label(step) end
  return h.group(h.span({ class = "in" }, M.label(step)),
    h.span({ class = "out" }, M.outside(model, step)))
end

local function way(step)
  return ("%s to %s%s"):format(step.from, step.to or "", step.encrypted and ", encrypted" or "")
end

local function rung(model, step, before)
  local turn = before and before.from ~= step.from
  local time = piece.time(step.time)
  local again = before and piece.time(before.time) == time
  return h.li({ class = { "from-" .. step.from, step.encrypted and "encrypted" or "open",
      turn and "turn" or "on", is_alarm(step) and "alarm" or "calm" } },
    h.a({ href = ("#step-%.0f"):format(step.number) },
      h.span({ class = "time" }, not again and time or nil),
      h.span({ class = "lane" },
        h.span({ class = "label" }, step.encrypted and piece.icon "lock", name_of(model, step)),
        h.span({ class = "arrow" }), piece.spoken(", " .. way(step)))))
end

--- The ladder of all steps.
-- @tparam table model
-- @treturn table element
function M.view(model)
  return h.nav({ class = "ladder", id = "ladder", ["aria-label"] = "Messages in time" },
    h.div({ class = "ends", ["aria-hidden"] = "true" }, h.span {},
      h.span({ class = "client" }, "Client"), h.span({ class = "server" }, "Server")),
    h.ol({}, piece.map(model.steps, function(step, i)
      return rung(model, step, model.steps[i - 1])
    end)),
    h.p({ class = "legend muted" }, "Dashed, with a lock: encrypted on the wire."))
end

return M
