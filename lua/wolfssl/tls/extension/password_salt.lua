--- password_salt: kept as bytes.
-- @module wolfssl.tls.extension.password_salt
-- @see RFC 8492 section 4
local wire = require "wolfssl.tls.wire"

return { CH = wire.rest(), SH = wire.rest(), HRR = wire.rest() }
