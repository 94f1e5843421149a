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

-- What an alert answers: the other side's message in which a check failed, or else the one that
-- such an alert is about, or else its last one.
local function provoked_by(scene, step, alert)
  local subject, last
  for i = step.number - 1, 1, -1 do
    local earlier = scene.steps[i]
    if earlier.from ~= step.from and earlier.kind ~= "change_cipher_spec" then
      if has_failed(earlier) then return earlier end
      if not subject and is_about(scene, alert, earlier, last) then subject = earlier end
      last = last or earlier
    end
  end
  return subject or last
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

local function sentence(failure, cause)
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
    parts[#parts + 1] = ("It came as the answer to step %d, %s."):format(cause.number, cause.title)
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
  local cause = step and provoked_by(scene, step, alert.name)
    or not step and problem_step(scene) or nil
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
  failure.text = sentence(failure, cause)
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
