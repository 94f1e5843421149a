--- wolfprobe connect: one handshake, what it came to, and whether the server is to be trusted.
-- @module wolfssl.cli.connect

local core = require "wolfssl.core"
local blocking = require "wolfssl.transport.blocking"
local client = require "wolfssl.cli.client"
local errors = require "wolfssl.errors"
local exit = require "wolfssl.cli".exit
local json = require "wolfssl.trace.render.json"
local report_of = require "wolfssl.cli.report"
local target_of = require "wolfssl.cli.target"

local M = {}

-- After the handshake a TLS 1.3 server may still refuse our certificate: so long we listen.
local AFTERMATH = 1

--- Describes the arguments.
-- @tparam Parser parser of argparse
function M.define(parser)
  parser:argument("target", "HOST or HOST:PORT (443, or that of --starttls).")
  client.define(parser)
  parser:flag("--json", "Report as JSON.")
end

local function usage(message)
  io.stderr:write("wolfprobe connect: ", message, "\n")
  return exit.usage
end

-- Says goodbye and listens for an objection.
local function aftermath(stream)
  stream:settimeout(AFTERMATH, "t")
  stream:shutdown()
  local code, message, detail = client.listen(stream, AFTERMATH)
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
  local ok
  ok, message, code = client.prelude(arguments, transport, target)
  if not ok then
    transport:close()
    return nil, message, code
  end
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
  local target, why = target_of.parse(arguments.target, client.port(arguments))
  if not target then
    return usage(why)
  end
  local context, message = client.context(arguments)
  if not context then
    return usage(message)
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
