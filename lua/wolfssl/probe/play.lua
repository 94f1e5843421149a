--- Whole handshakes, as well-behaved sides do them, out of the steps that a probe can also do one
-- by one.
-- @module wolfssl.probe.play
-- @see RFC 8446 section 2
-- @see RFC 5246 section 7.3
local Conversation = require("wolfssl.probe.conversation").Conversation
local errors = require "wolfssl.errors"
local options_of = require "wolfssl.probe.play.options"

local PLAYERS = {
  client = function() return require "wolfssl.probe.play.client" end,
  server = function() return require "wolfssl.probe.play.server" end,
}

--- Does the rest of a handshake well: all of it in a conversation that has just begun, or what
-- comes behind a ClientHello that a server has taken.
--
-- The client's chain of trust is nobody's business here: signatures, binders and Finished messages
-- of the other side are checked, who signed a certificate is not.
-- @tparam ?table options
--
-- - client: `hello` (see `client_hello`) or `message` (a ClientHello of your own); `early_data`
--   (bytes, with `hello.psks` and `hello.early_data`); `certificate` (list), `key`, `scheme`: shown
--   when asked for; `identity`: of a PSK in TLS 1.2;
-- - server: `certificate`, `key`, `scheme`; `request`: options of `certificate_request`; `retry`:
--   options of `hello_retry_request`; and what `server_hello`, `encrypted_extensions` and
--   `server_key_exchange` take; `session_id` of a session known to `secrets` resumes it (TLS 1.2)
-- @treturn[1] table what was agreed, see `summary`
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
-- @treturn[2] ?table detail
function Conversation:handshake(options)
  local own = options_of.of_handshake(self.role, options)
  local summary, message, code, detail = PLAYERS[self.role]().handshake(self, own)
  if not summary and not errors.codes[code] then code = "internal" end
  return summary, message, code, detail
end

return {}
