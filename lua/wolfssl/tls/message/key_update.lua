--- key_update.
-- @module wolfssl.tls.message.key_update
-- @see RFC 8446 section 4.6.3
local code_points = require "wolfssl.tls.registry.code_points"
local wire = require "wolfssl.tls.wire"

return wire.struct { { "request_update", wire.enum(code_points.key_update_request) } }
