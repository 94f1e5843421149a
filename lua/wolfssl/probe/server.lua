--- The server's part of a conversation.
-- @module wolfssl.probe.server
-- @see RFC 8446 section 4
-- @see RFC 5246 section 7.4
local Conversation = require("wolfssl.probe.conversation").Conversation
local authentication = require "wolfssl.probe.authentication"
local crypto = require "wolfssl.trace.crypto"
local extension = require "wolfssl.tls.extension"
local handshake = require "wolfssl.tls.handshake"
local options_of = require "wolfssl.probe.play.options"
local retry_random = require("wolfssl.tls.message.server_hello").retry_random
local suites = require "wolfssl.probe.suites"
local versions = require "wolfssl.tls.registry.version"

local M = {}

local TLS12, TLS13 = 0x0303, 0x0304

-- RFC 7919 appendix A.1
local FFDHE2048 = ([[
  ffffffffffffffffadf85458a2bb4a9aafdc5620273d3cf1d8b9c583ce2d3695a9e13641146433fbcc939dce
  249b3ef97d2fe363630c75d8f681b202aec4617ad3df1ed5d5fd65612433f51f5f066ed0856365553ded1af3
  b557135e7f57c935984f0c70e0e68b77e2a689daf3efe8721df158a136ade73530acca4f483a797abc0ab182
  b324fb61d108a94bb2c8e3fbb96adab760d7f4681d4f42a3de394df4ae56ede76372bb190b07a7c8ee0a6d70
  9e02fce1cdf7e2ecc03404cd28342f619172fe9ce98583ff8e4f1232eef28183c3fe3b1b4c6fad733bb5fcbc
  2ec22005c58ef1837d1683b2c6f34a26c1b2effa886b423861285c97ffffffffffffffff
]]):gsub("%s", ""):gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end)

local function client_hello(self)
  local hello = self:seen().handshake.client_hello
  if not hello then error("no ClientHello came", 3) end
  return hello
end

local function find(hello, name)
  return extension.find(hello.extensions, name)
end

local function version_for(hello, wanted)
  if wanted then return versions:value(wanted) or error("version: no such", 3) end
  local data = find(hello, "supported_versions")
  for _, version in ipairs(data and data.versions or {}) do
    if version.value == TLS13 then return TLS13 end
  end
  return math.min(hello.legacy_version.value, TLS12)
end

-- Which of a client's suites a key can go with.
local function goes_with(suite, key_kind)
  if not suite.key_exchange or not key_kind then return true end
  return suite.authentication == (key_kind == "rsa" and "RSA" or "ECDSA")
end

local function suite_for(hello, version, options)
  if options.cipher_suite then return options.cipher_suite end
  for _, suite in ipairs(hello.cipher_suites) do
    if suites.fits(suite, version) and goes_with(suite, options.key_kind) then return suite end
  end
end

local function share_for(self, hello, group)
  local offered = find(hello, "key_share")
  for _, share in ipairs(offered and offered.client_shares or {}) do
    local name = share.group.name
    if (not group or name == group) and crypto.group_supported(name) then
      local private, public = crypto.keypair(name)
      self.secrets:add_private_key { group = name, private = private, public = public }
      return { extension_type = "key_share",
        extension_data = { server_share = { group = name, key_exchange = public } } }
    end
  end
end

