--- Calls what the application gave. It may yield, raise, and close the connection.
-- @module wolfssl.connection.call

local core = require "wolfssl.core"

local methods = core.connection_methods

local M = {}

local INTERNAL_ERROR = 80

-- What was raised may be anything, even something whose __tostring raises.
local function describe(value)
  local ok, text = pcall(tostring, value)
  return ok and type(text) == "string" and text or type(value)
end

-- Not tried out with a coroutine: in nginx even to resume one yields, which require does not allow.
local YIELDS_ACROSS_PCALL = _VERSION ~= "Lua 5.1" or rawget(_G, "jit") ~= nil

local relay

local function relayed(co, ok, ...)
  if not ok or coroutine.status(co) == "dead" then return ok, ... end
  return relay(co, coroutine.yield(...))
end

function relay(co, ...)
  return relayed(co, coroutine.resume(co, ...))
end

-- Lua 5.1 cannot yield across pcall: there what is called has a coroutine of its own, and its
-- yields are passed on.
local function pcall_by_coroutine(f, ...)
  if not coroutine.running() then return pcall(f, ...) end
  return relay(coroutine.create(f), ...)
end

--- `pcall`, across which a coroutine can yield.
M.pcall = YIELDS_ACROSS_PCALL and pcall or pcall_by_coroutine

--- Ends the connection, whose first failure stays what it is.
-- @tparam table own of the connection
-- @param detail of the error `rejected`
-- @tparam string message
-- @tparam[opt=80] int alert for the peer: internal_error
function M.reject(own, detail, message, alert)
  if not own.rejected then own.rejected, own.rejection = true, detail end
  methods.reject(own.connection, message, alert or INTERNAL_ERROR)
end

local OVER = { "handshake", "read", "write", "shutdown", "request_certificate", "update_keys" }

local function zero() return 0 end
local function empty() return "" end
local function nothing() end

-- Whoever is at work for a connection that a handler has closed did not do so, and is told.
local function bury(own, name)
  local text = ("the connection was closed by %s"):format(name)
  own.closed_by = function() return nil, text, "closed" end
  for _, method in ipairs(OVER) do own[method] = own.closed_by end
  own.unsent, own.push, own.pull, own.data_to_send = zero, zero, zero, empty
  own.receive_data, own.receive_eof = nothing, nothing
end

local function settle(own, name, ok, ...)
  own.busy, own.within = nil, nil
  if core.closed(own.connection) then
    bury(own, name)
    return false
  elseif not ok then
    own.failed[name] = true
    M.reject(own, (...), name .. " raised: " .. describe((...)))
    return false
  end
  return true, ...
end

--- Calls a function of the application, unless one of that name has failed.
-- @tparam table own of the connection
-- @tparam string name of the option that the function is
-- @tparam function f
-- @param ... its arguments
-- @treturn boolean true and what it returned; false: the connection is over, because the function
--   raised or closed it
function M.call(own, name, f, ...)
  if own.failed[name] then return false end
  own.busy, own.within = coroutine.running() or "main", name
  return settle(own, name, M.pcall(f, ...))
end

--- Ends the connection because a function returned what it must not, and raises.
-- @tparam table own
-- @tparam string name
-- @param value what it returned
-- @tparam string expected
function M.nonsense(own, name, value, expected)
  local text = ("%s returned %s; expected: %s"):format(name, describe(value), expected)
  own.failed[name:match "^[%w_]+"] = true
  M.reject(own, nil, text)
  error(text, 0)
end

local function holds(busy)
  return busy == "main" or busy and coroutine.status(busy) ~= "dead"
end

--- Raises while a function of the application is at work for this connection.
-- @tparam table own
function M.check_free(own)
  if not holds(own.busy) then return end
  error(("%s of this connection has not returned: nobody can go on before"):format(own.within), 0)
end

return M
