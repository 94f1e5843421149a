--- encrypted_server_name: ESNI, which was deployed for a while before ECH.
-- @module wolfssl.tls.extension.encrypted_server_name
-- @see draft-ietf-tls-esni-02 section 5
local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local named_group = require "wolfssl.tls.registry.named_group"
local wire = require "wolfssl.tls.wire"

local ClientEncryptedSNI = wire.struct {
  { "suite", wire.enum(cipher_suite) },
  { "group", wire.enum(named_group) }, { "key_exchange", wire.opaque(1, 65535) },
  { "record_digest", wire.opaque(0, 65535) },
  { "encrypted_sni", wire.opaque(0, 65535) },
}

return { CH = ClientEncryptedSNI, EE = wire.struct { { "nonce", wire.fixed(16) } } }
