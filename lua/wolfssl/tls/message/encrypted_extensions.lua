--- encrypted_extensions.
-- @module wolfssl.tls.message.encrypted_extensions
-- @see RFC 8446 section 4.3.1
local extension = require "wolfssl.tls.extension"
local wire = require "wolfssl.tls.wire"

return wire.struct { { "extensions", extension.list("EE") } }
