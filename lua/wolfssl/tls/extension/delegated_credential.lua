--- delegated_credential.
-- @module wolfssl.tls.extension.delegated_credential
-- @see RFC 9345 section 4
local signature_scheme = require "wolfssl.tls.registry.signature_scheme"
local wire = require "wolfssl.tls.wire"

local SignatureScheme = wire.enum(signature_scheme)

local SignatureSchemeList = wire.struct {
  { "supported_signature_algorithms", wire.vector(SignatureScheme, 2, 65534) },
}

local Credential = wire.struct {
  { "valid_time", wire.uint32 },
  { "dc_cert_verify_algorithm", SignatureScheme },
  { "asn1_subject_public_key_info", wire.opaque(1, 16777215) },
}

local DelegatedCredential = wire.struct {
  { "cred", Credential },
  { "algorithm", SignatureScheme },
  { "signature", wire.opaque(1, 65535) },
}

return { CH = SignatureSchemeList, CR = SignatureSchemeList, CT = DelegatedCredential }
