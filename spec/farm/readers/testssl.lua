-- testssl.sh's list of findings in JSON.

local cjson = require "cjson"
local common = require "farm.readers.common"
local extension_type = require "wolfssl.tls.registry.extension_type"

local put = common.put

local PROTOCOLS = { SSLv2 = "SSL 2.0", SSLv3 = "SSL 3.0", TLS1 = "TLS 1.0", TLS1_1 = "TLS 1.1",
  TLS1_2 = "TLS 1.2", TLS1_3 = "TLS 1.3" }
local GROUPS = { prime256v1 = "secp256r1", X25519 = "x25519", X448 = "x448" }
local FINITE = { ["RFC3526/Oakley Group 14"] = 2048, ["RFC3526/Oakley Group 15"] = 3072,
  ["RFC2409/Oakley Group 2"] = 1024 }

-- What is said of the order before TLS 1.3, and in it.
local ORDERS = {
  ["server"] = { "server" }, ["server (TLS 1.3)"] = { false, "server" },
  ["server -- TLS 1.3 client determined"] = { "server", "client" },
  ["server -- < TLS 1.3 client determined"] = { "client", "server" },
  ["NOT a cipher order configured"] = { "client" },
  ["not a cipher order for TLS 1.3 configured"] = { false, "client" },
}

-- A finding that is one of two words, as a boolean; what else it says is no fact.
local function either(yes, no)
  return function(name)
    return function(facts, finding)
      if finding:find(yes) then facts[name] = true
      elseif finding:find(no) then facts[name] = false end
    end
  end
end

local vulnerable = either("^VULNERABLE", "^not vulnerable")
local offered = either("^offered", "^not offered")
local supported = either("^supported", "^not supported")

local READ = {
  heartbleed = vulnerable "heartbleed",
  CCS = vulnerable "ccs injection",
  ticketbleed = vulnerable "ticketbleed",
  ROBOT = vulnerable "robot",
  CRIME_TLS = vulnerable "compression",
  secure_renego = either("^supported", "^VULNERABLE") "renegotiation: secure",
  secure_client_renego = vulnerable "renegotiation: by clients",
  fallback_SCSV = either("^supported", "^NOT supported") "fallback",
  OCSP_stapling = offered "staple",
  certificate_transparency = either("^yes", "^%-%-") "scts",
  sessionresumption_ticket = supported "resumption: ticket",
  sessionresumption_ID = supported "resumption: session id",
  cert_chain_of_trust = either("^passed", "^failed") "chain: trusted",
  cert_trust = either("^Ok", "^certificate does not match") "chain: host",
  certs_list_ordering_problem = either("^no", "^yes") "chain: order",
  TLS_session_ticket = function(facts, finding)
    facts["resumption: lifetime"] = tonumber(finding:match "valid for (%d+) seconds")
  end,
  TLS_extensions = function(facts, finding)
    put(facts, "extensions")
    for value in finding:gmatch "#(%d+)'" do
      put(facts, "extensions", extension_type:name(tonumber(value)))
    end
  end,
  ALPN = function(facts, finding)
    put(facts, "alpn")
    if finding == "not offered" then return end
    for name in finding:gmatch "[^%s,]+" do put(facts, "alpn", name) end
  end,
  ALPN_HTTP2 = function(facts, finding) put(facts, "alpn", finding) end,
  PFS_ECDHE_curves = function(facts, finding)
    for name in finding:gmatch "%S+" do put(facts, "groups: ECDHE", GROUPS[name] or name) end
  end,
  DH_groups = function(facts, finding)
    facts["dhe: bits"] = FINITE[finding] or tonumber(finding:match "%((%d+) bits%)")
    for name in finding:gmatch "ffdhe%d+" do put(facts, "groups: DHE", name) end
  end,
  cipher_order = function(facts, finding)
    local words = ORDERS[finding] or {}
    facts["order: older"], facts["order: TLS 1.3"] = words[1] or nil, words[2]
  end,
}

local function read_version(facts, name, finding)
  if name == "SSL 2.0" then facts["sslv2"] = finding:find "^offered" ~= nil
  else put(facts, "versions", finding:find "^offered" and name or nil) end
end

local function read_suite(facts, version, finding)
  local suite = finding:match "([TS][LS][SL]_[%w_]+)%s*$"
  local name = PROTOCOLS[version:upper():gsub("^SSL", "SSLv")]
  if suite and name then put(facts, "suites: " .. name, suite) end
end

-- What is told of each certificate, under the name of its kind of key.
local CERTIFICATE = {
  cert_signatureAlgorithm = function(finding) return "signature", common.signature(finding) end,
  cert_commonName = function(finding) return "subject", finding end,
  cert_caIssuers = function(finding) return "issuer", finding:match "^[^(]*[^(%s]" end,
  cert_serialNumber = function(finding) return "serial", finding end,
  cert_fingerprintSHA256 = function(finding) return "sha256", finding end,
  cert_notBefore = function(finding) return "from", common.minute(finding) end,
  cert_notAfter = function(finding) return "to", common.minute(finding) end,
  certs_countServer = function(finding) return "chain", tonumber(finding) end,
  cert_mustStapleExtension = function(finding) return "must staple", finding == "supported" end,
  cert_expirationStatus = function(finding) return "expired", finding == "expired" end,
  cert_subjectAltName = function(finding)
    local names = {}
    for name in finding:gmatch "%S+" do names[name] = true end
    return "names", names
  end,
}

local CURVES = { ["256"] = "secp256r1", ["384"] = "secp384r1", ["521"] = "secp521r1" }

local function read_key(facts, finding)
  local kind, bits = finding:match "^(%w+) (%d+) bits"
  if kind == "RSA" then facts["certificate rsa: key"] = tonumber(bits) return "rsa" end
  if kind == "EC" then facts["certificate ecdsa: key"] = CURVES[bits] return "ecdsa" end
  return "eddsa"
end

-- The kinds of the keys, by the number that findings on certificates carry where there are more.
local function kinds_of(facts, findings)
  local kinds = {}
  for _, one in ipairs(findings) do
    local number = one.id:match "^cert_keySize(.*)$"
    if number then kinds[number] = read_key(facts, one.finding) end
  end
  return kinds
end

return function(output)
  local findings, facts = cjson.decode(output:match "%[.*%]"), {}
  local kinds = kinds_of(facts, findings)
  for _, one in ipairs(findings) do
    local id, number = one.id:match "^([^ ]+)(.*)$"
    local version = id:match "^cipher%-(%w+)_x" or id:match "^cipher%-(tls1_%d)_x"
    if PROTOCOLS[id] then read_version(facts, PROTOCOLS[id], one.finding)
    elseif version then read_suite(facts, version, one.finding)
    elseif READ[id] then READ[id](facts, one.finding)
    elseif CERTIFICATE[id] and kinds[number] then
      local name, value = CERTIFICATE[id](one.finding)
      facts["certificate " .. kinds[number] .. ": " .. name] = value
    end
  end
  return facts
end
