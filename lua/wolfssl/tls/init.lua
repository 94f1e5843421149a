--- TLS as data: every message, extension and code point, without any TLS library.
--
-- Decoders return the value, or `nil, message, "decode_error", {path =, offset =}`: which field
-- failed and at which byte, counted from 0. Encoders raise when a value is impossible.
-- For every valid `b`, `encode(decode(b)) == b`.
--
--     local tls = require "wolfssl.tls"
--     local message = assert(tls.decode_handshake(bytes))
--     if message.msg_type.name == "client_hello" then
--       local sni = tls.extension.find(message.body.extensions, "server_name")
--     end
-- @module wolfssl.tls
local alert = require "wolfssl.tls.alert"
local code_points = require "wolfssl.tls.registry.code_points"
local handshake = require "wolfssl.tls.handshake"
local record = require "wolfssl.tls.record"

local M = {
  alert = alert,
  dtls = require "wolfssl.tls.dtls",
  extension = require "wolfssl.tls.extension",
  handshake = handshake,
  record = record,
  sequence = require "wolfssl.tls.sequence",
  sslv2 = require "wolfssl.tls.sslv2",
  wire = require "wolfssl.tls.wire",
}

M.extension.load()

--- All registries by name: `cipher_suite`, `named_group`, `alert`, `psk_key_exchange_mode` …
M.registry = {}
for name, registry in pairs(code_points) do M.registry[name] = registry end
for _, name in ipairs {
  "alert", "cipher_suite", "content_type", "extension_type", "handshake_type", "named_group",
  "signature_scheme", "version",
} do
  M.registry[name] = require("wolfssl.tls.registry." .. name)
end

M.decode_handshake, M.encode_handshake = handshake.decode, handshake.encode
M.decode_alert, M.encode_alert = alert.decode, alert.encode
M.record_reader, M.handshake_reassembler = record.reader, handshake.reassembler

return M