local function extensions13(self, hello, options)
  local list = { { extension_type = "supported_versions",
    extension_data = { selected_version = TLS13 } } }
  if options.share ~= false then list[#list + 1] = share_for(self, hello, options.group) end
  if options.selected_psk then
    list[#list + 1] = { extension_type = "pre_shared_key",
      extension_data = { selected_identity = options.selected_psk } }
  end
  return list
end

local function alpn_of(options)
  return options.alpn and { extension_type = "application_layer_protocol_negotiation",
    extension_data = { protocol_name_list = { options.alpn } } }
end

-- RFC 5746 section 3.6
local function knows_renegotiation_info(hello)
  for _, suite in ipairs(hello.cipher_suites) do
    if suite.name == "TLS_EMPTY_RENEGOTIATION_INFO_SCSV" then return true end
  end
  return find(hello, "renegotiation_info") ~= nil
end

local function extensions12(hello, options)
  local list = {}
  if knows_renegotiation_info(hello) then
    list[1] = { extension_type = "renegotiation_info",
      extension_data = { renegotiated_connection = "" } }
  end
  local function answer(name, data)
    if options[name] and find(hello, name) then
      list[#list + 1] = { extension_type = name, extension_data = data or "" }
    end
  end
  answer "extended_master_secret"
  answer "encrypt_then_mac"
  answer "session_ticket"
  list[#list + 1] = alpn_of(options)
  return list[1] and list or nil
end

local function with_defaults(options)
  local all = { extended_master_secret = true }
  for name, value in pairs(options or {}) do all[name] = value end
  return all
end

local function hello_message(self, options, version, list)
  local hello = client_hello(self)
  return { msg_type = "server_hello", body = {
    legacy_version = math.min(version, TLS12), random = options.random or crypto.random(32),
    legacy_session_id_echo = options.session_id
      or (version >= TLS13 and hello.legacy_session_id or ""),
    cipher_suite = suite_for(hello, version, options) or hello.cipher_suites[1],
    legacy_compression_method = options.compression_method or 0,
    extensions = options.extensions or list,
  } }
end

--- Whether the client offers a suite that the server can carry through.
-- @tparam table options those of `server_hello`
-- @treturn boolean
function Conversation:has_suite(options)
  local hello = client_hello(self)
  return suite_for(hello, version_for(hello, options.version), options) ~= nil
end

--- A ServerHello that answers the ClientHello.
-- @tparam ?table options `version`; `cipher_suite` (default: the client's first that fits the
-- version and `key_kind`, "rsa" or another); `session_id`, `random`, `compression_method`;
-- `extensions`: the whole list instead of ours. TLS 1.3: `group` (default: that of the client's
-- first share we can do), `share`: false for none, `selected_psk`: index from 0. TLS 1.2: `alpn`,
-- `extended_master_secret` (true), `encrypt_then_mac`, `session_ticket`: whether to agree to them
-- @treturn table message
-- @see RFC 8446 section 4.1.3
function Conversation:server_hello(options)
  options = with_defaults(options_of.of_message("server_hello", options))
  local hello = client_hello(self)
  local version = version_for(hello, options.version)
  local list = version >= TLS13 and extensions13(self, hello, options)
    or extensions12(hello, options)
  return hello_message(self, options, version, list)
end

--- A HelloRetryRequest.
-- @tparam ?table options `group`: to ask for a share of; `cookie`; `cipher_suite`, `extensions`
-- @treturn table message
-- @see RFC 8446 section 4.1.4
function Conversation:hello_retry_request(options)
  options = with_defaults(options_of.of_message("hello_retry_request", options))
  options.random = retry_random
  local list = { { extension_type = "supported_versions",
    extension_data = { selected_version = TLS13 } } }
  if options.group then
    list[#list + 1] = { extension_type = "key_share",
      extension_data = { selected_group = options.group } }
  end
  if options.cookie then
    list[#list + 1] = { extension_type = "cookie", extension_data = { cookie = options.cookie } }
  end
  return hello_message(self, options, TLS13, list)
end

--- EncryptedExtensions.
-- @tparam ?table options `alpn`: the protocol chosen; `early_data`: true to take them;
-- `extensions`: the whole list instead
-- @treturn table message
function Conversation:encrypted_extensions(options) -- luacheck: no self
  options = options_of.of_message("encrypted_extensions", options)
  local list = { alpn_of(options) or nil }
  if options.early_data then
    list[#list + 1] = { extension_type = "early_data", extension_data = "" }
  end
  return { msg_type = "encrypted_extensions",
    body = { extensions = options.extensions or list } }
end

local SCHEMES = { "ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384", "ed25519",
  "rsa_pss_rsae_sha256", "rsa_pkcs1_sha256" }

--- CertificateRequest.
-- @tparam ?table options `signature_algorithms`, `context` (TLS 1.3), `authorities` (list of DER)
-- @treturn table message
function Conversation:certificate_request(options)
  options = options_of.of_message("certificate_request", options)
  local schemes = options.signature_algorithms or SCHEMES
  if self:version() < TLS13 then
    return { msg_type = "certificate_request", body = {
      certificate_types = { "rsa_sign", "ecdsa_sign" },
      supported_signature_algorithms = schemes,
      certificate_authorities = options.authorities or {},
    } }
  end
  local list = { { extension_type = "signature_algorithms",
    extension_data = { supported_signature_algorithms = schemes } } }
  if options.authorities then
    list[2] = { extension_type = "certificate_authorities",
      extension_data = { authorities = options.authorities } }
  end
  return { msg_type = "certificate_request", body = {
    certificate_request_context = options.context or "", extensions = list } }
end

-- -------------------------------------------------------------------- key exchange of TLS 1.2

local function group_for(hello)
  local data = find(hello, "supported_groups")
  for _, group in ipairs(data and data.named_group_list or {}) do
    if group.kind ~= "ff" and crypto.group_supported(group.name) then return group.name end
  end
  return "secp256r1"
end

local function ec_params(self, options)
  local group = options.group or group_for(client_hello(self))
  local private, public = crypto.keypair(group)
  self.secrets:add_private_key { group = group, private = private, public = public }
  return { curve_params = { curve_type = "named_curve", parameters = { namedcurve = group } },
    public = public }
end

local function dh_params(self, options)
  local p, g = options.p or FFDHE2048, options.g or "\2"
  local private, public = crypto.dh_keypair(p, g)
  self.secrets:add_private_key { group = "dh", private = private }
  return { dh_p = p, dh_g = g, dh_ys = public }
end

-- What is signed: the parameters as they stand in the message.
local function signed(self, message, options)
  local hs, unsigned = self:seen().handshake, {}
  for name, value in pairs(message.body) do unsigned[name] = value end
  unsigned.signed_params = { algorithm = "ed25519", signature = "" }
  local bytes = handshake.encode({ msg_type = "server_key_exchange", body = unsigned },
    self:seen().context)
  local tail = self:version() >= TLS12 and 4 or 2
  return authentication.sign(self, options.key,
    hs.client_random .. hs.server_random .. bytes:sub(5, -tail - 1), options.scheme)
end

--- ServerKeyExchange for the suite.
-- @tparam table options `key`: what signs; `scheme`, `group`; `p`, `g`: of DHE, default ffdhe2048;
-- `identity_hint` (PSK)
-- @return message; false for a suite that has none; or nil, message, code
-- @see RFC 5246 section 7.4.3
function Conversation:server_key_exchange(options)
  options = options_of.of_message("server_key_exchange", options)
  local suite = self:summary().cipher_suite
  local kind = suite.key_exchange
  if kind == "RSA" then return false end
  local body = {}
  if kind:find "^ECDHE" then body.params = ec_params(self, options) end
  if kind:find "^DHE" then body.params = dh_params(self, options) end
  if kind:find "PSK" then body.psk_identity_hint = options.identity_hint or "" end
  local message = { msg_type = "server_key_exchange", body = body }
  if kind:find "PSK" or suite.authentication == "anon" then return message end
  local text, code
  body.signed_params, text, code = signed(self, message, options)
  if not body.signed_params then return nil, text, code end
  return message
end

--- NewSessionTicket. A client that resumes with it in a conversation with the same `secrets` is
-- read.
-- @tparam ?table options `ticket` (bytes), `lifetime` (seconds); TLS 1.3: `nonce`, `age_add`,
-- `early_data`: most bytes of them
-- @treturn table message
function Conversation:new_session_ticket(options)
  options = options_of.of_message("new_session_ticket", options)
  local ticket, lifetime = options.ticket or crypto.random(32), options.lifetime or 7200
  if self:version() < TLS13 then
    return { msg_type = "new_session_ticket",
      body = { ticket_lifetime_hint = lifetime, ticket = ticket } }
  end
  local list = {}
  if options.early_data then
    list[1] = { extension_type = "early_data",
      extension_data = { max_early_data_size = options.early_data } }
  end
  return { msg_type = "new_session_ticket", body = {
    ticket_lifetime = lifetime, ticket_age_add = options.age_add or 0,
    ticket_nonce = options.nonce or crypto.random(8), ticket = ticket, extensions = list } }
end

return M
