--- certificate: the chain, leaf first; in TLS 1.2 a list of DER strings.
-- @module wolfssl.tls.message.certificate
-- @see RFC 8446 section 4.4.2
-- @see RFC 5246 section 7.4.2
local extension = require "wolfssl.tls.extension"
local negotiated = require "wolfssl.tls.message.negotiated"
local wire = require "wolfssl.tls.wire"

local CertificateEntry = wire.struct {
  { "cert_data", wire.opaque(1, 16777215) },
  { "extensions", extension.list("CT") },
}

local tls13 = wire.struct {
  { "certificate_request_context", wire.opaque(0, 255) },
  { "certificate_list", wire.vector(CertificateEntry, 0, 16777215) },
}

local tls12 = wire.struct {
  { "certificate_list", wire.vector(wire.opaque(1, 16777215), 0, 16777215) },
}

return negotiated.by_version { tls13 = tls13, tls12 = tls12 }
