--- Probes as guests of our servers' connections, in memory: what they say is heard at once.

local probe = require "wolfssl.probe"

local M = {}

--- A conversation with a server's end of it.
-- @param peer connection, or what has its methods
-- @tparam ?table options of the conversation; `secrets` of another's for its tickets
-- @treturn Conversation
function M.to(peer, options)
  local all = { server_name = "localhost" }
  for name, value in pairs(options or {}) do all[name] = value end
  local transport = {}
  function transport.write(_, bytes)
    peer:receive_data(bytes)
    peer:handshake()
    return #bytes
  end
  function transport.read()
    local bytes = peer:data_to_send()
    if bytes == "" then return nil, "timeout" end
    return bytes
  end
  function transport.close() return true end
  return probe.over(transport, all)
end

--- The same with a new connection.
-- @param context of the server
-- @tparam ?table options see `to`
-- @treturn Conversation
-- @return the connection
function M.of(context, options)
  local connection = context:connection()
  return M.to(connection, options), connection
end

--- Says hello, and hears the server out.
-- @tparam Conversation guest
-- @tparam ?table hello options of the ClientHello
function M.greet(guest, hello)
  assert(guest:send(guest:client_hello(hello)))
  repeat local _, entry = assert(guest:receive()) until entry.name == "finished"
end

--- A guest that has completed its handshake, and the ticket that it got.
-- @param context of the server
-- @treturn Conversation
-- @treturn table NewSessionTicket
function M.with_ticket(context)
  local guest = M.of(context)
  assert(guest:handshake())
  return guest, assert(guest:expect "new_session_ticket")
end

return M
