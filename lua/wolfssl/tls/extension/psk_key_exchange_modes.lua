--- psk_key_exchange_modes.
-- @module wolfssl.tls.extension.psk_key_exchange_modes
-- @see RFC 8446 section 4.2.9
local code_points = require "wolfssl.tls.registry.code_points"
local wire = require "wolfssl.tls.wire"

return {
  CH = wire.struct {
    { "ke_modes", wire.vector(wire.enum(code_points.psk_key_exchange_mode), 1, 255) },
  },
}
