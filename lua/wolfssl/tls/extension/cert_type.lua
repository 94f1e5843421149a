--- cert_type.
-- @module wolfssl.tls.extension.cert_type
-- @see RFC 6091 section 3.1
local code_points = require "wolfssl.tls.registry.code_points"
local wire = require "wolfssl.tls.wire"

local CertificateType = wire.enum(code_points.certificate_type)

return {
  CH = wire.struct { { "certificate_types", wire.vector(CertificateType, 1, 255) } },
  SH12 = wire.struct { { "certificate_type", CertificateType } },
}
