--- supplemental_data.
-- @module wolfssl.tls.message.supplemental_data
-- @see RFC 4680 section 2
local code_points = require "wolfssl.tls.registry.code_points"
local wire = require "wolfssl.tls.wire"

local SupplementalDataEntry = wire.struct {
  { "supp_data_type", wire.enum(code_points.supplemental_data_type) },
  { "supp_data", wire.opaque(0, 65535) },
}

return wire.struct { { "supp_data", wire.vector(SupplementalDataEntry, 1, 16777215) } }
