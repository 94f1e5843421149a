--- The client's part of a conversation.
-- @module wolfssl.probe.client
-- @see RFC 8446 section 4
-- @see RFC 5246 section 7.4
local Conversation = require("wolfssl.probe.conversation").Conversation
local crypto = require "wolfssl.trace.crypto"
local extension = require "wolfssl.tls.extension"
local handshake = require "wolfssl.tls.handshake"
local hello = require "wolfssl.probe.hello"
local octets = require "wolfssl.trace.octets"
local options_of = require "wolfssl.probe.play.options"
local tls13 = require "wolfssl.trace.key_schedule.tls13"
local transcript = require "wolfssl.trace.transcript"

local M = {}

local TLS13 = 0x0304
local MOST_REMARKS = 16
local SIZES = { sha256 = 32, sha384 = 48 }

-- ------------------------------------------------------------------------------------- hello

local function size_of(self, identity)
  local known = self.secrets:psk(identity)
  return known and SIZES[known.hash] or 32
end

local BINDER_KEYS = { resumption = "resumption_binder_key", external = "external_binder_key" }

local function binder(known, messages, partial)
  local schedule, name = tls13.new(known.hash), BINDER_KEYS[known.kind]
  schedule:early(known.key)
  schedule:derive(name, crypto.digest(known.hash, ""))
  local digest = messages:digest(known.hash, partial)
  return digest and schedule:verify_data(name, digest)
end

-- What a ClientHello comes behind: a HelloRetryRequest, or nothing.
local function messages_before(self)
  local hs = self:seen().handshake
  return hs.retry and hs.transcript or transcript.new()
end

