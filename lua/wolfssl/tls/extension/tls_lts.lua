--- tls_lts.
-- @module wolfssl.tls.extension.tls_lts
-- @see draft-gutmann-tls-lts section 3.1
local wire = require "wolfssl.tls.wire"

return { CH = wire.empty, SH12 = wire.empty }
