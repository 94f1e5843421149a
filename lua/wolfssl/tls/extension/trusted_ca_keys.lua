--- trusted_ca_keys.
-- @module wolfssl.tls.extension.trusted_ca_keys
-- @see RFC 6066 section 6
local code_points = require "wolfssl.tls.registry.code_points"
local wire = require "wolfssl.tls.wire"

-- An identifier of an unknown type has no length: it is all that is left of the list, and the
-- random values keep to the known types.
local identifier_type = wire.enum(code_points.ca_identifier_type)
identifier_type.random = function(rng)
  return code_points.ca_identifier_type.list[rng(1, 4)]
end

local TrustedAuthority = wire.struct {
  { "identifier_type", identifier_type },
  { "identifier", wire.select("identifier_type", code_points.ca_identifier_type, {
    pre_agreed = wire.nothing,
    key_sha1_hash = wire.fixed(20),
    x509_name = wire.opaque(1, 65535),
    cert_sha1_hash = wire.fixed(20),
  }, wire.rest()) },
}

local TrustedAuthorities = wire.struct {
  { "trusted_authorities_list", wire.vector(TrustedAuthority, 0, 65535) },
}

return { CH = TrustedAuthorities, SH12 = wire.empty }
