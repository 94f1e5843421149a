--- Drives a connection for which there is more to do than wolfSSL does.
--
-- What there is to do stands in modules of `wolfssl.connection.*`; each is a table of functions by
-- event. They get the connection's own table, where `connection`, `handlers` (the options),
-- `options` (those of the connection) and `server` are; one that has ended the connection returns
-- false, and nothing more is asked. Any of them may yield.
--
-- - `begin(own)`: before the first step;
-- - `step(own)`: after each step of the handshake, and after each call of `read` and `write` that
--   follows;
-- - `held(own, records, protected)`: records wait. They are released when it returns; only comes
--   when somebody called the connection's `hold`;
-- - `finish(own)`: wolfSSL has finished the handshake; nobody else knows yet.
-- @module wolfssl.connection.driver

local call = require "wolfssl.connection.call"
local core = require "wolfssl.core"

local methods = core.connection_methods

local M = {}

-- Which module an option is the business of; they are asked in this order.
local MODULES = {
  { name = "psk", options = { "on_psk" } },
  { name = "secret", options = { "on_secret" } },
  { name = "sessions", options = { "sessions", "on_session" } },
}

local function fire(own, event, ...)
  for _, module in ipairs(own.modules) do
    local f = module[event]
    if f and f(own, ...) == false then return false end
  end
  return true
end

-- How it stands with a connection that somebody ended.
local function outcome(own, method, ...)
  if own.closed_by then
    return nil, ("the connection was closed by %s"):format(own.closed_by), "closed"
  end
  return method(own.connection, ...)
end

local function advance(own, connection)
  if not own.begun then
    own.begun = true
    if not fire(own, "begin") then return false end
  end
  while true do
    local ok, message, code, detail = methods.handshake(connection)
    if not fire(own, "step") then return false end
    if code == "held" then
      if not fire(own, "held", methods.held(connection)) then return false end
      methods.release(connection)
    else
      if ok and not fire(own, "finish") then return false end
      return true, ok, message, code, detail
    end
  end
end

local function handshake(connection)
  local own = core.own(connection)
  if own.complete then return true end
  call.check_free(own)
  local sound, ok, message, code, detail = advance(own, connection)
  if not sound then return outcome(own, methods.handshake) end
  own.complete = ok
  return ok, message, code, detail
end

-- Reading, writing and the end do the handshake first; what they bring about is a step, too.
local function after_handshake(method)
  return function(connection, ...)
    local own = core.own(connection)
    if not own.complete then
      local ok, message, code, detail = handshake(connection)
      if not ok then return nil, message, code, detail end
    end
    local result, message, code, detail = method(connection, ...)
    if not fire(own, "step") and not result then return outcome(own, method, ...) end
    return result, message, code, detail
  end
end

local read, write = after_handshake(methods.read), after_handshake(methods.write)

local function shutdown(connection)
  local own = core.own(connection)
  local ok, message, code, detail = methods.shutdown(connection)
  fire(own, "step")
  return ok, message, code, detail
end

--- What there is to do for connections with these options.
-- @tparam table options
-- @treturn ?{table,...} modules; nil: nothing
function M.modules(options)
  local list = {}
  for _, module in ipairs(MODULES) do
    for _, option in ipairs(module.options) do
      if options[option] then
        list[#list + 1] = require("wolfssl.connection." .. module.name)
        break
      end
    end
  end
  return list[1] and list
end

--- Drives a connection from its beginning.
-- @tparam Connection connection
-- @tparam table handlers what `wolfssl.connection.handlers` made of the context's options
-- @tparam ?table options of the connection
function M.attach(connection, handlers, options)
  local own = core.own(connection)
  own.connection, own.handlers, own.modules = connection, handlers, handlers.modules
  own.options, own.server = options or {}, handlers.server
  own.handshake, own.read, own.write, own.shutdown = handshake, read, write, shutdown
end

return M
