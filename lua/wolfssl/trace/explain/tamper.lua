--- A byte that was changed on the way: where it lies, and who noticed it how.
-- @module wolfssl.trace.explain.tamper
local errors = require "wolfssl.errors"

local M = {}

local HEADER = 5

local function record_at(model, change)
  for _, record in ipairs(model.records) do
    local first = record.offset
    if record.from == change.from and change.offset >= first
        and change.offset < first + HEADER + record.length then
      return record, change.offset - first
    end
  end
end

local function smallest(fields, offset)
  local found
  for _, field in ipairs(fields) do
    if offset >= field.offset and offset < field.offset + field.length then found = field end
  end
  return found
end

-- Which message of the record holds the byte: the last one that begins at or before it.
local function step_at(model, record, offset)
  local found, start
  for _, step in ipairs(model.steps) do
    for _, carrier in ipairs(step.records) do
      local begins = carrier.offset or 0
      if carrier.number == record.number and begins <= offset then found, start = step, begins end
    end
  end
  return found, start
end

local function in_header(record, offset)
  for _, field in ipairs(record.fields) do
    if offset >= field.offset and offset < field.offset + field.length then return field.name end
  end
end

-- The message is explained as it was sent; what arrived is another.
local function mark(step, tamper)
  table.insert(step.remarks, 1, ("A byte of this was changed on its way: shown is what the %s "
    .. "sent, not what the %s got."):format(step.from, step.to))
  if tamper.field ~= "ciphertext" then return end
  for _, check in ipairs(step.checks) do
    if check.what:find("so nobody changed it", 1, true) then
      check.ok, check.detail = false, "what arrived does not"
    end
  end
end

local function place(model, tamper, change)
  local record, offset = record_at(model, change)
  if not record then return end
  tamper.record = record.number
  local step, start = step_at(model, record, math.max(offset - HEADER, 0))
  tamper.step, tamper.message = step and step.number, step and step.title
  if offset < HEADER then
    tamper.field = "the record header: " .. in_header(record, offset)
  elseif record.protected then
    tamper.field = "ciphertext"
  elseif step then
    local field = smallest(step.fields, offset - HEADER - start)
    tamper.field = field and field.path:gsub("^body%.", "")
  end
  if step then mark(step, tamper) end
end

-- Who noticed first: the side that refused, not the one that heard of it.
local function detection(sides)
  for _, side in ipairs { "client", "server" } do
    local said = sides[side] or {}
    if said.code and said.code ~= "alert_received" and said.code ~= "truncated" then
      return side, said.message, said.code
    end
  end
end

local function alert_of(model, side)
  for _, step in ipairs(model.steps) do
    if step.kind == "alert" and step.from == side and step.readable
        and not step.title:find("close_notify") then
      return step.title:match("Alert: (.+)")
    end
  end
end

local function found_out(model, side, message, code)
  local alert = alert_of(model, side)
  local sent = alert and (", and sends the alert %s"):format(alert) or ""
  local meaning = (errors.codes[code] or {}).meaning or ""
  return ("The %s notices it: %s%s. %s"):format(side, message, sent,
    (meaning:gsub("; detail.*", ".")))
end

local UNNOTICED = "Nobody notices it, and it does no harm: nothing depends on this byte, and it is "
  .. "not protected."
local STALLED = "The connection stands still: one side waits for bytes that never come, because a "
  .. "length is wrong. Nothing has become known; a timeout ends it."

local function where(tamper)
  if not tamper.message then return "" end
  return (", in the message \"%s\", %s"):format(tamper.message, tamper.field or "its content")
end

--- Tells of a change.
-- @tparam table model the explanation of what was sent
-- @tparam table options the option `tamper` of `wolfssl.trace.explain`; without `change` there were
-- fewer bytes
-- @tparam table sides the option `sides`
-- @treturn table see `wolfssl.trace.explain`
function M.tell(model, options, sides)
  local change = options.change
  if not change then
    return { byte = options.byte, detected = false, text = ("Byte %.0f was not sent: there were "
      .. "only %.0f, numbered from 0."):format(options.byte, options.size) }
  end
  local tamper = {
    byte = change.byte, from = change.from, offset = change.offset,
    before = ("%02x"):format(change.before), after = ("%02x"):format(change.after),
  }
  place(model, tamper, change)
  local side, message, code = detection(sides)
  tamper.by, tamper.detected = side, side ~= nil or not options.complete
  tamper.how = side and found_out(model, side, message, code)
    or options.complete and UNNOTICED or STALLED
  tamper.text = ("Byte %.0f, sent by the %s, was changed from %s to %s on the way%s. %s"):format(
    change.byte, change.from, tamper.before, tamper.after, where(tamper), tamper.how)
  return tamper
end

return M
