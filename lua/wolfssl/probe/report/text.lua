--- Records of scans for people.
-- @module wolfssl.probe.report.text
local harmless = require "wolfssl.trace.render.harmless"
local words = require "wolfssl.probe.report.words"

local M = {}

local STATUS = { ["no tls"] = "no TLS", unreachable = "cannot be reached" }

local function head(record)
  local address = record.address and record.address ~= record.host
    and " (" .. record.address .. ")" or ""
  return ("%s%s: %s%d connection%s, %.1f s"):format(words.place(record), address,
    STATUS[record.status] and STATUS[record.status] .. ", " or "", record.connections,
    record.connections == 1 and "" or "s", record.seconds)
end

local function add_facts(lines, facts)
  for _, name in ipairs(words.sorted(facts)) do
    local title = words.title(name)
    for _, pair in ipairs(words.lines(facts[name], true)) do
      local field = pair[1] == "" and pair[2] or pair[1] .. ": " .. pair[2]
      lines[#lines + 1] = ("  %-24s %s"):format(title, field)
      title = ""
    end
  end
end

local function add_findings(lines, findings)
  for _, finding in ipairs(findings) do
    local reference = finding.reference and " (" .. finding.reference .. ")" or ""
    lines[#lines + 1] = ("  %-8s %s: %s%s"):format(finding.severity, finding.code,
      finding.message, reference)
  end
end

local function add_errors(lines, errors)
  for _, failure in ipairs(errors) do
    lines[#lines + 1] = ("  %-8s %s: %s"):format("failed", failure.probe, failure.message)
  end
end

local function add_policies(lines, policies)
  for _, name in ipairs(words.sorted(policies or {})) do
    local verdict = policies[name]
    lines[#lines + 1] = ("  %s: %s"):format(name, verdict.pass and "passed" or "NOT passed")
    for _, rule in ipairs(verdict.rules) do
      lines[#lines + 1] = ("    %-8s %s%s"):format(rule.result, rule.rule,
        rule.reason and ": " .. rule.reason or "")
    end
  end
end

--- What a probe found out, facts before findings, a line each.
-- @tparam {string,...} lines they are added to these
-- @tparam table found `facts`, `findings`
function M.add_found(lines, found)
  add_facts(lines, found.facts)
  add_findings(lines, found.findings)
end

--- Lines as one harmless text.
-- @tparam {string,...} lines
-- @treturn string
function M.joined(lines)
  local told = {}
  for i, line in ipairs(lines) do told[i] = harmless.text(line) end
  return table.concat(told, "\n") .. "\n"
end

--- One record as lines of text.
-- @tparam table record
-- @treturn string
function M.text(record)
  local lines = { head(record) }
  M.add_found(lines, record)
  add_errors(lines, record.errors)
  add_policies(lines, record.policies)
  return M.joined(lines)
end

--- Writes records one by one.
-- @tparam function write function(text)
-- @treturn table `record(self, record)`, `finish(self)`
function M.new(write)
  return { record = function(_, record) write(M.text(record)) end, finish = function() end }
end

return M
