--- certificate_url.
-- @module wolfssl.tls.message.certificate_url
-- @see RFC 6066 section 5
local code_points = require "wolfssl.tls.registry.code_points"
local wire = require "wolfssl.tls.wire"

local URLAndHash = wire.struct {
  { "url", wire.opaque(1, 65535) },
  { "padding", wire.uint8 },
  { "sha1_hash", wire.fixed(20) },
}

return wire.struct {
  { "type", wire.enum(code_points.cert_chain_type) },
  { "url_and_hash_list", wire.vector(URLAndHash, 1, 65535) },
}
