--- Drives the handshake of a connection that has handlers, and calls them.
-- @module wolfssl.connection.driver

local core = require "wolfssl.core"

local methods = core.connection_methods

local M = {}

local INTERNAL_ERROR = 80

-- What was raised may be anything, even something whose __tostring raises.
local function describe(err)
  local ok, text = pcall(tostring, err)
  return ok and type(text) == "string" and text or type(err)
end

-- Lines that on_secret has not had yet. Its error ends the connection: false.
local function tell_secrets(connection, own)
  local lines = connection:secrets()
  for i = own.secrets_told + 1, #lines do
    own.secrets_told = i
    local ok, err = pcall(own.handlers.on_secret, lines[i], connection)
    if not ok then
      own.rejection = err
      connection:reject("on_secret raised: " .. describe(err), INTERNAL_ERROR)
      return false
    end
  end
  return true
end

local function handshake(connection)
  local own = core.own(connection)
  if own.complete then return true end
  local ok, message, code, detail = methods.handshake(connection)
  if own.handlers.on_secret and not tell_secrets(connection, own) then
    return methods.handshake(connection)
  end
  own.complete = ok
  return ok, message, code, detail
end

-- Reading and writing do the handshake first.
local function after_handshake(method)
  return function(connection, ...)
    local ok, message, code, detail = handshake(connection)
    if not ok then return nil, message, code, detail end
    return method(connection, ...)
  end
end

local read, write = after_handshake(methods.read), after_handshake(methods.write)

--- Calls handlers in the course of a connection.
-- @tparam Connection connection
-- @tparam table handlers functions by name
function M.attach(connection, handlers)
  local own = core.own(connection)
  own.handlers, own.secrets_told = handlers, 0
  own.handshake, own.read, own.write = handshake, read, write
end

return M
