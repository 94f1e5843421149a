--- ticket_request.
-- @module wolfssl.tls.extension.ticket_request
-- @see RFC 9149 section 3
local wire = require "wolfssl.tls.wire"

return {
  CH = wire.struct { { "new_session_count", wire.uint8 }, { "resumption_count", wire.uint8 } },
  EE = wire.struct { { "expected_count", wire.uint8 } },
}
