--- `on_certificate_request`: a client chooses its certificate by what the server asks for.
-- @module wolfssl.connection.certificate_request

local caller = require "wolfssl.connection.call"
local core = require "wolfssl.core"
local extension = require "wolfssl.tls.extension"
local handshake = require "wolfssl.tls.handshake"
local hold = require "wolfssl.connection.hold"
local identity = require "wolfssl.connection.identity"

local methods = core.connection_methods

local M = {}

local NAME = "on_certificate_request"
local CERTIFICATE, CERTIFICATE_REQUEST, SERVER_HELLO_DONE = 11, 13, 14
local DECODE_ERROR = 50
local TLS13 = 0x0304
local EXPECTED = "nothing, or a table of certificate and key"
local FIELDS = { certificate = true, key = true, password = true }

local function names(list)
  local authorities = {}
  for i, der in ipairs(list or {}) do
    authorities[i] = core.name(der) or {}
    authorities[i].der = der
  end
  return authorities
end

local function describe(body)
  local schemes = extension.find(body.extensions, "signature_algorithms")
  local authorities = extension.find(body.extensions, "certificate_authorities")
  return {
    signature_schemes = schemes and schemes.supported_signature_algorithms
      or body.supported_signature_algorithms,
    certificate_authorities = names(authorities and authorities.authorities
      or body.certificate_authorities),
    certificate_types = body.certificate_types,
  }
end

local function apply(own, answer)
  if answer == nil then return true end
  if type(answer) ~= "table" then return caller.nonsense(own, NAME, answer, EXPECTED) end
  for field in pairs(answer) do
    if not FIELDS[field] then
      return caller.nonsense(own, NAME, ("a table with '%s'"):format(tostring(field)), EXPECTED)
    end
  end
  return identity.use(own, NAME, answer.certificate, answer.key, answer.password)
end

--- Waits for the request.
-- @tparam table own
function M.begin(own)
  hold.wait(own, M)
end

--- Waits on, for one after the handshake.
-- @tparam table own
-- @see RFC 8446 section 4.6.2
function M.finish(own)
  own.certificate_requested = nil
  if own.handlers.post_handshake_auth and methods.facts(own.connection).version == TLS13 then
    own.reading = nil
    hold.wait(own, M)
  end
end

--- Asks when it is there; when the message is there that it would have come before, it is too late.
-- @tparam table own
-- @tparam int kind of the message
-- @tparam string bytes
-- @tparam table context of the codec
-- @treturn ?boolean
function M.message(own, kind, bytes, context)
  if kind == (context.version == TLS13 and CERTIFICATE or SERVER_HELLO_DONE) then
    hold.done(own, M)
  end
  if kind ~= CERTIFICATE_REQUEST or own.certificate_requested then return true end
  local message, text, code = handshake.decode(bytes, context)
  if not message then
    methods.reject(own.connection, text, DECODE_ERROR, code)
    return false
  end
  local sound, answer = caller.call(own, NAME, own.handlers[NAME], describe(message.body),
    own.connection)
  if not sound or not apply(own, answer) then return false end
  own.certificate_requested = not own.complete
  return true
end

return M
