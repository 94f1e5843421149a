--- pwd_protect: kept as bytes.
-- @module wolfssl.tls.extension.pwd_protect
-- @see RFC 8492 section 4
local wire = require "wolfssl.tls.wire"

return { CH = wire.rest() }
