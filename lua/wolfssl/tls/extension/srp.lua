--- srp.
-- @module wolfssl.tls.extension.srp
-- @see RFC 5054 section 2.8.1
local wire = require "wolfssl.tls.wire"

return { CH = wire.struct { { "srp_i", wire.opaque(1, 255) } } }
