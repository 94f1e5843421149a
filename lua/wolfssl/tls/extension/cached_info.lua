--- cached_info.
-- @module wolfssl.tls.extension.cached_info
-- @see RFC 7924 section 3
local code_points = require "wolfssl.tls.registry.code_points"
local wire = require "wolfssl.tls.wire"

local information_type = wire.enum(code_points.cached_information_type)

local function CachedInformation(fields)
  return wire.struct { { "cached_info", wire.vector(wire.struct(fields), 1, 65535) } }
end

return {
  CH = CachedInformation {
    { "type", information_type },
    { "hash_value", wire.opaque(1, 255) },
  },
  SH12 = CachedInformation { { "type", information_type } },
}
