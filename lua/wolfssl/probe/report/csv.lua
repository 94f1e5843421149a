--- Records of scans as a table for spreadsheets: a row for each fact, finding, failed probe and
-- rule of a policy. All fields are quoted; one that a spreadsheet would take for a formula has an
-- apostrophe before it.
-- @module wolfssl.probe.report.csv
-- @see RFC 4180
local harmless = require "wolfssl.trace.render.harmless"
local words = require "wolfssl.probe.report.words"

local M = {}

local function field(value)
  local text = harmless.text(tostring(value == nil and "" or value), "\n")
  if text:find "^[=+%-@\t\r\n ]" then text = "'" .. text end
  return '"' .. text:gsub('"', '""') .. '"'
end

local COLUMNS = { "host", "port", "starttls", "server_name", "kind", "name", "severity", "value",
  "reference" }

local function line(values)
  local fields = {}
  for i = 1, #COLUMNS do fields[i] = field(values[i]) end
  return table.concat(fields, ",") .. "\r\n"
end

local function rows_of(record, row)
  row("status", "status", nil, record.status)
  for _, name in ipairs(words.sorted(record.facts)) do
    for _, pair in ipairs(words.lines(record.facts[name])) do
      row("fact", pair[1] == "" and name or name .. " " .. pair[1], nil, pair[2])
    end
  end
  for _, finding in ipairs(record.findings) do
    row("finding", finding.code, finding.severity, finding.message, finding.reference)
  end
  for _, failure in ipairs(record.errors) do
    row("error", failure.probe, nil, failure.message)
  end
  for _, name in ipairs(words.sorted(record.policies or {})) do
    for _, rule in ipairs(record.policies[name].rules) do
      row("rule", name .. " " .. rule.rule, rule.result, rule.reason, rule.reference)
    end
  end
end

--- Writes records one by one.
-- @tparam function write function(text)
-- @treturn table `record(self, record)`, `finish(self)`
function M.new(write)
  local begun
  local function begin()
    if not begun then write(line(COLUMNS)) end
    begun = true
  end
  return {
    record = function(_, record)
      begin()
      local lines = {}
      rows_of(record, function(...)
        lines[#lines + 1] = line({ record.host, record.port, record.starttls, record.server_name,
          ... })
      end)
      write(table.concat(lines))
    end,
    finish = begin,
  }
end

return M
