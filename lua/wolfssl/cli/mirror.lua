--- wolfprobe mirror: a server that shows every client its own ClientHello.
--
-- Over HTTPS, HTTP/1.1 or HTTP/2, from TLS 1.0 to 1.3: `/` as a page for browsers and as text for
-- others; `/text`, `/json`, `/html`; `/fingerprint`: JA3 and JA4 on a line each. Every client is
-- also a line on stdout; below it, indented, is the hello of one that could not be answered.
-- @module wolfssl.cli.mirror

local core = require("wolfssl.core").fd
local choice = require "wolfssl.probe.choice"
local entries_of = require "wolfssl.cli.entries"
local exit = require "wolfssl.cli".exit
local guest = require "wolfssl.cli.mirror.guest"
local harmless = require "wolfssl.trace.render.harmless"
local issue = require "wolfssl.issue"
local json = require "wolfssl.trace.render.json"
local material = require "wolfssl.context.material"
local page = require "wolfssl.cli.mirror.page"
local poll = require "wolfssl.transport.poll"
local wolfssl = require "wolfssl"

local M = {}

local SECONDS = 10   -- a client may be silent for so long
local MOST_READS = 64   -- of who goes on talking after our goodbye

--- Describes the arguments.
-- @tparam Parser parser of argparse
function M.define(parser)
  parser:option("--address", "Where to listen."):default "127.0.0.1"
  parser:option("--port", "0: the system chooses."):default "8443":convert(tonumber)
  parser:option("--cert", "Chain of the server, PEM; by default it makes its own.")
  parser:option("--key", "Its private key.")
  parser:option("--alpn", "Application protocols, with commas between."):argname "<a,b>"
    :default "http/1.1,h2"
  parser:option("--count", "End after so many clients."):convert(tonumber):argname "<n>"
  parser:flag("--json", "Every client as an object on a line of stdout, its hello explained.")
end

-- ---------------------------------------------------------------------------- what was seen

local function put(text)
  io.stdout:write((text))
  io.stdout:flush()
end

local function log_line(report)
  local prints = report.fingerprints or {}
  return harmless.text(table.concat({ report.address, prints.ja4 or "-", prints.ja3 or "-",
    report.outcome }, "\t"), "\t") .. "\n"
end

local function log(report, failed, as_json)
  if as_json then return put(json.line(report) .. "\n") end
  local hello = failed and report.hello
  local text = hello and entries_of.text { hello }:gsub("([^\n]+)", "  %1") or ""
  put(log_line(report) .. text)
end

-- ---------------------------------------------------------------------------- serving

local function finish(c, transport)
  c:alert "close_notify"
  transport:finish()
  local moment = core.monotime() + SECONDS
  for _ = 1, MOST_READS do
    local left = moment - core.monotime()
    if left <= 0 or not transport:read(16384, left) then return end
  end
end

local function serve(mirror, transport)
  local name, port = transport:getpeername()
  local address = ("%s port %s"):format(name or "?", port or "?")
  local c, code, message = guest.welcome(transport, mirror.identities, mirror.alpn, SECONDS)
  local report = guest.report(c, address, code and code .. ": " .. message
    or c:summary().version.name)
  log(report, code ~= nil, mirror.json)
  if not code then
    if page.serve(c, report, SECONDS) then finish(c, transport) end
  elseif guest.speaks_http(c) then
    c:send(page.without_tls(mirror.url))
  end
  c:abort()
end

-- ---------------------------------------------------------------------------- arguments

local function self_signed(kind)
  local key = issue.key(kind)
  return choice.identity({ issue.certificate {
    subject = "wolfprobe mirror", key = key, extended_key_usage = { "server_auth" },
    subject_alt_names = { "dns:localhost", "ip:127.0.0.1", "ip:::1" },
  } }, key)
end

-- A context would say what is wrong with them.
local function identities_of(arguments)
  if not arguments.cert then return { self_signed "secp256r1", self_signed "rsa" } end
  local fine, context, message = pcall(wolfssl.server, { certificate = arguments.cert,
    key = arguments.key })
  if not (fine and context) then return nil, fine and message or context end
  context:close()
  return { choice.identity(assert(material.certificates(arguments.cert, "--cert")),
    assert(material.key(arguments.key))) }
end

local function complain(message, code)
  io.stderr:write("wolfprobe mirror: ", message, "\n")
  return code
end

local function protocols_of(text)
  local list = {}
  for name in text:gmatch "[^,]+" do list[#list + 1] = name end
  return list
end

local function run(mirror, listener, count)
  local loop = poll.new { on_error = function(message) complain(message) end }
  loop:listen(listener, function(transport)
    serve(mirror, transport)
    count = count - 1
    if count <= 0 then loop:stop() end
  end)
  loop:run()
  core.close(listener)
end

local function is_count(number, least, most)
  return number and number >= least and number <= most and number % 1 == 0
end

--- Runs the command.
-- @tparam table arguments as argparse gives them
-- @treturn int exit code
function M.run(arguments)
  if (arguments.key == nil) ~= (arguments.cert == nil) then
    return complain("--cert and --key belong together", exit.usage)
  elseif not is_count(arguments.port, 0, 65535) then
    return complain("--port needs a number from 0 to 65535", exit.usage)
  elseif arguments.count and not is_count(arguments.count, 1, math.huge) then
    return complain("--count needs a number from 1", exit.usage)
  end
  local identities, why = identities_of(arguments)
  if not identities then return complain(why, exit.usage) end
  local listener, port = core.listen(arguments.address, arguments.port)
  if not listener then return complain(port, exit.network) end
  local url = ("https://%s:%d/"):format(arguments.address:find ":"
    and "[" .. arguments.address .. "]" or arguments.address, port)
  local said = arguments.json and io.stderr or io.stdout   -- nothing but objects on stdout then
  said:write("listening on ", url, "\n")
  said:flush()
  core.ignore_sigpipe()
  run({ identities = identities, alpn = protocols_of(arguments.alpn), url = url,
    json = arguments.json }, listener, arguments.count or math.huge)
  return exit.ok
end

return M
