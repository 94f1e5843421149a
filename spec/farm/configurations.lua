--- Servers whose every fact is known because they were told so: a list of `{name, start, facts}`.
--
-- Code points are told by their names. Facts named neither with a server nor in `USUAL` are
-- nobody's claim.

local issue = require "wolfssl.issue"
local ocsp = require "verify.ocsp"
local pki = require "pki"
local servers = require "farm.servers"
local wolfssl = require "wolfssl"

local openssl, gnutls, nginx = servers.openssl, servers.gnutls, servers.nginx
local stunnel, ours, identity = servers.stunnel, servers.wolfssl, servers.identity

local NEW, OLD = { "TLS 1.3", "TLS 1.2" }, { "TLS 1.2", "TLS 1.1", "TLS 1.0" }
local ALL = { "TLS 1.3", "TLS 1.2", "TLS 1.1", "TLS 1.0" }
local DAY = 86400
local ACCEPTS = "-naccept 10000"   -- in place of -www, which does not go with everything

local ALL13 = { "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
  "TLS_AES_128_GCM_SHA256" }
local OURS12 = { "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" }

-- What all of them do unless they are told otherwise, and what the programs do differently.
local USUAL = {
  sslv2 = false, sslv2_ciphers = {}, compression = {}, hybrid_groups = {}, heartbeat = false,
  heartbleed = "not applicable", grease = { tolerated = true, where = {} },
  version_intolerance = {}, large_hello = { refused = false },
  split_hello = { records = true, tcp = true }, alpn = {}, alpn_refusal = "ignored",
  sni = { required = false, unknown = "accepted", case_sensitive = false },
  client_certificate = { requested = "no" }, staple = { present = false }, scts = { count = 0 },
}
local OWN = {
  gnutls = { client_certificate = { requested = "optional" } },
  nginx = { alpn = { "http/1.1", "http/1.0", "http/0.9" }, alpn_refusal = "alert" },
  wolfssl = { large_hello = { tolerated = 16384, refused = 32768 } },
}

local M = {}

