--- password_salt.
-- @module wolfssl.tls.extension.password_salt
-- @see RFC 8492 section 4
local wire = require "wolfssl.tls.wire"

local PasswordSalt = wire.struct { { "salt", wire.opaque(1, 65535) } }

return { CH = PasswordSalt, SH = PasswordSalt, HRR = PasswordSalt }
