--- A scan: probes on one server, and what they found as one record.
--
-- A record is plain data. `wolfprobe scan --format ndjson` writes it as a line of JSON:
--
--    schema        1: raised when a field changes its meaning; fields may be added at any time
--    host, port    as they were asked for; server_name where it is another; starttls the protocol
--    address       that was connected to
--    time          when the scan of this server began, seconds since 1970
--    seconds       how long it took
--    status        "tls"; "no tls" where something else is spoken; "unreachable"
--    probes        names of those that were run
--    connections   how many there were; retries, resets, waited: see wolfssl.probe.manners
--    facts         by name: what each is stands in the probe that states it (`wolfprobe scan
--                  --list`); code points are {value, name}, durations seconds, times since 1970
--    evidence      by the name of a fact: {connection, message, name} of the message it rests on,
--                  the connection alone where the server said nothing
--    findings      list of {probe, code, severity, message, reference, evidence}
--    errors        list of {probe, message, code}: probes that came to no end
--    policies      by name: {pass, rules = list of {rule, result, reason, facts, reference}}, where
--                  result is "pass", "fail" or "unknown"; only there when policies were asked for
-- @module wolfssl.probe.scan
local call = require "wolfssl.connection.call"
local core = require("wolfssl.core").fd
local file = require "wolfssl.probe.file"
local json = require "wolfssl.trace.render.json"
local manners = require "wolfssl.probe.manners"
local policy = require "wolfssl.probe.policy"

local M = {}

--- The number of the schema of records.
M.SCHEMA = 1

local function add_findings(record, result)
  for _, finding in ipairs(result.findings) do
    local one = { probe = result.probe }
    for field, value in pairs(finding) do one[field] = value end
    table.insert(record.findings, one)
  end
end

local function add_error(record, name, failure)
  table.insert(record.errors, { probe = name, message = failure.message, code = failure.code })
end

local function add(record, result)
  table.insert(record.probes, result.probe)
  for name, value in pairs(result.facts) do record.facts[name] = value end
  for name, message in pairs(result.evidence) do record.evidence[name] = message end
  add_findings(record, result)
  if result.error then add_error(record, result.probe, result.error) end
end

-- Manners end a probe by a table; all else is a bug in it.
local function failure_of(raised)
  if type(raised) == "table" and raised.code == "rejected" then return raised end
  return { message = tostring(raised), code = "internal" }
end

-- Every probe once, behind those it needs, whose results stand for themselves.
local function run_all(target, probes, record, known, keep)
  for _, probe in ipairs(probes) do
    local ok, failure = true, nil
    if not target.results[probe.name] then ok, failure = call.pcall(file.run, probe, target) end
    if not ok then add_error(record, probe.name, failure_of(failure)) end
    for _, name in ipairs(M.names(target.results)) do
      if not known[name] then add(record, target.results[name]) end
      known[name] = true
    end
    if not keep then target:forget() end
  end
end

--- The names in a table, sorted.
-- @tparam table map
-- @treturn {string,...}
function M.names(map)
  local names = {}
  for name in pairs(map) do names[#names + 1] = name end
  table.sort(names)
  return names
end

-- What the first probe says of the server: whether to go on.
local function status_of(target)
  local first = target.results.hello
  if not first or first.error then return "unreachable" end
  return first.facts.hello.tls and "tls" or "no tls"
end

local function begin(target)
  return { schema = M.SCHEMA, host = target.host, port = target.port, starttls = target.starttls,
    server_name = target.server_name ~= target.host and target.server_name or nil,
    time = os.time(), probes = {}, facts = json.object {}, evidence = json.object {},
    findings = {}, errors = {} }
end

local function count(record, counts, began)
  record.seconds = core.monotime() - began
  for name, value in pairs(counts) do record[name] = value end
end

--- Scans a server. Whether it speaks TLS is asked first; where it does not, that is all.
-- @tparam Target target a fresh one
-- @tparam ?table probes list of probes, see `wolfssl.probe.file`; default all that come along
-- @tparam ?table options those of `wolfssl.probe.manners`; `policies`: list, see
-- `wolfssl.probe.policy`; `keep`: true to leave all traces in the target's conversations
-- @treturn table record
function M.scan(target, probes, options)
  options = options or {}
  local began, record, known = core.monotime(), begin(target), {}
  local counts = manners.put_on(target, options)
  target.lean = not options.keep
  run_all(target, { assert(file.load "hello") }, record, known, options.keep)
  record.status = status_of(target)
  if record.status == "tls" then
    run_all(target, probes or M.probes(), record, known, options.keep)
  end
  count(record, counts, began)
  if options.policies then record.policies = policy.apply(options.policies, record) end
  return record
end

--- Probes by name, with no name twice.
-- @tparam ?{string,...} names of probes that come along, or of files; default all that come along
-- @treturn[1] {table,...} probes
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code "file_error"
function M.probes(names)
  local list, seen = {}, {}
  for _, name in ipairs(names or file.builtin) do
    local probe, message, code = file.load(name)
    if not probe then return nil, message, code end
    if not seen[probe.name] then list[#list + 1] = probe end
    seen[probe.name] = true
  end
  return list
end

return M
