--- max_fragment_length.
-- @module wolfssl.tls.extension.max_fragment_length
-- @see RFC 6066 section 4
local code_points = require "wolfssl.tls.registry.code_points"
local wire = require "wolfssl.tls.wire"

local MaxFragmentLength = wire.struct {
  { "max_fragment_length", wire.enum(code_points.max_fragment_length) },
}

return { CH = MaxFragmentLength, SH12 = MaxFragmentLength, EE = MaxFragmentLength }
