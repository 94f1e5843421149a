--- A connection out of a capture file.
-- @module wolfssl.cli.explain.capture

local exit = require "wolfssl.cli".exit
local keylog = require "wolfssl.trace.keylog"
local trace = require "wolfssl.trace"

local M = {}

local function contents(path)
  local file, message = io.open(path, "rb")
  if not file then return nil, message end
  local bytes = file:read "*a"
  file:close()
  if not bytes then return nil, path .. ": cannot be read" end
  return bytes
end

local function tls_only(connections)
  local list = {}
  for _, connection in ipairs(connections) do
    if connection.tls and #connection.entries > 0 then list[#list + 1] = connection end
  end
  return list
end

local function choose(list, number, path)
  if #list == 0 then return nil, path .. ": there is no TLS connection in it" end
  local chosen = list[number or 1]
  if not chosen then
    return nil, ("%s: there is no connection %s, only 1 to %d"):format(path, tostring(number),
      #list)
  end
  if #list > 1 and not number then
    io.stderr:write(("%s: %d connections; this is the first, --connection chooses\n"):format(path,
      #list))
  end
  return chosen
end

local function trust_of(path)
  local bytes = path and contents(path)
  return bytes and require("wolfssl").certificates(bytes) or nil
end

local function endpoint(side)
  return ("%s port %.0f"):format(side.address, side.port)
end

-- Secrets of a key log; what is wrong with it costs only what stands there.
local function secrets_of(path)
  local bytes, message = contents(path)
  if not bytes then return nil, message end
  local entries, problems = keylog.read(bytes)
  if problems[1] then
    io.stderr:write(("%s: lines that are none of a key log: %d, the first is line %d: %s\n"):format(
      path, #problems, problems[1].line, problems[1].message))
  end
  return entries
end

--- Opens a capture.
-- @tparam table arguments as argparse gives them
-- @treturn[1] table what `wolfssl.trace.explain` wants
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] int exit code
function M.open(arguments)
  local path = arguments.capture
  local bytes, message = contents(path)
  if not bytes then return nil, message, exit.usage end
  local secrets
  if arguments.keylog then
    secrets, message = secrets_of(arguments.keylog)
    if not secrets then return nil, message, exit.usage end
  end
  local opened, why, _, detail = trace.open_capture(bytes, { keylog = secrets })
  if not opened then
    io.stderr:write(("%s: %s\n"):format(path, why))
    opened = detail.trace
  end
  local chosen
  chosen, message = choose(tls_only(opened.connections), arguments.connection, path)
  if not chosen then return nil, message, exit.usage end
  return {
    observer = chosen.observer, sides = {}, trust = trust_of(arguments.ca),
    server_name = arguments.servername,
    origin = ("From the capture %s: %s to %s."):format(path, endpoint(chosen.client),
      endpoint(chosen.server)),
  }
end

return M
