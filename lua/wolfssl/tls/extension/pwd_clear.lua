--- pwd_clear: kept as bytes.
-- @module wolfssl.tls.extension.pwd_clear
-- @see RFC 8492 section 4
local wire = require "wolfssl.tls.wire"

return { CH = wire.rest() }
