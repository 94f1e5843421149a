--- extended_master_secret.
-- @module wolfssl.tls.extension.extended_master_secret
-- @see RFC 7627 section 5.1
local wire = require "wolfssl.tls.wire"

return { CH = wire.empty, SH12 = wire.empty }
