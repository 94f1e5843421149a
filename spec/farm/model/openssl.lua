--- OpenSSL 3.0, by way of three programs: `openssl s_server`, nginx and stunnel.
--
-- A server is told
--
-- - `versions`: those that are left, for a program's own choice otherwise; `ciphers` and
--   `ciphersuites`: OpenSSL's words; `server_order`; `groups`, `schemes`: lists of IANA's names;
-- - `identity` and `second`: see farm.servers; `for_name`: `{name =, identity =, fatal =}`: what is
--   shown to who asks for that name;
-- - `tickets`, `cache`, `encrypt_then_mac`: false for none; `tickets13`: how many;
-- - `early_data`: bytes; `alpn`; `request`: "required" or "optional"; `renegotiation`; `cookie`;
-- - `staple`: `{der =, facts =}`; `verdict`: what is wrong with the chain;
-- - `silent`: does not answer requests; `anonymous`: has suites without a certificate only;
--   `unopened`: has suites only that our client cannot carry through.

local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local description = require "farm.model.description"
local lists = require "farm.model.lists"
local shown = require "farm.model.shown"

local M = {}

local contains, filter = description.contains, description.filter

local VERSIONS = { "TLS 1.3", "TLS 1.2", "TLS 1.1", "TLS 1.0" }

-- SSL_CTX_set1_groups_list(3): the default, the best first.
local GROUPS = { "x25519", "secp256r1", "x448", "secp521r1", "secp384r1", "ffdhe2048", "ffdhe3072",
  "ffdhe4096", "ffdhe6144", "ffdhe8192" }

-- SSL_CTX_set1_sigalgs(3): the default, the best first; of SHA-1 at security level 0 alone, as in
-- SSL_CTX_set_security_level(3).
local SCHEMES = { "ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384", "ecdsa_secp521r1_sha512",
  "ed25519", "ed448", "rsa_pss_pss_sha256", "rsa_pss_pss_sha384", "rsa_pss_pss_sha512",
  "rsa_pss_rsae_sha256", "rsa_pss_rsae_sha384", "rsa_pss_rsae_sha512", "rsa_pkcs1_sha256",
  "rsa_pkcs1_sha384", "rsa_pkcs1_sha512", "ecdsa_sha224", "rsa_pkcs1_sha224" }
local WITH_SHA1 = { "ecdsa_sha1", "rsa_pkcs1_sha1" }

-- Which schemes a key signs with: in TLS 1.3 RSASSA-PSS and, with ECDSA, the hash of the curve.
local SIGNS = {
  ["TLS 1.3"] = { rsa = "^rsa_pss_rsae", ecdsa = "^ecdsa_secp256r1", eddsa = "^ed25519" },
  ["TLS 1.2"] = { rsa = "^rsa_p", ecdsa = "^ecdsa", eddsa = "^ed25519" },
}
local AUTHENTICATES = { rsa = "RSA", ecdsa = "ECDSA", eddsa = "ECDSA" }

-- What programs do unless they are told: their manuals' words, but for what the README of the farm
-- says was tried.
M.PROGRAMS = {
  s_server = { ciphers = "DEFAULT", dhe = true, lifetime = 7200,
    cache = true, http = "closed", ending = { sent_on_close = true, answers = "close_notify" } },
  nginx = { ciphers = "HIGH:!aNULL:!MD5", lifetime = 300, cache = false, names = true,
    http = "HTTP", ending = { sent_on_close = true, answers = "truncated" } },
  stunnel = { ciphers = "HIGH:!aNULL:!SSLv2:!DH:!kDHEPSK", lifetime = 300, cache = true,
    groups = { "x25519", "secp256r1", "x448", "secp521r1", "secp384r1" }, names = true,
    http = "closed", ending = { sent_on_close = "unknown", answers = "close_notify" } },
}

local function entry(suite) return cipher_suite:entry(cipher_suite:value(suite)) end

local function is_below_level_1(told) return (told.ciphers or ""):find "@SECLEVEL=0" ~= nil end

-- TLS 1.1 and 1.0 sign with SHA-1 and MD5, which security level 1 refuses.
local function versions_of(told)
  return told.versions or is_below_level_1(told) and VERSIONS or { "TLS 1.3", "TLS 1.2" }
end

local function chains_of(told)
  local own = told.for_name and told.for_name.name == "localhost" and told.for_name.identity.alone
    or told.identity.list
  if told.anonymous then return {} end
  return told.second and { told.second.list, own } or { own }
end

-- Finite fields only where the program has a prime for them.
local function takes(program, kinds)
  return function(suite)
    local one = entry(suite)
    if one.key_exchange == "DHE" and not program.dhe then return false end
    return not one.key_exchange or one.authentication == "anon" or kinds[one.authentication]
  end
end

local function suites_of(told, program, versions, kinds)
  local by_version = {}
  for _, version in ipairs(versions) do
    by_version[version] = filter(lists.openssl_suites(version, told.ciphers or program.ciphers,
      told.ciphersuites), takes(program, kinds))
  end
  return by_version
end

-- A version without a suite is not spoken.
local function spoken(versions, suites)
  return filter(versions, function(version)
    if suites[version][1] then return true end
    suites[version] = nil
    return false
  end)
end

local function is_curve(group) return not group:find "^ffdhe" end

local function has(suites, field, value)
  for _, suite in ipairs(suites or {}) do
    if entry(suite)[field] == value then return true end
  end
  return false
end

-- In its own order nothing comes behind the curve of an ECDSA key that is the only one: clients
-- must have that curve among theirs.
local function up_to(all, curve)
  local passed = false
  return filter(all, function(group)
    local before = not passed
    passed = passed or group == curve
    return before
  end)
