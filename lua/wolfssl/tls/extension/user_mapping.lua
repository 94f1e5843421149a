--- user_mapping.
-- @module wolfssl.tls.extension.user_mapping
-- @see RFC 4681 section 3
local code_points = require "wolfssl.tls.registry.code_points"
local wire = require "wolfssl.tls.wire"

local UserMappingTypeList = wire.struct {
  { "user_mapping_types", wire.vector(wire.enum(code_points.user_mapping_type), 1, 255) },
}

return { CH = UserMappingTypeList, SH12 = UserMappingTypeList }
