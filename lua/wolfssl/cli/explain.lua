--- wolfprobe explain: a handshake, step by step: of a server, of a capture, or of a demonstration.
-- @module wolfssl.cli.explain

local client = require "wolfssl.cli.client"
local exit = require "wolfssl.cli".exit
local explain = require "wolfssl.trace.explain"
local json = require "wolfssl.trace.render.json"
local kinds = require "wolfssl.cli.demo.kinds"
local live = require "wolfssl.cli.explain.live"
local capture = require "wolfssl.cli.explain.capture"
local text = require "wolfssl.trace.render.text"

local M = {}

--- Describes the arguments.
-- @tparam Parser parser of argparse
function M.define(parser)
  parser:argument("target", "HOST or HOST:PORT (443): a handshake with this server."):args "?"
  parser:option("--demo", "A demonstration, without network: " .. table.concat(kinds.names(), ", ")
    .. "."):args("?"):argname "<kind>"
  parser:option("--capture", "A connection of this pcap or pcapng file."):argname "<file>"
  parser:option("--keylog", "Secrets for it, as SSLKEYLOGFILE has them."):argname "<file>"
  parser:option("--connection", "Which connection of the file."):convert(tonumber):argname "<n>"
  parser:option("--tamper", "Invert this byte of a demonstration on its way."):convert(tonumber)
    :argname "<n>"
  parser:flag("--http", "Ask the server for its front page, to see application data.")
  parser:flag("--secrets", "Show the values of secrets, too.")
  parser:flag("--brief", "Leave out fields and keys.")
  parser:flag("--json", "The explanation as JSON (see wolfssl.trace.explain).")
  parser:option("--html", "Write a page for the browser."):argname "<file>"
  parser:option("--pcapng", "Write the handshake as a capture, with its secrets."):argname "<file>"
  parser:option("--color", "Colours."):choices { "auto", "always", "never" }:default "auto"
  client.define(parser)
end

local function usage(message)
  io.stderr:write("wolfprobe explain: ", message, "\n")
  return exit.usage
end

-- argparse gives an option that was given without a value as a table.
local function demo_kind(arguments)
  local kind = arguments.demo
  if type(kind) == "table" then kind = kind[1] end
  return kind or kinds.default
end

local function demonstration(arguments)
  local shown, message = kinds.show(demo_kind(arguments), arguments.tamper)
  if not shown then return nil, message, exit.usage end
  local play = shown.play
  if arguments.tamper then
    shown.tamper = { byte = arguments.tamper, size = play.size, complete = play.complete,
      change = play.changed }
  end
  return shown
end

local function only_one(arguments)
  local count = 0
  for _, name in ipairs { "target", "demo", "capture" } do
    if arguments[name] then count = count + 1 end
  end
  return count == 1
end

local function wrong(arguments)
  if not only_one(arguments) then return "one of HOST, --capture and --demo is wanted" end
  local tamper = arguments.tamper
  if tamper and not arguments.demo then return "--tamper goes with --demo" end
  if tamper and (tamper < 0 or tamper % 1 ~= 0) then return "--tamper wants a number from 0" end
  if arguments.keylog and not arguments.capture then return "--keylog goes with --capture" end
end

local function source(arguments)
  if arguments.demo then return demonstration(arguments) end
  if arguments.capture then return capture.open(arguments) end
  return live.connect(arguments)
end

local function write(path, bytes)
  local file, message = io.open(path, "wb")
  if not file then return nil, message end
  local ok, why = file:write(bytes)
  file:close()
  if not ok then return nil, path .. ": " .. why end
  io.stderr:write("wrote ", path, "\n")
  return true
end

local function write_files(arguments, shown, explanation)
  if arguments.html then
    local html = require "wolfssl.trace.render.html"
    local ok, message = write(arguments.html, html.render(explanation))
    if not ok then return nil, message end
  end
  if arguments.pcapng then
    if not shown.capture then return nil, "--pcapng: this is a file or a recording already" end
    return write(arguments.pcapng, shown.capture())
  end
  return true
end

-- A terminal that can do it, and a reader who wants it (https://no-color.org).
local function colored(arguments)
  if arguments.color ~= "auto" then return arguments.color == "always" end
  local plain = os.getenv "NO_COLOR"
  if plain and plain ~= "" or os.getenv "TERM" == "dumb" then return false end
  return os.execute "test -t 1" == true or os.execute "test -t 1" == 0
end

local function rendered(arguments, explanation)
  if arguments.json then return json.encode(explanation) .. "\n" end
  return text.render(explanation, { color = colored(arguments), brief = arguments.brief })
end

-- A demonstration of a failure went well when it failed, one of tampering when it was told.
local function status(arguments, shown, explanation)
  if arguments.tamper then return exit.ok end
  local failed = explanation.kind.outcome == "failed"
  if shown.fails ~= nil then return failed == shown.fails and exit.ok or exit.tls end
  return failed and exit.tls or exit.ok
end

--- Runs the command.
-- @tparam table arguments as argparse gives them
-- @treturn int exit code
function M.run(arguments)
  local message = wrong(arguments)
  if message then return usage(message) end
  local shown, why, code = source(arguments)
  if not shown then
    io.stderr:write("wolfprobe explain: ", why, "\n")
    return code
  end
  local explanation = explain.explain(shown.observer, {
    secrets = arguments.secrets, sides = shown.sides, trust = shown.trust, origin = shown.origin,
    server_name = shown.server_name, tamper = shown.tamper,
  })
  local ok, problem = write_files(arguments, shown, explanation)
  if not ok then return usage(problem) end
  io.stdout:write(rendered(arguments, explanation))
  return status(arguments, shown, explanation)
end

return M
