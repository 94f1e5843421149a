--- next_protocol.
-- @module wolfssl.tls.message.next_protocol
-- @see draft-agl-tls-nextprotoneg section 3
local wire = require "wolfssl.tls.wire"

return wire.struct {
  { "selected_protocol", wire.opaque(0, 255) },
  { "padding", wire.opaque(0, 255) },
}
