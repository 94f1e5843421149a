--- What is in certificates, as `openssl x509` says it.

local crypto = require "wolfssl.core".crypto
local helper = require "helper"
local servers = require "farm.servers"
local wolfssl = require "wolfssl"

local M = {}

local COMMAND = "openssl x509 -in %s -noout -text -pubkey -serial -fingerprint -sha256 -subject"
  .. " -issuer -nameopt RFC2253 -startdate -enddate -dateopt iso_8601"
  .. " && openssl x509 -in %s -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum"

local CURVES = { prime256v1 = "secp256r1" }
local BITS = { ed25519 = 256 }   -- RFC 8410: 32 octets, which OpenSSL does not say
local KINDS = { rsa = "rsa", ecdsa = "ecdsa", ed25519 = "eddsa" }
local SIGNATURES = { sha256WithRSAEncryption = "sha256_with_rsa_encryption" }

-- "2026-11-21 18:43:04Z"
local function seconds(text)
  local year, month, day, hour, minute, second =
    text:match "^(%d+)-(%d+)-(%d+) (%d+):(%d+):(%d+)Z$"
  local utc = { year = tonumber(year), month = tonumber(month), day = tonumber(day),
    hour = tonumber(hour), min = tonumber(minute), sec = tonumber(second), isdst = false }
  local moment = os.time(utc)
  local away = os.date("!*t", moment)
  away.isdst = false
  return moment + (moment - os.time(away))
end

local function list_of(text, pattern)
  local list = {}
  for item in text:gmatch(pattern) do list[#list + 1] = item end
  return list
end

local function key_of(text)
  if text:find "ED25519 Public%-Key" then
    return { algorithm = "ed25519", bits = BITS.ed25519 }
  end
  local curve = text:match "ASN1 OID: (%S+)"
  return { algorithm = curve and "ecdsa" or "rsa", curve = CURVES[curve] or curve,
    bits = tonumber(text:match "Public%-Key: %((%d+) bit%)") }
end

local function names_of(text)
  local line = text:match "Subject Alternative Name: %s*([^\n]+)" or ""
  local list = {}
  for kind, name in line:gmatch "([%a ]+):([^,]+)" do
    list[#list + 1] = (kind == "DNS" or kind == " IP Address" or kind == "IP Address") and name
      or kind
  end
  return list
end

local function urls_of(text)
  local points = text:match "CRL Distribution Points:%s+(Full Name:%s+%S+)" or ""
  return { ocsp = list_of(text, "OCSP %- URI:(%S+)"), crl = list_of(points, "URI:(%S+)"),
    ca_issuers = list_of(text, "CA Issuers %- URI:(%S+)") }
end

local known = {}

local function read(der)
  local file = servers.file(wolfssl.certificate(der):pem())
  local text, status = helper.run(COMMAND:format(file, file))
  assert(status == 0, text)
  local signature = text:match "Signature Algorithm: (%S+)"
  local subject, issuer = text:match "\nsubject=([^\n]+)", text:match "\nissuer=([^\n]+)"
  return {
    subject = subject, issuer = issuer, self_signed = subject == issuer,
    serial = text:match("\nserial=(%x+)"):lower(),
    not_before = seconds(text:match "\nnotBefore=([^\n]+)"),
    not_after = seconds(text:match "\nnotAfter=([^\n]+)"),
    names = names_of(text), key = key_of(text), urls = urls_of(text),
    signature = SIGNATURES[signature] or signature:lower():gsub("%-", "_"),
    sha256 = text:match("\nsha256 Fingerprint=(%S+)"):gsub(":", ""):lower(),
    spki_sha256 = text:match "\n(%x+)  %-",
    must_staple = text:find("TLS Feature", 1, true) ~= nil,
  }
end

--- A certificate in the words of the fact `certificate`.
function M.certificate(der)
  local digest = crypto.digest("sha256", der)
  known[digest] = known[digest] or read(der)
  local copy = {}
  for name, value in pairs(known[digest]) do copy[name] = value end
  return copy
end

--- The kind of key of a chain.
function M.kind(chain)
  return KINDS[M.certificate(chain[1]).key.algorithm]
end

--- A leaf with its chain.
function M.leaf(chain)
  local leaf = M.certificate(chain[1])
  leaf.kind, leaf.chain = KINDS[leaf.key.algorithm], {}
  for i = 2, #chain do leaf.chain[i - 1] = M.certificate(chain[i]) end
  return leaf
end

return M
