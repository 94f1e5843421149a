--- Mozilla's "intermediate" configuration: TLS 1.3 and 1.2, with forward secrecy and AEAD.
-- @module wolfssl.probe.policies.mozilla_intermediate
local mozilla = require "wolfssl.probe.policies.mozilla"
local policy = require "wolfssl.probe.policy"

return policy.define {
  name = "mozilla-intermediate", summary = "Is this Mozilla's intermediate configuration?",
  reference = mozilla.REFERENCE,
  rules = {
    mozilla.versions { "TLS 1.3", "TLS 1.2" },
    mozilla.suites [[
      TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256
      TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
      TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
      TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
      TLS_DHE_RSA_WITH_AES_128_GCM_SHA256 TLS_DHE_RSA_WITH_AES_256_GCM_SHA384
      TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256]],
    mozilla.order(),
    mozilla.groups(true),
    mozilla.key(true),
    mozilla.signature [[ecdsa_with_sha256 ecdsa_with_sha384 ecdsa_with_sha512
      sha256_with_rsa_encryption]],
    mozilla.lifespan(366),
    mozilla.staple(),
  },
}
