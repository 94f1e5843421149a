--- wolfprobe run: a probe of one's own, on any number of servers.
-- @module wolfssl.cli.run

local errors = require "wolfssl.errors"
local exit = require "wolfssl.cli".exit
local file = require "wolfssl.probe.file"
local json = require "wolfssl.trace.render.json"
local probe = require "wolfssl.probe"
local recording = require "wolfssl.probe.recording"
local starttls = require "wolfssl.starttls"
local target_of = require "wolfssl.cli.target"
local text = require "wolfssl.probe.report.text"
local verify = require "wolfssl.verify"

local M = {}

--- Describes the arguments.
-- @tparam Parser parser of argparse
function M.define(parser)
  parser:argument("file", "A Lua file that returns probe.define { … }, or one of: "
    .. table.concat(file.builtin, ", ") .. ".")
  parser:argument("targets", "HOST or HOST:PORT (443, or what the probe or --starttls says).")
    :args "+"
  parser:option("--servername", "The name that is sent as SNI.")
    :convert(target_of.server_name)
  parser:option("--ca", "Trust these roots instead of the system's: PEM or DER file, or directory.")
  parser:option("--starttls", "Ask for TLS in this protocol first.")
    :argname "<protocol>":choices(starttls.protocols)
  parser:option("--timeout", "Seconds for each wait."):default("10"):convert(tonumber)
  parser:option("--capture", "Write all conversations, as pcapng with their secrets.")
    :argname "<file>"
  parser:flag("--json", "One line of JSON for each server.")
end

local function text_of(result)
  local lines = { ("%s, %s, %d connection%s"):format(target_of.text(result), result.probe,
    result.connections, result.connections == 1 and "" or "s") }
  text.add_found(lines, result)
  if result.error then
    lines[#lines + 1] = ("  failed   %s: %s"):format(tostring(result.error.code),
      result.error.message)
  elseif #lines == 1 then
    lines[2] = "  nothing found"
  end
  return text.joined(lines)
end

local function code_of(result)
  if result.error then
    local known = errors.codes[result.error.code]
    return known and known.blame == "network" and exit.network or exit.tls
  end
  for _, finding in ipairs(result.findings) do
    if finding.severity ~= "info" then return exit.tls end
  end
  return exit.ok
end

local function write_capture(path, conversations)
  local out = io.open(path, "wb")
  if not out then return nil end
  out:write(recording.capture(conversations))
  return out:close()
end

local function complain(message)
  io.stderr:write("wolfprobe run: ", message, "\n")
  return exit.usage
end

local function run_on(loaded, place, arguments)
  local target = probe.target(place.host, place.port, {
    server_name = arguments.servername, starttls = arguments.starttls,
    timeout = arguments.timeout, trust = arguments.trust,
  })
  local result = probe.run(loaded, target)
  json.object(result.facts)
  json.object(result.evidence)
  io.stdout:write(arguments.json and json.line(result) .. "\n" or text_of(result))
  io.stdout:flush()
  return code_of(result), target
end

--- Runs the command.
-- @tparam table arguments as argparse gives them
-- @treturn int exit code: the highest of all servers'; 1 for a finding that is more than "info" or
-- a handshake that went wrong
function M.run(arguments)
  if not arguments.timeout or arguments.timeout <= 0 then
    return complain "--timeout needs a number of seconds"
  end
  local loaded, message = file.load(arguments.file)
  if not loaded then return complain(message) end
  local places, wrong = target_of.list(arguments.targets,
    arguments.starttls and starttls.port(arguments.starttls) or loaded.port or 443)
  if not places then return complain(wrong) end
  if arguments.ca then arguments.trust, wrong = verify.trust(arguments.ca) end
  if arguments.ca and not arguments.trust then return complain(wrong) end
  local worst, all = exit.ok, {}
  for _, place in ipairs(places) do
    local code, target = run_on(loaded, place, arguments)
    worst = math.max(worst, code)
    for _, c in ipairs(arguments.capture and target.conversations or {}) do all[#all + 1] = c end
  end
  if arguments.capture and not write_capture(arguments.capture, all) then
    return complain(arguments.capture .. ": cannot be written")
  end
  return worst
end

return M
