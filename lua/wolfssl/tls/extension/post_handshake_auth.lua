--- post_handshake_auth.
-- @module wolfssl.tls.extension.post_handshake_auth
-- @see RFC 8446 section 4.2.6
local wire = require "wolfssl.tls.wire"

return { CH = wire.empty }
