-- A probe file in nmap: --script-args probe=FILE.

local file = require "wolfssl.probe.file"
local probe = require "wolfssl.probe"
local stdnse = require "stdnse"

description = "Runs a probe file of wolfssl.probe."
categories = { "safe" }
portrule = function(_, port) return port.state == "open" end

action = function(host, port)
  local loaded = assert(file.load(stdnse.get_script_args "probe"))
  local target = probe.target(host.ip, port.number, {
    server_name = host.targetname or host.ip, timeout = 50,
  })
  local result = probe.run(loaded, target)
  if result.error then return result.error.message end
  local lines = {}
  for i, finding in ipairs(result.findings) do lines[i] = finding.message end
  return lines
end
