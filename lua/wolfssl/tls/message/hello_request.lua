--- hello_request.
-- @module wolfssl.tls.message.hello_request
-- @see RFC 5246 section 7.4.1.1
local wire = require "wolfssl.tls.wire"

return wire.empty
