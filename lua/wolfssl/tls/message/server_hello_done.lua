--- server_hello_done.
-- @module wolfssl.tls.message.server_hello_done
-- @see RFC 5246 section 7.4.5
local wire = require "wolfssl.tls.wire"

return wire.empty
