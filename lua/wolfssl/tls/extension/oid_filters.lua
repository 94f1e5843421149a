--- oid_filters.
-- @module wolfssl.tls.extension.oid_filters
-- @see RFC 8446 section 4.2.5
local wire = require "wolfssl.tls.wire"

local OIDFilter = wire.struct {
  { "certificate_extension_oid", wire.opaque(1, 255) },
  { "certificate_extension_values", wire.opaque(0, 65535) },
}

return { CR = wire.struct { { "filters", wire.vector(OIDFilter, 0, 65535) } } }
