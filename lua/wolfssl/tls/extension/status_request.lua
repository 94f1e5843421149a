--- status_request.
-- @module wolfssl.tls.extension.status_request
-- @see RFC 6066 section 8
-- @see RFC 8446 section 4.4.2.1
local code_points = require "wolfssl.tls.registry.code_points"
local wire = require "wolfssl.tls.wire"

local ocsp = require "wolfssl.tls.extension.ocsp"

local CertificateStatusRequest = wire.struct {
  { "status_type", wire.enum(code_points.certificate_status_type) },
  { "request", wire.select("status_type", code_points.certificate_status_type, {
    ocsp = ocsp,
  }, wire.rest()) },
}

-- Empty is what RFC 8446 asks for here, but servers also send the whole request.
local Request = wire.struct {
  { "certificate_status_request", wire.optional(CertificateStatusRequest) },
}

local CertificateStatus = wire.struct {
  { "status_type", wire.enum(code_points.certificate_status_type) },
  { "response", wire.opaque(1, 16777215) },
}

return { CH = CertificateStatusRequest, SH12 = wire.empty, CR = Request, CT = CertificateStatus }
