--- client_certificate_url.
-- @module wolfssl.tls.extension.client_certificate_url
-- @see RFC 6066 section 5
local wire = require "wolfssl.tls.wire"

return { CH = wire.empty, SH12 = wire.empty }
