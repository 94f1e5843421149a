--- application_settings_old.
-- @module wolfssl.tls.extension.application_settings_old
-- @see draft-vvv-tls-alps section 4
local wire = require "wolfssl.tls.wire"

return {
  CH = wire.struct { { "supported_protocols", wire.vector(wire.opaque(1, 255), 2, 65535) } },
  EE = wire.struct { { "settings", wire.rest() } },
}
