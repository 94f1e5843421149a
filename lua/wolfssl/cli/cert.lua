--- wolfprobe cert: what the certificates of a file or a server say, and if they can be trusted.
-- @module wolfssl.cli.cert

local certificate_of = require "wolfssl.cli.certificate"
local client = require "wolfssl.cli.client"
local exit = require "wolfssl.cli".exit
local json = require "wolfssl.trace.render.json"
local page = require "wolfssl.trace.render.text.page"
local target_of = require "wolfssl.cli.target"
local wolfssl = require "wolfssl"

local M = {}

--- Describes the arguments.
-- @tparam Parser parser of argparse
function M.define(parser)
  parser:argument("what", "A file (PEM or DER), or HOST or HOST:PORT (443).")
  parser:option("--host", "The name that the first certificate must have."):argname "<name>"
  parser:flag("--pem", "Only the certificates, as PEM.")
  parser:flag("--json", "As JSON.")
  client.define(parser)
end

local function from_file(file)
  local bytes = file:read "*a"
  file:close()
  if not bytes then return nil, "it cannot be read" end
  if bytes:find("-----BEGIN", 1, true) then return wolfssl.certificates(bytes) end
  local certificate, message = wolfssl.certificate(bytes)
  return certificate and { certificate }, message
end

local function from_server(arguments)
  local target, message = target_of.parse(arguments.what, client.port(arguments))
  if not target then return nil, message, exit.usage end
  arguments.insecure = true -- to see it is not to trust it
  local context, why = client.context(arguments)
  if not context then return nil, why, exit.usage end
  local stream, problem, code = wolfssl.connect(target.host, target.port, {
    context = context, server_name = arguments.servername, timeout = arguments.timeout,
    starttls = arguments.starttls,
  })
  if not stream then
    local network = require("wolfssl.errors").codes[code].blame == "network"
    return nil, problem, network and exit.network or exit.tls
  end
  local chain = stream:connection():peer_certificates()
  stream:close()
  return chain, nil, nil, arguments.servername or target.host
end

local function read(arguments)
  local file, why = io.open(arguments.what, "rb")
  if not file then
    if arguments.what:find("/", 1, true) then return nil, why, exit.usage end
    return from_server(arguments)
  end
  local chain, message = from_file(file)
  if not chain then return nil, arguments.what .. ": " .. message, exit.tls end
  return chain
end

local function text(report)
  local out = page.new()
  for i, told in ipairs(report.certificates) do
    if i > 1 then out:line() end
    out:line(("certificate %d"):format(i - 1))
    for _, line in ipairs(certificate_of.lines(told)) do out:entry(line[1], line[2], 2, 12) end
  end
  out:line()
  if report.verdict.ok then
    out:line "ok         the chain leads to a trusted root"
  end
  for _, finding in ipairs(report.verdict.errors) do
    out:text(("certificate %d: %s (%s)"):format(finding.depth, finding.reason, finding.code), 0)
  end
  return out:finish()
end

local function pem(chain)
  local parts = {}
  for i, certificate in ipairs(chain) do parts[i] = certificate:pem() end
  return table.concat(parts)
end

-- A chain without a name to check is asked only who signed it.
local function verdict_on(chain, arguments, host)
  local verdict, message = wolfssl.verify(chain, {
    trust = arguments.ca, host = arguments.host or host, ca_leaf = true,
  })
  if not verdict then return nil, message end
  return { ok = verdict.ok, anchored = verdict.anchored, errors = verdict.errors }
end

local function complain(message, code)
  io.stderr:write("wolfprobe cert: ", message, "\n")
  return code
end

--- Runs the command.
-- @tparam table arguments as argparse gives them
-- @treturn int exit code: 1 when the chain is not to be trusted
function M.run(arguments)
  local chain, message, code, host = read(arguments)
  if not chain then return complain(message, code) end
  if #chain == 0 then return complain(arguments.what .. " showed no certificate", exit.tls) end
  if arguments.pem then
    io.stdout:write(pem(chain))
    return exit.ok
  end
  local verdict, why = verdict_on(chain, arguments, host)
  if not verdict then return complain(why, exit.usage) end
  local report = { certificates = {}, verdict = verdict }
  for i, certificate in ipairs(chain) do
    report.certificates[i] = certificate_of.describe(certificate)
  end
  io.stdout:write(arguments.json and json.encode(report) .. "\n" or text(report))
  return report.verdict.ok and exit.ok or exit.tls
end

return M
