--- What a conversation is to hear next.
-- @module wolfssl.probe.expectation
local handshake_type = require "wolfssl.tls.registry.handshake_type"

local M = {}

-- Messages that are not of a handshake, or have a name of their own.
local OTHERS = { change_cipher_spec = true, alert = true, application_data = true,
  heartbeat = true, sslv2_client_hello = true, hello_retry_request_RESERVED = true }

local function check_name(name)
  if type(name) == "string" and (OTHERS[name] or handshake_type:value(name)) then return end
  error(("names of messages expected, got '%s'"):format(tostring(name)), 4)
end

--- Whether a message is one that is expected.
-- @tparam string|table|function expected a name, a list of names, or function(message, entry); what
-- is no name raises at the caller of the caller
-- @treturn function(message, entry) that returns whether it is
-- @treturn string how to call it
function M.of(expected)
  if type(expected) == "function" then return expected, "what is asked for" end
  local names = type(expected) == "table" and expected or { expected }
  local set = {}
  check_name(names[1])
  for _, name in ipairs(names) do
    check_name(name)
    set[name] = true
  end
  return function(_, entry) return set[entry.name] end, table.concat(names, " or ")
end

return M
