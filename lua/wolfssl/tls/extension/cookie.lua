--- cookie.
-- @module wolfssl.tls.extension.cookie
-- @see RFC 8446 section 4.2.2
local wire = require "wolfssl.tls.wire"

local Cookie = wire.struct { { "cookie", wire.opaque(1, 65535) } }

return { CH = Cookie, HRR = Cookie }
