--- GnuTLS 3.7, by way of `gnutls-serv`.
--
-- A server is told `priority` (GnuTLS's words, default NORMAL), `tickets` and `database`: false for
-- none, `alpn`, `only_alpn`, `early_data`: bytes, `request`: "required", `heartbeat`, `identity`.

local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local description = require "farm.model.description"
local hello = require "wolfssl.probe.hello"
local lists = require "farm.model.lists"
local versions = require "wolfssl.tls.registry.version"

local M = {}

local LIFETIME = 21600   -- gnutls_db_set_cache_expiration(3): six hours

-- %COMPAT sends as few extensions as it may; the others forbid one.
local WITHOUT_MASTER_SECRET = { "%%COMPAT", "%%NO_SESSION_HASH" }
local WITHOUT_ENCRYPT_THEN_MAC = { "%%COMPAT", "%%NO_ETM" }

local function says(priority, words)
  for _, word in ipairs(words) do
    if priority:find(word) then return true end
  end
  return false
end

-- What goes with the farm's RSA key, which is for signatures only.
local function suites_in(listed, version)
  local names = {}
  for _, suite in ipairs(listed.suites) do
    local one = cipher_suite:entry(cipher_suite:value(suite.name))
    local authenticated = not one.key_exchange
      or one.authentication == "RSA" and one.key_exchange ~= "RSA"
    if authenticated and (suite.oldest == "TLS 1.3") == (version == "TLS 1.3")
        and versions:value(suite.oldest) <= versions:value(version) then
      names[#names + 1] = suite.name
    end
  end
  return names
end

local function signs(version)
  return function(scheme)
    if version == "TLS 1.3" then return scheme:find "^rsa_pss_rsae" end
    return scheme:find "^rsa_p" and not scheme:find "^rsa_pss_pss"
  end
end

local function first_of_ours(groups)
  for _, ours in ipairs(hello.groups) do
    for _, group in ipairs(groups) do
      if group == ours then return ours end
    end
  end
end

local function extensions_of(told, s)
  local priority = told.priority or ""
  local protocols = told.alpn and "application_layer_protocol_negotiation" or false
  local heartbeat = told.heartbeat and "heartbeat" or false
  return function(version, suite)
    local list
    if version == "TLS 1.3" then
      list = { "key_share", "supported_versions", protocols, heartbeat, "record_size_limit" }
    else
      local one = cipher_suite:entry(cipher_suite:value(suite))
      list = { one.key_exchange == "ECDHE" and "ec_point_formats", protocols, heartbeat,
        s.encrypt_then_mac and not one.aead and "encrypt_then_mac",
        not says(priority, WITHOUT_MASTER_SECRET) and "extended_master_secret",
        told.tickets ~= false and "session_ticket", "renegotiation_info", "record_size_limit" }
    end
    local out = {}
    for i = 1, 8 do out[#out + 1] = list[i] or nil end
    return out
  end
end

--- The description of a server, see `farm.model.facts`.
function M.describe(told)
  local priority = told.priority or "NORMAL"
  local listed = lists.gnutls(priority)
  local s = { versions = listed.versions, suites = {}, groups = {}, schemes = {} }
  for i, version in ipairs(s.versions) do
    s.suites[version] = suites_in(listed, version)
    s.schemes[version] = description.filter(listed.schemes, signs(version))
    if i == 1 or i == 2 and s.versions[1] == "TLS 1.3" then
      s.groups[version] = description.filter(listed.groups, function(group)
        return version == "TLS 1.3" or not group:find "^ffdhe"
      end)
    end
  end
  s.order = priority:find "%%SERVER_PRECEDENCE" and "server" or "client"
  s.retry, s.chains = first_of_ours(listed.groups), { told.identity.list }
  -- gnutls_certificate_set_known_dh_params(3)
  function s.dhe() return { bits = 2048, group = "ffdhe2048" } end
  s.encrypt_then_mac = not says(priority, WITHOUT_ENCRYPT_THEN_MAC)
  s.extensions = extensions_of(told, s)
  s.max_fragment_length, s.record_size_limit, s.forgets_supported_versions =
    true, true, s.versions[1] ~= "TLS 1.3"
  s.alpn, s.sni, s.heartbeat = told.alpn or {}, {}, told.heartbeat
  s.request = { requested = told.request or "optional",
    authorities = told.request and { "CN=Root" } }
  s.request_schemes = listed.schemes
  s.session_id, s.ticket_lifetime = told.database ~= false, told.tickets ~= false and LIFETIME
  s.psk = told.tickets ~= false and { lifetime = LIFETIME, tickets = 2, reuse = true }
  s.early_data, s.client_renegotiation = told.early_data or 0, true
  s.ending = { sent_on_close = true, answers = "close_notify" }
  s.alerts = { unknown_suite = "alert handshake_failure", garbage = "alert record_overflow",
    plain_http = "alert unexpected_message", wrong_version = "alert protocol_version" }
  return s
end

return M
