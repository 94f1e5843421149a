--- application_layer_protocol_negotiation.
-- @module wolfssl.tls.extension.application_layer_protocol_negotiation
-- @see RFC 7301 section 3.1
local wire = require "wolfssl.tls.wire"

local ProtocolNameList = wire.struct {
  { "protocol_name_list", wire.vector(wire.opaque(1, 255), 2, 65535) },
}

return { CH = ProtocolNameList, SH12 = ProtocolNameList, EE = ProtocolNameList }
