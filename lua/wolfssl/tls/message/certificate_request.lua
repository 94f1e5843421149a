--- certificate_request.
-- @module wolfssl.tls.message.certificate_request
-- @see RFC 8446 section 4.3.2
-- @see RFC 5246 section 7.4.4
-- @see RFC 4346 section 7.4.4
local extension = require "wolfssl.tls.extension"
local negotiated = require "wolfssl.tls.message.negotiated"
local code_points = require "wolfssl.tls.registry.code_points"
local signature_scheme = require "wolfssl.tls.registry.signature_scheme"
local wire = require "wolfssl.tls.wire"

local tls13 = wire.struct {
  { "certificate_request_context", wire.opaque(0, 255) },
  { "extensions", extension.list("CR", 2) },
}

local certificate_types = { "certificate_types",
  wire.vector(wire.enum(code_points.client_certificate_type), 1, 255) }
local supported_signature_algorithms = { "supported_signature_algorithms",
  wire.vector(wire.enum(signature_scheme), 2, 65534) }
local certificate_authorities = { "certificate_authorities",
  wire.vector(wire.opaque(1, 65535), 0, 65535) }

return negotiated.by_version {
  tls13 = tls13,
  tls12 = wire.struct {
    certificate_types, supported_signature_algorithms, certificate_authorities,
  },
  tls11 = wire.struct { certificate_types, certificate_authorities },
}
