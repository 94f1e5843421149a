-- The contract of all transports inside a host that is a process of its own: what runs there
-- reports in lines "ok TITLE<tab>COLUMNS", or "not ok TITLE" and what went wrong.

local M = {}

--- Inside: puts the host to every test; the report.
-- @tparam table host see transport.contract
function M.report(host)
  local lines = {}
  for _, fact in ipairs(require "transport.contract" (host)) do
    local ok, err = xpcall(fact[2], debug.traceback)
    lines[#lines + 1] = (ok and "ok " or "not ok ") .. fact[1] .. (ok and "\t" .. fact[3]
      or "\n" .. tostring(err))
  end
  return table.concat(lines, "\n") .. "\n"
end

--- Outside: the facts of a report as {title, holds, columns}.
function M.facts(report)
  local facts = {}
  for line in report:gmatch "[^\n]+" do
    local verdict, title, columns = line:match "^(%l*%s?ok) ([^\t]+)\t?(.*)$"
    if verdict then facts[#facts + 1] = { title, verdict == "ok", columns } end
  end
  return facts
end

--- Outside: starts the relay, a process of `helper`; where it listens.
function M.relay()
  local helper = require "helper"
  local process = helper.spawn(("exec %s spec/hosts/relay.lua %s %s"):format(helper.interpreter(),
    helper.quote(package.path), helper.quote(package.cpath)))
  return process, process:wait_for "^port (%d+)"
end

--- How many facts a host with these limits is put to.
function M.count(limits)
  return #require "transport.contract" { limits = limits }
end

return M
