--- `on_secret`: tells each secret of a connection as a line of an NSS key log, as soon as it is
-- there.
-- @module wolfssl.connection.secret

local call = require("wolfssl.connection.call").call

local M = {}

--- Tells what is new.
-- @tparam table own
-- @treturn boolean
function M.step(own)
  local lines = own.connection:secrets()
  for i = (own.secrets_told or 0) + 1, #lines do
    own.secrets_told = i
    if not call(own, "on_secret", own.handlers.on_secret, lines[i], own.connection) then
      return false
    end
  end
  return true
end

return M