-- The binders cover the hello up to themselves, and their own lengths.
local function bind(self, message, psks)
  local entry = hello.pre_shared_key(psks, function(identity) return size_of(self, identity) end)
  local list = message.body.extensions
  list[#list + 1] = entry
  local bytes, data, length = handshake.encode(message), entry.extension_data, 2
  for _, zeros in ipairs(data.binders) do length = length + 1 + #zeros end
  local partial, messages = bytes:sub(1, -length - 1), messages_before(self)
  for i, identity in ipairs(data.identities) do
    local known = self.secrets:psk(identity.identity)
    data.binders[i] = known and binder(known, messages, partial) or data.binders[i]
  end
end

--- A ClientHello. Private keys of its shares are kept; the binders of pre-shared keys that are
-- known are right.
-- @tparam ?table options see `wolfssl.probe.hello.client`; `server_name` defaults to that of the
-- conversation, false for none
-- @treturn table message
function Conversation:client_hello(options)
  local all = {}
  for name, value in pairs(options or {}) do all[name] = value end
  if all.server_name == nil then all.server_name = self.server_name end
  local message = hello.client(all, function(key) self.secrets:add_private_key(key) end)
  self.offer = { body = message.body, psks = all.psks }
  if all.psks then bind(self, message, all.psks) end
  return message
end

local DROPPED = { pre_shared_key = true, early_data = true, cookie = true }

local function share_of(self, group)
  local private, public = crypto.keypair(group.name)
  if not private then return nil, public, "not_compiled_in" end
  self.secrets:add_private_key { group = group.name, private = private, public = public }
  return { extension_type = "key_share", extension_data = {
    client_shares = { { group = group.name, key_exchange = public } } } }
end

local function name_of(entry)
  local kind = entry.extension_type
  return type(kind) == "table" and kind.name or kind
end

--- The second ClientHello, as a HelloRetryRequest asks for it.
-- @tparam table request message
-- @return message; or nil, message, "not_compiled_in" when we cannot do the group
-- @see RFC 8446 section 4.1.2
function Conversation:retry(request)
  local wanted = extension.find(request.body.extensions, "key_share")
  local cookie = extension.find(request.body.extensions, "cookie")
  local share, text, code
  if wanted then
    share, text, code = share_of(self, wanted.selected_group)
    if not share then return nil, text, code end
  end
  local body, list = {}, {}
  for name, value in pairs(self.offer.body) do body[name] = value end
  for _, entry in ipairs(body.extensions) do
    local name = name_of(entry)
    if not DROPPED[name] then list[#list + 1] = name == "key_share" and share or entry end
  end
  if cookie then list[#list + 1] = { extension_type = "cookie", extension_data = cookie } end
  body.extensions = list
  local message = { msg_type = "client_hello", body = body }
  if self.offer.psks then bind(self, message, self.offer.psks) end
  return message
end

-- How old a ticket is, in milliseconds, hidden as it is sent.
local function obfuscated_age(self, entry)
  local add = entry.message.body.ticket_age_add
  if not add then return nil end
  local age = math.max(0, self.recording:now() - (entry.time or self.recording:now()))
  return (math.floor(age * 1000) + add) % 4294967296
end

--- The NewSessionTicket messages that came so far: what `psks` of a later hello takes, in a
-- conversation with the same `secrets`. In TLS 1.3 `age` is what a hello that is sent now says.
-- @treturn {table,...} messages
-- @see RFC 8446 section 4.2.11.1
function Conversation:tickets()
  local list = {}
  for _, entry in ipairs(self:entries()) do
    if entry.name == "new_session_ticket" and entry.message then
      list[#list + 1] = { msg_type = entry.message.msg_type, body = entry.message.body,
        age = obfuscated_age(self, entry) }
    end
  end
  return list
end

-- What ends nothing before TLS 1.3, such as that the server has another name.
local function is_remark(self, alert)
  return alert and alert.level.name == "warning" and alert.description.name ~= "close_notify"
    and (self:version() or 0) < TLS13
end

--- What is expected, behind warnings.
-- @param expected see `expect`
-- @return as `expect`
-- @see RFC 5246 section 7.2.2
function Conversation:await(expected)
  local message, entry, code, detail = self:expect(expected)
  for _ = 1, MOST_REMARKS do
    if message or not is_remark(self, detail.alert) then break end
    self:receive()
    message, entry, code, detail = self:expect(expected)
  end
  return message, entry, code, detail
end

-- ------------------------------------------------------------------- key exchange of TLS 1.2

local exchange = {}

function exchange.RSA(self, hs, options)
  local version = hs.client_hello.legacy_version.value
  local premaster = options.premaster or octets.number(version, 2) .. crypto.random(46)
  if not hs.public_keys.server then return nil, "no certificate came", "peer_misbehaved" end
  local encrypted, text, code = crypto.rsa_encrypt(hs.public_keys.server, premaster)
  if not encrypted then return nil, text, code end
  self.secrets:add { { encrypted_premaster = encrypted:sub(1, 8), secret = premaster } }
  return { encrypted_pre_master_secret = encrypted }
end

local function params_of(hs)
  local body = hs.server_key_exchange
  return type(body) == "table" and body.params
end

function exchange.DHE(self, hs)
  local params = params_of(hs)
  if not params then return nil, "no Diffie-Hellman values came", "peer_misbehaved" end
  local private, public, code = crypto.dh_keypair(params.dh_p, params.dh_g)
  if not private then return nil, public, code end
  self.secrets:add_private_key { group = "dh", private = private }
  return { dh_yc = public }
end

function exchange.ECDHE(self, hs)
  local params = params_of(hs)
  local group = params and params.curve_params.parameters.namedcurve
  if not group then return nil, "no share on a named curve came", "peer_misbehaved" end
  local private, public, code = crypto.keypair(group.name)
  if not private then return nil, public, code end
  self.secrets:add_private_key { group = group.name, private = private, public = public }
  return { ecdh_yc = public }
end

function exchange.PSK(self, _, options)
  local identity = options.identity or next(self.secrets.psks)
  if not identity then return nil, "no pre-shared key is known", "peer_incompatible" end
  return { psk_identity = identity }
end

local function with_psk(other)
  return function(self, hs, options)
    local body, text, code = exchange[other](self, hs, options)
    if not body then return nil, text, code end
    local psk, why, word = exchange.PSK(self, hs, options)
    if not psk then return nil, why, word end
    body.psk_identity = psk.psk_identity
    return body
  end
end

for _, other in ipairs { "RSA", "DHE", "ECDHE" } do exchange[other .. "_PSK"] = with_psk(other) end

--- A ClientKeyExchange that answers what the server sent.
-- @tparam ?table options `premaster` (RSA: these bytes are encrypted), `identity` (of a PSK)
-- @return message; or nil, message, code
-- @see RFC 5246 section 7.4.7
function Conversation:client_key_exchange(options)
  options = options_of.of_message("client_key_exchange", options)
  local suite = self:summary().cipher_suite
  local make = exchange[suite.key_exchange]
  if not make then
    return nil, suite.name .. ": this key exchange is not supported", "not_compiled_in"
  end
  local body, text, code = make(self, self:seen().handshake, options)
  if not body then return nil, text, code end
  return { msg_type = "client_key_exchange", body = body }
end

return M
