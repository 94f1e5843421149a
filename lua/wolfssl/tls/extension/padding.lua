--- padding.
-- @module wolfssl.tls.extension.padding
-- @see RFC 7685 section 3
local wire = require "wolfssl.tls.wire"

return { CH = wire.struct { { "padding", wire.rest() } } }
