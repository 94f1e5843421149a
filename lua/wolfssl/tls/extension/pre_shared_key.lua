--- pre_shared_key.
-- @module wolfssl.tls.extension.pre_shared_key
-- @see RFC 8446 section 4.2.11
local wire = require "wolfssl.tls.wire"

local PskIdentity = wire.struct {
  { "identity", wire.opaque(1, 65535) },
  { "obfuscated_ticket_age", wire.uint32 },
}

local OfferedPsks = wire.struct {
  { "identities", wire.vector(PskIdentity, 7, 65535) },
  { "binders", wire.vector(wire.opaque(32, 255), 33, 65535) },
}

return { CH = OfferedPsks, SH = wire.struct { { "selected_identity", wire.uint16 } } }
