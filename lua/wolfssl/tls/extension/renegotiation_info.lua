--- renegotiation_info.
-- @module wolfssl.tls.extension.renegotiation_info
-- @see RFC 5746 section 3.2
local wire = require "wolfssl.tls.wire"

local RenegotiationInfo = wire.struct { { "renegotiated_connection", wire.opaque(0, 255) } }

return { CH = RenegotiationInfo, SH12 = RenegotiationInfo }
