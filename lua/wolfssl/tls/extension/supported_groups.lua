--- supported_groups.
-- @module wolfssl.tls.extension.supported_groups
-- @see RFC 8422 section 5.1.1
-- @see RFC 8446 section 4.2.7
local named_group = require "wolfssl.tls.registry.named_group"
local wire = require "wolfssl.tls.wire"

local NamedGroupList = wire.struct {
  { "named_group_list", wire.vector(wire.enum(named_group), 2, 65535) },
}

return { CH = NamedGroupList, EE = NamedGroupList }
