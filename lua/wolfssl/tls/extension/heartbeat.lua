--- heartbeat.
-- @module wolfssl.tls.extension.heartbeat
-- @see RFC 6520 section 2
local code_points = require "wolfssl.tls.registry.code_points"
local wire = require "wolfssl.tls.wire"

local HeartbeatExtension = wire.struct {
  { "mode", wire.enum(code_points.heartbeat_mode) },
}

return { CH = HeartbeatExtension, SH12 = HeartbeatExtension, EE = HeartbeatExtension }
