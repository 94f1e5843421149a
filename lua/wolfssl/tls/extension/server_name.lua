--- server_name: the host that the client wants; the answer that it was used is empty.
-- @module wolfssl.tls.extension.server_name
-- @see RFC 6066 section 3
-- @see RFC 9261 (CR)
local code_points = require "wolfssl.tls.registry.code_points"
local wire = require "wolfssl.tls.wire"

local ServerName = wire.struct {
  { "name_type", wire.enum(code_points.name_type) },
  { "name", wire.select("name_type", code_points.name_type, {
    host_name = wire.opaque(1, 65535),
  }, wire.opaque(0, 65535)) },
}

local ServerNameList = wire.struct {
  { "server_name_list", wire.vector(ServerName, 1, 65535) },
}

return { CH = ServerNameList, CR = ServerNameList, SH12 = wire.empty, EE = wire.empty }
