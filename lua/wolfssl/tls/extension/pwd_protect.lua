--- pwd_protect: the name is encrypted to the server's key.
-- @module wolfssl.tls.extension.pwd_protect
-- @see RFC 8492 section 4
local wire = require "wolfssl.tls.wire"

return { CH = wire.struct { { "pwd_name", wire.opaque(1, 255) } } }
