--- supported_versions.
-- @module wolfssl.tls.extension.supported_versions
-- @see RFC 8446 section 4.2.1
local version = require "wolfssl.tls.registry.version"
local wire = require "wolfssl.tls.wire"

local ProtocolVersion = wire.enum(version)
local Selected = wire.struct { { "selected_version", ProtocolVersion } }

return {
  CH = wire.struct { { "versions", wire.vector(ProtocolVersion, 2, 254) } },
  SH = Selected, HRR = Selected,
}
