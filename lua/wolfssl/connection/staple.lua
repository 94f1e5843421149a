--- `staple`: has the application asked for the OCSP responses of a server that are due, before the
-- handshake begins. While somebody waits for an answer others go on with what there is.
-- @module wolfssl.connection.staple

local caller = require "wolfssl.connection.call"
local staple = require "wolfssl.context.staple"

local M = {}

local NAME, EXPECTED = "staple", "a response as DER, or nil"

--- Whether there is a function to ask.
-- @tparam table options of the context
-- @treturn boolean
function M.is_needed(options)
  for _, identity in ipairs(options.certificates or { options }) do
    if type(identity.staple) == "function" then return true end
  end
  return false
end

-- A response that is not good may be the responder's fault; clients that need none do not mind.
local function ask(own, source)
  local sound, response = caller.call(own, NAME, source.get, source.certificate, own.connection)
  if not sound then return false end
  if response == nil then return true end
  if type(response) ~= "string" then return caller.nonsense(own, NAME, response, EXPECTED) end
  own.staple_refused = staple.take(source, response) or own.staple_refused
  return true
end

--- Asks.
-- @tparam table own
-- @treturn boolean
function M.begin(own)
  for _, source in ipairs(own.handlers.staples) do
    if staple.is_due(source) and not ask(own, source) then return false end
  end
  return true
end

return M
