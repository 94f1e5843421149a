--- transparency_info.
-- @module wolfssl.tls.extension.transparency_info
-- @see RFC 9162 section 6.3
local wire = require "wolfssl.tls.wire"

local TransItemList = wire.struct {
  { "trans_item_list", wire.vector(wire.opaque(1, 65535), 1, 65535) },
}

return { CH = wire.empty, CR = wire.empty, SH12 = TransItemList, CT = TransItemList }
