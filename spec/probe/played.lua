--- Probes on servers that conversations play: such as no program is any more.

local memory = require "wolfssl.transport.memory"
local probe = require "wolfssl.probe"
local probe_file = require "wolfssl.probe.file"
local versions = require "wolfssl.tls.registry.version"

local M = {}

--- Runs a probe on a server that answers each connection by serve(conversation, number).
-- @string name
-- @tparam table spoken names of versions, the newest first: what the probe `versions` is to have
--   found
-- @func serve
-- @tparam ?table options of the target
-- @treturn table facts
-- @treturn string codes of the findings
-- @treturn Target
function M.run(name, spoken, serve, options)
  local waiting, result, count = {}, nil, 0
  local all = { timeout = 5, patience = 0.2, transport = function()
    local a, b = memory.pair()
    waiting[#waiting + 1] = b
    return a
  end }
  for option, value in pairs(options or {}) do all[option] = value end
  local target = probe.target("localhost", 443, all)
  target.results.versions, target.facts.versions = {}, {}
  for i, version in ipairs(spoken) do
    target.facts.versions[i] = versions:entry(versions:value(version))
  end
  memory.run(function()
    result = probe.run(assert(probe_file.load(name)), target)
  end, function()
    while not result do
      local transport = table.remove(waiting, 1)
      if transport then
        count = count + 1
        serve(probe.accept(transport, { timeout = 5 }), count)
        transport:close()
      else
        coroutine.yield()
      end
    end
  end)
  assert(not result.error, result.error and result.error.message)
  local codes = {}
  for i, finding in ipairs(result.findings) do codes[i] = finding.code end
  return result.facts, table.concat(codes, " "), target
end

return M
