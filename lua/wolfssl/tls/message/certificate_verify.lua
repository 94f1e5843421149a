--- certificate_verify.
-- @module wolfssl.tls.message.certificate_verify
-- @see RFC 8446 section 4.4.3
-- @see RFC 5246 section 7.4.8
local negotiated = require "wolfssl.tls.message.negotiated"
local signature_scheme = require "wolfssl.tls.registry.signature_scheme"
local wire = require "wolfssl.tls.wire"

local tls12 = wire.struct {
  { "algorithm", wire.enum(signature_scheme) },
  { "signature", wire.opaque(0, 65535) },
}

return negotiated.by_version {
  tls13 = tls12,
  tls12 = tls12,
  tls11 = wire.struct { { "signature", wire.opaque(0, 65535) } },
}
