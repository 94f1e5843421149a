--- wolfSSL by way of us, `spec/examples/tls_server.lua`: a server's context as it comes.
--
-- A server is told `versions`, `identity`, `alpn`, `request`: "optional".

local M = {}

local SUITES13 = { "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384" }
local SUITES12 = { "CHACHA20_POLY1305_SHA256", "AES_128_GCM_SHA256", "AES_256_GCM_SHA384" }
local GROUPS = { "x25519", "secp256r1", "secp384r1" }
local AUTHENTICATION = { rsa = "RSA", secp256r1 = "ECDSA" }
local SCHEMES = {
  rsa = {
    ["TLS 1.3"] = { "rsa_pss_rsae_sha256", "rsa_pss_rsae_sha384", "rsa_pss_rsae_sha512" },
    ["TLS 1.2"] = { "rsa_pss_rsae_sha256", "rsa_pss_rsae_sha384", "rsa_pss_rsae_sha512",
      "rsa_pkcs1_sha256", "rsa_pkcs1_sha384", "rsa_pkcs1_sha512" },
  },
  secp256r1 = {
    ["TLS 1.3"] = { "ecdsa_secp256r1_sha256" },
    ["TLS 1.2"] = { "ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384", "ecdsa_secp521r1_sha512" },
  },
}

-- The schemes of a context; who takes RSASSA-PSS takes it of both kinds of keys.
local REQUESTED = { "ed25519", "ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384",
  "ecdsa_secp521r1_sha512", "rsa_pss_rsae_sha256", "rsa_pss_pss_sha256", "rsa_pss_rsae_sha384",
  "rsa_pss_pss_sha384", "rsa_pss_rsae_sha512", "rsa_pss_pss_sha512", "rsa_pkcs1_sha256",
  "rsa_pkcs1_sha384", "rsa_pkcs1_sha512" }

local LIFETIME = 3600   -- session_lifetime of a context

local function suites_of(kind, version)
  if version == "TLS 1.3" then return SUITES13 end
  local list = {}
  for i, name in ipairs(SUITES12) do
    list[i] = ("TLS_ECDHE_%s_WITH_%s"):format(AUTHENTICATION[kind], name)
  end
  return list
end

-- In TLS 1.2 in the reverse of the order in which our hello has them; protocols are decided last.
local function extensions_of(told)
  local protocols = told.alpn and "application_layer_protocol_negotiation"
  return function(version)
    local list
    if version == "TLS 1.3" then
      list = { "key_share", "supported_versions", protocols, "max_fragment_length" }
    else
      list = { protocols, "max_fragment_length", not told.request and "session_ticket",
        "ec_point_formats", "renegotiation_info", "extended_master_secret" }
    end
    local out = {}
    for i = 1, 6 do out[#out + 1] = list[i] or nil end
    return out
  end
end

--- The description of a server, see `farm.model.facts`.
function M.describe(told)
  local kind = told.identity.kind
  local s = { versions = told.versions or { "TLS 1.3", "TLS 1.2" }, order = "server",
    suites = {}, groups = {}, schemes = {} }
  for _, version in ipairs(s.versions) do
    s.suites[version], s.groups[version] = suites_of(kind, version), GROUPS
    s.schemes[version] = SCHEMES[kind][version]
  end
  s.retry, s.chains, s.extensions = GROUPS[1], { told.identity.list }, extensions_of(told)
  s.max_fragment_length, s.record_size_limit = true, false
  s.alpn, s.sni = told.alpn or {}, {}
  -- Any certificate will do, so nobody is named.
  s.request, s.request_schemes = { requested = told.request or "no" }, REQUESTED
  -- Who is asked for a certificate in TLS 1.2 is served from a context of its own: no tickets.
  s.session_id, s.ticket_lifetime = true, not told.request and LIFETIME
  s.psk = { lifetime = LIFETIME, tickets = 1, reuse = true }
  s.early_data, s.client_renegotiation = 0, false
  s.ending = { sent_on_close = true, answers = "close_notify" }
  s.alerts = { unknown_suite = "alert handshake_failure", garbage = "alert protocol_version",
    plain_http = "alert protocol_version", wrong_version = "alert protocol_version" }
  return s
end

return M
