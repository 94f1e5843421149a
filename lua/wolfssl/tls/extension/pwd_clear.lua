--- pwd_clear: the name as it is.
-- @module wolfssl.tls.extension.pwd_clear
-- @see RFC 8492 section 4
local wire = require "wolfssl.tls.wire"

return { CH = wire.struct { { "pwd_name", wire.opaque(1, 255) } } }
