--- client_certificate_request: of exported authenticators, never on the connection itself.
-- @module wolfssl.tls.message.client_certificate_request
-- @see RFC 9261 section 4
local extension = require "wolfssl.tls.extension"
local wire = require "wolfssl.tls.wire"

return wire.struct {
  { "certificate_request_context", wire.opaque(0, 255) },
  { "extensions", extension.list("CR", 2) },
}
