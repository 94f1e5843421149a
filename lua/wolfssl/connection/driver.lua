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
-- - `hello(own, records)`: a server's first ClientHello waits, and nobody has looked at it;
-- - `held(own, records, protected)`: records wait that were found good, first of all that
--   ClientHello. Both come to those who wait (see `wolfssl.connection.hold`), and the records go on
--   when they return;
-- - `message(own, type, bytes, context)`: and this handshake message ends in them;
-- - `over(own)`: one of these functions has ended the connection;
-- - `finish(own)`: wolfSSL has finished the handshake; nobody else knows yet;
-- - `request(own)`: a server is about to ask for a certificate after the handshake. With
--   `requested` in its own table a connection waits for it, and `requested(own)` comes after each
--   call. `held` and `message` come then, too, and to clients that wait for such a request.
--
-- A module that puts the handlers of another context into `change` has them take over.
-- @module wolfssl.connection.driver

local call = require "wolfssl.connection.call"
local core = require "wolfssl.core"
local hold = require "wolfssl.connection.hold"

local methods = core.connection_methods

local M = {}

-- Which module an option is the business of; they are asked in this order.
local MODULES = {
  { name = "client_hello", options = { "on_client_hello" } },
  { name = "names", options = { "names" } },
  { name = "staple", options = { "staple", "certificates" } },
  { name = "peer_certificate", options = { "on_server_certificate", "on_client_certificate" } },
  { name = "certificate_request", options = { "on_certificate_request" } },
  { name = "psk", options = { "on_psk" } },
  { name = "secret", options = { "on_secret" } },
  { name = "message", options = { "on_message" } },
  { name = "alerts", options = { "on_alert" } },
  { name = "sessions", options = { "sessions", "on_session" } },
}

local function fire(own, event, ...)
  for _, module in ipairs(own.modules) do
    local f = module[event]
    if f and f(own, ...) == false then return false end
    if own.change then break end
  end
  return true
end

local function change(own)
  own.handlers, own.change = own.change, nil
  own.modules = own.handlers.modules or {}
  hold.forget(own)
  return fire(own, "begin")
end

local function read_messages(own, records, protected)
  for _, module in ipairs(own.modules) do
    if module.message then
      local each = require("wolfssl.connection.messages").each
      return each(own, records, protected, fire) ~= false
    end
  end
  return true
end

local function answer(own, records, protected, unseen)
  if not fire(own, unseen and "hello" or "held", records, protected) then return false end
  if own.change then
    return change(own) and (unseen or answer(own, records, protected))
  end
  return unseen or read_messages(own, records, protected)
end

-- How it stands with a connection that somebody ended.
local function outcome(own, method, ...)
  if own.closed_by then return own.closed_by() end
  fire(own, "over")
  return method(own.connection, ...)
end

-- False: somebody has ended the connection.
local function advance(own, connection)
  if not own.begun then
    own.begun = true
    if not fire(own, "begin") then return false end
  end
  while true do
    local ok, message, code, detail = methods.handshake(connection)
    if not fire(own, "step") then return false end
    if code == "held" then
      if not answer(own, methods.held(connection)) then return false end
      methods.release(connection)
    else
      if ok then own.waiting = nil end
      if ok and not fire(own, "finish") then return false end
      return true, ok, message, code, detail
    end
  end
end

local function handshake(connection)
  local own = core.own(connection)
  if own.complete then return methods.handshake(connection) end
  call.check_free(own)
  local sound, ok, message, code, detail = advance(own, connection)
  if not sound then return outcome(own, methods.handshake) end
  own.complete = ok
  return ok, message, code, detail
end

-- What was held after the handshake goes on; false: somebody has ended the connection.
local function go_on(own, connection)
  call.check_free(own)
  if not answer(own, methods.held(connection)) then return false end
  methods.release(connection)
  return true
end

-- Reading, writing and the end do the handshake first; what they bring about is a step, too.
local function after_handshake(method, event)
  return function(connection, ...)
    local own = core.own(connection)
    if not own.complete then
      local ok, message, code, detail = handshake(connection)
      if not ok then return nil, message, code, detail end
    end
    if event then fire(own, event) end
    local result, message, code, detail = method(connection, ...)
    while code == "held" do
      if not go_on(own, connection) then return outcome(own, method, ...) end
      result, message, code, detail = method(connection, ...)
    end
    if own.requested and not fire(own, "requested") then return outcome(own, method, ...) end
    if not fire(own, "step") and not result then return outcome(own, method, ...) end
    return result, message, code, detail
  end
end

local read, write = after_handshake(methods.read), after_handshake(methods.write)
local request_certificate = after_handshake(methods.request_certificate, "request")

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
  for _, row in ipairs(MODULES) do
    for _, option in ipairs(row.options) do
      if options[option] then
        local module = require("wolfssl.connection." .. row.name)
        if not module.is_needed or module.is_needed(options) then list[#list + 1] = module end
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
  own.options, own.server, own.failed = options or {}, handlers.server, {}
  own.handshake, own.read, own.write, own.shutdown = handshake, read, write, shutdown
  own.request_certificate = request_certificate
end

return M
