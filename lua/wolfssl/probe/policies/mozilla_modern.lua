--- Mozilla's "modern" configuration: TLS 1.3 and nothing else.
-- @module wolfssl.probe.policies.mozilla_modern
local mozilla = require "wolfssl.probe.policies.mozilla"
local policy = require "wolfssl.probe.policy"

return policy.define {
  name = "mozilla-modern", summary = "Is this Mozilla's modern configuration?",
  reference = mozilla.REFERENCE,
  rules = {
    mozilla.versions { "TLS 1.3" },
    mozilla.suites "TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256",
    mozilla.order(),
    mozilla.groups(false),
    mozilla.key(false),
    mozilla.signature "ecdsa_with_sha256 ecdsa_with_sha384 ecdsa_with_sha512",
    mozilla.lifespan(90),
    mozilla.staple(),
  },
}
