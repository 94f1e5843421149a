--- supported_ekt_ciphers.
-- @module wolfssl.tls.extension.supported_ekt_ciphers
-- @see RFC 8870 section 5.2
local code_points = require "wolfssl.tls.registry.code_points"
local wire = require "wolfssl.tls.wire"

local SupportedEKTCiphers = wire.struct {
  { "supported_ciphers", wire.vector(wire.enum(code_points.ekt_cipher), 1, 255) },
}
local Chosen = wire.struct { { "selected_cipher", wire.enum(code_points.ekt_cipher) } }

return { CH = SupportedEKTCiphers, SH12 = Chosen, EE = Chosen }
