--- signed_certificate_timestamp: each SCT stays as it was signed.
-- @module wolfssl.tls.extension.signed_certificate_timestamp
-- @see RFC 6962 section 3.3
local wire = require "wolfssl.tls.wire"

local SignedCertificateTimestampList = wire.struct {
  { "sct_list", wire.vector(wire.opaque(1, 65535), 1, 65535) },
}

return {
  CH = wire.empty, CR = wire.empty,
  SH12 = SignedCertificateTimestampList, CT = SignedCertificateTimestampList,
}
