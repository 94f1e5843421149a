--- OCSPStatusRequest, which two extensions share.
-- @module wolfssl.tls.extension.ocsp
-- @see RFC 6066 section 8
local wire = require "wolfssl.tls.wire"

return wire.struct {
  { "responder_id_list", wire.vector(wire.opaque(1, 65535), 0, 65535) },
  { "request_extensions", wire.opaque(0, 65535) },
}
