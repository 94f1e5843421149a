--- session_ticket of TLS 1.2; without a length of its own (RFC 5077 appendix A).
-- @module wolfssl.tls.extension.session_ticket
-- @see RFC 5077 section 3.2
local wire = require "wolfssl.tls.wire"

return { CH = wire.struct { { "ticket", wire.rest() } }, SH12 = wire.empty }
