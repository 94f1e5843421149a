--- signed_certificate_timestamp: the same list stands in certificates and in OCSP responses.
-- @module wolfssl.tls.extension.signed_certificate_timestamp
-- @see RFC 6962 section 3.2 and 3.3
local code_points = require "wolfssl.tls.registry.code_points"
local signature_scheme = require "wolfssl.tls.registry.signature_scheme"
local wire = require "wolfssl.tls.wire"

local V1 = 0

local function by_version(v1, later)
  return wire.choice({ v1, later }, function(sct)
    return code_points.sct_version:value(sct.sct_version) == V1 and v1 or later
  end)
end

-- The timestamp counts milliseconds since 1970.
local SignedCertificateTimestamp = wire.struct {
  { "sct_version", wire.enum(code_points.sct_version) },
  { "id", by_version(wire.fixed(32), wire.nothing) },
  { "timestamp", by_version(wire.uint64, wire.nothing) },
  { "extensions", by_version(wire.opaque(0, 65535), wire.nothing) },
  { "algorithm", by_version(wire.enum(signature_scheme), wire.nothing) },
  { "signature", by_version(wire.opaque(0, 65535), wire.nothing) },
  { "content", by_version(wire.nothing, wire.rest()) },
}

local SignedCertificateTimestampList = wire.struct {
  { "sct_list", wire.vector(wire.sized(SignedCertificateTimestamp, 1, 65535), 1, 65535) },
}

return {
  CH = wire.empty, CR = wire.empty,
  SH12 = SignedCertificateTimestampList, CT = SignedCertificateTimestampList,
}
