--- ClientHellos to order: every list in the order asked for, or the recorded hello of a client that
-- many people use.
-- @module wolfssl.probe.hello
-- @see RFC 8446 section 4.1.2
local crypto = require "wolfssl.trace.crypto"
local named_group = require "wolfssl.tls.registry.named_group"
local suites = require "wolfssl.probe.suites"
local template = require "wolfssl.probe.template"
local versions = require "wolfssl.tls.registry.version"

local M = {}

local TLS12, TLS13 = 0x0303, 0x0304
-- What is offered by default.
M.groups = { "x25519", "secp256r1", "secp384r1", "secp521r1", "x448", "ffdhe2048", "ffdhe3072" }
M.schemes = {
  "ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384", "ecdsa_secp521r1_sha512", "ed25519",
  "ed448", "rsa_pss_pss_sha256", "rsa_pss_pss_sha384", "rsa_pss_pss_sha512",
  "rsa_pss_rsae_sha256", "rsa_pss_rsae_sha384", "rsa_pss_rsae_sha512", "rsa_pkcs1_sha256",
  "rsa_pkcs1_sha384", "rsa_pkcs1_sha512", "ecdsa_sha1", "rsa_pkcs1_sha1",
}
local OPTIONS = {}
for name in ([[server_name alpn versions cipher_suites groups shares signature_algorithms random
  session_id session_ticket psks psk_modes early_data compression_methods legacy_version grease
  extensions add without template fresh status_request cookie]]):gmatch "%S+" do
  OPTIONS[name] = true
end

--- A GREASE value.
-- @treturn number 0x0A0A, 0x1A1A … 0xFAFA
-- @see RFC 8701 section 2
function M.grease()
  return (crypto.random(1):byte() % 16 * 16 + 10) * 257
end

-- Names are looked up once: a group that wolfSSL lacks is offered, but without a share.
local function supported(groups)
  for _, group in ipairs(groups) do
    local value = named_group:value(group)
    local name = value and named_group:name(value)
    if name and crypto.group_supported(name) then return { name } end
  end
  return {}
end

local function key_shares(groups, keep)
  local list = {}
  for i, group in ipairs(groups) do
    local private, public = crypto.keypair(group)
    if not private then error(("shares: %s: %s"):format(group, public), 4) end
    keep { group = group, private = private, public = public }
    list[i] = { group = group, key_exchange = public }
  end
  return list
end

