--- ech_outer_extensions: only in the inner ClientHello, for what is the same in the outer one.
-- @module wolfssl.tls.extension.ech_outer_extensions
-- @see RFC 9849 section 5.1
local extension_type = require "wolfssl.tls.registry.extension_type"
local wire = require "wolfssl.tls.wire"

return {
  CH = wire.struct { { "outer_extensions", wire.vector(wire.enum(extension_type), 2, 254) } },
}
