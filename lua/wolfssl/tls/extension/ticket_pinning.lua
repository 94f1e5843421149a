--- ticket_pinning; which of the server's parts are there depends on earlier connections.
-- @module wolfssl.tls.extension.ticket_pinning
-- @see RFC 8672 section 3
local wire = require "wolfssl.tls.wire"

return {
  CH = wire.struct { { "ticket", wire.optional(wire.opaque(0, 65535)) } },
  EE = wire.rest(),
}
