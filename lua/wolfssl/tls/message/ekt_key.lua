--- ekt_key.
-- @module wolfssl.tls.message.ekt_key
-- @see RFC 8870 section 5.2.2
local wire = require "wolfssl.tls.wire"

return wire.struct {
  { "ekt_key_value", wire.opaque(1, 256) },
  { "srtp_master_salt", wire.opaque(1, 256) },
  { "ekt_spi", wire.uint16 },
  { "ekt_ttl", wire.uint24 },
}
