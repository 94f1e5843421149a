--- certificate_authorities: DER names of the authorities that the peer accepts.
-- @module wolfssl.tls.extension.certificate_authorities
-- @see RFC 8446 section 4.2.4
local wire = require "wolfssl.tls.wire"

local CertificateAuthorities = wire.struct {
  { "authorities", wire.vector(wire.opaque(1, 65535), 3, 65535) },
}

return { CH = CertificateAuthorities, CR = CertificateAuthorities }
