--- wolfprobe capture: handshakes and probes as a capture with its secrets.
-- @module wolfssl.cli.capture

local exit = require "wolfssl.cli".exit
local probe = require "wolfssl.probe"
local recording = require "wolfssl.probe.recording"
local scan = require "wolfssl.probe.scan"
local starttls = require "wolfssl.starttls"
local target_of = require "wolfssl.cli.target"

local M = {}

--- Describes the arguments.
-- @tparam Parser parser of argparse
function M.define(parser)
  parser:argument("file", "What to write, as pcapng with all secrets; - for standard output.")
  parser:argument("targets", "HOST or HOST:PORT (443, or that of --starttls).")
    :args "+"
  parser:option("--probes", "Run these probes, names or files, comma-separated (default: one "
    .. "handshake that goes as far as it can).")
  parser:option("--servername", "The name that is sent as SNI.")
    :convert(target_of.server_name)
  parser:option("--starttls", "Ask for TLS in this protocol first.")
    :argname "<protocol>":choices(starttls.protocols)
  parser:option("--timeout", "Seconds for each wait."):default("10"):convert(tonumber)
end

local function complain(message)
  io.stderr:write("wolfprobe capture: ", message, "\n")
  return exit.usage
end

local function probes_of(text)
  if not text then return false end
  local names = {}
  for name in text:gmatch "[^,]+" do names[#names + 1] = name end
  return scan.probes(names)
end

-- One handshake, whatever it comes to; nil, message when nobody was there.
local function handshake(target)
  local c, message = target:connect()
  if not c then return nil, message end
  if c:handshake { hello = { alpn = { "h2", "http/1.1" } } } then c:close() end
  c:abort()
  return true
end

local function record(target, probes)
  if not probes then return handshake(target) end
  for _, one in ipairs(probes) do
    local result = probe.run(one, target)
    if result.error then return nil, result.error.message end
  end
  return true
end

local function write(path, bytes)
  if path == "-" then return io.stdout:write(bytes) end
  local file, message = io.open(path, "wb")
  if not file then return nil, message end
  file:write(bytes)
  return file:close()
end

--- Runs the command.
-- @tparam table arguments as argparse gives them
-- @treturn int exit code: 3 when a target could not be reached; what there is gets written
function M.run(arguments)
  if not arguments.timeout or arguments.timeout <= 0 then
    return complain "--timeout needs a number of seconds"
  end
  local probes, message = probes_of(arguments.probes)
  if probes == nil then return complain(message) end
  local places, wrong = target_of.list(arguments.targets,
    arguments.starttls and starttls.port(arguments.starttls) or 443)
  if not places then return complain(wrong) end
  local all, code = {}, exit.ok
  for _, place in ipairs(places) do
    local target = probe.target(place.host, place.port, { server_name = arguments.servername,
      starttls = arguments.starttls, timeout = arguments.timeout })
    local ok, why = record(target, probes)
    if not ok then
      complain(why)
      code = exit.network
    end
    for _, c in ipairs(target.conversations) do all[#all + 1] = c end
  end
  local ok, why = write(arguments.file, recording.capture(all))
  if not ok then return complain(why) end
  io.stderr:write(("wrote %s: %d connection%s\n"):format(arguments.file, #all,
    #all == 1 and "" or "s"))
  return code
end

return M
