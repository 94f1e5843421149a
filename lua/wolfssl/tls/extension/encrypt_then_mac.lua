--- encrypt_then_mac.
-- @module wolfssl.tls.extension.encrypt_then_mac
-- @see RFC 7366 section 2
local wire = require "wolfssl.tls.wire"

return { CH = wire.empty, SH12 = wire.empty }
