--- `on_server_certificate`, `on_client_certificate`: the application's word on the peer's
-- certificates. It can only say no where verification says yes: that still follows.
-- @module wolfssl.connection.peer_certificate

local caller = require "wolfssl.connection.call"
local core = require "wolfssl.core"
local handshake = require "wolfssl.tls.handshake"
local hold = require "wolfssl.connection.hold"
local alert = require "wolfssl.tls.registry.alert"

local methods = core.connection_methods

local M = {}

local CERTIFICATE = 11
local BAD_CERTIFICATE, CERTIFICATE_UNKNOWN, DECODE_ERROR = 42, 46, 50
local EXPECTED = "nothing, true, or nil with a reason and the name of an alert"

local function name_of(own)
  return own.server and "on_client_certificate" or "on_server_certificate"
end

local function refuse(own, reason, alert_name)
  local entry = alert_name == nil and alert:entry(CERTIFICATE_UNKNOWN) or alert.by_name[alert_name]
  if not entry or entry.value == 0 then
    return caller.nonsense(own, name_of(own), alert_name, "the name of an alert")
  end
  caller.reject(own, reason, ("%s refused the certificate: %s"):format(name_of(own),
    tostring(reason or "it did not say why")), entry.value)
  return false
end

-- Nothing is not nil: whoever returns the result of a function that found nothing says no.
local function heed(own, sound, ...)
  if not sound then return false end
  local answer = ...
  if select("#", ...) == 0 or answer == true then return true end
  if answer == nil or answer == false then
    local _, reason, alert_name = ...
    return refuse(own, reason, alert_name)
  end
  return caller.nonsense(own, name_of(own), answer, EXPECTED)
end

local function leaf_of(chain)
  return chain[1] and chain[1]:der() or ""
end

local function ask(own, chain)
  local verdict = { ok = false, anchored = false, path = {}, errors = {} }
  if chain[1] then verdict = assert(methods.examine(own.connection, chain)) end
  if not heed(own, caller.call(own, name_of(own), own.handlers[name_of(own)], chain, verdict,
      own.connection)) then
    return false
  end
  own.peer_leaf = leaf_of(chain)
  return true
end

-- Whether the handshake is one in which the peer is asked for its certificate.
local function concerns(own)
  return own.handlers[name_of(own)] and not (own.server
    and (own.handlers.verify or "none") == "none")
end

-- Who must show a certificate in the handshake and has none is refused by wolfSSL in any case.
local function is_refused(own, chain)
  return not chain[1] and own.handlers.verify == "required" and not own.requested
end

-- Certificates behind the leaf that cannot be decoded may be superfluous, and count for nothing.
local function chain_of(own, list)
  local chain = {}
  for i, entry in ipairs(list) do
    local der = type(entry) == "table" and entry.cert_data or entry
    local certificate, message = core.certificate(der)
    if not certificate and i == 1 then
      methods.reject(own.connection, "the peer's certificate: " .. message, BAD_CERTIFICATE,
        "decode_error")
      return nil
    end
    chain[#chain + 1] = certificate
  end
  return chain
end

--- Waits for the peer's certificates.
-- @tparam table own
function M.begin(own)
  if concerns(own) then hold.wait(own, M) end
end

--- Asks when they are there.
-- @tparam table own
-- @tparam int kind of the message
-- @tparam string bytes
-- @tparam table context of the codec
-- @treturn ?boolean
function M.message(own, kind, bytes, context)
  if kind ~= CERTIFICATE or own.peer_leaf or not own.handlers[name_of(own)] then return true end
  local message, text, code = handshake.decode(bytes, context)
  if not message then
    methods.reject(own.connection, text, DECODE_ERROR, code)
    return false
  end
  local chain = chain_of(own, message.body.certificate_list)
  if not chain or not is_refused(own, chain) and not ask(own, chain) then return false end
  hold.done(own, M)
  return true
end

local function is_same(own, chain)
  if leaf_of(chain) == own.peer_leaf then return true end
  methods.reject(own.connection, "the peer is not the one that " .. name_of(own) .. " saw",
    BAD_CERTIFICATE)
  return false
end

--- Asks about a resumed connection, and makes sure that nobody was overlooked or exchanged.
-- @tparam table own
-- @treturn ?boolean
function M.finish(own)
  if not concerns(own) then return true end
  local chain = methods.peer_certificates(own.connection)
  if not own.peer_leaf then return ask(own, chain) end
  return is_same(own, chain)
end

--- Waits for the certificate that a server is about to ask for after the handshake.
-- @tparam table own
function M.request(own)
  if own.requested or not own.server or not own.handlers[name_of(own)] then return end
  own.requested, own.reading, own.peer_leaf = true, nil, nil
  hold.wait(own, M)
end

--- Looks whether it has come, and whether it is the one that was shown.
-- @tparam table own
-- @treturn ?boolean
function M.requested(own)
  local late = methods.info(own.connection).late_certificate
  if late == "requested" then return true end
  own.requested = nil
  if own.peer_leaf == nil then return hold.done(own, M) end -- the client cannot be asked
  return late == "declined" or is_same(own, methods.peer_certificates(own.connection))
end

return M
