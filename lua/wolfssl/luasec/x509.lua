--- `ssl.x509`: certificates with LuaSec's methods.
-- @module wolfssl.luasec.x509

local base64 = require "wolfssl.base64"
local wolfssl = require "wolfssl"
local reason = require "wolfssl.luasec.reason"

local M = {}

--- @type Certificate
local Certificate = {}
Certificate.__index = Certificate
Certificate.__name = "SSL:Certificate"

function Certificate:__tostring()
  return "X509 certificate: " .. self.address
end

local ATTRIBUTES = {
  ["2.5.4.3"] = "commonName", ["2.5.4.4"] = "surname", ["2.5.4.5"] = "serialNumber",
  ["2.5.4.6"] = "countryName", ["2.5.4.7"] = "localityName", ["2.5.4.8"] = "stateOrProvinceName",
  ["2.5.4.9"] = "streetAddress", ["2.5.4.10"] = "organizationName",
  ["2.5.4.11"] = "organizationalUnitName", ["2.5.4.12"] = "title", ["2.5.4.13"] = "description",
  ["2.5.4.15"] = "businessCategory", ["2.5.4.17"] = "postalCode", ["2.5.4.41"] = "name",
  ["2.5.4.42"] = "givenName", ["2.5.4.43"] = "initials", ["2.5.4.44"] = "generationQualifier",
  ["2.5.4.46"] = "dnQualifier", ["2.5.4.65"] = "pseudonym",
  ["2.5.4.97"] = "organizationIdentifier", ["0.9.2342.19200300.100.1.1"] = "userId",
  ["0.9.2342.19200300.100.1.25"] = "domainComponent",
  ["1.2.840.113549.1.9.1"] = "emailAddress", ["1.2.840.113549.1.9.2"] = "unstructuredName",
  ["1.3.6.1.4.1.311.60.2.1.1"] = "jurisdictionLocalityName",
  ["1.3.6.1.4.1.311.60.2.1.2"] = "jurisdictionStateOrProvinceName",
  ["1.3.6.1.4.1.311.60.2.1.3"] = "jurisdictionCountryName",
}

local function name_list(attributes)
  local list = {}
  for i, attribute in ipairs(attributes) do
    list[i] = {
      oid = attribute.oid, name = ATTRIBUTES[attribute.oid] or attribute.oid,
      value = attribute.value,
    }
  end
  return list
end

--- Whom it is about.
-- @treturn {{oid=string,name=string,value=string},...}
function Certificate:subject()
  return name_list(self.core:subject())
end

--- Who signed it.
-- @treturn {{oid=string,name=string,value=string},...}
function Certificate:issuer()
  return name_list(self.core:issuer())
end

local DIGESTS = { sha1 = true, sha256 = true, sha512 = true }

--- A digest of it.
-- @tparam[opt="sha1"] string algorithm "sha1", "sha256" or "sha512"
-- @treturn[1] string hex
-- @treturn[2] nil
-- @treturn[2] string message
function Certificate:digest(algorithm)
  algorithm = algorithm or "sha1"
  if not DIGESTS[algorithm] then
    return nil, ("digest algorithm not supported (%s)"):format(tostring(algorithm))
  end
  return self.core:fingerprint(algorithm)
end

--- @treturn string PEM
function Certificate:pem()
  return self.core:pem()
end

--- @treturn string hex
function Certificate:serial()
  return (self.core:serial():upper())
end

local function moment(seconds)
  local text = os.date("!%b %d %H:%M:%S %Y GMT", seconds)
  return (text:gsub("^(%a+) 0", "%1  "))
end

--- @treturn string such as "Nov  1 10:00:00 2026 GMT"
function Certificate:notbefore()
  return moment(self.core:not_before())
end

--- @treturn string
function Certificate:notafter()
  return moment(self.core:not_after())
end

--- Whether it is valid at a time.
-- @tparam number epoch seconds
-- @treturn boolean
function Certificate:validat(epoch)
  return epoch >= self.core:not_before() and epoch <= self.core:not_after()
end

