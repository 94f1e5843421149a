--- external_id_hash.
-- @module wolfssl.tls.extension.external_id_hash
-- @see RFC 8844 section 3.2
local wire = require "wolfssl.tls.wire"

local ExternalIdentityHash = wire.struct { { "binding_hash", wire.opaque(0, 32) } }

return { CH = ExternalIdentityHash, SH12 = ExternalIdentityHash, EE = ExternalIdentityHash }
