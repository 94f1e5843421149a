--- The options of commands that share a job through Redis.
-- @module wolfssl.cli.job
local fleet = require "wolfssl.probe.fleet"
local loops = require "wolfssl.transport.loop"
local target_of = require "wolfssl.cli.target"

local M = {}

--- Describes them.
-- @tparam Parser parser of argparse
function M.define(parser)
  parser:option("--redis", "Where Redis is; with appendonly and appendfsync always it loses "
    .. "nothing. A password comes from the environment variable REDISCLI_AUTH.")
    :argname "<host:port>":default "127.0.0.1:6379"
  parser:option("--database", "Which of its databases."):convert(tonumber):argname "<n>"
  parser:option("--job", "Which job: targets, and their results."):default "default"
  parser:option("--loop", "Which event loop (default: the first that is installed).")
    :choices(loops.names)
end

--- Makes a job of them.
-- @tparam table arguments as argparse gives them
-- @tparam string command, for messages
-- @tparam ?table more options of `wolfssl.probe.fleet`
-- @treturn[1] Job
-- @treturn[1] Loop
-- @treturn[2] nil
-- @treturn[2] string message
function M.open(arguments, command, more)
  local place, message = target_of.parse(arguments.redis, 6379)
  if not place then return nil, message end
  local loop, missing = loops.new(arguments.loop)
  if not loop then return nil, missing end
  local options = { loop = loop, host = place.host, port = place.port, name = arguments.job,
    database = arguments.database, password = os.getenv "REDISCLI_AUTH",
    tell = function(text) io.stderr:write("wolfprobe ", command, ": ", text, "\n") end }
  for name, value in pairs(more or {}) do options[name] = value end
  return fleet.new(options), loop
end

return M