local KINDS = { rsa = "RSA", dsa = "DSA", ecdsa = "EC" }
local BITS = { ed25519 = 256, x25519 = 253, ed448 = 456, x448 = 448 }

--- Its key.
-- @treturn string PEM
-- @treturn string "RSA", "DSA", "EC" or "Unknown"
-- @treturn int bits
function Certificate:pubkey()
  local key = self.core:public_key()
  local body = base64.encode(self.core:spki()):gsub(("."):rep(64), "%0\n"):gsub("\n$", "")
  return "-----BEGIN PUBLIC KEY-----\n" .. body .. "\n-----END PUBLIC KEY-----\n",
    KINDS[key.algorithm] or "Unknown", BITS[key.algorithm] or key.bits
end

local SIGNATURES = {
  ed25519 = "ED25519", ed448 = "ED448", rsassa_pss = "rsassaPss",
}

--- The algorithm of its signature.
-- @treturn string such as "RSA-SHA256"
function Certificate:getsignaturename()
  local algorithm = self.core:signature_algorithm()
  local name, hash = algorithm.name or algorithm.oid, (algorithm.hash or ""):upper()
  if name:find("pss") then return SIGNATURES.rsassa_pss end
  if name:find("rsa") then return "RSA-" .. hash end
  if name:find("ecdsa") then return "ecdsa-with-" .. hash end
  return SIGNATURES[name] or name
end

local SUBJECT_ALT_NAME = "2.5.29.17"
local OTHER_NAMES = { ["1.3.6.1.5.5.7.8.5"] = "XmppAddr", ["1.3.6.1.5.5.7.8.7"] = "SRVName" }
local FIELDS = {
  dns_name = "dNSName", rfc822_name = "rfc822Name", ip_address = "iPAddress",
  uniform_resource_identifier = "uniformResourceIdentifier",
}

--- The subject alternative names.
-- @treturn table by OID "2.5.29.17": lists by kind, and by the OID of other names
function Certificate:extensions()
  local names = self.core:subject_alt_names()
  if not names then return {} end
  local list = { name = "X509v3 Subject Alternative Name" }
  for _, name in ipairs(names) do
    local field = FIELDS[name.type] or name.type == "other_name" and name.oid
    if field and type(name.value) == "string" then
      list[field] = list[field] or { name = OTHER_NAMES[name.oid] or name.oid }
      table.insert(list[field], name.value)
    end
  end
  return { [SUBJECT_ALT_NAME] = list }
end

--- Whether it issued another, directly or through the certificates that follow.
-- @tparam Certificate certificate
-- @tparam Certificate ... between the two
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string message
function Certificate:issued(certificate, ...)
  local chain = {}
  for i, each in ipairs { certificate, ... } do
    if getmetatable(each) ~= Certificate then
      error(("bad argument #%d to 'issued' (SSL:Certificate expected)"):format(i), 2)
    end
    chain[i] = each.core
  end
  if not chain[1] then
    error("bad argument #1 to 'issued' (SSL:Certificate expected, got no value)", 2)
  end
  local result, message = wolfssl.verify(chain, { trust = self.core })
  if not result then return nil, message end
  if result.ok then return true end
  return nil, result.errors[1] and reason.of_finding(result.errors[1]) or "certificate rejected"
end

--- Text is UTF-8 in either case.
-- @tparam string encoding "ai5" or "utf8"
-- @treturn boolean whether there is such a one
function Certificate:setencode(encoding)
  return self ~= nil and (encoding == "ai5" or encoding == "utf8")
end

--- Wraps a certificate.
-- @tparam userdata core
-- @treturn Certificate
function M.wrap(core)
  return setmetatable({ core = core, address = tostring({}):match("0x%x+") }, Certificate)
end

--- Reads a certificate.
-- @tparam string pem
-- @treturn ?Certificate nil when it is none
function M.load(pem)
  if type(pem) ~= "string" then
    error(("bad argument #1 to 'load' (string expected, got %s)"):format(type(pem)), 2)
  end
  local core = pem:find("-----BEGIN ", 1, true) and wolfssl.certificate(pem)
  return core and M.wrap(core) or nil
end

return M
