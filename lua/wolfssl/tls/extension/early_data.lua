--- early_data.
-- @module wolfssl.tls.extension.early_data
-- @see RFC 8446 section 4.2.10
local wire = require "wolfssl.tls.wire"

return {
  CH = wire.empty, EE = wire.empty,
  NST = wire.struct { { "max_early_data_size", wire.uint32 } },
}
