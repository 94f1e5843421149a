--- What is wrong with messages that could not be decoded: wolfSSL does not say.
-- @module wolfssl.connection.fault

local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local handshake = require "wolfssl.tls.handshake"
local handshake_type = require "wolfssl.tls.registry.handshake_type"

local M = {}

--- Finds the first field that cannot be decoded.
-- @tparam table undecoded `messages`: whole ones; `version` and `cipher_suite`: the values that
--   were negotiated
-- @treturn ?table `message`: its name; `path`, `offset`: of the field in it
function M.find(undecoded)
  local context = {
    version = undecoded.version, cipher_suite = cipher_suite:entry(undecoded.cipher_suite),
  }
  local parts = handshake.reassembler()
  parts:push(undecoded.messages)
  for bytes in parts.next, parts do
    local message, _, _, detail = handshake.decode(bytes, context)
    if not message then
      return { message = handshake_type:name(bytes:byte()), path = detail.path,
        offset = detail.offset }
    end
  end
end

return M
