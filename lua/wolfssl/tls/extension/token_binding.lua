--- token_binding.
-- @module wolfssl.tls.extension.token_binding
-- @see RFC 8472 section 2
local code_points = require "wolfssl.tls.registry.code_points"
local wire = require "wolfssl.tls.wire"

local TokenBindingParameters = wire.struct {
  { "token_binding_version", wire.struct { { "major", wire.uint8 }, { "minor", wire.uint8 } } },
  { "key_parameters_list",
    wire.vector(wire.enum(code_points.token_binding_key_parameters), 1, 255) },
}

return { CH = TokenBindingParameters, SH12 = TokenBindingParameters }
