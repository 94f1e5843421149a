--- The facts that follow from a description of a server, see `farm.model.description`.

local behaviour = require "farm.model.behaviour"
local description = require "farm.model.description"
local hello = require "wolfssl.probe.hello"
local same = require "farm.same"
local suites = require "wolfssl.probe.suites"
local versions = require "wolfssl.tls.registry.version"

local TLS13 = "TLS 1.3"
local HAS_SCHEMES = { ["TLS 1.3"] = true, ["TLS 1.2"] = true }

local function set_by_version(lists)
  local out = {}
  for version, list in pairs(lists) do out[version] = same.set(list) end
  return out
end

local FACTS = {}
for name, state in pairs(behaviour) do FACTS[name] = state end

function FACTS.versions(s) return s.versions end
function FACTS.sslv2() return false end
function FACTS.sslv2_ciphers() return {} end
function FACTS.hybrid_groups() return {} end
function FACTS.compression() return {} end
function FACTS.scts() return { count = 0, logs = {}, by = {} } end
function FACTS.grease() return { tolerated = true, where = {} } end
function FACTS.version_intolerance() return {} end
function FACTS.split_hello() return { records = true, tcp = true } end
function FACTS.heartbeat(s) return s.heartbeat or false end

function FACTS.suites(s)
  local facts = {}
  for version, list in pairs(s.suites) do
    local order = #list > 1 and s.order or "none"
    facts[version] = { order = order, list = order == "server" and list or same.set(list) }
  end
  return facts
end

function FACTS.groups(s) return set_by_version(s.groups) end

function FACTS.schemes(s)
  local lists = {}
  for version, list in pairs(s.schemes) do
    if HAS_SCHEMES[version] then lists[version] = list end
  end
  return set_by_version(lists)
end

function FACTS.dhe(s)
  local primes, by_group = {}, {}
  for _, suite in ipairs(description.finite(s)) do
    local prime = s.dhe(suite)
    local known = by_group[prime.group]
    if not known then
      known = { bits = prime.bits, group = prime.group, suites = same.set {} }
      by_group[prime.group], primes[#primes + 1] = known, known
    end
    table.insert(known.suites, suite)
  end
  table.sort(primes, function(a, b) return a.bits < b.bits end)
  local weakest = primes[1]
  return weakest and { bits = weakest.bits, group = weakest.group, primes = primes }
end

function FACTS.hello_retry(s)
  if s.versions[1] ~= TLS13 then return nil end
  return { retries = true, cookie = s.cookie or false, group = s.retry }
end

local function group_for(s, version, suite)
  if description.part(suite, "key_exchange") ~= "ECDHE" then return nil end
  if s.order == "server" then return description.first_common(s.groups[version], hello.groups) end
  return description.first_common(hello.groups, s.groups[version])
end

-- Ours offers TLS 1.3 and 1.2, and one share; a HelloRetryRequest agrees on no group yet.
function FACTS.hello(s)
  local version, usual = s.versions[1], suites.list(0x0303, 0x0304)
  if versions:value(version) < 0x0303 and not s.forgets_supported_versions then
    return { tls = true, alert = "protocol_version" }
  end
  local suite = description.chosen(s, version, usual)
  if not suite then return { tls = true, alert = "handshake_failure" } end
  local group
  if version ~= TLS13 then group = group_for(s, version, suite)
  elseif not s.cookie and description.contains(s.groups[version], hello.groups[1]) then
    group = hello.groups[1]
  end
  return { tls = true, version = version, cipher_suite = suite, group = group }
end

function FACTS.extensions(s)
  local facts, old = {}, description.older(s)
  if s.versions[1] == TLS13 then facts[TLS13] = s.extensions(TLS13) end
  if old then
    facts[old] = s.extensions(old, description.chosen(s, old, description.offered(s, old)))
  end
  return facts
end

function FACTS.extended_master_secret(s)
  local old = description.older(s)
  return old and description.contains(s.extensions(old, s.suites[old][1]), "extended_master_secret")
end

function FACTS.encrypt_then_mac(s)
  if description.has_suite(s, "mode", "CBC") then return s.encrypt_then_mac end
end

function FACTS.secure_renegotiation(s) return description.older(s) and true end

function FACTS.client_renegotiation(s)
  if description.older(s) and description.completes(s) then return s.client_renegotiation end
end

function FACTS.fallback_scsv(s) return s.versions[2] and true end

function FACTS.downgrade_sentinel(s)
  return s.versions[1] == TLS13 and s.versions[2] and true or nil
end

function FACTS.alpn(s) return s.alpn end
function FACTS.alpn_refusal(s) return s.alpn[1] and "alert" or "ignored" end

function FACTS.sni(s)
  return { required = false, without = "accepted", unknown = s.sni.unknown or "accepted",
    case_sensitive = false, default_certificate_differs = s.sni.default_differs or false }
end

function FACTS.client_certificate(s)
  local asks = s.request.requested ~= "no"
  return { requested = s.request.requested, authorities = s.request.authorities or {},
    schemes = asks and HAS_SCHEMES[s.versions[1]] and s.request_schemes or {} }
end

function FACTS.resumption(s)
  local facts, old = {}, description.older(s)
  if not description.completes(s) then return nil end
  if old then
    facts.session_id, facts.ticket = s.session_id, s.ticket_lifetime and true or false
    facts.ticket_lifetime = s.ticket_lifetime or nil
  end
  if s.versions[1] == TLS13 then
    facts.psk, facts.psk_modes = s.psk and true, s.psk and { "psk_dhe_ke" } or {}
    facts.tickets, facts.ticket_reuse = s.psk and s.psk.tickets or 0, s.psk and s.psk.reuse
    facts.psk_lifetime = s.psk and s.psk.lifetime or nil
  end
  return facts
end

function FACTS.early_data(s)
  if s.versions[1] ~= TLS13 or not description.completes(s) then return nil end
  return { accepted = s.early_data > 0, max = s.early_data }
end

-- ----------------------------------------------------------------------------------------------

--- The facts.
-- @tparam table s description
-- @tparam number began when the scan did, Unix seconds
return function(s, began)
  local facts = {}
  for name, state in pairs(FACTS) do
    local value = state(s, began)
    if value ~= nil then facts[name] = value end
  end
  return facts
end
