--- Servers whose every fact is known because they were told so: a list of
-- `{name, start = function() that starts it, facts}`.
--
-- What a server is told is data. From it follow the words for its program (farm.tell), and, by the
-- model of its family (farm.model), all facts; code points are told by their names.

local facts_of = require "farm.model.facts"
local gnutls = require "farm.model.gnutls"
local issue = require "wolfssl.issue"
local ocsp = require "verify.ocsp"
local openssl = require "farm.model.openssl"
local ours = require "farm.model.wolfssl"
local pki = require "pki"
local servers = require "farm.servers"
local tell = require "farm.tell"
local wolfssl = require "wolfssl"

local identity = servers.identity

local DAY = 86400
local OLD = { "TLS 1.2", "TLS 1.1", "TLS 1.0" }
local ONLY12, ONLY13 = { "TLS 1.2" }, { "TLS 1.3" }
local HTTP = { "http/1.1", "http/1.0", "http/0.9" }

local FAMILIES = {
  openssl = { tell = tell.s_server, model = function(told)
    return openssl.describe("s_server", told)
  end },
  nginx = { tell = tell.nginx, model = function(told) return openssl.describe("nginx", told) end },
  stunnel = { tell = tell.stunnel, model = function(told)
    return openssl.describe("stunnel", told)
  end },
  gnutls = { tell = tell.gnutls, model = gnutls.describe },
  wolfssl = { tell = tell.wolfssl, model = ours.describe },
}

local M = {}

-- Certificates are made when they are needed; so are facts, which tell of them.
local Configuration = {}

function Configuration.__index(self, field)
  if field == "told" then
    self.told = self.prepare()
    self.told.identity = self.told.identity or identity "rsa"
  elseif field == "facts" then
    self.facts = facts_of(self.family.model(self.told), self.began)
  end
  return rawget(self, field)
end

