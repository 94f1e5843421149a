--- The options of commands that are TLS clients.
-- @module wolfssl.cli.client

local deadline = require "wolfssl.transport.deadline"
local starttls = require "wolfssl.starttls"
local target = require "wolfssl.cli.target"
local wolfssl = require "wolfssl"

local M = {}

--- Describes them.
-- @tparam Parser parser of argparse
function M.define(parser)
  parser:option("--ca", "Trust these roots instead of the system's: PEM or DER file, or directory.")
  parser:option("--servername", "The name that the server must prove, and that is sent as SNI.")
    :convert(target.server_name)
  parser:option("--alpn", "Application protocols, in order, with commas between."):argname("<a,b>")
  parser:option("--cert", "Our certificate chain, for servers that ask for one.")
  parser:option("--key", "Its private key.")
  parser:option("--min", "Lowest version."):choices { "1.2", "1.3" }
  parser:option("--max", "Highest version."):choices { "1.2", "1.3" }
  parser:option("--starttls", "Ask for TLS in this protocol first: "
    .. table.concat(starttls.protocols, ", ") .. ". Its port is then the default.")
    :argname "<protocol>":choices(starttls.protocols)
  parser:option("--timeout", "Seconds for the whole."):default("10"):convert(tonumber)
  parser:flag("--insecure", "Go on with a wrong certificate or name; the verdict still tells.")
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

--- The port of a target that names none.
-- @tparam table arguments
-- @treturn int
function M.port(arguments)
  return arguments.starttls and starttls.port(arguments.starttls) or 443
end

--- Asks for TLS where --starttls says so.
-- @tparam table arguments
-- @tparam table transport
-- @tparam table place the target
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
function M.prelude(arguments, transport, place)
  if not arguments.starttls then return true end
  return starttls.start(arguments.starttls, transport, {
    server_name = arguments.servername or place.host, timeout = arguments.timeout,
  })
end

--- Reads on, and forgets what is read.
-- @tparam Stream stream
-- @tparam number seconds for all of it, even when the server never pauses
-- @treturn string code of the end: "timeout", "alert_received" ...; nil: the server went on
-- @treturn ?string message
-- @treturn ?table detail
function M.listen(stream, seconds)
  local moment = deadline.after(seconds)
  local data, message, code, detail
  repeat
    stream:settimeout(deadline.left(moment), "t")
    data, message, code, detail = stream:read()
  until not data or deadline.left(moment) == 0
  stream:settimeout(seconds, "t")
  return code, message, detail
end

--- Makes a context of them.
-- @tparam table arguments as argparse gives them
-- @treturn[1] Context
-- @treturn[2] nil
-- @treturn[2] string what is wrong with the arguments
function M.context(arguments)
  if not arguments.timeout or arguments.timeout <= 0 then
    return nil, "--timeout needs a number of seconds"
  elseif not arguments.key ~= not arguments.cert then
    return nil, "--cert and --key belong together"
  end
  local fine, context, message = pcall(context_of, arguments)
  if fine and context then
    return context
  end
  return nil, fine and message or context
end

return M
