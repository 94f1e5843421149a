--- wolfprobe mirror: a server that shows every client its own ClientHello.
--
-- Over HTTPS: `/` as a page for browsers and as text for others; `/text`, `/json`, `/html`;
-- `/fingerprint`: JA3 and JA4 on a line each. Every client is also a line on stdout, those whose
-- handshake fails among them.
-- @module wolfssl.cli.mirror

local core = require("wolfssl.core").fd
local entries_of = require "wolfssl.cli.entries"
local errors = require "wolfssl.errors"
local exit = require "wolfssl.cli".exit
local explain = require "wolfssl.trace.explain"
local harmless = require "wolfssl.trace.render.harmless"
local html = require "wolfssl.trace.render.html"
local issue = require "wolfssl.issue"
local json = require "wolfssl.trace.render.json"
local poll = require "wolfssl.transport.poll"
local wolfssl = require "wolfssl"

local M = {}

local SECONDS = 10   -- a client may be silent for so long
local HEAD = 16384   -- bytes of its request

--- Describes the arguments.
-- @tparam Parser parser of argparse
function M.define(parser)
  parser:option("--address", "Where to listen."):default "127.0.0.1"
  parser:option("--port", "0: the system chooses."):default "8443":convert(tonumber)
  parser:option("--cert", "Chain of the server, PEM; by default it makes its own.")
  parser:option("--key", "Its private key.")
  parser:option("--alpn", "Application protocols, with commas between."):argname "<a,b>"
    :default "http/1.1"
  parser:option("--count", "End after so many clients."):convert(tonumber):argname "<n>"
end

-- ---------------------------------------------------------------------------- what was seen

local function hello_of(recorder)
  for _, entry in ipairs(recorder:entries()) do
    if entry.name == "client_hello" then return entry end
  end
end

local function outcome_of(recorder, code)
  local version = recorder.info and recorder.info.version
  return code and code .. ": " .. tostring(recorder.message or errors.codes[code].meaning)
    or version and version.name or "?"
end

local function report_of(recorder, address, outcome)
  local entry = hello_of(recorder)
  local hello = entry and entries_of.describe(entry, true)
  return { address = address, outcome = outcome, hello = hello,
    fingerprints = hello and hello.fingerprints }
end

local function log_line(report)
  local prints = report.fingerprints or {}
  return harmless.text(table.concat({ report.address, prints.ja4 or "-", prints.ja3 or "-",
    report.outcome }, "\t"), "\t") .. "\n"
end

-- ---------------------------------------------------------------------------- HTTP

local function request(stream)
  local head = ""
  while not head:find "\r?\n\r?\n" do
    local bytes, message, code = stream:read()
    if not bytes then return nil, message, code end
    head = head .. bytes
    if #head > HEAD then return nil, "a request that is too long", "decode_error" end
  end
  return head
end

local views = {}

function views.json(_, report) return json.encode(report) .. "\n", "application/json" end

function views.text(_, report)
  return report.hello and entries_of.text { report.hello } or "no ClientHello\n", "text/plain"
end

function views.html(recorder, report)
  local explanation = explain.recording(recorder, { origin = "Your connection from "
    .. report.address .. ", as this server saw it." })
  return html.render(explanation), "text/html"
end

function views.fingerprint(_, report)
  local prints = report.fingerprints
  return ("ja3 %s\nja4 %s\n"):format(prints.ja3, prints.ja4), "text/plain"
end

local function view_for(head)
  local path = head:match "^%u+ /([%w]*)[? ]"
  if path == "" then path = head:lower():find "\naccept:[^\n]*text/html" and "html" or "text" end
  return path and views[path]
end

local function respond(stream, recorder, report, head)
  local view = view_for(head)
  local body, kind = "there are /, /text, /json, /html and /fingerprint\n", "text/plain"
  if view then body, kind = view(recorder, report) end
  local answer = ("HTTP/1.1 %s\r\nContent-Type: %s; charset=utf-8\r\nContent-Length: %d\r\n"
    .. "Cache-Control: no-store\r\nConnection: close\r\n\r\n"):format(view and "200 OK"
    or "404 Not Found", kind, #body)
  return stream:write((head:find "^HEAD ") and answer or answer .. body)
end

-- ---------------------------------------------------------------------------- serving

local function finish(stream, transport)
  stream:shutdown()
  transport:finish()
  local moment = core.monotime() + SECONDS
  repeat
    local left = moment - core.monotime()
    local bytes = left > 0 and transport:read(16384, left)
  until not bytes
end

local function serve(context, transport)
  local name, port = transport:getpeername()
  local address = ("%s port %s"):format(name or "?", port or "?")
  local stream = context:wrap(transport, { timeout = SECONDS })
  local recorder = stream:connection().recorder
  local ok, message, code = stream:handshake()
  recorder:refresh()
  if not ok then recorder.message = recorder.message or message end
  local report = report_of(recorder, address, outcome_of(recorder, not ok and code or nil))
  io.stdout:write((log_line(report)))
  io.stdout:flush()
  local head = ok and request(stream)
  if head and respond(stream, recorder, report, head) then finish(stream, transport) end
  stream:close()
end

local function self_signed()
  local key = issue.key "secp256r1"
  return issue.certificate {
    subject = "wolfprobe mirror", key = key, extended_key_usage = { "server_auth" },
    subject_alt_names = { "dns:localhost", "ip:127.0.0.1", "ip:::1" },
  }, key
end

local function context_of(arguments)
  local options = { certificate = arguments.cert, key = arguments.key, trace = true, alpn = {} }
  if not arguments.cert then options.certificate, options.key = self_signed() end
  for name in arguments.alpn:gmatch "[^,]+" do options.alpn[#options.alpn + 1] = name end
  local fine, context, message = pcall(wolfssl.server, options)
  if fine and context then return context end
  return nil, fine and message or context
end

local function complain(message, code)
  io.stderr:write("wolfprobe mirror: ", message, "\n")
  return code
end

--- Runs the command.
-- @tparam table arguments as argparse gives them
-- @treturn int exit code
function M.run(arguments)
  if (arguments.key == nil) ~= (arguments.cert == nil) then
    return complain("--cert and --key belong together", exit.usage)
  elseif not arguments.port or arguments.port % 1 ~= 0 then
    return complain("--port needs a number", exit.usage)
  end
  local context, why = context_of(arguments)
  if not context then return complain(why, exit.usage) end
  local listener, port = core.listen(arguments.address, arguments.port)
  if not listener then return complain(port, exit.network) end
  io.stdout:write(("listening on https://%s:%d/\n"):format(
    arguments.address:find ":" and "[" .. arguments.address .. "]" or arguments.address, port))
  io.stdout:flush()
  core.ignore_sigpipe()
  local loop = poll.new { on_error = function(message) complain(message) end }
  local left = arguments.count or math.huge
  loop:listen(listener, function(transport)
    serve(context, transport)
    left = left - 1
    if left <= 0 then loop:stop() end
  end)
  loop:run()
  core.close(listener)
  return exit.ok
end

return M
