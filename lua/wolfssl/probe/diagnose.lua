--- Why a handshake fails: the smallest change to our side that makes it go well.
--
--     local target = probe.target("example.org", 443)
--     local result = diagnose.run(target)
--     if not result.ok then print(result.cause.text) end
--
-- First the hello that failed; then one that offers all we have, one that says as little as it can,
-- and other ways to say the same, until the server goes along. From there back: what the server
-- chose of it, or ever smaller sets of changes (`wolfssl.probe.diagnose.smallest`), until none can
-- be left out. Few connections: four for a suite that we lack. At the end the first hello is said
-- again, for a server may fail now and then.
-- @module wolfssl.probe.diagnose
local attempt = require "wolfssl.probe.diagnose.attempt"
local cases = require "wolfssl.probe.diagnose.case"
local plain = require "wolfssl.probe.diagnose.plain"
local search = require "wolfssl.probe.diagnose.search"
local trust = require "wolfssl.probe.diagnose.trust"
local words = require "wolfssl.probe.diagnose.words"

local M = {}

-- ------------------------------------------------------------------- causes beyond any change

local function plain_cause(found)
  local base = found.base
  local named, protocols = plain.name(base.foreign)
  local least = found:in_the_clear(protocols, named)
  if least then return least end
  return nil, { code = "plain", text = ("The server does not speak TLS here, but %s: it says %s.")
    :format(named, plain.quoted(base.foreign)) }
end

-- Whoever asks for a certificate and then breaks off wants one; whether any will do is tried.
local function certificate_cause(found, options)
  local base, case = found.base, found.case
  local change = options.made and { code = "client_certificate",
    text = "a certificate made for this",
    apply = function(c) c.certificate, c.key = options.made() end }
  if change and not case.certificate and found:flips { change } then return { change } end
  return nil, { code = "client_certificate",
    text = words.client_certificate(case.certificate, base.asked) }
end

-- The handshake did not even begin.
local function unconnected(found)
  local least = found:without_starttls()
  if least then return least end
  local starttls = found.case.starttls and found.base.code ~= "network_error"
  return nil, { code = starttls and "starttls" or "network",
    text = ("There is no connection: %s."):format(found.base.message) }
end

local function unexplained(base, case)
  return { code = words.code_of_failure(base), text = words.failure(base, case) }
end

local CONNECTING = 1

-- The changes that flip the outcome; or nil and a cause.
local function looked_for(found, options)
  local base = found.base
  if base.unable then return nil, { code = "unable", text = words.unable(base) } end
  if base.foreign then return plain_cause(found) end
  if base.stage == CONNECTING then return unconnected(found) end
  if base.wanting then return certificate_cause(found, options) end
  return found:look()
end

local function cause_of(found, options)
  local changes, cause = looked_for(found, options)
  if changes and not found:still_fails() then
    return { code = "intermittent",
      text = "The server fails now and then: the same hello was refused first and taken later." }
  elseif not changes then
    return cause or unexplained(found.base, found.case)
  end
  changes = found:told(changes)
  cause = { code = changes[1].code, changes = {},
    text = words.of_changes(changes, found.case, found.base, found.attempts[found.after]) }
  for i, change in ipairs(changes) do cause.changes[i] = change.text end
  return cause
end

-- What would be wrong next: who is asked for no name may show another certificate than he would.
local function add_distrust(cause, found, distrust)
  local outcome = cause.changes and found.attempts[found.after]
  if not (outcome and outcome.ok and attempt.chain(outcome)[1]) then return end
  local next_one = cause.code ~= "server_name" and distrust(outcome)
  if next_one then cause.text = cause.text .. " " .. next_one.text end
end

-- -------------------------------------------------------------------------------------- result

local function plain_entries(chosen)
  local copy = {}
  for name, entry in pairs(chosen) do copy[name] = { value = entry.value, name = entry.name } end
  return copy
end

local function described(outcome)
  return { what = outcome.what, ok = outcome.ok, stage = attempt.STAGES[outcome.stage],
    message = outcome.message, code = outcome.code, alert = outcome.alert,
    chosen = plain_entries(outcome.chosen) }
end

--- Diagnoses a server.
-- @tparam Target target
-- @tparam ?table options what our side says, see `wolfssl.probe.diagnose.attempt`, instead of what
-- this library's clients say; `trust` (default the target's) and `time` for the certificates, see
-- `wolfssl.verify`; `insecure`: true to leave these alone; `made`: function that returns a chain
-- and a key, shown to a server that demands a certificate
-- @treturn table
--
-- - `ok`: the handshake went well, and the server is to be trusted;
-- - `cause`: `{code, text, changes}`: what is wrong in a word, in a sentence, with what else is
--   wrong behind that, and what changes it; for certificates the code is that of `wolfssl.verify`,
--   with `errors` and `flips`;
-- - `before` and `after`: numbers of the attempts that failed and that went well for the changes;
-- - `attempts`: list of `{what, ok, stage, message, code, alert, chosen}`, one a connection;
-- - `conversations`: by number of the attempt; `host`, `port`, `connections`
function M.run(target, options)
  options = options or {}
  local case = cases.new(options)
  if case.server_name == nil then case.server_name = target.server_name end
  case.starttls = case.starttls or target.starttls
  case.trust = case.trust or target.trust
  local before = target.connections
  local found = search.new(target, case)
  local result = { host = target.host, port = target.port, ok = found.base.ok, attempts = {},
    conversations = {} }
  local function distrust(outcome)
    if options.insecure then return nil end
    return trust.judge(attempt.chain(outcome), case, case.server_name or target.host)
  end
  if not found.base.ok then
    result.cause = cause_of(found, options)
    add_distrust(result.cause, found, distrust)
  else
    result.cause = distrust(found.base)
    result.ok = result.cause == nil
  end
  if result.cause then
    result.before, result.after = 1, result.cause.changes and found.after
  end
  for i, outcome in ipairs(found.attempts) do
    result.attempts[i] = described(outcome)
    result.conversations[i] = outcome.conversation
  end
  result.connections = target.connections - before
  return result
end

return M
