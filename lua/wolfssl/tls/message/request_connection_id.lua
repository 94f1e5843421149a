--- request_connection_id.
-- @module wolfssl.tls.message.request_connection_id
-- @see RFC 9147 section 9
local wire = require "wolfssl.tls.wire"

return wire.struct { { "num_cids", wire.uint8 } }