local function add(name, told)
  local self = { name = name, family = FAMILIES[name:match "^%l+"], began = os.time(),
    prepare = type(told) == "function" and told or function() return told end }
  function self.start() return self.family.tell(self.told) end
  M[#M + 1] = setmetatable(self, Configuration)
end

-- ------------------------------------------------------------------------- versions and suites

add("openssl: as it comes", {})
add("openssl: TLS 1.3 alone", { versions = ONLY13 })
add("openssl: TLS 1.2 alone", { versions = ONLY12 })
add("openssl: everything old", { versions = OLD, ciphers = "ALL:@SECLEVEL=0" })
add("openssl: TLS 1.0 alone", { versions = { "TLS 1.0" }, ciphers = "ALL:@SECLEVEL=0" })
add("openssl: a gap at TLS 1.1",
  { versions = { "TLS 1.3", "TLS 1.2", "TLS 1.0" }, ciphers = "ALL:@SECLEVEL=0" })

add("openssl: an order of its own", { server_order = true,
  ciphers = "@SECLEVEL=0:AES256-GCM-SHA384:ECDHE-RSA-AES128-SHA"
    .. ":DHE-RSA-AES256-CCM8:ECDHE-RSA-CHACHA20-POLY1305",
  ciphersuites = "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_CCM_8_SHA256" })

add("openssl: the client's order",
  { versions = ONLY12, ciphers = "ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA256" })
add("openssl: one suite", { versions = ONLY12, ciphers = "ECDHE-RSA-AES128-GCM-SHA256" })
add("openssl: nothing encrypts", { versions = ONLY12, ciphers = "eNULL:@SECLEVEL=0" })
add("openssl: nobody is who he says", { versions = ONLY12, anonymous = true,
  ciphers = "ADH-AES128-GCM-SHA256:AECDH-AES128-SHA:@SECLEVEL=0" })
add("openssl: Camellia and ARIA", { versions = ONLY12, server_order = true, unopened = true,
  ciphers = "ECDHE-RSA-CAMELLIA128-SHA256:ECDHE-ARIA256-GCM-SHA384" })
add("openssl: RSA key exchange", { versions = ONLY12, ciphers = "AES128-GCM-SHA256" })

-- --------------------------------------------------------------------- groups and signatures

add("openssl: groups", { server_order = true, groups = { "secp384r1", "x25519", "ffdhe3072" } })
add("openssl: P-521 alone", { groups = { "secp521r1" } })
add("openssl: cookies", { versions = ONLY13, cookie = true, silent = true })
add("openssl: signatures", { schemes = { "rsa_pss_rsae_sha512", "rsa_pkcs1_sha256" } })
add("openssl: an ECDSA key", function() return { identity = identity "secp256r1" } end)
add("openssl: an ECDSA key, an order of its own", function()
  return { identity = identity "secp256r1", server_order = true, versions = ONLY12,
    groups = { "x25519", "secp256r1", "secp384r1" }, ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256" }
end)
add("openssl: an Ed25519 key", function() return { identity = identity "ed25519" } end)
add("openssl: two keys", function() return { second = identity "secp256r1" } end)

-- -------------------------------------------------------------------------------- extensions

add("openssl: protocols", { alpn = { "http/1.1", "h2" } })
add("openssl: no tickets", { tickets = false })
add("openssl: no cache", { cache = false, versions = ONLY12 })
add("openssl: no resumption", { cache = false, tickets = false, tickets13 = 0 })
add("openssl: early data", { early_data = 4096, silent = true })
add("openssl: MAC then encrypt", { encrypt_then_mac = false })
add("openssl: renegotiation", { renegotiation = true, versions = ONLY12 })

add("openssl: a staple", function()
  local own, now = identity "secp256r1", os.time()
  local update = { this_update = now - 60, next_update = now + 3600 }
  local der = ocsp.response { certificate = wolfssl.certificate(own.list[1]),
    issuer = { certificate = wolfssl.certificate(pki.middle), key = pki.middle_key },
    this_update = update.this_update, next_update = update.next_update }
  return { identity = own, staple = { der = der, facts = { present = true, valid = true,
    status = "good", this_update = update.this_update, next_update = update.next_update } } }
end)

-- ------------------------------------------------------------------------------ certificates

add("openssl: a client must show a certificate", { request = "required" })
add("openssl: a client may show a certificate", { request = "optional" })

-- What is wrong with a chain, at the leaf.
local function wrong(code, reason, more)
  local verdict = { trusted = false,
    errors = { { kind = "rsa", depth = 0, code = code, reason = reason } } }
  for name, value in pairs(more or {}) do verdict[name] = value end
  return verdict
end

add("openssl: expired", function()
  return { identity = identity("rsa", { fields = { not_before = os.time() - 30 * DAY,
    not_after = os.time() - 2 * DAY } }),
    verdict = wrong("expired", "the certificate has expired") }
end)

add("openssl: another name", function()
  return { identity = identity("rsa", { fields = { subject_alt_names = {
    "dns:elsewhere.example" } } }),
    verdict = wrong("wrong_name", "it is for another name", { host = false }) }
end)

add("openssl: no intermediate", function()
  return { identity = identity("rsa", { above = {} }),
    verdict = wrong("unknown_issuer", "no trusted issuer was found",
      { missing_intermediate = true }) }
end)

add("openssl: the root is sent", function()
  return { identity = identity("rsa", { above = { pki.middle, pki.root } }),
    verdict = { root_sent = true } }
end)

add("openssl: the wrong order", function()
  return { identity = identity("rsa", { above = { pki.root, pki.middle } }),
    verdict = { root_sent = true, order_ok = false } }
end)

add("openssl: signed by itself", function()
  local key = pki.key "rsa"
  local der = issue.certificate { subject = "localhost", key = key,
    subject_alt_names = { "dns:localhost" } }
  return { identity = { leaf = servers.file(wolfssl.certificate(der):pem()),
    above = servers.file "", key = servers.file(key:pem()), list = { der } },
    verdict = wrong("self_signed", "the certificate is self-signed and not trusted") }
end)

add("openssl: where to ask about revocation", function()
  return { identity = identity("rsa", { fields = {
    authority_information_access = { ocsp = { "http://ocsp.example/" },
      ca_issuers = { "http://ca.example/middle.cer" } },
    crl_distribution_points = { "http://ca.example/middle.crl" } } }) }
end)

add("openssl: another certificate for another name", function()
  return { for_name = { name = "other.example", identity = identity("secp256r1",
    { fields = { subject_alt_names = { "dns:other.example" } } }) } }
end)

add("openssl: unknown names are refused", function()
  local verdict = wrong("unknown_issuer", "no trusted issuer was found",
    { missing_intermediate = true })
  verdict.errors[1].kind = "ecdsa"
  return { verdict = verdict,
    for_name = { name = "localhost", fatal = true, identity = identity "secp256r1" } }
end)

-- ------------------------------------------------------------------------------------ GnuTLS

add("gnutls: as it comes", {})
add("gnutls: its own order", {
  priority = "NONE:+VERS-TLS1.2:+AES-256-GCM:+CHACHA20-POLY1305:+AEAD:+ECDHE-RSA"
    .. ":+GROUP-X25519:+GROUP-SECP521R1:+SIGN-ALL:+COMP-NULL:%SERVER_PRECEDENCE" })
add("gnutls: no extended master secret, no encrypt-then-mac",
  { priority = "NORMAL:-VERS-TLS1.3:%NO_SESSION_HASH:%NO_ETM" })
add("gnutls: no tickets", { tickets = false, database = false })
add("gnutls: early data", { early_data = 1024 })
add("gnutls: protocols or nothing", { alpn = { "h2" }, only_alpn = true })
add("gnutls: heartbeats", { heartbeat = true })
add("gnutls: a client must show a certificate", { request = "required" })
add("gnutls: old versions",
  { priority = "NORMAL:-VERS-ALL:+VERS-TLS1.1:+VERS-TLS1.0:%COMPAT" })
add("gnutls: TLS 1.0 alone", { priority = "LEGACY:-VERS-ALL:+VERS-TLS1.0" })

-- ------------------------------------------------------------------------- wolfSSL, with us

add("wolfssl: as it comes", {})
add("wolfssl: TLS 1.2 alone", { role = "rsa12", versions = ONLY12 })
add("wolfssl: ECDSA", function() return { role = "ecdsa", identity = identity "secp256r1" } end)
add("wolfssl: protocols", { role = "alpn", alpn = { "http/1.1", "h2" } })
add("wolfssl: a client may show a certificate", { role = "reqcert", request = "optional" })

-- ------------------------------------------------------------------------- nginx and stunnel

add("nginx: as Mozilla's intermediate has it", { versions = { "TLS 1.3", "TLS 1.2" }, alpn = HTTP,
  ciphers = "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384", cache = true,
  tickets = false })
add("nginx: its own order, and HTTP/2", { versions = ONLY12, server_order = true,
  ciphers = "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256",
  alpn = { "h2", "http/1.1", "http/1.0", "http/0.9" } })
add("nginx: early data, two curves", { versions = ONLY13, early_data = 16384, alpn = HTTP,
  groups = { "secp384r1", "x25519" } })

add("stunnel: as it comes", {})
add("stunnel: one suite and curve", { versions = ONLY12, groups = { "secp256r1" },
  ciphers = "ECDHE-RSA-AES256-GCM-SHA384" })
add("stunnel: a client must show a certificate", { request = "required" })

return M
