--- status_request_v2.
-- @module wolfssl.tls.extension.status_request_v2
-- @see RFC 6961 section 2.2
local code_points = require "wolfssl.tls.registry.code_points"
local wire = require "wolfssl.tls.wire"

local ocsp = require "wolfssl.tls.extension.ocsp"

local CertificateStatusRequestItemV2 = wire.struct {
  { "status_type", wire.enum(code_points.certificate_status_type) },
  { "request", wire.sized(wire.select("status_type", code_points.certificate_status_type, {
    ocsp = ocsp,
    ocsp_multi = ocsp,
  }, wire.rest()), 0, 65535) },
}

local CertificateStatusRequestListV2 = wire.struct {
  { "certificate_status_req_list", wire.vector(CertificateStatusRequestItemV2, 1, 65535) },
}

return { CH = CertificateStatusRequestListV2, SH12 = wire.empty }
