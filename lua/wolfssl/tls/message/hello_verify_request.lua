--- hello_verify_request: the cookie exchange of DTLS.
-- @module wolfssl.tls.message.hello_verify_request
-- @see RFC 6347 section 4.2.1
local version = require "wolfssl.tls.registry.version"
local wire = require "wolfssl.tls.wire"

return wire.struct {
  { "server_version", wire.enum(version) },
  { "cookie", wire.opaque(0, 255) },
}
