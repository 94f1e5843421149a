--- `on_alert`: tells the alerts that were sent and received.
-- @module wolfssl.connection.alerts

local call = require("wolfssl.connection.call").call
local core = require "wolfssl.core"
local alert = require "wolfssl.tls.registry.alert"

local methods = core.connection_methods

local M = {}

local function tell(own, field, from, value)
  if value == nil or own[field] == value then return true end
  own[field] = value
  local entry = alert:entry(value)
  return (call(own, "on_alert", own.handlers.on_alert,
    { from = from, value = entry.value, name = entry.name }, own.connection))
end

--- Tells what is new.
-- @tparam table own
-- @treturn boolean
function M.step(own)
  local facts = methods.facts(own.connection)
  local us, peer = "client", "server"
  if own.server then us, peer = peer, us end
  return tell(own, "told_received", peer, facts.alert_received)
    and tell(own, "told_sent", us, facts.alert_sent)
end

M.over = M.step

return M
