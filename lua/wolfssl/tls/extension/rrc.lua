--- rrc: return routability check, DTLS only.
-- @module wolfssl.tls.extension.rrc
-- @see RFC 9853 section 4
local wire = require "wolfssl.tls.wire"

return { CH = wire.empty, SH12 = wire.empty, SH = wire.empty }
