--- next_protocol_negotiation.
-- @module wolfssl.tls.extension.next_protocol_negotiation
-- @see draft-agl-tls-nextprotoneg section 3
local wire = require "wolfssl.tls.wire"

return {
  CH = wire.empty,
  SH12 = wire.struct { { "protocols", wire.rest_of(wire.opaque(1, 255)) } },
}
