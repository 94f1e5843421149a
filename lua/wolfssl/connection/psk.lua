--- `on_psk(identity, connection)`: gives a pre-shared key when it is needed. It may yield.
--
-- A server's is called for each identity that the client names and the option `psks` does not have,
-- until it returns a key, or `{key=, hash=}`; nil: there is none of that name. A client's is called
-- before its handshake, with nil, and returns `{identity=, key=, hash=}`, or nil: none is offered.
-- @see wolfssl.context.psk
-- @module wolfssl.connection.psk

local caller = require "wolfssl.connection.call"
local hold = require "wolfssl.connection.hold"

local M = {}

local EXPECTED = "a key of 16 to 64 bytes, or a table with it, or nil"

-- What was returned, as identity, key, hash; nil when it makes no sense.
local function fields(identity, answer)
  if type(answer) == "string" then return identity, answer end
  if type(answer) == "table" then return identity or answer.identity, answer.key, answer.hash end
end

-- True: there is a key. Nil: there is none. False: the connection is over.
local function ask(own, identity)
  local connection = own.connection
  local sound, answer = caller.call(own, "on_psk", own.handlers.on_psk, identity, connection)
  if not sound then return false end
  if answer == nil then return nil end
  local name, key, hash = fields(identity, answer)
  if not name or not pcall(connection.set_psk, connection, name, key, hash) then
    caller.nonsense(own, "on_psk", answer, EXPECTED)
  end
  return true
end

--- Asks for a client's key; makes a server's messages wait.
-- @tparam table own
-- @treturn boolean
function M.begin(own)
  if not own.server then return ask(own) ~= false end
  hold.wait(own, M)
  return true
end

--- Asks for what the client names.
-- @tparam table own
-- @treturn boolean
function M.held(own)
  if not own.server or own.psk_asked then return true end
  local identities = own.connection:wanted_psks()
  if not identities then return true end
  own.psk_asked = true
  hold.done(own, M)
  for _, identity in ipairs(identities) do
    local known = ask(own, identity)
    if known ~= nil then return known end
  end
  return true
end

return M
