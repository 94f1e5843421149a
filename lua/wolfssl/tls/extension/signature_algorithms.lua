--- signature_algorithms.
-- @module wolfssl.tls.extension.signature_algorithms
-- @see RFC 8446 section 4.2.3
-- @see RFC 5246 section 7.4.1.4.1
local signature_scheme = require "wolfssl.tls.registry.signature_scheme"
local wire = require "wolfssl.tls.wire"

local SignatureSchemeList = wire.struct {
  { "supported_signature_algorithms", wire.vector(wire.enum(signature_scheme), 2, 65534) },
}

return { CH = SignatureSchemeList, CR = SignatureSchemeList }
