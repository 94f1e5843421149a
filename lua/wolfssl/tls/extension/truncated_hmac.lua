--- truncated_hmac.
-- @module wolfssl.tls.extension.truncated_hmac
-- @see RFC 6066 section 7
local wire = require "wolfssl.tls.wire"

return { CH = wire.empty, SH12 = wire.empty }
