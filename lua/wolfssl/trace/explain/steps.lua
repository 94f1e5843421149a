--- The steps of a handshake, told one by one.
-- @module wolfssl.trace.explain.steps
local checks = require "wolfssl.trace.explain.checks"
local fields = require "wolfssl.trace.explain.fields"
local learned = require "wolfssl.trace.explain.learned"
local notes = require "wolfssl.trace.notes"
local remarks = require "wolfssl.trace.explain.remarks"
local schedule = require "wolfssl.trace.explain.schedule"
local suites = require "wolfssl.trace.explain.suite"
local words = require "wolfssl.trace.explain.words"

local M = {}

-- Application data after the first of each direction are counted, not told.
local function same_talk(scene, entry)
  local last = scene.talk and scene.talk[entry.from]
  if entry.name ~= "application_data" or not last then return nil end
  return last
end

local function add_to(scene, step, entry)
  local more = step.more or { records = 0, bytes = 0 }
  step.more = { records = more.records + 1, bytes = more.bytes + #entry.bytes }
  step.records[#step.records + 1] = { number = scene.record_numbers[entry.record] }
end

-- user_canceled is a warning, but no handshake survives it; where one is complete, some programs
-- say it together with close_notify and mean nothing by it.
local function ends(scene, alert)
  if not alert then return false end
  return alert.level.name == "fatal"
    or alert.description.name == "user_canceled" and not scene.observer.summary.complete
end

-- What the checks and texts of later messages look at.
local function follow(scene, entry)
  local body = entry.kind == "handshake" and entry.message and entry.message.body
  scene.talk = entry.name == "application_data" and scene.talk or {}
  if entry.name == "alert" and ends(scene, entry.message) then
    scene.fatal = scene.fatal or entry
  end
  if type(body) ~= "table" then return end
  if entry.name == "client_hello" then
    scene.handshake = scene.retried and scene.handshake or scene.handshake + 1
    scene.retried, scene.first_hello = false, scene.retried and scene.hello or nil
    scene.hello = body
  elseif entry.name == "server_hello" or entry.name == "hello_retry_request" then
    scene.answer, scene.suite = body, body.cipher_suite
    scene.retried = entry.name == "hello_retry_request"
  elseif entry.name == "certificate" then
    if #body.certificate_list > 0 then scene.certificates[entry.from] = entry end
  else
    scene.messages[entry.name] = body
  end
end

local function carried_by(scene, entry)
  local list = {}
  for i, record in ipairs(entry.records or { entry.record }) do
    list[i] = { number = scene.record_numbers[record], offset = i == 1 and entry.offset or nil }
  end
  return #list > 0 and list[1].number and list or {}
end

local function suite_table(scene, entry)
  if entry.name ~= "client_hello" or not entry.message then return nil end
  local chosen, list = scene.observer.summary.cipher_suite, {}
  for i, suite in ipairs(entry.message.body.cipher_suites) do
    list[i] = suites.split(suite)
    list[i].chosen = chosen and suite.value == chosen.value or nil
  end
  return list
end

local function is_empty_certificate(entry)
  return entry.name == "certificate" and entry.message
    and #(entry.message.body.certificate_list or {}) == 0
end

local function title_of(entry, note, tls13)
  if entry.name == "alert" and entry.message then
    return "Alert: " .. entry.message.description.name
  end
  if is_empty_certificate(entry) then return "Certificate: an empty list, I have none" end
  return words.by_version(note.title, tls13) or words.message(entry.name)
end

local function text_of(entry)
  return entry.name == "application_data" and entry.bytes and words.text(entry.bytes) or nil
end

local NO_CERTIFICATE = "The client was asked for a certificate and has none to show. It has to say "
  .. "so; the server decides whether it goes on."

local function make(scene, entry, number)
  local note = notes.message(entry.name) or {}
  local tls13 = scene.tls13
  follow(scene, entry)
  local step = {
    number = number, name = entry.name, kind = entry.kind, title = title_of(entry, note, tls13),
    from = entry.from, to = words.peer(entry.from),
    time = entry.time and math.max(0, entry.time - (scene.zero or entry.time)),
    section = words.by_version(note.section, tls13),
    why = is_empty_certificate(entry) and NO_CERTIFICATE or words.by_version(note.why, tls13),
    encrypted = entry.decrypted ~= nil, readable = entry.decrypted ~= false,
    records = carried_by(scene, entry), bytes = entry.bytes and words.hex(entry.bytes),
    text = text_of(entry), fields = fields.list(entry, tls13), suites = suite_table(scene, entry),
    handshake = scene.handshake, problem = entry.problem and entry.problem.message,
  }
  if entry.kind == "unreadable" then scene.unreadable = true end
  if entry == scene.fatal then scene.fatal_step = step end
  step.remarks = remarks.of(scene, entry, step)
  step.checks = checks.of(scene, entry, step)
  step.learned = learned.of(scene, entry, step)
  step.secrets = schedule.known_after(scene, entry, step)
  return step
end

--- The steps.
-- @tparam table scene gains what the other parts look at
-- @treturn {table,...} see `wolfssl.trace.explain`
function M.list(scene)
  local list = {}
  scene.handshake, scene.certificates, scene.messages = 0, {}, {}
  for _, entry in ipairs(scene.observer.entries) do
    local last = same_talk(scene, entry)
    if last then
      add_to(scene, last, entry)
    else
      local step = make(scene, entry, #list + 1)
      list[#list + 1] = step
      if entry.name == "application_data" then scene.talk[entry.from] = step end
    end
  end
  scene.steps = list
  return list
end

return M
