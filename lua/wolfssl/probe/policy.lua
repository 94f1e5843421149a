--- Policies: what servers should be like, as Lua functions over the facts of a scan.
--
--     local policy = require "wolfssl.probe.policy"
--     return policy.define {
--       name = "house", summary = "What we ask of our own servers.",
--       rules = {
--         { name = "no-old-versions", facts = { "versions" }, reference = "RFC 8996",
--           check = function(versions)
--             local oldest = versions[#versions]
--             return oldest.value >= 0x0303, oldest.name .. " is the oldest that is spoken"
--           end },
--       },
--     }
--
-- `check` gets the facts that the rule names, in that order, and then all facts by name; it returns
-- whether the server is as it should be, and why. A rule whose facts are not known is "unknown",
-- which is no pass. The probes that state the facts are run when the policy is asked for.
--
-- A policy file is a program that its user chose, as a probe file is: it runs with all that
-- wolfprobe itself may do.
-- @module wolfssl.probe.policy
local file = require "wolfssl.probe.file"

local M = {}

--- The policies that come with the library.
M.builtin = { "mozilla-intermediate", "mozilla-modern", "post-quantum" }

local KNOWN = { name = true, summary = true, rules = true, reference = true }
local FIELDS = { name = true, facts = true, check = true, reference = true }

local Policy = {}
Policy.__index = Policy

local function check(ok, text, ...)
  if not ok then error("policy: " .. text:format(...), 4) end
end

local function check_rule(i, rule)
  check(type(rule) == "table", "rule %d is no table", i)
  for name in pairs(rule) do
    check(FIELDS[name], "rule %d has no field '%s'", i, tostring(name))
  end
  check(type(rule.name) == "string", "rule %d has no name", i)
  check(type(rule.facts) == "table" and #rule.facts > 0, "rule %s names no facts", rule.name)
  check(type(rule.check) == "function", "rule %s: check is no function", rule.name)
end

local function check_definition(definition)
  check(type(definition) == "table", "a table expected")
  for name in pairs(definition) do check(KNOWN[name], "there is no field '%s'", tostring(name)) end
  check(type(definition.name) == "string", "name is missing")
  check(type(definition.rules) == "table" and #definition.rules > 0, "rules are missing")
  for i, rule in ipairs(definition.rules) do check_rule(i, rule) end
end

--- Declares a policy.
-- @tparam table definition `name`; `summary`; `reference`; `rules`: list of `{name, facts =` names
-- of facts, `check = function(…)`, `reference}`
-- @treturn table policy; what is wrong with the definition raises
function M.define(definition)
  check_definition(definition)
  return setmetatable(definition, Policy)
end

--- Whether a value is a policy.
-- @param value
-- @treturn boolean
function M.is(value)
  return getmetatable(value) == Policy
end

--- Loads a policy: one that comes with the library, by its name, or a file.
-- @tparam string path
-- @return policy; or nil, message, "file_error"
function M.load(path)
  for _, name in ipairs(M.builtin) do
    if name == path then
      return (require("wolfssl.probe.policies." .. name:gsub("-", "_")))
    end
  end
  local chunk, message = loadfile(path)
  if not chunk then return nil, message, "file_error" end
  local ok, policy = pcall(chunk, path)
  if not ok then return nil, tostring(policy), "file_error" end
  if not M.is(policy) then
    return nil, path .. " does not return policy.define { … }", "file_error"
  end
  return policy
end

-- What a rule asked for, or the name of a fact that nobody states.
local function facts_of(rule, facts)
  local values = {}
  for i, name in ipairs(rule.facts) do
    if facts[name] == nil then return nil, name end
    values[i] = facts[name]
  end
  values[#rule.facts + 1] = facts
  return values
end

local unpack = rawget(_G, "unpack") or rawget(table, "unpack")

local function judge(rule, facts)
  local one = { rule = rule.name, facts = rule.facts, reference = rule.reference }
  local values, missing = facts_of(rule, facts)
  if not values then
    one.result, one.reason = "unknown", ("'%s' is not known"):format(missing)
    return one
  end
  local ran, ok, reason = pcall(rule.check, unpack(values, 1, #rule.facts + 1))
  if ran then
    one.result, one.reason = ok and "pass" or "fail", reason
  else
    one.result, one.reason = "unknown", "the rule raised: " .. tostring(ok)
  end
  return one
end

--- Holds facts against a policy.
-- @tparam table policy
-- @tparam table facts by name
-- @treturn table `{pass =` whether all rules pass`, rules =` list of `{rule, result, reason, facts,
-- reference}}`, `result` being "pass", "fail" or "unknown"
function M.check(policy, facts)
  local verdict = { pass = true, rules = {} }
  for i, rule in ipairs(policy.rules) do
    verdict.rules[i] = judge(rule, facts)
    verdict.pass = verdict.pass and verdict.rules[i].result == "pass"
  end
  return verdict
end

--- Holds a record of a scan against policies. Where there is no TLS there is nothing to judge.
-- @tparam {table,...} policies
-- @tparam table record
-- @treturn table verdicts of `check` by the name of the policy; nil where there is no TLS
function M.apply(policies, record)
  if record.status ~= "tls" then return nil end
  local verdicts = {}
  for _, policy in ipairs(policies) do
    verdicts[policy.name] = M.check(policy, record.facts)
  end
  return verdicts
end

local function states(probe, wanted)
  for name in pairs(probe.facts or {}) do
    if wanted[name] then return true end
  end
end

--- The probes that come along and state what policies ask for.
-- @tparam {table,...} policies
-- @treturn {string,...} names, in the order in which they are run
function M.probes(policies)
  local wanted, names = {}, {}
  for _, policy in ipairs(policies) do
    for _, rule in ipairs(policy.rules) do
      for _, fact in ipairs(rule.facts) do wanted[fact] = true end
    end
  end
  for _, name in ipairs(file.builtin) do
    if states(assert(file.load(name)), wanted) then names[#names + 1] = name end
  end
  return names
end

return M
