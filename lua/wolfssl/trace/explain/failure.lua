--- Why a handshake failed.
-- @module wolfssl.trace.explain.failure
local errors = require "wolfssl.errors"
local notes = require "wolfssl.trace.notes.failures"
local words = require "wolfssl.trace.explain.words"

local M = {}

local function has_failed(step)
  for _, check in ipairs(step.checks) do
    if check.ok == false then return true end
  end
  return step.kind == "problem"
end

local ABOUT_CERTIFICATES = {
  bad_certificate = true, unsupported_certificate = true, certificate_revoked = true,
  certificate_expired = true, certificate_unknown = true, unknown_ca = true,
  certificate_required = true,
}

-- Those that answer one message, though others may have come behind it.
local ABOUT = {
  unknown_psk_identity = "client_key_exchange", insufficient_security = "server_key_exchange",
}

-- TLS 1.2 has no alert for a certificate that is missing.
local function is_about(scene, alert, step, last)
  if ABOUT[alert] == step.name then return not (last and last.name == "application_data") end
  if step.name ~= "certificate" then return false end
  return ABOUT_CERTIFICATES[alert]
    or alert == "handshake_failure" and not scene.certificates[step.from]
end

-- Whether it is all that its sender said since the other side last spoke.
local function is_alone(scene, step)
  local before = scene.steps[step.number - 1]
  return not before or before.from ~= step.from
end

-- What an alert answers: the other side's message in which a check failed, or else the one that
-- such an alert is about, or else its last one; and whether it is sure that it was this one. When a
-- byte in the clear was changed, checks of what was sent tell nothing of what arrived.
local function provoked_by(scene, step, alert)
  local tamper = scene.model.tamper
  local subject, last
  for i = step.number - 1, 1, -1 do
    local earlier = scene.steps[i]
    if earlier.from ~= step.from and earlier.kind ~= "change_cipher_spec" then
      if has_failed(earlier) then
        return earlier, not tamper or tamper.field == "ciphertext"
      end
      if not subject and is_about(scene, alert, earlier, last) then subject = earlier end
      last = last or earlier
    end
  end
  return subject or last, subject ~= nil or last ~= nil and is_alone(scene, last)
end

-- Messages that were on their way already.
local function disregard(scene, first, alert_step)
  for i = first.number + 1, alert_step.number - 1 do
    local step = scene.steps[i]
    if step.from == first.from then
      step.learned[step.to] = {}
      table.insert(step.remarks, 1, ("The %s gave up at step %d and did not look at this any more; "
        .. "what is checked here is checked for the reader."):format(step.to, first.number))
    end
  end
end

local function problem_step(scene)
  for _, step in ipairs(scene.steps) do
    if has_failed(step) then return step end
  end
end

local function findings(scene, causes)
  for _, side in ipairs { "client", "server" } do
    local verdict = (scene.sides[side] or {}).verdict
    for _, finding in ipairs(verdict and verdict.errors or {}) do
      local text = notes.findings[finding.code] or words.capital(finding.reason) .. "."
      causes[#causes + 1] = ("The %s found: %s"):format(side, text)
    end
  end
end

local function append(list, more)
  for _, item in ipairs(more or {}) do list[#list + 1] = words.capital(item) .. "." end
end

-- Who gave up: the side that sent the alert, or that says why.
local function culprit(scene)
  if scene.fatal then return scene.fatal.from end
  for _, side in ipairs { "client", "server" } do
    local said = scene.sides[side] or {}
    if said.code and said.code ~= "alert_received" then return side end
  end
end

local function sentence(failure, cause, sure)
  local parts = {}
  if failure.alert then
    parts[1] = ("The %s gave up with the alert %s: %s"):format(failure.side, failure.alert.name,
      failure.alert.meaning or "not registered.")
  elseif failure.side then
    parts[1] = ("The %s gave up without an alert."):format(failure.side)
  else
    parts[1] = "The handshake did not come to its end."
  end
  if cause then
    parts[#parts + 1] = ("It came %s step %d, %s."):format(sure and "as the answer to" or "after",
      cause.number, cause.title)
  end
  if failure.message then
    parts[#parts + 1] = ("The %s says: %s."):format(failure.side, failure.message)
  end
  return table.concat(parts, " ")
end

-- Without what is said to programs.
local function meaning_of(code)
  local known = errors.codes[code or ""]
  return known and known.meaning:gsub("; detail.*", ".") or nil
end

local function explained(scene)
  local side = culprit(scene)
  local said = side and scene.sides[side] or {}
  local step = scene.fatal_step
  local alert = scene.fatal and scene.fatal.message.description
  local cause, sure
  if step then
    cause, sure = provoked_by(scene, step, alert.name)
  else
    cause, sure = problem_step(scene), true
  end
  if step and sure and cause then disregard(scene, cause, step) end
  local failure = {
    step = step and step.number, side = side, where = cause and cause.number,
    alert = alert and { name = alert.name, value = alert.value, meaning = alert.meaning },
    message = said.message, code = said.code,
    meaning = alert and alert.meaning or meaning_of(said.code),
    causes = {},
  }
  findings(scene, failure.causes)
  if #failure.causes == 0 then
    append(failure.causes, alert and notes.alerts[alert.name] or notes.codes[said.code])
  end
  if cause then failure.certain = sure end
  failure.text = sentence(failure, cause, sure)
  return failure
end

--- The failure.
-- @tparam table scene after its steps
-- @treturn ?table see `wolfssl.trace.explain`; nil where nothing failed
function M.of(scene)
  if scene.model.kind.outcome == "complete" then return nil end
  if scene.model.kind.outcome == "unfinished" and not problem_step(scene) then return nil end
  return explained(scene)
end

return M
