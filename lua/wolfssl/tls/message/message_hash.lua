--- message_hash: stands for ClientHello1 in the transcript, never on the wire.
-- @module wolfssl.tls.message.message_hash
-- @see RFC 8446 section 4.4.1
local wire = require "wolfssl.tls.wire"

return wire.struct { { "hash", wire.rest() } }
