--- wolfprobe connect: one handshake, what it came to, and whether the server is to be trusted.
-- @module wolfssl.cli.connect

local core = require "wolfssl.core"
local blocking = require "wolfssl.transport.blocking"
local errors = require "wolfssl.errors"
local exit = require "wolfssl.cli".exit
local json = require "wolfssl.trace.render.json"
local report_of = require "wolfssl.cli.report"
local target_of = require "wolfssl.cli.target"
local wolfssl = require "wolfssl"

local M = { summary = "Does one handshake and tells what it came to." }

-- After the handshake a TLS 1.3 server may still refuse our certificate: so long we listen.
local AFTERMATH = 1

--- Describes the arguments.
-- @tparam Parser parser of argparse
function M.define(parser)
  parser:argument("target", "HOST or HOST:PORT (443).")
  parser:option("--ca", "Trust these roots instead of the system's: PEM or DER file, or directory.")
  parser:option("--servername", "The name that the server must prove, and that is sent as SNI.")
  parser:option("--alpn", "Application protocols, in order, with commas between."):argname("<a,b>")
  parser:option("--cert", "Our certificate chain, for servers that ask for one.")
  parser:option("--key", "Its private key.")
  parser:option("--min", "Lowest version."):choices { "1.2", "1.3" }
  parser:option("--max", "Highest version."):choices { "1.2", "1.3" }
  parser:option("--timeout", "Seconds for the whole."):default("10"):convert(tonumber)
  parser:flag("--insecure", "Go on with a wrong certificate or name; the verdict still tells.")
  parser:flag("--json", "Report as JSON.")
end

local function split(list)
  local names = {}
  for name in (list or ""):gmatch("[^,]+") do
    names[#names + 1] = name
  end
  return list and names
end

local function context_of(arguments)
  return wolfssl.client {
    trust = arguments.ca,
    certificate = arguments.cert,
    key = arguments.key,
    alpn = split(arguments.alpn),
    min_version = arguments.min and "TLS " .. arguments.min,
    max_version = arguments.max and "TLS " .. arguments.max,
    insecure_accept_invalid = arguments.insecure,
    insecure_no_name_check = arguments.insecure,
  }
end

local function usage(message)
  io.stderr:write("wolfprobe connect: ", message, "\n")
  return exit.usage
end

-- Says goodbye and listens for an objection.
local function aftermath(stream)
  stream:settimeout(AFTERMATH, "t")
  stream:shutdown()
  local data, message, code, detail
  repeat
    data, message, code, detail = stream:read()
  until not data
  if code == "alert_received" then
    return nil, message, code, detail
  end
  return true
end

local function handshake(context, transport, arguments, report)
  local stream = context:wrap(transport, {
    server_name = arguments.servername or report.target.host,
    timeout = arguments.timeout,
  })
  local began = core.fd.monotime()
  local ok, message, code, detail = stream:handshake()
  report.timings.handshake = core.fd.monotime() - began
  report_of.add_facts(report, stream:connection())
  if ok then
    ok, message, code, detail = aftermath(stream)
  end
  stream:close()
  return ok, message, code, detail
end

local function probe(context, arguments, report)
  local began = core.fd.monotime()
  local target = report.target
  local transport, message, code = blocking.connect(target.host, target.port, arguments.timeout)
  report.timings.connect = core.fd.monotime() - began
  if not transport then
    return nil, message, code
  end
  target.address = transport:getpeername()
  return handshake(context, transport, arguments, report)
end

local function status(report)
  local failure = report.error
  if not failure then
    return exit.ok
  end
  return errors.codes[failure.code].blame == "network" and exit.network or exit.tls
end

--- Runs the command.
-- @tparam table arguments as argparse gives them
-- @treturn int exit code
function M.run(arguments)
  local target, why = target_of.parse(arguments.target, 443)
  if not target then
    return usage(why)
  elseif not arguments.timeout or arguments.timeout <= 0 then
    return usage("--timeout needs a number of seconds")
  elseif not arguments.key ~= not arguments.cert then
    return usage("--cert and --key belong together")
  end
  local fine, context, message = pcall(context_of, arguments)
  if not fine or not context then
    return usage(fine and message or context)
  end
  local report = { target = target, timings = {} }
  local ok, code, detail
  ok, message, code, detail = probe(context, arguments, report)
  context:close()
  if not ok then
    report.error = { message = message, code = code, detail = detail }
  end
  report.ok = ok == true
  io.stdout:write(arguments.json and json.encode(report) or report_of.text(report), "\n")
  return status(report)
end

return M
