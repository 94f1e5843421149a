--- encrypted_client_hello.
-- @module wolfssl.tls.extension.encrypted_client_hello
-- @see RFC 9849 section 4 and 5
local code_points = require "wolfssl.tls.registry.code_points"
local wire = require "wolfssl.tls.wire"

local HpkeSymmetricCipherSuite = wire.struct {
  { "kdf_id", wire.enum(code_points.hpke_kdf) },
  { "aead_id", wire.enum(code_points.hpke_aead) },
}

local Outer = wire.struct {
  { "cipher_suite", HpkeSymmetricCipherSuite },
  { "config_id", wire.uint8 },
  { "enc", wire.opaque(0, 65535) },
  { "payload", wire.opaque(1, 65535) },
}

local ECHClientHello = wire.struct {
  { "type", wire.enum(code_points.ech_client_hello_type) },
  { "body", wire.select("type", code_points.ech_client_hello_type, {
    outer = Outer, inner = wire.empty,
  }, wire.rest()) },
}

local ECHConfigExtension = wire.struct {
  { "type", wire.uint16 }, { "data", wire.opaque(0, 65535) },
}

local ECHConfigContents = wire.struct {
  { "key_config", wire.struct {
    { "config_id", wire.uint8 },
    { "kem_id", wire.enum(code_points.hpke_kem) },
    { "public_key", wire.opaque(1, 65535) },
    { "cipher_suites", wire.vector(HpkeSymmetricCipherSuite, 4, 65532) },
  } },
  { "maximum_name_length", wire.uint8 },
  { "public_name", wire.opaque(1, 255) },
  { "extensions", wire.vector(ECHConfigExtension, 0, 65535) },
}

local other_version = wire.rest()
local ECHConfig = wire.struct {
  { "version", wire.uint16 },
  { "contents", wire.sized(wire.choice({ ECHConfigContents, other_version }, function(config)
    return config.version == 0xFE0D and ECHConfigContents or other_version
  end), 0, 65535) },
}

return {
  CH = ECHClientHello,
  HRR = wire.struct { { "confirmation", wire.fixed(8) } },
  EE = wire.struct { { "retry_configs", wire.vector(ECHConfig, 4, 65535) } },
}
