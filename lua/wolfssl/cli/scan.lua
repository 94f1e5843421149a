--- wolfprobe scan: what any number of servers do, many at once.
-- @module wolfssl.cli.scan
local exit = require "wolfssl.cli".exit
local file = require "wolfssl.probe.file"
local options_of = require "wolfssl.cli.scan.options"
local run = require "wolfssl.cli.scan.run"

local M = {}

--- Describes the arguments.
-- @tparam Parser parser of argparse
function M.define(parser)
  options_of.define(parser)
end

local function complain(message)
  io.stderr:write("wolfprobe scan: ", message, "\n")
  return exit.usage
end

local function list_probes()
  for _, name in ipairs(file.builtin) do
    local probe = assert(file.load(name))
    io.stdout:write(("%-20s %s\n"):format(name, probe.summary or ""))
    for fact, text in pairs(probe.facts or {}) do
      io.stdout:write(("    %-20s %s\n"):format(fact, text))
    end
  end
  return exit.ok
end

--- Runs the command.
-- @tparam table arguments as argparse gives them
-- @treturn int exit code, the highest of all servers': 0; 1 for a finding that `--fail-on` counts,
-- or a policy that is not passed; 2 for a mistake in the arguments or in a line of targets, or for
-- no targets at all, nor results in --state; 3 for a server that could not be reached
function M.run(arguments)
  if arguments.list then return list_probes() end
  local options, message = options_of.read(arguments)
  if not options then return complain(message) end
  local code, why = run.run(options)
  return code or complain(why)
end

return M
