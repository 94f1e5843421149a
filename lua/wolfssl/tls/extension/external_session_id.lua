--- external_session_id.
-- @module wolfssl.tls.extension.external_session_id
-- @see RFC 8844 section 4.2
local wire = require "wolfssl.tls.wire"

local ExternalSessionId = wire.struct { { "session_id", wire.opaque(20, 255) } }

return { CH = ExternalSessionId, SH12 = ExternalSessionId, EE = ExternalSessionId }
