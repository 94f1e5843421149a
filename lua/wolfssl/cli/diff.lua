--- wolfprobe diff: what changed between two scans.
-- @module wolfssl.cli.diff
local diff = require "wolfssl.probe.diff"
local harmless = require "wolfssl.trace.render.harmless"
local json = require "wolfssl.trace.render.json"
local records = require "wolfssl.cli.records"
local words = require "wolfssl.probe.report.words"

local M = {}

local SAME, CHANGED, USAGE = 0, 1, 2

--- Describes the arguments.
-- @tparam Parser parser of argparse
function M.define(parser)
  parser:argument("before", "What `wolfprobe scan --format ndjson` wrote, or its journal.")
  parser:argument("after", "The same, later.")
  parser:option("--format", "What is written."):choices { "text", "ndjson" }:default "text"
end

-- The last record of each target, and the targets in their order.
local function load(path)
  local by_key, order = {}, {}
  local ok, message = records.each(path, function(record)
    local key = records.key(record)
    if not by_key[key] then order[#order + 1] = key end
    by_key[key] = record
  end)
  if not ok then return nil, message end
  return by_key, order
end

local writers = {}

function writers.text(record, changes)
  local lines = { words.place(record) }
  for _, change in ipairs(changes) do
    lines[#lines + 1] = ("  %s: %s"):format(change.about, change.text)
  end
  for i, line in ipairs(lines) do lines[i] = harmless.text(line) end
  return table.concat(lines, "\n") .. "\n"
end

function writers.ndjson(record, changes)
  return json.line { host = record.host, port = record.port, starttls = record.starttls,
    server_name = record.server_name, changes = changes } .. "\n"
end

local function alone(text)
  return { { about = "scan", text = text } }
end

local function each_change(before, after, order_before, order_after, tell)
  for _, key in ipairs(order_before) do
    if not after[key] then tell(before[key], alone "not scanned any more") end
  end
  for _, key in ipairs(order_after) do
    if before[key] then
      tell(after[key], diff.records(before[key], after[key]))
    else
      tell(after[key], alone "not scanned before")
    end
  end
end

--- Runs the command.
-- @tparam table arguments as argparse gives them
-- @treturn int exit code: 0 when nothing changed, 1 when something did, 2 for a file that cannot be
-- read
function M.run(arguments)
  local before, order_before = load(arguments.before)
  local after, order_after
  if before then after, order_after = load(arguments.after) end
  if not after then
    io.stderr:write("wolfprobe diff: ", order_after or order_before, "\n")
    return USAGE
  end
  local code = SAME
  each_change(before, after, order_before, order_after, function(record, changes)
    if #changes == 0 then return end
    code = CHANGED
    io.stdout:write(writers[arguments.format](record, changes))
  end)
  return code
end

return M
