--- trust_anchors: which authorities, told by short names.
-- @module wolfssl.tls.extension.trust_anchors
-- @see draft-ietf-tls-trust-anchor-ids section 4
local wire = require "wolfssl.tls.wire"

local TrustAnchorIDs = wire.struct {
  { "trust_anchor_ids", wire.vector(wire.opaque(1, 255), 0, 65535) },
}

return { CH = TrustAnchorIDs, CR = TrustAnchorIDs, EE = TrustAnchorIDs, CT = wire.empty }
