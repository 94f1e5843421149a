--- A handshake with a server out there, recorded.
-- @module wolfssl.cli.explain.live

local blocking = require "wolfssl.transport.blocking"
local client = require "wolfssl.cli.client"
local errors = require "wolfssl.errors"
local exit = require "wolfssl.cli".exit
local target_of = require "wolfssl.cli.target"

local M = {}

local LISTEN = 1 -- seconds for tickets, late refusals and the answer's beginning

local function converse(stream, arguments, host)
  if arguments.http then
    stream:send(("GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n"):format(host))
    client.listen(stream, LISTEN)
  end
  stream:shutdown()
  client.listen(stream, LISTEN)
end

local function meet(context, transport, arguments, target)
  local host = arguments.servername or target.host
  local stream = context:wrap(transport, {
    server_name = host, trace = true, timeout = arguments.timeout,
  })
  local recorder = stream:connection().recorder
  local ok, message, code = stream:handshake()
  if ok then
    converse(stream, arguments, host)
  elseif not recorder.code then
    recorder.message, recorder.code = message, code
  end
  stream:close()
  return recorder
end

local function trust_of(arguments)
  if not arguments.ca then return nil end
  local file = io.open(arguments.ca, "rb")
  local bytes = file and file:read "*a"
  if file then file:close() end
  if not bytes then return nil end
  return require("wolfssl").certificates(bytes)
end

local function address_of(transport, target)
  local address = transport:getpeername()
  return ("%s (%s), on %s"):format(target_of.text(target), address or "?",
    os.date "!%Y-%m-%d %H:%M UTC")
end

local function shown_of(recorder, arguments, target, address)
  return {
    observer = recorder:observe(), sides = { client = recorder }, trust = trust_of(arguments),
    server_name = arguments.servername or target.host,
    origin = "A handshake of this program with " .. address .. ".",
    capture = function() return recorder:capture() end,
  }
end

-- Nothing to explain: the network failed before the first answer.
local function unreachable(recorder)
  local known = errors.codes[recorder.code]
  return known and known.blame == "network" and #recorder:entries() < 2
end

--- Connects and does a handshake.
-- @tparam table arguments as argparse gives them
-- @treturn[1] table what `wolfssl.trace.explain` wants, and `capture`: function that gives pcapng
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] int exit code
function M.connect(arguments)
  local target, why = target_of.parse(arguments.target, client.port(arguments))
  if not target then return nil, why, exit.usage end
  local context, wrong = client.context(arguments)
  if not context then return nil, wrong, exit.usage end
  local transport, message = blocking.connect(target.host, target.port, arguments.timeout)
  if not transport then
    context:close()
    return nil, message, exit.network
  end
  local address = address_of(transport, target)
  local ready, refusal, code = client.prelude(arguments, transport, target)
  if not ready then
    transport:close()
    context:close()
    return nil, refusal, errors.codes[code].blame == "network" and exit.network or exit.tls
  end
  local recorder = meet(context, transport, arguments, target)
  context:close()
  if unreachable(recorder) then return nil, recorder.message, exit.network end
  return shown_of(recorder, arguments, target, address)
end

return M
