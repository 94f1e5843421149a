--- What a server with open arms does with a ClientHello: the newest version that both know, and of
-- each of the client's lists the first that goes with it.
-- @module wolfssl.probe.choice
-- @see RFC 8446 section 4.1.1
-- @see RFC 5246 section 7.4.1.3
local crypto = require "wolfssl.trace.crypto"
local extension = require "wolfssl.tls.extension"
local spki = require "wolfssl.trace.spki"
local suites = require "wolfssl.probe.suites"

local M = {}

local OLDEST, TLS12, TLS13 = 0x0301, 0x0303, 0x0304
local EXCHANGES = { RSA = true, DHE = true, ECDHE = true }

-- What RFC 5246 section 7.4.1.4.1 has a client without the extension mean.
local UNSAID = { rsa = "rsa_pkcs1_sha1", ecdsa = "ecdsa_sha1" }

local function find(hello, name)
  return extension.find(hello.extensions, name)
end

--- An identity of a server.
-- @tparam table chain certificates (DER or objects), leaf first
-- @param key object, PEM or DER
-- @treturn table `{certificate =, key =, kind =, curve =}`
function M.identity(chain, key)
  local leaf = chain[1]
  local public = spki.find(type(leaf) == "string" and leaf or leaf:der())
  local kind = public and spki.algorithm(public)
  return { certificate = chain, key = key, kind = kind,
    curve = kind == "ecdsa" and spki.curve(public) or nil }
end

local function version_of(hello)
  local data = find(hello, "supported_versions")
  if not data then return math.min(hello.legacy_version.value, TLS12) end
  local newest = 0
  for _, version in ipairs(data.versions) do
    if version.value <= TLS13 then newest = math.max(newest, version.value) end
  end
  return newest
end

-- The first of a list of groups that we can do, nil for none.
local function group_among(list, elliptic)
  for _, group in ipairs(list) do
    if not (elliptic and group.kind == "ff") and crypto.group_supported(group.name) then
      return group.name
    end
  end
end

local function has_curve(hello)
  local data = find(hello, "supported_groups")
  return not data or group_among(data.named_group_list, true) ~= nil
end

local function takes(scheme, identity, version)
  local name, algorithm = scheme.name, scheme.algorithm
  if identity.kind == "ecdsa" then
    return algorithm == "ecdsa" and (version < TLS13 or scheme.group == identity.curve)
  elseif identity.kind == "rsa" then
    return name:find "^rsa_pss_rsae" or version < TLS13 and algorithm == "rsa_pkcs1"
  end
  return name == identity.kind
end

-- Whether an identity can sign what the client can check, and the scheme where it must be named.
local function can_sign(hello, identity, version)
  if version < TLS12 then return UNSAID[identity.kind] ~= nil end
  local data = find(hello, "signature_algorithms")
  if not data then return UNSAID[identity.kind] ~= nil, UNSAID[identity.kind] end
  for _, scheme in ipairs(data.supported_signature_algorithms) do
    if takes(scheme, identity, version) then return true end
  end
end

local function goes_with(suite, identity)
  return not suite.key_exchange or suite.authentication == (identity.kind == "rsa" and "RSA"
    or "ECDSA")
end

local function identity_for(hello, suite, version, identities)
  for _, identity in ipairs(identities) do
    if goes_with(suite, identity) then
      if suite.key_exchange == "RSA" then return identity end
      local fine, scheme = can_sign(hello, identity, version)
      if fine then return identity, scheme end
    end
  end
end

local function fits(hello, suite, version)
  return suites.fits(suite, version) and (not suite.key_exchange or EXCHANGES[suite.key_exchange])
    and (suite.key_exchange ~= "ECDHE" or has_curve(hello))
end

local function suite_of(hello, version, identities)
  for _, suite in ipairs(hello.cipher_suites) do
    local identity, scheme
    if fits(hello, suite, version) then
      identity, scheme = identity_for(hello, suite, version, identities)
    end
    if identity then return suite, identity, scheme end
  end
end

-- What is asked for where no share can be taken; false where nothing can be asked for.
local function retry_of(hello)
  local shares, groups = find(hello, "key_share"), find(hello, "supported_groups")
  for _, share in ipairs(shares and shares.client_shares or {}) do
    if crypto.group_supported(share.group.name) then return nil end
  end
  local group = shares and groups and group_among(groups.named_group_list)
  return group and { group = group } or false
end

local function protocol_of(hello, ours)
  local data = find(hello, "application_layer_protocol_negotiation")
  if not data or not ours or not ours[1] then return nil end
  for _, mine in ipairs(ours) do
    for _, name in ipairs(data.protocol_name_list) do
      if name == mine then return mine end
    end
  end
  return false
end

local function compresses(hello)
  for _, method in ipairs(hello.legacy_compression_methods) do
    if (type(method) == "table" and method.value or method) == 0 then return false end
  end
  return true
end

local function refused(why, alert)
  return nil, why, "peer_incompatible", alert
end

--- Chooses.
-- @tparam table hello body of a ClientHello
-- @tparam {table,...} identities see `identity`; the first that fits is shown
-- @tparam ?{string,...} alpn our protocols, best first
-- @treturn[1] table options for `handshake` of a conversation
-- @treturn[2] nil
-- @treturn[2] string why there can be none
-- @treturn[2] string `peer_incompatible`
-- @treturn[2] string name of the alert that says so
function M.of(hello, identities, alpn)
  local version = version_of(hello)
  if version < OLDEST then return refused("no version in common", "protocol_version") end
  if compresses(hello) then return refused("no hello without compression", "illegal_parameter") end
  local suite, identity, scheme = suite_of(hello, version, identities)
  if not suite then return refused("no cipher suite in common", "handshake_failure") end
  local retry
  if version >= TLS13 then retry = retry_of(hello) end
  if retry == false then return refused("no group in common", "handshake_failure") end
  local protocol = protocol_of(hello, alpn)
  if protocol == false then
    return refused("no application protocol in common", "no_application_protocol")
  end
  return { version = version, cipher_suite = suite, certificate = identity.certificate,
    key = identity.key, scheme = scheme, retry = retry, alpn = protocol,
    encrypt_then_mac = suite.mode == "CBC" }
end

return M
