--- compressed_certificate: kept as it is, nothing is inflated.
-- @module wolfssl.tls.message.compressed_certificate
-- @see RFC 8879 section 4
local code_points = require "wolfssl.tls.registry.code_points"
local wire = require "wolfssl.tls.wire"

return wire.struct {
  { "algorithm", wire.enum(code_points.certificate_compression_algorithm) },
  { "uncompressed_length", wire.uint24 },
  { "compressed_certificate_message", wire.opaque(1, 16777215) },
}
