-- The record of `wolfprobe scan --format ndjson`.

local cjson = require "cjson"
local common = require "farm.readers.common"

local put = common.put

local function names_of(facts, name, list)
  put(facts, name)
  for _, item in ipairs(list) do put(facts, name, item.name or item) end
end

local function read_suites(facts, by_version)
  for version, suites in pairs(by_version) do
    names_of(facts, "suites: " .. version, suites.list)
    if suites.order ~= "none" then facts["order: " .. version] = suites.order end
  end
  for _, version in ipairs { "TLS 1.0", "TLS 1.1", "TLS 1.2" } do
    facts["order: older"] = facts["order: " .. version] or facts["order: older"]
  end
end

local function read_groups(facts, found)
  put(facts, "groups: ECDHE")
  for version, groups in pairs(found.groups) do
    names_of(facts, "groups: " .. version, groups)
    for _, group in ipairs(groups) do
      if group.name:find "^ffdhe" then put(facts, "groups: DHE", group.name)
      else put(facts, "groups: ECDHE", group.name) end
    end
  end
end

local function common_name(name)
  return name:match "CN=([^,]+)" or name
end

local function read_certificate(facts, one)
  local prefix = "certificate " .. one.kind .. ": "
  facts[prefix .. "key"] = one.key.curve or one.key.bits
  facts[prefix .. "signature"] = common.signature(one.signature)
  facts[prefix .. "subject"] = common_name(one.subject)
  facts[prefix .. "issuer"] = common_name(one.issuer)
  facts[prefix .. "from"] = common.minute(one.not_before)
  facts[prefix .. "to"] = common.minute(one.not_after)
  facts[prefix .. "serial"] = one.serial:upper()
  facts[prefix .. "sha256"] = one.sha256:upper()
  facts[prefix .. "signed by itself"] = one.self_signed
  facts[prefix .. "expired"] = one.not_after < os.time()
  facts[prefix .. "must staple"] = one.must_staple
  facts[prefix .. "chain"] = #one.chain + 1
  facts[prefix .. "revocation"] = #one.urls.crl + #one.urls.ocsp > 0
  names_of(facts, prefix .. "names", one.names)
end

local function read_resumption(facts, resumption)
  facts["resumption: session id"] = resumption.session_id
  facts["resumption: ticket"] = resumption.ticket or resumption.psk or false
  facts["resumption: lifetime"] = resumption.psk_lifetime or resumption.ticket_lifetime
end

local READ = {
  versions = function(facts, list) names_of(facts, "versions", list) end,
  suites = read_suites,
  groups = function(facts, _, found) read_groups(facts, found) end,
  schemes = function(facts, by_version)
    for version, list in pairs(by_version) do names_of(facts, "schemes: " .. version, list) end
  end,
  certificate = function(facts, list)
    for _, one in ipairs(list) do read_certificate(facts, one) end
  end,
  resumption = read_resumption,
  dhe = function(facts, dhe) facts["dhe: bits"] = dhe.bits end,
  alpn = function(facts, list) names_of(facts, "alpn", list) end,
  extensions = function(facts, by_version)
    for _, list in pairs(by_version) do
      for _, item in ipairs(list) do put(facts, "extensions", item.name) end
    end
  end,
  client_certificate = function(facts, wanted)
    facts["client certificate: requested"] = wanted.requested ~= "no"
    names_of(facts, "client certificate: authorities", wanted.authorities)
  end,
  chain = function(facts, chain)
    if not chain then return end
    facts["chain: trusted"], facts["chain: host"] = chain.trusted, chain.host
    facts["chain: order"] = chain.order_ok
  end,
  staple = function(facts, staple) facts["staple"] = staple.present end,
  scts = function(facts, scts) facts["scts"] = scts.count > 0 end,
  robot = function(facts, robot) facts["robot"] = robot.verdict:find "^vulnerable" ~= nil end,
  compression = function(facts, list) facts["compression"] = #list > 0 end,
  encrypt_then_mac = function(facts, taken)
    if taken then put(facts, "extensions", "encrypt_then_mac") end
  end,
  fallback_scsv = function(facts, value) facts["fallback"] = value end,
  sslv2 = function(facts, value) facts["sslv2"] = value end,
  secure_renegotiation = function(facts, value) facts["renegotiation: secure"] = value end,
  client_renegotiation = function(facts, value) facts["renegotiation: by clients"] = value end,
}
for fact, name in pairs { heartbleed = "heartbleed", ccs_injection = "ccs injection",
    ticketbleed = "ticketbleed" } do
  READ[fact] = function(facts, verdict) facts[name] = verdict == "vulnerable" end
end

return function(output)
  local record, facts = cjson.decode(output:match "{.*}"), {}
  for name, value in pairs(record.facts) do
    if READ[name] then READ[name](facts, value, record.facts) end
  end
  return facts
end
