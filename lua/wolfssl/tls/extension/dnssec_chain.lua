--- dnssec_chain.
-- @module wolfssl.tls.extension.dnssec_chain
-- @see RFC 9102 section 2.2
local wire = require "wolfssl.tls.wire"

local DnssecChainExtension = wire.struct {
  { "ext_support_lifetime", wire.uint16 },
  { "authentication_chain", wire.opaque(1, 65535) },
}

return {
  CH = wire.struct { { "port_number", wire.uint16 } },
  SH12 = DnssecChainExtension, CT = DnssecChainExtension,
}
