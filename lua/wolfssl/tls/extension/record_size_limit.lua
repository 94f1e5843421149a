--- record_size_limit.
-- @module wolfssl.tls.extension.record_size_limit
-- @see RFC 8449 section 4
local wire = require "wolfssl.tls.wire"

local RecordSizeLimit = wire.struct { { "record_size_limit", wire.uint16 } }

return { CH = RecordSizeLimit, SH12 = RecordSizeLimit, EE = RecordSizeLimit }
