--- TLS ContentType: what a record carries.
-- @module wolfssl.tls.registry.content_type
-- @see RFC 8446 section 5.1
local registry = require "wolfssl.tls.registry"

return registry.rows("content type", 1, {
  { 20, "change_cipher_spec" }, { 21, "alert" }, { 22, "handshake" }, { 23, "application_data" },
  { 24, "heartbeat" }, { 25, "tls12_cid" }, { 26, "ack" }, { 27, "return_routability_check" },
})
