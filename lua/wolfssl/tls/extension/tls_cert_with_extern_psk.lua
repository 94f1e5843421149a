--- tls_cert_with_extern_psk.
-- @module wolfssl.tls.extension.tls_cert_with_extern_psk
-- @see RFC 8773 section 5.1
local wire = require "wolfssl.tls.wire"

return { CH = wire.empty, SH = wire.empty }
