--- use_srtp.
-- @module wolfssl.tls.extension.use_srtp
-- @see RFC 5764 section 4.1.1
local code_points = require "wolfssl.tls.registry.code_points"
local wire = require "wolfssl.tls.wire"

local UseSRTPData = wire.struct {
  { "srtp_protection_profiles",
    wire.vector(wire.enum(code_points.srtp_protection_profile), 2, 65535) },
  { "srtp_mki", wire.opaque(0, 255) },
}

return { CH = UseSRTPData, SH12 = UseSRTPData, EE = UseSRTPData }
