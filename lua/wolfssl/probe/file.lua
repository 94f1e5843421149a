--- Probes as files: facts and findings as data, and one function that looks for them.
--
--     local probe = require "wolfssl.probe"
--     return probe.define {
--       name = "old-tls", summary = "Does the server still speak TLS 1.0?",
--       findings = { tls10 = { severity = "warning", message = "TLS 1.0 is spoken, with %s",
--         reference = "RFC 8996" } },
--       run = function(target, report)
--         local answer, c = target:hello { versions = { "TLS 1.0" } }
--         if answer and c:version() == 0x0301 then
--           report("tls10", answer.body.cipher_suite.name)
--         end
--       end,
--     }
--
-- A fact is what a server does, whatever one thinks of it; a finding is what one should know.
-- Facts are plain data, code points `{value =, name =}`, and stand in `target.facts` by name:
--
--     facts = { versions = "list of versions, the newest first" },
--     needs = { "suites" },   -- probes whose facts this one reads from target.facts
--     run = function(target, report, fact) fact("versions", { … }) end
--
-- The same file runs wherever a transport does: `wolfprobe run FILE HOST…` runs it from a shell.
-- @module wolfssl.probe.file
local M = {}

--- How much findings matter, the least first.
M.SEVERITIES = { "info", "warning", "error" }

local KNOWN = { name = true, summary = true, findings = true, facts = true, needs = true,
  run = true, port = true }
local FIELDS = { severity = true, message = true, reference = true }

local function check(ok, text, ...)
  if not ok then error("probe: " .. text:format(...), 4) end
end

local function is_severity(word)
  for _, severity in ipairs(M.SEVERITIES) do
    if severity == word then return true end
  end
end

local function check_finding(code, finding)
  check(type(finding) == "table", "finding %s is no table", code)
  for name in pairs(finding) do
    check(FIELDS[name], "finding %s has no field '%s'", code, tostring(name))
  end
  check(type(finding.message) == "string", "finding %s has no message", code)
  check(is_severity(finding.severity), "finding %s: severity is one of %s", code,
    table.concat(M.SEVERITIES, ", "))
end

local function check_definition(definition)
  check(type(definition) == "table", "a table expected")
  for name in pairs(definition) do check(KNOWN[name], "there is no field '%s'", tostring(name)) end
  check(type(definition.name) == "string", "name is missing")
  check(type(definition.run) == "function", "run is no function")
  check(type(definition.findings) == "table", "findings are missing")
  check(type(definition.facts or {}) == "table", "facts is no table")
  for name, text in pairs(definition.facts or {}) do
    check(type(text) == "string", "fact %s has no description", tostring(name))
  end
  check(type(definition.needs or {}) == "table", "needs is no list")
  for code, finding in pairs(definition.findings) do check_finding(code, finding) end
end

local Probe = {}
Probe.__index = Probe

--- Declares a probe.
-- @tparam table definition `name`; `summary`; `findings`: `{severity =, message =, reference =}` by
-- code, `message` being a format; `facts`: descriptions by name; `needs`: list of names of probes
-- that are run before; `run`: function(target, report, fact): `report(code, ...)` with what goes
-- into the message, `fact(name, value)`; `port`: default port
-- @treturn table probe; what is wrong with the definition raises
function M.define(definition)
  check_definition(definition)
  return setmetatable(definition, Probe)
end

--- Whether a value is a probe.
-- @param value
-- @treturn boolean
function M.is(value)
  return getmetatable(value) == Probe
end

