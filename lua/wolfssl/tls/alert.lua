--- The other content types: alerts, change_cipher_spec, heartbeats.
-- @module wolfssl.tls.alert
-- @see RFC 8446 section 6
-- @see RFC 5246 section 7.1 and 7.2
-- @see RFC 6520 section 4
local alert = require "wolfssl.tls.registry.alert"
local code_points = require "wolfssl.tls.registry.code_points"
local wire = require "wolfssl.tls.wire"

local M = {}

--- `{level = {value =, name =}, description = {value =, name =, meaning =}}`
M.type = wire.named("alert", wire.struct {
  { "level", wire.enum(code_points.alert_level) },
  { "description", wire.enum(alert) },
})

--- `{type = 1}`
M.change_cipher_spec = wire.named("change_cipher_spec", wire.struct {
  { "type", wire.check(wire.uint8, function(value) return value == 1 end, "not 1") },
})

--- `{type =, payload =, padding =}`
M.heartbeat = wire.named("heartbeat message", wire.struct {
  { "type", wire.enum(code_points.heartbeat_message_type) },
  { "payload", wire.opaque(0, 65535) },
  { "padding", wire.rest(16) },
})

--- Decodes the content of an alert record.
-- @tparam string bytes
-- @return alert; or nil, text, "decode_error", `{path =, offset =}`
function M.decode(bytes)
  return wire.decode(M.type, bytes)
end

--- Encodes an alert.
-- @tparam table what `{level = "fatal", description = "handshake_failure"}`
-- @treturn string bytes
function M.encode(what)
  return wire.encode(M.type, what)
end

return M
