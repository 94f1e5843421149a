--- tls_flags.
-- @module wolfssl.tls.extension.tls_flags
-- @see draft-ietf-tls-tlsflags section 2
local wire = require "wolfssl.tls.wire"

local FlagExtensions = wire.struct { { "flags", wire.opaque(0, 255) } }

return {
  CH = FlagExtensions, SH = FlagExtensions, HRR = FlagExtensions, EE = FlagExtensions,
  CR = FlagExtensions, CT = FlagExtensions, NST = FlagExtensions,
}
