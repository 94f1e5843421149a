--- key_share.
-- @module wolfssl.tls.extension.key_share
-- @see RFC 8446 section 4.2.8
local named_group = require "wolfssl.tls.registry.named_group"
local wire = require "wolfssl.tls.wire"

local NamedGroup = wire.enum(named_group)

local KeyShareEntry = wire.struct {
  { "group", NamedGroup },
  { "key_exchange", wire.opaque(1, 65535) },
}

return {
  CH = wire.struct { { "client_shares", wire.vector(KeyShareEntry, 0, 65535) } },
  SH = wire.struct { { "server_share", KeyShareEntry } },
  HRR = wire.struct { { "selected_group", NamedGroup } },
}
