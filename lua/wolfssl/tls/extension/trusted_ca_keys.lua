--- trusted_ca_keys.
-- @module wolfssl.tls.extension.trusted_ca_keys
-- @see RFC 6066 section 6
local code_points = require "wolfssl.tls.registry.code_points"
local wire = require "wolfssl.tls.wire"

local TrustedAuthority = wire.struct {
  { "identifier_type", wire.enum(code_points.ca_identifier_type) },
  { "identifier", wire.select("identifier_type", code_points.ca_identifier_type, {
    pre_agreed = wire.empty,
    key_sha1_hash = wire.fixed(20),
    x509_name = wire.opaque(1, 65535),
    cert_sha1_hash = wire.fixed(20),
  }, wire.rest()) },
}

local TrustedAuthorities = wire.struct {
  { "trusted_authorities_list", wire.vector(TrustedAuthority, 0, 65535) },
}

return { CH = TrustedAuthorities, SH12 = wire.empty }
