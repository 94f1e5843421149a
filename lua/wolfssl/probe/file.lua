--- Probes as files: findings as data, and one function that looks for them.
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
-- The same file runs wherever a transport does: `wolfprobe run FILE HOST…` runs it from a shell.
-- @module wolfssl.probe.file
local M = {}

--- How much findings matter, the least first.
M.SEVERITIES = { "info", "warning", "error" }

local KNOWN = { name = true, summary = true, findings = true, run = true, port = true }
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
  for code, finding in pairs(definition.findings) do check_finding(code, finding) end
end

local Probe = {}
Probe.__index = Probe

--- Declares a probe.
-- @tparam table definition `name`; `summary`; `findings`: `{severity =, message =, reference =}` by
-- code, `message` being a format; `run`: function(target, report), `report(code, ...)` with what
-- goes into the message; `port`: default port
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
M.builtin = { "compression", "downgrade", "renegotiation", "versions" }

local function builtin(name)
  for _, one in ipairs(M.builtin) do
    if one == name then return require("wolfssl.probe.probes." .. name) end
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

-- A finding rests on the message that was taken last: where it stands in its conversation's trace.
local function evidence(target)
  local c = target.conversations[#target.conversations]
  for i, entry in ipairs(c and c:entries() or {}) do
    if entry == c.latest then
      return { connection = #target.conversations, message = i, name = entry.name }
    end
  end
end

local function reporter(probe, target, findings)
  return function(code, ...)
    local declared = probe.findings[code]
    if not declared then
      error(("%s: finding '%s' is not declared"):format(probe.name, tostring(code)), 2)
    end
    findings[#findings + 1] = { code = code, severity = declared.severity,
      message = declared.message:format(...), reference = declared.reference,
      evidence = evidence(target) }
  end
end

--- Runs a probe.
-- @tparam table probe
-- @tparam Target target
-- @treturn table `{probe, host, port, findings, connections, error}`: `findings` is a list of
-- `{code, severity, message, reference, evidence}` in the order of the reports; `error` is
-- `{message, code}` when `run` returned nil, message, code. What `run` raises, this raises
function M.run(probe, target)
  local findings, before = {}, target.connections
  local result, message, code = probe.run(target, reporter(probe, target, findings))
  for _, c in ipairs(target.conversations) do c:abort() end
  return { probe = probe.name, host = target.host, port = target.port, findings = findings,
    connections = target.connections - before,
    error = result == nil and message and { message = message, code = code } or nil }
end

return M
