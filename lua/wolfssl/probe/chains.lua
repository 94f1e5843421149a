--- The chains of certificates that a server has, one for each kind of key.
--
-- The first is what the sample of its newest version got; the others come when the kinds that were
-- shown already are not offered any more, until the server refuses.
-- @module wolfssl.probe.chains
local certificate_of = require("wolfssl.core").certificate
local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local everything = require "wolfssl.probe.everything"
local extension = require "wolfssl.tls.extension"
local signature_scheme = require "wolfssl.tls.registry.signature_scheme"
local versions = require "wolfssl.tls.registry.version"

local M = {}

local TLS13 = 0x0304
local MOST_SUITES = 64

--- Kinds of keys; "eddsa" is Ed25519 and Ed448, "rsa_pss" a key for RSASSA-PSS only.
M.KINDS = { "rsa", "ecdsa", "eddsa", "rsa_pss", "mldsa" }

local KIND_OF_KEY = { rsa = "rsa", ecdsa = "ecdsa", ed25519 = "eddsa", ed448 = "eddsa",
  rsassa_pss = "rsa_pss", ["2.16.840.1.101.3.4.3.17"] = "mldsa",
  ["2.16.840.1.101.3.4.3.18"] = "mldsa", ["2.16.840.1.101.3.4.3.19"] = "mldsa" }

-- The kind of key that a scheme signs with.
local function kind_of_scheme(scheme)
  if scheme.name:find "^rsa_pss_pss" then return "rsa_pss" end
  return scheme.algorithm:find "^rsa" and "rsa" or scheme.algorithm
end

-- The kind of key that a suite of TLS 1.2 and before authenticates with.
local AUTHENTICATION = { rsa = "RSA", rsa_pss = "RSA", ecdsa = "ECDSA", eddsa = "ECDSA" }

local function schemes_for(kinds)
  local list = {}
  for _, scheme in ipairs(signature_scheme.list) do
    if kinds[kind_of_scheme(scheme)] then list[#list + 1] = scheme.value end
  end
  return list
end

local function suites_for(kinds, version)
  local wanted, list = {}, {}
  for kind in pairs(kinds) do wanted[AUTHENTICATION[kind] or kind] = true end
  for _, value in ipairs(everything.suites(version)) do
    if wanted[cipher_suite:entry(value).authentication] and #list < MOST_SUITES then
      list[#list + 1] = value
    end
  end
  return list
end

-- TLS 1.3: what stands beside a certificate; before, it is spread over the flight.
local function beside(target, c, leaf)
  if type(leaf) == "table" then
    local status = extension.find(leaf.extensions, "status_request")
    local scts = extension.find(leaf.extensions, "signed_certificate_timestamp")
    return status and status.response, scts and scts.sct_list
  end
  local status, hello = target:said(c, "certificate_status"), target:said(c, "server_hello")
  local scts = hello and extension.find(hello.body.extensions, "signed_certificate_timestamp")
  return status and status.body.status_type.name == "ocsp" and status.body.response,
    scts and scts.sct_list
end

local function kind_of(certificate)
  local algorithm = certificate and certificate:public_key().algorithm
  return KIND_OF_KEY[algorithm] or algorithm or "unreadable"
end

-- The chain that was shown in a conversation; nil when none was.
local function shown_in(target, c)
  local message = target:said(c, "certificate")
  local list = message and message.body.certificate_list
  if not (list and list[1]) then return nil end
  local chain = { witness = target.witness, certificates = {} }
  for i, item in ipairs(list) do
    local der = type(item) == "table" and item.cert_data or item
    chain[i], chain.certificates[i] = der, certificate_of(der) or false
  end
  chain.kind = kind_of(chain.certificates[1])
  chain.staple, chain.scts = beside(target, c, list[1])
  return chain
end

local function ask(target, version, kinds)
  local c, message, code = target:connect(target.lean)
  if not c then return nil, message, code end
  local hello = target:full_hello(version)
  hello.signature_algorithms, hello.shares = schemes_for(kinds), nil
  if versions:value(version) < TLS13 then
    hello.cipher_suites = suites_for(kinds, versions:value(version))
  end
  c:handshake { hello = hello }
  c:abort()
  return shown_in(target, c) or false
end

local function gather(target, version)
  local left, found = {}, {}
  for _, kind in ipairs(M.KINDS) do left[kind] = true end
  local c, why, word = target:sample(version)
  if not c then return nil, why, word end
  local chain = shown_in(target, c)
  while true do
    local message, code
    if not chain then chain, message, code = ask(target, version, left) end
    if chain == nil then return nil, message, code end
    -- Who shows what was not offered has nothing else.
    if not chain or found[1] and not left[chain.kind] then return found end
    found[#found + 1], left[chain.kind], chain = chain, nil, nil
  end
end

--- The chains of a target, asked for once. The probe `versions` has been run.
-- @tparam Target target
-- @treturn[1] {table,...} each a list of DER, the leaf first, with `kind` of the leaf's key,
-- `certificates` (userdata; false where one cannot be decoded), `witness` (see `said` of a target),
-- and where they were sent along `staple` (DER) and `scts` (decoded)
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
function M.of(target)
  local version = target:newest()
  if not version then return {} end
  if target.chains then return target.chains end
  local list, message, code = gather(target, version)
  target.chains = list
  return list, message, code
end

return M
