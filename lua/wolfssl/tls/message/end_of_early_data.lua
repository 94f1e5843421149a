--- end_of_early_data.
-- @module wolfssl.tls.message.end_of_early_data
-- @see RFC 8446 section 4.5
local wire = require "wolfssl.tls.wire"

return wire.empty
