--- Records of scans as one self-contained page: no network, no script, light and dark. What
-- servers said is text everywhere (`wolfssl.trace.render.html.element`).
-- @module wolfssl.probe.report.html
local h = require "wolfssl.trace.render.html.element"
local words = require "wolfssl.probe.report.words"

local M = {}

local STYLE = [[
:root { color-scheme: light dark; --ink: #1f2328; --paper: #faf9f6; --line: #d8d4ca;
  --good: #17713a; --bad: #b3261e; --warn: #8a5a00; --soft: #59636e }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e3dc; --paper: #1b1d20; --line: #3a3d42;
  --good: #6cc48a; --bad: #ff8a80; --warn: #e5b455; --soft: #9aa4ae } }
body { margin: 2rem auto; max-width: 62rem; padding: 0 1rem; color: var(--ink);
  background: var(--paper); font: 16px/1.5 system-ui, sans-serif }
article { border-top: 1px solid var(--line); padding: 1rem 0 }
h2 { margin: 0; font-size: 1.2rem; overflow-wrap: anywhere }
p { margin: .2rem 0; color: var(--soft) }
table { border-collapse: collapse; width: 100%; margin: .6rem 0 }
th, td { text-align: left; vertical-align: top; padding: .15rem .8rem .15rem 0;
  overflow-wrap: anywhere }
th { font-weight: 600; width: 14rem }
.error, .fail { color: var(--bad) } .warning, .unknown { color: var(--warn) }
.pass { color: var(--good) }
summary { cursor: pointer; font-weight: 600 }
]]

local HEAD = [[<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>TLS scan</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
]] .. STYLE .. [[
</style></head><body><h1>TLS scan</h1>
]]

local function row(title, value, class)
  return h.tr(h.th({ scope = "row", class = class }, title), h.td(value))
end

local function facts_of(record)
  local rows = {}
  for _, name in ipairs(words.sorted(record.facts)) do
    for _, pair in ipairs(words.lines(record.facts[name], true)) do
      rows[#rows + 1] = row(words.title(name) .. (pair[1] == "" and "" or ", " .. pair[1]), pair[2])
    end
  end
  return #rows > 0 and h.details(h.summary "Facts", h.table(rows))
end

local function findings_of(record)
  local rows = {}
  for i, finding in ipairs(record.findings) do
    local reference = finding.reference and " (" .. finding.reference .. ")" or ""
    rows[i] = row(("%s: %s"):format(finding.severity, finding.code), finding.message .. reference,
      finding.severity)
  end
  for _, failure in ipairs(record.errors) do
    rows[#rows + 1] = row("failed: " .. failure.probe, failure.message, "unknown")
  end
  return #rows > 0 and h.table(rows)
end

local function policies_of(record)
  local list = {}
  for i, name in ipairs(words.sorted(record.policies or {})) do
    local verdict, rows = record.policies[name], {}
    for k, rule in ipairs(verdict.rules) do
      rows[k] = row(("%s: %s"):format(rule.result, rule.rule), rule.reason or "", rule.result)
    end
    list[i] = h.group(h.h3({ class = verdict.pass and "pass" or "fail" }, name,
      verdict.pass and ": passed" or ": not passed"), h.table(rows))
  end
  return list
end

local function article(record)
  local address = record.address and record.address ~= record.host and record.address .. ", " or ""
  return h.article(h.h2(words.place(record)), h.p(("%s%s, %d connections, %.1f seconds, %s"):format(
    address, record.status, record.connections, record.seconds,
    os.date("!%Y-%m-%d %H:%M UTC", record.time))), findings_of(record), policies_of(record),
    facts_of(record))
end

--- Writes records one by one.
-- @tparam function write function(text)
-- @treturn table `record(self, record)`, `finish(self)`
function M.new(write)
  local counts, begun = { tls = 0, ["no tls"] = 0, unreachable = 0 }, nil
  local function begin()
    if not begun then write(HEAD) end
    begun = true
  end
  return {
    record = function(_, record)
      begin()
      counts[record.status] = counts[record.status] + 1
      write(h.write(article(record)) .. "\n")
    end,
    finish = function()
      begin()
      write(h.write(h.p(("%d servers speak TLS, %d do not, %d were not reached."):format(
        counts.tls, counts["no tls"], counts.unreachable))) .. "\n</body></html>\n")
    end,
  }
end

return M
