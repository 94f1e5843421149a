--- compress_certificate.
-- @module wolfssl.tls.extension.compress_certificate
-- @see RFC 8879 section 3
local code_points = require "wolfssl.tls.registry.code_points"
local wire = require "wolfssl.tls.wire"

local CertificateCompressionAlgorithms = wire.struct {
  { "algorithms", wire.vector(wire.enum(code_points.certificate_compression_algorithm), 2, 254) },
}

return { CH = CertificateCompressionAlgorithms, CR = CertificateCompressionAlgorithms }