local function add(name, start, facts)
  local own = OWN[name:match "^%l+"] or {}
  for fact, usual in pairs(USUAL) do
    if facts[fact] == nil then facts[fact] = own[fact] or usual end
  end
  M[#M + 1] = { name = name, start = start, facts = facts }
end

-- ------------------------------------------------------------------------- versions and suites

add("openssl: as it comes", function() return openssl "" end, {
  versions = NEW, secure_renegotiation = true, client_renegotiation = false,
  extended_master_secret = true, encrypt_then_mac = true, downgrade_sentinel = true,
  suites = { ["TLS 1.3"] = { order = "client", list = ALL13 } },
  resumption = { session_id = true, ticket = true, psk = true, tickets = 2,
    psk_lifetime = 7200 },
  early_data = { accepted = false }, ccs_injection = "not vulnerable",
  ticketbleed = "not vulnerable",
})

add("openssl: TLS 1.3 alone", function() return openssl "-tls1_3" end, {
  versions = { "TLS 1.3" }, ticketbleed = "not applicable", robot = { verdict = "not applicable" },
})

add("openssl: TLS 1.2 alone", function() return openssl "-tls1_2" end, { versions = { "TLS 1.2" } })

add("openssl: everything old", function()
  return openssl "-no_tls1_3 -cipher ALL:@SECLEVEL=0"
end, { versions = OLD, fallback_scsv = true })

add("openssl: TLS 1.0 alone", function() return openssl "-tls1 -cipher ALL:@SECLEVEL=0" end,
  { versions = { "TLS 1.0" }, resumption = { session_id = true, ticket = true }, schemes = {},
    robot = { verdict = "not vulnerable" }, dhe = { group = "modp2048" },
    groups = { ["TLS 1.0"] = { "x25519", "secp256r1", "secp384r1", "secp521r1", "x448" } },
    extended_master_secret = true, encrypt_then_mac = true,
    alerts = { bad_record = "alert bad_record_mac" } })

add("openssl: a gap at TLS 1.1", function()
  return openssl "-no_tls1_1 -cipher ALL:@SECLEVEL=0"
end, { versions = { "TLS 1.3", "TLS 1.2", "TLS 1.0" } })

add("openssl: an order of its own", function()
  return openssl("-serverpref -cipher @SECLEVEL=0:AES256-GCM-SHA384:ECDHE-RSA-AES128-SHA"
    .. ":DHE-RSA-AES256-CCM8:ECDHE-RSA-CHACHA20-POLY1305"
    .. " -ciphersuites TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_CCM_8_SHA256")
end, { suites = {
  ["TLS 1.3"] = { order = "server",
    list = { "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_CCM_8_SHA256" } },
  ["TLS 1.2"] = { order = "server", list = { "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "TLS_DHE_RSA_WITH_AES_256_CCM_8",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256" } },
} })

add("openssl: the client's order", function()
  return openssl "-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA256"
end, { suites = { ["TLS 1.2"] = { order = "client",
  list = { "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA256" } } } })

add("openssl: one suite", function()
  return openssl "-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256"
end, { suites = { ["TLS 1.2"] = { order = "none",
  list = { "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" } } } })

add("openssl: nothing encrypts", function()
  return openssl "-tls1_2 -cipher eNULL:@SECLEVEL=0"
end, {
  suites = { ["TLS 1.2"] = { list = { "TLS_ECDHE_RSA_WITH_NULL_SHA", "TLS_RSA_WITH_NULL_SHA256",
    "TLS_RSA_WITH_NULL_SHA", "TLS_RSA_WITH_NULL_MD5",
    "TLS_ECDH_anon_WITH_NULL_SHA" } } },
  extended_master_secret = true, resumption = { session_id = true, ticket = true },
})

add("openssl: nobody is who he says", function()
  return openssl "-tls1_2 -cipher ADH-AES128-GCM-SHA256:AECDH-AES128-SHA:@SECLEVEL=0"
end, { suites = { ["TLS 1.2"] = { list = { "TLS_DH_anon_WITH_AES_128_GCM_SHA256",
  "TLS_ECDH_anon_WITH_AES_128_CBC_SHA" } } }, extended_master_secret = true,
  resumption = { session_id = true, ticket = true } })

add("openssl: Camellia and ARIA", function()
  return openssl "-tls1_2 -serverpref -cipher ECDHE-RSA-CAMELLIA128-SHA256:ECDHE-ARIA256-GCM-SHA384"
end, { suites = { ["TLS 1.2"] = { order = "server", list = {
  "TLS_ECDHE_RSA_WITH_CAMELLIA_128_CBC_SHA256", "TLS_ECDHE_RSA_WITH_ARIA_256_GCM_SHA384" } } },
  extended_master_secret = true })

add("openssl: RSA key exchange", function()
  return openssl "-tls1_2 -cipher AES128-GCM-SHA256"
end, {
  suites = { ["TLS 1.2"] = { list = { "TLS_RSA_WITH_AES_128_GCM_SHA256" } } },
  groups = { ["TLS 1.2"] = {} }, robot = { verdict = "not vulnerable" },
})

-- --------------------------------------------------------------------- groups and signatures

add("openssl: groups", function() return openssl "-serverpref -groups P-384:X25519:ffdhe3072" end, {
  groups = { ["TLS 1.3"] = { "secp384r1", "x25519", "ffdhe3072" },
    ["TLS 1.2"] = { "secp384r1", "x25519" } },
})

add("openssl: P-521 alone", function() return openssl "-groups P-521" end, {
  groups = { ["TLS 1.3"] = { "secp521r1" }, ["TLS 1.2"] = { "secp521r1" } },
  hello_retry = { retries = true, cookie = false, group = "secp521r1" },
})

add("openssl: cookies", function() return openssl("-tls1_3 -stateless", nil, nil, ACCEPTS) end,
  { hello_retry = { retries = true, cookie = true } })

add("openssl: signatures", function()
  return openssl "-sigalgs RSA-PSS+SHA512:RSA+SHA256"
end, { schemes = { ["TLS 1.3"] = { "rsa_pss_rsae_sha512" },
  ["TLS 1.2"] = { "rsa_pss_rsae_sha512", "rsa_pkcs1_sha256" } } })

add("openssl: an ECDSA key", function() return openssl("", identity "secp256r1") end, {
  schemes = { ["TLS 1.3"] = { "ecdsa_secp256r1_sha256" } },
  certificate = { { kind = "ecdsa", key = { curve = "secp256r1" } } },
})

add("openssl: an Ed25519 key", function() return openssl("", identity "ed25519") end,
  { schemes = { ["TLS 1.3"] = { "ed25519" } } })

add("openssl: two keys", function()
  return openssl("", identity "rsa", identity "secp256r1")
end, { certificate = { { kind = "ecdsa" }, { kind = "rsa" } } })

-- -------------------------------------------------------------------------------- extensions

add("openssl: protocols", function() return openssl "-alpn http/1.1,h2" end,
  { alpn = { "http/1.1", "h2" }, alpn_refusal = "alert" })

add("openssl: no tickets", function() return openssl "-no_ticket" end, { resumption = {
  session_id = true, ticket = false } })

add("openssl: no cache", function() return openssl "-no_cache -tls1_2" end, { resumption = {
  session_id = false, ticket = true } })

add("openssl: no resumption", function() return openssl "-no_cache -no_ticket -num_tickets 0" end, {
  resumption = { session_id = false, ticket = false, psk = false, tickets = 0 } })

add("openssl: early data", function()
  return openssl("-early_data -max_early_data 4096", nil, nil, ACCEPTS)
end,
  { early_data = { accepted = true, max = 4096 } })

add("openssl: MAC then encrypt", function() return openssl "-no_etm" end,
  { encrypt_then_mac = false })

add("openssl: renegotiation", function() return openssl "-client_renegotiation -tls1_2" end,
  { client_renegotiation = true, secure_renegotiation = true })

add("openssl: a staple", function()
  local own = identity "secp256r1"
  local response = ocsp.response { certificate = wolfssl.certificate(own.certificate),
    issuer = { certificate = wolfssl.certificate(pki.middle), key = pki.middle_key } }
  return openssl("-status_file " .. servers.file(response), own)
end, { staple = { present = true, status = "good", valid = true } })

-- ------------------------------------------------------------------------------ certificates

add("openssl: a client must show a certificate", function()
  return openssl("-Verify 3 -CAfile " .. servers.file(wolfssl.certificate(pki.root):pem()))
end, { client_certificate = { requested = "required", authorities = { "CN=Root" } } })

add("openssl: a client may show a certificate", function()
  return openssl("-verify 3 -CAfile " .. servers.file(wolfssl.certificate(pki.root):pem()))
end, { client_certificate = { requested = "optional" } })

add("openssl: expired", function()
  return openssl("", identity("rsa", { fields = { not_before = os.time() - 30 * DAY,
    not_after = os.time() - 2 * DAY } }))
end, { chain = { trusted = false, host = true } })

add("openssl: another name", function()
  return openssl("", identity("rsa",
    { fields = { subject_alt_names = { "dns:elsewhere.example" } } }))
end, { chain = { host = false } })

add("openssl: no intermediate", function() return openssl("", identity("rsa", { above = {} })) end,
  { chain = { trusted = false, missing_intermediate = true } })

add("openssl: the root is sent", function()
  return openssl("", identity("rsa", { above = { pki.middle, pki.root } }))
end, { chain = { root_sent = true, order_ok = true } })

add("openssl: the wrong order", function()
  return openssl("", identity("rsa", { above = { pki.root, pki.middle } }))
end, { chain = { order_ok = false, trusted = true } })

add("openssl: signed by itself", function()
  local key = pki.key "rsa"
  local der = issue.certificate { subject = "localhost", key = key,
    subject_alt_names = { "dns:localhost" } }
  return openssl("", { leaf = servers.file(wolfssl.certificate(der):pem()),
    above = servers.file "", key = servers.file(key:pem()) })
end, { certificate = { { self_signed = true } }, chain = { trusted = false } })

add("openssl: another certificate for another name", function()
  local other = identity("secp256r1", { fields = { subject_alt_names = { "dns:other.example" } } })
  return openssl(("-servername other.example -cert2 %s -key2 %s"):format(other.leaf, other.key))
end, { resumption = { session_id = true, ticket = true, psk = true } })

add("openssl: unknown names are refused", function()
  local own = identity "secp256r1"
  return openssl(("-servername localhost -servername_fatal -cert2 %s -key2 %s"):format(own.leaf,
    own.key))
end, { sni = { unknown = "alert unrecognized_name" } })

-- ------------------------------------------------------------------------------------ GnuTLS

add("gnutls: as it comes", function() return gnutls "" end, {
  versions = ALL, extended_master_secret = true, encrypt_then_mac = true,
  secure_renegotiation = true, early_data = { accepted = false },
})

add("gnutls: its own order", function()
  return gnutls("--priority NONE:+VERS-TLS1.2:+AES-256-GCM:+CHACHA20-POLY1305:+AEAD:+ECDHE-RSA"
    .. ":+GROUP-X25519:+GROUP-SECP521R1:+SIGN-ALL:+COMP-NULL:%SERVER_PRECEDENCE")
end, { versions = { "TLS 1.2" }, suites = { ["TLS 1.2"] = { order = "server", list = {
  "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256" } } } })

add("gnutls: no extended master secret, no encrypt-then-mac", function()
  return gnutls "--priority NORMAL:-VERS-TLS1.3:%NO_SESSION_HASH:%NO_ETM"
end, { versions = OLD, extended_master_secret = false, encrypt_then_mac = false })

add("gnutls: no tickets", function() return gnutls "--noticket --nodb" end,
  { resumption = { session_id = false, ticket = false, psk = false } })

add("gnutls: early data", function() return gnutls "--earlydata --maxearlydata 1024" end,
  { early_data = { accepted = true, max = 1024 } })

add("gnutls: protocols or nothing", function() return gnutls "--alpn h2 --alpn-fatal" end,
  { alpn = { "h2" }, alpn_refusal = "alert" })

add("gnutls: a client must show a certificate", function()
  return gnutls("--require-client-cert --x509cafile "
    .. servers.file(wolfssl.certificate(pki.root):pem()))
end, { client_certificate = { requested = "required", authorities = { "CN=Root" } } })

add("gnutls: old versions", function()
  return gnutls "--priority NORMAL:-VERS-ALL:+VERS-TLS1.1:+VERS-TLS1.0:%COMPAT"
end, { versions = { "TLS 1.1", "TLS 1.0" }, resumption = { session_id = true, ticket = true },
  extended_master_secret = false, encrypt_then_mac = false, ccs_injection = "not vulnerable" })

add("gnutls: TLS 1.0 alone", function()
  return gnutls "--priority LEGACY:-VERS-ALL:+VERS-TLS1.0"
end, { versions = { "TLS 1.0" }, resumption = { session_id = true, ticket = true },
  extended_master_secret = true, encrypt_then_mac = true, ccs_injection = "not vulnerable" })

-- ------------------------------------------------------------------------- wolfSSL, with us

add("wolfssl: as it comes", function() return ours "" end, {
  versions = NEW, secure_renegotiation = true, client_renegotiation = false,
  extended_master_secret = true, downgrade_sentinel = true,
  suites = { ["TLS 1.2"] = { order = "server", list = OURS12 },
    ["TLS 1.3"] = { order = "server" } },
  resumption = { session_id = true, ticket = true, psk = true },
  early_data = { accepted = false },
})

add("wolfssl: TLS 1.2 alone", function() return ours "--role rsa12" end,
  { versions = { "TLS 1.2" } })

add("wolfssl: ECDSA", function() return ours("--role ecdsa", identity "secp256r1") end,
  { certificate = { { kind = "ecdsa", key = { curve = "secp256r1" } } } })

add("wolfssl: protocols", function() return ours "--role alpn" end,
  { alpn = { "http/1.1", "h2" }, alpn_refusal = "alert" })

add("wolfssl: a client may show a certificate", function() return ours "--role reqcert" end,
  { client_certificate = { requested = "optional" } })

-- ------------------------------------------------------------------------- nginx and stunnel

add("nginx: as Mozilla's intermediate has it", function()
  return nginx [[ssl_protocols TLSv1.2 TLSv1.3; ssl_prefer_server_ciphers off;
    ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384;
    ssl_session_cache shared:farm:1m; ssl_session_tickets off;]]
end, {
  versions = NEW, resumption = { session_id = true, ticket = false },
  suites = { ["TLS 1.2"] = { order = "client", list = { "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" } } },
})

add("nginx: its own order, and HTTP/2", function()
  return nginx([[ssl_protocols TLSv1.2; ssl_prefer_server_ciphers on;
    ssl_ciphers ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256;]], nil, "http2")
end, {
  versions = { "TLS 1.2" }, alpn = { "h2", "http/1.1", "http/1.0", "http/0.9" },
  suites = { ["TLS 1.2"] = { order = "server", list = { "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" } } },
})

add("nginx: early data, two curves", function()
  return nginx "ssl_protocols TLSv1.3; ssl_early_data on; ssl_ecdh_curve secp384r1:X25519;"
end, { early_data = { accepted = true, max = 16384 }, versions = { "TLS 1.3" },
  groups = { ["TLS 1.3"] = { "secp384r1", "x25519" } } })

add("stunnel: as it comes", function() return stunnel "" end, { versions = NEW })

add("stunnel: one suite and curve", function()
  return stunnel "sslVersion = TLSv1.2\nciphers = ECDHE-RSA-AES256-GCM-SHA384\ncurves = P-256"
end, { versions = { "TLS 1.2" }, groups = { ["TLS 1.2"] = { "secp256r1" } },
  suites = { ["TLS 1.2"] = { order = "none",
    list = { "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" } } } })

add("stunnel: a client must show a certificate", function()
  return stunnel("verifyChain = yes\nCAfile = "
    .. servers.file(wolfssl.certificate(pki.root):pem()))
end, { client_certificate = { requested = "required" } })

return M
