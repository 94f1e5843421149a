--- server_certificate_type.
-- @module wolfssl.tls.extension.server_certificate_type
-- @see RFC 7250 section 3
local code_points = require "wolfssl.tls.registry.code_points"
local wire = require "wolfssl.tls.wire"

local CertificateType = wire.enum(code_points.certificate_type)
local Chosen = wire.struct { { "server_certificate_type", CertificateType } }

return {
  CH = wire.struct { { "server_certificate_types", wire.vector(CertificateType, 1, 255) } },
  SH12 = Chosen, EE = Chosen,
}