--- The names of the probes that come with the library.
-- Renegotiation comes last: OpenSSL's server rests a second after each try.
M.builtin = {}
for name in ([[hello versions sslv2 suites groups dhe schemes extensions alpn sni compression
  downgrade resumption client_certificate
  certificate chain staple scts
  grease version_intolerance large_hello split_hello record_fragmentation close_notify alerts
  heartbleed ccs_injection robot ticketbleed renegotiation]]):gmatch "%S+" do
  M.builtin[#M.builtin + 1] = name
end

local function builtin(name)
  for _, one in ipairs(M.builtin) do
    if one == name then return (require("wolfssl.probe.probes." .. name)) end
  end
end

--- Loads a probe: one that comes with the library, by its name, or a file.
-- @tparam string path
-- @return probe; or nil, message, "file_error"
function M.load(path)
  if builtin(path) then return builtin(path) end
  local chunk, message = loadfile(path)
  if not chunk then return nil, message, "file_error" end
  local ok, probe = pcall(chunk, path)
  if not ok then return nil, tostring(probe), "file_error" end
  if not M.is(probe) then
    return nil, path .. " does not return probe.define { … }", "file_error"
  end
  return probe
end

-- What those rest on that a probe needs, the first of it.
local function inherited(probe, target)
  for _, need in ipairs(probe.needs or {}) do
    local _, place = next((target.results[need] or {}).evidence or {})
    if place then return place end
  end
end

local function latest(target)
  local number = #target.conversations
  local c = target.conversations[number]
  local place = c and c:place()
  return c and { connection = number, message = place, name = place and c.latest.name }
end

-- A finding rests on what `target:said` found, or on the message that was taken last: where it
-- stands in its conversation's trace; where the server said nothing, on that connection. A probe
-- that asked nothing itself has it from others.
local function evidence(probe, target, began)
  local seen = target.witness or target.connections > began and latest(target)
    or inherited(probe, target)
  return seen and { connection = seen.connection, message = seen.message, name = seen.name } or nil
end

local function reporter(probe, target, result, began)
  return function(code, ...)
    local declared = probe.findings[code]
    if not declared then
      error(("%s: finding '%s' is not declared"):format(probe.name, tostring(code)), 2)
    end
    table.insert(result.findings, { code = code, severity = declared.severity,
      message = declared.message:format(...), reference = declared.reference,
      evidence = evidence(probe, target, began) })
  end
end

-- Entries of registries, which have more fields, are told by their code points.
local function plain(value)
  if type(value) ~= "table" then return value end
  if value.value and value.name then return { value = value.value, name = value.name } end
  local copy = {}
  for key, item in pairs(value) do copy[key] = plain(item) end
  return copy
end

local function recorder(probe, target, result, began)
  return function(name, value)
    if not (probe.facts and probe.facts[name]) then
      error(("%s: fact '%s' is not declared"):format(probe.name, tostring(name)), 2)
    end
    result.facts[name] = plain(value)
    result.evidence[name] = evidence(probe, target, began)
    target.facts[name] = result.facts[name]
  end
end

-- Runs what a probe needs and has not run yet; nil, message, code when that failed.
local function prepare(probe, target)
  for _, name in ipairs(probe.needs or {}) do
    local result = target.results[name] or M.run(assert(M.load(name)), target)
    if result.error then
      return nil, name .. " failed: " .. result.error.message, result.error.code
    end
  end
  return true
end

--- Runs a probe, behind those that it needs and that were not run on this target yet.
-- @tparam table probe
-- @tparam Target target
-- @treturn table `{probe, host, port, findings, facts, evidence, connections, error}`: `findings`
-- is a list of `{code, severity, message, reference, evidence}` in the order of the reports;
-- `evidence` says by the name of a fact on which message it rests; `connections` are its own;
-- `error` is `{message, code}` when `run` returned nil, message, code. What `run` raises, this
-- raises. `target.results` has the results of all probes by their names
function M.run(probe, target)
  local result = { probe = probe.name, host = target.host, port = target.port, findings = {},
    facts = {}, evidence = {} }
  local ok, message, code = prepare(probe, target)
  local before = target.connections
  target.witness = nil
  if ok then
    ok, message, code = probe.run(target, reporter(probe, target, result, before),
      recorder(probe, target, result, before))
  end
  for _, c in ipairs(target.conversations) do c:abort() end
  result.connections = target.connections - before
  result.error = ok == nil and message and { message = message, code = code } or nil
  target.results[probe.name] = result
  return result
end

return M
