--- connection_id.
-- @module wolfssl.tls.extension.connection_id
-- @see RFC 9146 section 3
local wire = require "wolfssl.tls.wire"

local ConnectionId = wire.struct { { "cid", wire.opaque(0, 255) } }

return { CH = ConnectionId, SH12 = ConnectionId, SH = ConnectionId }
