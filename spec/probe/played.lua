--- Probes on servers that conversations play: such as no program is any more.

local probe = require "wolfssl.probe"
local probe_file = require "wolfssl.probe.file"
local stage = require "probe.stage"
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
  local played
  local result = stage.play(function(target)
    played = target
    target.results.versions, target.facts.versions = {}, {}
    for i, version in ipairs(spoken) do
      target.facts.versions[i] = versions:entry(versions:value(version))
    end
    return probe.run(assert(probe_file.load(name)), target)
  end, serve, options)
  assert(not result.error, result.error and result.error.message)
  local codes = {}
  for i, finding in ipairs(result.findings) do codes[i] = finding.code end
  return result.facts, table.concat(codes, " "), played
end

return M
