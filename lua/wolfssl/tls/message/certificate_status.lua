--- certificate_status: the stapled answer of the OCSP responder, DER.
-- @module wolfssl.tls.message.certificate_status
-- @see RFC 6066 section 8
-- @see RFC 6961 section 2.2
local code_points = require "wolfssl.tls.registry.code_points"
local wire = require "wolfssl.tls.wire"

return wire.struct {
  { "status_type", wire.enum(code_points.certificate_status_type) },
  { "response", wire.select("status_type", code_points.certificate_status_type, {
    ocsp = wire.opaque(1, 16777215),
    ocsp_multi = wire.vector(wire.opaque(0, 16777215), 1, 16777215),
  }, wire.rest()) },
}
