--- channel_id_old.
-- @module wolfssl.tls.extension.channel_id_old
-- @see draft-balfanz-tls-channelid
local wire = require "wolfssl.tls.wire"

return { CH = wire.empty, SH12 = wire.empty }