end

local function groups_of(told, s, all)
  local old = s.old
  local facts = {}
  if s.suites["TLS 1.3"] then facts["TLS 1.3"] = all end
  if old then
    local own = told.server_order and not told.second and up_to(all, told.identity.kind) or all
    facts[old] = has(s.suites[old], "key_exchange", "ECDHE") and filter(own, is_curve) or {}
  end
  return facts
end

-- SSL_CTX_set_dh_auto(3): as strong as the key, of 2048 bits; as the cipher, where there is none.
local function prime_for(suite)
  local bits = 2048
  if entry(suite).authentication == "anon" then
    bits = entry(suite).bits == 256 and 3072 or 1024
  end
  return { bits = bits, group = "modp" .. bits }
end

-- Nobody signs where nobody is shown, or where a key decrypts alone.
local function schemes_of(told, s, kinds)
  local all, facts = {}, {}
  for _, scheme in ipairs(told.schemes or SCHEMES) do all[#all + 1] = scheme end
  for _, scheme in ipairs(is_below_level_1(told) and WITH_SHA1 or {}) do all[#all + 1] = scheme end
  for version, signs in pairs(SIGNS) do
    local suites = s.suites[version]
    local signed = version == "TLS 1.3" or has(suites, "key_exchange", "ECDHE")
      or has(suites, "key_exchange", "DHE")
    if suites then
      facts[version] = filter(signed and all or {}, function(scheme)
        for kind in pairs(kinds) do
          if scheme:find(signs[kind]) and not scheme:find "^rsa_pss_pss" then return true end
        end
      end)
    end
  end
  return facts
end

-- The order of its table of extensions. Groups are told to who had a share of a worse one than the
-- best: ours of secp384r1, if that is taken.
local function extensions_of(told, program, s)
  local names = program.names or told.for_name and told.for_name.name == "localhost"
  local protocols = told.alpn and "application_layer_protocol_negotiation"
  local status = told.staple and "status_request"
  return function(version, suite)
    local function list(...)
      return filter({ ... }, function(item) return item end)
    end
    if version == "TLS 1.3" then
      local best = s.groups[version][1]
      local worse = best ~= "secp384r1" and contains(s.groups[version], "secp384r1")
      return list("supported_versions", "key_share", names and "server_name" or false,
        "max_fragment_length", worse and "supported_groups" or false, protocols or false,
        status or false)
    end
    local one = entry(suite)
    return list("renegotiation_info", names and "server_name" or false, "max_fragment_length",
      one.key_exchange == "ECDHE" and "ec_point_formats" or false,
      told.tickets ~= false and "session_ticket" or false, status or false, protocols or false,
      told.encrypt_then_mac ~= false and not one.aead and "encrypt_then_mac" or false,
      "extended_master_secret")
  end
end

-- To SSL 3.0, which has no alert for it, a version is a failure; versions that the security level
-- keeps away fail for want of a digest.
local function word_on_old(told, versions, kinds)
  if versions[#versions] == "TLS 1.0" then return "alert handshake_failure" end
  if told.versions then return "alert protocol_version" end
  return kinds.eddsa and "alert handshake_failure" or "alert internal_error"
end

local function sessions_of(told, program)
  local tickets13 = told.tickets13 or 2
  local cache = told.cache
  if cache == nil then cache = program.cache end
  return cache, told.tickets ~= false and program.lifetime,
    tickets13 > 0 and { lifetime = program.lifetime, tickets = tickets13,
      reuse = not (told.early_data and program == M.PROGRAMS.s_server) }
end

--- The description of a server, see `farm.model.facts`.
-- @tparam string name of the program
-- @tparam table told
function M.describe(name, told)
  local program, kinds, versions = M.PROGRAMS[name], {}, versions_of(told)
  local s = { chains = chains_of(told) }
  local authentications = {}
  for _, chain in ipairs(s.chains) do
    kinds[shown.kind(chain)] = true
    authentications[AUTHENTICATES[shown.kind(chain)]] = true
  end
  s.suites = suites_of(told, program, versions, authentications)
  s.versions = spoken(versions, s.suites)
  s.old = s.versions[1] == "TLS 1.3" and s.versions[2] or s.versions[1] ~= "TLS 1.3" and
    s.versions[1]
  local groups = told.groups or program.groups or GROUPS
  s.groups, s.retry, s.cookie = groups_of(told, s, groups), groups[1], told.cookie
  s.order = told.server_order and "server" or "client"
  s.schemes, s.verdict = schemes_of(told, s, kinds), told.verdict
  s.dhe = prime_for
  s.extensions = extensions_of(told, program, s)
  s.encrypt_then_mac = told.encrypt_then_mac ~= false
  s.max_fragment_length, s.record_size_limit, s.alpn = true, false, told.alpn or {}
  s.sni = told.for_name and told.for_name.fatal
    and { unknown = "alert unrecognized_name", default_differs = true } or {}
  s.request = { requested = told.request or "no", authorities = told.request and { "CN=Root" } }
  s.request_schemes = SCHEMES
  s.session_id, s.ticket_lifetime, s.psk = sessions_of(told, program)
  s.early_data, s.client_renegotiation = told.early_data or 0, told.renegotiation or false
  s.staple, s.staple_size = told.staple and told.staple.facts, told.staple and #told.staple.der
  s.ending = told.silent and { sent_on_close = "unknown", answers = "close_notify" }
    or program.ending
  s.alerts = { unknown_suite = "alert handshake_failure", garbage = "closed",
    plain_http = program.http, wrong_version = word_on_old(told, s.versions, kinds) }
  s.unopened = told.unopened
  return s
end

return M
