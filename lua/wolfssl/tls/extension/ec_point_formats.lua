--- ec_point_formats.
-- @module wolfssl.tls.extension.ec_point_formats
-- @see RFC 8422 section 5.1.2
local code_points = require "wolfssl.tls.registry.code_points"
local wire = require "wolfssl.tls.wire"

local ECPointFormatList = wire.struct {
  { "ec_point_format_list", wire.vector(wire.enum(code_points.ec_point_format), 1, 255) },
}

return { CH = ECPointFormatList, SH12 = ECPointFormatList }