local function with_grease(list, value)
  if not value then return list end
  local all = { value }
  for _, item in ipairs(list) do all[#all + 1] = item end
  return all
end

local function is_address(name)
  return name:find(":", 1, true) or name:find("^%d+%.%d+%.%d+%.%d+$")
end

-- What each extension of our own holds; nil where it is left out.
local DATA = {}

function DATA.server_name(o)
  if not o.server_name or is_address(o.server_name) then return nil end
  return { server_name_list = { { name_type = "host_name", name = o.server_name } } }
end

function DATA.extended_master_secret(o) return o.old and "" or nil end

function DATA.renegotiation_info(o)
  return o.old and { renegotiated_connection = "" } or nil
end

function DATA.supported_groups(o)
  return { named_group_list = with_grease(o.groups, o.grease_group) }
end

function DATA.ec_point_formats(o)
  return o.old and { ec_point_format_list = { "uncompressed" } } or nil
end

function DATA.session_ticket(o)
  return o.session_ticket and { ticket = o.session_ticket } or nil
end

function DATA.application_layer_protocol_negotiation(o)
  return o.alpn and { protocol_name_list = o.alpn } or nil
end

function DATA.status_request(o)
  return o.status_request and { status_type = "ocsp", request = {
    responder_id_list = {}, request_extensions = "" } } or nil
end

function DATA.signature_algorithms(o)
  return o.newest >= TLS12 and { supported_signature_algorithms = o.signature_algorithms } or nil
end

function DATA.key_share(o)
  if not o.new then return nil end
  local shares = key_shares(o.shares, o.keep)
  if o.grease then
    table.insert(shares, 1, { group = o.grease_group, key_exchange = "\0" })
  end
  return { client_shares = shares }
end

function DATA.psk_key_exchange_modes(o)
  return o.new and { ke_modes = o.psk_modes } or nil
end

function DATA.supported_versions(o)
  return o.new and { versions = with_grease(o.versions, o.grease and M.grease()) } or nil
end

function DATA.cookie(o) return o.cookie and { cookie = o.cookie } or nil end

function DATA.early_data(o) return o.early_data and "" or nil end

local ORDER = { "grease", "server_name", "extended_master_secret", "renegotiation_info",
  "supported_groups", "ec_point_formats", "session_ticket",
  "application_layer_protocol_negotiation", "status_request", "signature_algorithms", "key_share",
  "psk_key_exchange_modes", "supported_versions", "cookie", "early_data" }

-- One item of a list of extensions: the name of one of ours, "grease", or an extension.
local function extension_of(item, o)
  if type(item) == "table" then return item end
  if item == "grease" then
    return o.grease and { extension_type = M.grease(), extension_data = "" } or nil
  end
  local make = DATA[item]
  if not make then error(("extensions: there is no default of '%s'"):format(tostring(item)), 4) end
  local data = make(o)
  return data and { extension_type = item, extension_data = data } or nil
end

local function extensions_of(o)
  local list, dropped = {}, {}
  for _, name in ipairs(o.without or {}) do dropped[name] = true end
  for _, item in ipairs(o.extensions or ORDER) do
    local one = not dropped[item] and extension_of(item, o)
    if one then list[#list + 1] = one end
  end
  for _, item in ipairs(o.add or {}) do template.put(list, item) end
  return list
end

local function range(o)
  o.newest, o.oldest = 0, 65535
  for _, version in ipairs(o.versions) do
    local value = versions:value(version)
    if not value then error("versions: " .. tostring(version) .. " is none", 4) end
    o.newest, o.oldest = math.max(o.newest, value), math.min(o.oldest, value)
  end
  o.new, o.old = o.newest >= TLS13, o.oldest < TLS13
end

-- The options with everything that they leave open.
local function completed(options, keep)
  local o = {}
  for name, value in pairs(options) do
    if not OPTIONS[name] then error("unknown option: " .. tostring(name), 4) end
    o[name] = value
  end
  o.keep, o.grease_group = keep, o.grease and M.grease()   -- one for both lists
  o.versions = o.versions or { "TLS 1.3", "TLS 1.2" }
  range(o)
  o.cipher_suites = o.cipher_suites or suites.list(o.oldest, o.newest)
  o.groups = o.groups or M.groups
  o.shares = o.shares or supported(o.groups)
  o.signature_algorithms = o.signature_algorithms or M.schemes
  o.psk_modes = o.psk_modes or { "psk_dhe_ke" }
  return o
end

-- The identities in a hello: tickets stand for themselves.
local function identity_of(psk)
  local ticket = psk.body or psk
  return { identity = ticket.identity or ticket.ticket,
    obfuscated_ticket_age = psk.age or ticket.obfuscated_ticket_age or ticket.ticket_age_add or 0 }
end

--- The extension for pre-shared keys, with binders of zeros.
-- @tparam table psks list of `{identity =, age =}`, or of NewSessionTicket messages
-- @tparam function size_of of the binder of an identity
-- @treturn table extension
-- @see RFC 8446 section 4.2.11
function M.pre_shared_key(psks, size_of)
  local identities, binders = {}, {}
  for i, psk in ipairs(psks) do
    identities[i] = identity_of(psk)
    binders[i] = ("\0"):rep(size_of(identities[i].identity))
  end
  return { extension_type = "pre_shared_key",
    extension_data = { identities = identities, binders = binders } }
end

--- Makes a ClientHello.
-- @tparam ?table options
--
-- - `server_name`, `alpn` (list), `versions` (default TLS 1.3 and 1.2), `cipher_suites`, `groups`,
--   `shares` (groups with a key share; default the first group we can do), `signature_algorithms`,
--   `psk_modes`, `compression_methods`: lists in the order of preference, names or numbers;
-- - `session_id`, `session_ticket` (bytes; "" asks for one), `cookie`, `random`, `legacy_version`;
-- - `psks`: see `pre_shared_key`; `early_data`, `status_request`: booleans;
-- - `grease`: true to have reserved values where browsers have them;
-- - `extensions`: the list in order, each the name of one that this function knows, "grease", or
--   `{extension_type =, extension_data =}`, any number of the same; `add`: further ones, which take
--   the place of one of their type; `without`: names that are left out;
-- - `template`: name of a recorded hello, see `templates`; random, session id, GREASE and key
--   shares are new unless `fresh` is false, `server_name`, `alpn` and `add` go into their places.
-- @tparam ?function keep gets each private key, `{group =, private =}`
-- @treturn table message, for `send` of a conversation
function M.client(options, keep)
  options, keep = options or {}, keep or function() end
  if options.template then
    return template.fill(options, keep, DATA.server_name(options))
  end
  local o = completed(options, keep)
  local list = with_grease(o.cipher_suites, o.grease and M.grease())
  return { msg_type = "client_hello", body = {
    legacy_version = o.legacy_version or math.min(o.newest, TLS12),
    random = o.random or crypto.random(32),
    legacy_session_id = o.session_id or (o.new and crypto.random(32) or ""),
    cipher_suites = list,
    legacy_compression_methods = o.compression_methods or { 0 },
    extensions = extensions_of(o),
  } }
end

--- The names of the recorded hellos.
-- @see wolfssl.probe.template
M.templates = template.names

--- The bytes of a recorded hello, as it was on the wire.
-- @function template
-- @see wolfssl.probe.template.read
M.template = template.read

return M
