--- What the libraries' own programs say of the words that their servers are told.

local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local helper = require "helper"
local named_group = require "wolfssl.tls.registry.named_group"
local signature_scheme = require "wolfssl.tls.registry.signature_scheme"

local M = {}

local VERSIONS = { ["TLS 1.3"] = "-tls1_3", ["TLS 1.2"] = "-tls1_2", ["TLS 1.1"] = "-tls1_1",
  ["TLS 1.0"] = "-tls1" }

local function run(command)
  local output, status = helper.run(command)
  assert(status == 0, output)
  return output
end

--- Names of the suites that OpenSSL takes in a version, in its order, as far as certificates allow.
function M.openssl_suites(version, ciphers, ciphersuites)
  local list = {}
  local output = run(("openssl ciphers -s %s -stdname %s '%s'"):format(VERSIONS[version],
    ciphersuites and "-ciphersuites " .. ciphersuites or "", ciphers))
  for name, newest in output:gmatch "(TLS_%S+) +%- %S+ +(%S+)" do
    if (newest == "TLSv1.3") == (version == "TLS 1.3") then list[#list + 1] = name end
  end
  return list
end

-- GnuTLS has a name for ECDSA with a hash, and one for the same with its curve.
local function scheme_of(word)
  local name = word:lower():gsub("%-", "_")
    :gsub("^rsa_sha", "rsa_pkcs1_sha"):gsub("^rsa_pss_sha", "rsa_pss_pss_sha")
    :gsub("^eddsa_", "")
  local hash = name:match "^ecdsa_sha(%d+)$"
  local curves = { ["256"] = "secp256r1", ["384"] = "secp384r1", ["512"] = "secp521r1" }
  if hash and curves[hash] then name = ("ecdsa_%s_sha%s"):format(curves[hash], hash) end
  assert(signature_scheme:value(name), name)
  return name
end

local function each(text, pattern, of)
  local list, seen = {}, {}
  for word in (text or ""):gmatch(pattern) do
    local name = of(word)
    if not seen[name] then list[#list + 1] = name end
    seen[name] = true
  end
  return list
end

local function group_of(word)
  assert(named_group:value(word:lower()), word)
  return word:lower()
end

--- What a priority string of GnuTLS means: `versions`, `groups`, `schemes`, and `suites`, a list of
-- `{name =, oldest =}`.
function M.gnutls(priority)
  local output = run(("gnutls-cli --list --priority '%s'"):format(priority))
  local suites = {}
  for high, low, oldest in output:gmatch "0x(%x%x), 0x(%x%x)%s+TLS([%d.]+)" do
    suites[#suites + 1] = { name = cipher_suite:name(tonumber(high .. low, 16)),
      oldest = "TLS " .. oldest }
  end
  return {
    suites = suites,
    versions = each(output:match "Protocols: ([^\n]+)", "VERS%-TLS([%d.]+)", function(word)
      return "TLS " .. word
    end),
    groups = each(output:match "Groups: ([^\n]+)", "GROUP%-(%w+)", group_of),
    schemes = each(output:match "PK%-signatures: ([^\n]+)", "SIGN%-([%w%-]+)", scheme_of),
  }
end

return M
