--- new_connection_id.
-- @module wolfssl.tls.message.new_connection_id
-- @see RFC 9147 section 9
local code_points = require "wolfssl.tls.registry.code_points"
local wire = require "wolfssl.tls.wire"

return wire.struct {
  { "cids", wire.vector(wire.opaque(0, 255), 0, 65535) },
  { "usage", wire.enum(code_points.connection_id_usage) },
}
