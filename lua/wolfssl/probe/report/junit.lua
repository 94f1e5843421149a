--- Records of scans as JUnit's XML, for CI: a suite for each server, a case for each probe and each
-- rule of a policy. A probe fails with findings that `fail_on` counts; an error is what nobody
-- knows.
-- @module wolfssl.probe.report.junit
local file = require "wolfssl.probe.file"
local h = require "wolfssl.trace.render.html.element"
local harmless = require "wolfssl.trace.render.harmless"
local words = require "wolfssl.probe.report.words"

local M = {}

local function rank(severity)
  for i, one in ipairs(file.SEVERITIES) do
    if one == severity then return i end
  end
  return math.huge   -- "never"
end

local function text(value)
  return harmless.text(tostring(value), "\n")
end

-- Cases in the order in which they were run, each with what failed in it.
local function cases_of(record, least)
  local cases, by_name = {}, {}
  local function case(class, name)
    local one = { class = class, name = name, failures = {} }
    cases[#cases + 1] = one
    return one
  end
  local function of(name)
    by_name[name] = by_name[name] or case("probe", name)
    return by_name[name]
  end
  for _, name in ipairs(record.probes) do of(name) end
  for _, finding in ipairs(record.findings) do
    if rank(finding.severity) >= least then
      table.insert(of(finding.probe).failures, { finding.code, finding.message })
    end
  end
  for _, failure in ipairs(record.errors) do
    of(failure.probe).error = { failure.code or "error", failure.message }
  end
  for _, name in ipairs(words.sorted(record.policies or {})) do
    for _, rule in ipairs(record.policies[name].rules) do
      local one = case("policy " .. name, rule.rule)
      local why = { rule.rule, rule.reason or rule.result }
      if rule.result == "fail" then one.failures[1] = why end
      if rule.result == "unknown" then one.error = why end
    end
  end
  return cases
end

local function outcome(kind, why)
  return h[kind]({ type = text(why[1]), message = text(why[2]) })
end

local function case_of(record, one)
  local list = {}
  for i, why in ipairs(one.failures) do list[i] = outcome("failure", why) end
  if one.error then list[#list + 1] = outcome("error", one.error) end
  return h.testcase({ classname = text(words.place(record) .. " " .. one.class),
    name = text(one.name) }, list)
end

local function suite_of(record, least)
  local failures, errors, list = 0, 0, {}
  local cases = cases_of(record, least)
  for i, one in ipairs(cases) do
    failures = failures + (#one.failures > 0 and 1 or 0)
    errors = errors + (one.error and 1 or 0)
    list[i] = case_of(record, one)
  end
  return h.testsuite({ name = text(words.place(record)), tests = #cases, failures = failures,
    errors = errors, time = ("%.3f"):format(record.seconds),
    timestamp = os.date("!%Y-%m-%dT%H:%M:%S", record.time) }, list)
end

--- Writes records one by one.
-- @tparam function write function(text)
-- @tparam ?table options `fail_on`: severity from which on a finding is a failure, or "never";
-- default "warning"
-- @treturn table `record(self, record)`, `finish(self)`
function M.new(write, options)
  local least = rank(options and options.fail_on or "warning")
  local begun
  local function begin()
    if not begun then write '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n' end
    begun = true
  end
  return {
    record = function(_, record)
      begin()
      write(h.write(suite_of(record, least)) .. "\n")
    end,
    finish = function()
      begin()
      write "</testsuites>\n"
    end,
  }
end

return M
