--- server_authz.
-- @module wolfssl.tls.extension.server_authz
-- @see RFC 5878 section 3
local code_points = require "wolfssl.tls.registry.code_points"
local wire = require "wolfssl.tls.wire"

local AuthzFormats = wire.struct {
  { "authz_format_list", wire.vector(wire.enum(code_points.authz_data_format), 1, 255) },
}

return { CH = AuthzFormats, SH12 = AuthzFormats }
