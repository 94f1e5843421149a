--- wolfprobe decode: bytes of TLS as fields with their places and meanings.
-- @module wolfssl.cli.decode

local entries_of = require "wolfssl.cli.entries"
local exit = require "wolfssl.cli".exit
local json = require "wolfssl.trace.render.json"
local observer = require "wolfssl.trace.observer"
local tls = require "wolfssl.tls"

local M = {}

local VERSIONS = { ["1.2"] = 0x0303, ["1.3"] = 0x0304 }

--- Describes the arguments.
-- @tparam Parser parser of argparse
function M.define(parser)
  parser:argument("input", "Hexadecimal digits, or a file of them or of bytes; - for stdin.")
  parser:option("--from", "Who sent it."):choices { "client", "server" }
  parser:option("--tls", "The version, for messages that differ between versions.")
    :choices { "1.2", "1.3" }
  parser:flag("--json", "As JSON.")
end

local function unhex(text)
  local digits = text:gsub("0[xX]", ""):gsub("[%s:,]", "")
  if digits == "" or #digits % 2 ~= 0 or digits:find "%X" then return nil end
  return (digits:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

local function contents(name)
  if name == "-" then return io.read "*a" end
  local file, message = io.open(name, "rb")
  local bytes = file and file:read "*a"
  if file then file:close() end
  if not bytes then return nil, message or name .. ": cannot be read" end
  return bytes
end

-- Digits as they are, else a file of digits or of bytes.
local function input(text)
  local bytes = unhex(text)
  if bytes then return bytes end
  local raw, message = contents(text)
  if not raw then return nil, "neither hexadecimal digits nor a file: " .. message end
  if raw == "" then return nil, text .. ": is empty" end
  return unhex(raw) or raw
end

local FROM = {
  client_hello = "client", end_of_early_data = "client", client_key_exchange = "client",
}

local function sender(bytes, from)
  local entry = tls.registry.handshake_type:entry(bytes:byte())
  return from or FROM[entry.name] or "server"
end

local function is_message(bytes)
  if #bytes < 4 then return false end
  local kind, a, b, c = bytes:byte(1, 4)
  local known = tls.registry.handshake_type.by_value[kind]
  return known and not known.grease and (a * 256 + b) * 256 + c == #bytes - 4
end

local function from_message(bytes, arguments)
  local context = { version = VERSIONS[arguments.tls] }
  local message, text, code, detail = tls.decode_handshake(bytes, context)
  local entry = { from = sender(bytes, arguments.from), kind = "handshake", bytes = bytes,
    message = message, context = context, name = message and tls.handshake.name(message)
      or tls.registry.handshake_type:entry(bytes:byte()).name }
  if not message then entry.problem = { message = text, code = code, detail = detail } end
  return { entry }
end

local function from_records(bytes, arguments)
  local first = bytes:byte(1) == 22 and bytes:sub(6) or ""
  local watched = observer.new()
  watched:feed(sender(#first > 0 and first or "\0", arguments.from), bytes, 0)
  watched:finish()
  return watched.entries
end

local function from_alert(bytes, arguments)
  local watched = observer.new()
  watched:feed(arguments.from or "server", "\21\3\3\0\2" .. bytes, 0)
  return watched.entries
end

local function is_alert(bytes)
  return #bytes == 2 and (bytes:byte() == 1 or bytes:byte() == 2)
end

local function decode(bytes, arguments)
  if #bytes >= 5 and tls.record.recognise(bytes) ~= "other" then
    return from_records(bytes, arguments)
  elseif is_message(bytes) then
    return from_message(bytes, arguments)
  elseif is_alert(bytes) then
    return from_alert(bytes, arguments)
  end
  return nil, "neither TLS records nor one handshake message nor an alert"
end

local function failed(list)
  for _, entry in ipairs(list) do
    if entry.problem and entry.kind ~= "unreadable" then return true end
  end
  return #list == 0
end

--- Runs the command.
-- @tparam table arguments as argparse gives them
-- @treturn int exit code: 1 when not all could be decoded
function M.run(arguments)
  local bytes, message = input(arguments.input)
  if not bytes then
    io.stderr:write("wolfprobe decode: ", message, "\n")
    return exit.usage
  end
  local entries, why = decode(bytes, arguments)
  if not entries then
    io.stderr:write("wolfprobe decode: ", why, "\n")
    return exit.tls
  end
  local list = {}
  for i, entry in ipairs(entries) do
    local version = VERSIONS[arguments.tls] or entry.context and entry.context.version
    list[i] = entries_of.describe(entry, version == 0x0304)
  end
  if arguments.json then
    io.stdout:write(json.encode(list), "\n")
  else
    io.stdout:write(entries_of.text(list))
  end
  return failed(list) and exit.tls or exit.ok
end

return M
