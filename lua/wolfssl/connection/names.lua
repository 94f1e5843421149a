--- `names`: the core has chosen a context by the name that the client asks for; the handlers of
-- that context are the connection's from there on.
-- @module wolfssl.connection.names

local core = require "wolfssl.core"
local hold = require "wolfssl.connection.hold"

local methods = core.connection_methods

local M = {}

--- Whether anybody has to look.
-- @tparam table options of the context
-- @treturn boolean
function M.is_needed(options)
  for _, context in pairs(options.names) do
    if context.handlers then return true end
  end
  return false
end

--- Waits for the ClientHello.
-- @tparam table own
function M.begin(own)
  hold.wait(own, M)
end

--- Finds the context.
-- @tparam table own
function M.held(own)
  local matched = methods.matched_name(own.connection)
  hold.done(own, M)
  if matched then own.change = own.handlers.names[matched].handlers or {} end
end

return M
