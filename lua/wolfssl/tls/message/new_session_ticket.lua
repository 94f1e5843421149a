--- new_session_ticket; lifetimes are in seconds.
-- @module wolfssl.tls.message.new_session_ticket
-- @see RFC 8446 section 4.6.1
-- @see RFC 5077 section 3.3
local extension = require "wolfssl.tls.extension"
local negotiated = require "wolfssl.tls.message.negotiated"
local wire = require "wolfssl.tls.wire"

return negotiated.by_version {
  tls13 = wire.struct {
    { "ticket_lifetime", wire.uint32 },
    { "ticket_age_add", wire.uint32 },
    { "ticket_nonce", wire.opaque(0, 255) },
    { "ticket", wire.opaque(1, 65535) },
    { "extensions", extension.list("NST", 0, 65534) },
  },
  tls12 = wire.struct {
    { "ticket_lifetime_hint", wire.uint32 },
    { "ticket", wire.opaque(0, 65535) },
  },
}
