-- sslscan's XML.

local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local common = require "farm.readers.common"
local named_group = require "wolfssl.tls.registry.named_group"
local signature_scheme = require "wolfssl.tls.registry.signature_scheme"

local put, VERSIONS = common.put, common.VERSIONS

-- Ed25519 is the one kind in the farm that it does not know.
local KINDS = { RSA = "rsa", EC = "ecdsa", unknown = "eddsa" }
local CURVES = { prime256v1 = "secp256r1" }

-- An element's attributes.
local function attributes(text)
  local found = {}
  for name, value in text:gmatch '([%w_%-]+)="([^"]*)"' do found[name] = value end
  return found
end

local function version_of(element)
  return (element.sslversion:gsub("v", " "))
end

local function by_id(kind, registry)
  return function(facts, element)
    local value = tonumber(element.id:sub(3), 16)
    put(facts, kind .. version_of(element), registry:entry(value).name)
  end
end

local suite = by_id("suites: ", cipher_suite)

-- Finite fields in TLS 1.2 are told with the suites.
local function group(facts, element)
  by_id("groups: ", named_group)(facts, element)
end

local READ = {
  protocol = function(facts, element)
    if element.version == "2" then facts["sslv2"] = element.enabled == "1"
    else put(facts, "versions", element.enabled == "1" and VERSIONS[element.version] or nil) end
  end,
  cipher = function(facts, element)
    if element.id:find "^0x%x%x%x%x$" and element.sslversion ~= "SSLv2" then
      suite(facts, element)
    end
    if element.dhebits then
      facts["dhe: bits"] = math.min(facts["dhe: bits"] or 65536, tonumber(element.dhebits))
    end
  end,
  group = group,
  ["connection-signature-algorithm"] = by_id("schemes: ", signature_scheme),
  heartbleed = function(facts, element)
    facts["heartbleed"] = facts["heartbleed"] or element.vulnerable == "1"
  end,
  compression = function(facts, element) facts["compression"] = element.supported == "1" end,
  fallback = function(facts, element) facts["fallback"] = element.supported == "1" end,
  renegotiation = function(facts, element)
    facts["renegotiation: secure"] = element.secure == "1"
    facts["renegotiation: by clients"] = element.supported == "1"
  end,
}

local function read_certificate(facts, text)
  local function field(name)
    local value = text:match("<" .. name .. "[^>]*>(.-)</" .. name .. ">")
    return value and value:gsub("^<!%[CDATA%[", ""):gsub("%]%]>$", "")
  end
  local key = attributes(text:match "<pk ([^>]*)>" or "")
  if not key.type then return end
  local prefix = "certificate " .. KINDS[key.type] .. ": "
  facts[prefix .. "key"] = CURVES[key.curve_name] or key.curve_name or tonumber(key.bits)
    or key.type
  facts[prefix .. "signature"] = common.signature(field "signature%-algorithm")
  facts[prefix .. "subject"], facts[prefix .. "issuer"] = field "subject", field "issuer"
  facts[prefix .. "from"] = common.minute(field "not%-valid%-before")
  facts[prefix .. "to"] = common.minute(field "not%-valid%-after")
  facts[prefix .. "signed by itself"] = field "self%-signed" == "true"
  facts[prefix .. "expired"] = field "expired" == "true"
  for name in (field "altnames" or ""):gmatch "[^,]+:([^,]+)" do
    put(facts, prefix .. "names", name)
  end
end

return function(output)
  local facts = { ["versions"] = {} }
  for name, rest in output:gmatch "<([%l%-]+) ([^>]*)>" do
    if READ[name] then READ[name](facts, attributes(rest)) end
  end
  for text in output:gmatch "<certificate .-</certificate>" do read_certificate(facts, text) end
  if output:find("No OCSP response received", 1, true) then facts["staple"] = false
  elseif output:find("OCSP Response Status", 1, true) then facts["staple"] = true end
  return facts
end
