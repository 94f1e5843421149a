--- What a server's context keeps for later connections, and the keys of its tickets.
-- @module wolfssl.context.tickets

local core = require "wolfssl.core"

local M = {}

--- Ticket keys as the core takes them; raises for what is none.
-- @tparam {string,...} keys
-- @treturn string
function M.keys(keys)
  if type(keys) ~= "table" then error("ticket keys: list expected, got " .. type(keys), 0) end
  for i, key in ipairs(keys) do
    if type(key) ~= "string" or #key ~= 48 then
      error(("ticket key %d: string of 48 bytes expected"):format(i), 0)
    end
  end
  if #keys < 1 or #keys > 8 then error("ticket keys: 1 to 8 expected, got " .. #keys, 0) end
  return table.concat(keys)
end

--- Sets what the options of a server say of sessions.
-- @tparam userdata context of the core
-- @tparam table options of `wolfssl.context`
function M.set(context, options)
  local store = options.sessions
  if store and not options.ticket_keys then
    error("option 'sessions' of a server needs 'ticket_keys': with them it seals what it stores", 0)
  end
  context:set_tickets(options.tickets ~= false, options.session_lifetime or 3600,
    options.session_limit or 1024, store ~= nil)
  context:set_ticket_keys(M.keys(options.ticket_keys or { assert(core.crypto.random(48)) }))
end

return M
