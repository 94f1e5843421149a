--- Cipher suites by OpenSSL's names, and its cipher strings: `"HIGH+kEECDH:!aNULL:@STRENGTH"`.
-- @module wolfssl.luasec.suites

local cipher_suite = require "wolfssl.tls.registry.cipher_suite"

local M = {}

-- What wolfSSL may use below TLS 1.3, in the order that OpenSSL gives to "ALL".
local NAMES = {
  "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
  "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
  "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
  "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8", "TLS_ECDHE_ECDSA_WITH_AES_256_CCM",
  "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
  "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8",
  "TLS_ECDHE_ECDSA_WITH_AES_128_CCM", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",
  "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256",
  "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
  "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
  "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "TLS_DHE_RSA_WITH_AES_256_CBC_SHA",
  "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
  "TLS_DHE_RSA_WITH_AES_128_CBC_SHA", "TLS_DHE_PSK_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256", "TLS_DHE_PSK_WITH_CHACHA20_POLY1305_SHA256",
  "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256", "TLS_DHE_PSK_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256",
}

local TLS13 = {
  TLS_AES_256_GCM_SHA384 = true, TLS_CHACHA20_POLY1305_SHA256 = true,
  TLS_AES_128_GCM_SHA256 = true, TLS_AES_128_CCM_SHA256 = true, TLS_AES_128_CCM_8_SHA256 = true,
}

local KEY_EXCHANGES = { ECDHE = "ECDH", DHE = "DH", ECDHE_PSK = "ECDHEPSK", DHE_PSK = "DHEPSK" }

local function openssl_name(name)
  if not name:find("_WITH_", 1, true) then return name end
  return (name:gsub("^TLS_", ""):gsub("_WITH_", "_"):gsub("AES_", "AES"):gsub("_CBC", "")
    :gsub("POLY1305_SHA256", "POLY1305"):gsub("CCM_8", "CCM8"):gsub("_", "-"))
end

local function encryption(parts)
  if parts.cipher == "CHACHA20" then return "CHACHA20/POLY1305" end
  if parts.mode == "CBC" then return parts.cipher end
  return parts.cipher .. parts.mode .. (parts.tag_length == 8 and "8" or "")
end

--- A suite in the words of OpenSSL.
-- @tparam {value=int,name=string} suite an entry of the registry
-- @treturn table `cipher`, `key`, `authentication`, `encryption`, `mac`, `bits`, `export`
function M.describe(suite)
  local parts = cipher_suite:entry(suite.value)
  return {
    cipher = openssl_name(parts.name), bits = parts.bits, export = false,
    key = KEY_EXCHANGES[parts.key_exchange] or "any",
    authentication = parts.authentication or "any",
    encryption = ("%s(%d)"):format(encryption(parts), parts.bits),
    mac = parts.aead and "AEAD" or parts.mac,
    since = parts.min_version,
  }
end

local ALL = {}
for i, name in ipairs(NAMES) do
  ALL[i] = M.describe { value = cipher_suite:value(name) }
  ALL[i].name = name
end

local function has(field, ...)
  local wanted = {}
  for _, value in ipairs { ... } do wanted[value] = true end
  return function(suite) return wanted[suite[field]] or false end
end

local function cipher(pattern)
  return function(suite) return suite.encryption:find(pattern) ~= nil end
end

local function every() return true end
local function none() return false end

local WORDS = {
  ALL = every, HIGH = every, DEFAULT = every,
  ECDHE = has("key", "ECDH"), DHE = has("key", "DH"),
  PSK = has("authentication", "PSK"), kECDHEPSK = has("key", "ECDHEPSK"),
  kDHEPSK = has("key", "DHEPSK"), aRSA = has("authentication", "RSA"),
  aECDSA = has("authentication", "ECDSA"),
  AES = cipher "^AES", AES128 = cipher "^AES.*%(128%)", AES256 = cipher "^AES.*%(256%)",
  AESGCM = cipher "^AESGCM", AESCCM = cipher "^AESCCM", AESCCM8 = cipher "^AESCCM8",
  CHACHA20 = cipher "^CHACHA20",
  SHA1 = has("mac", "SHA1"), SHA256 = has("mac", "SHA256"), SHA384 = has("mac", "SHA384"),
  ["TLSv1.2"] = function(suite) return suite.since == 0x0303 end,
  TLSv1 = function(suite) return suite.since < 0x0303 end,
}
for word, same in pairs {
  kEECDH = "ECDHE", kECDHE = "ECDHE", EECDH = "ECDHE", ECDH = "ECDHE", kEDH = "DHE", kDHE = "DHE",
  EDH = "DHE", DH = "DHE", aPSK = "PSK", ECDSA = "aECDSA", SHA = "SHA1", ["TLSv1.0"] = "TLSv1",
} do
  WORDS[word] = WORDS[same]
end
-- Known to OpenSSL, and never used here.
for word in ("MEDIUM LOW EXP EXPORT NULL eNULL aNULL ADH AECDH RSA kRSA DSS aDSS SRP RC4 RC2 DES"
  .. " 3DES IDEA SEED CAMELLIA CAMELLIA128 CAMELLIA256 ARIA ARIA128 ARIA256 ARIAGCM MD5 GOST kPSK"
  .. " kRSAPSK COMPLEMENTOFDEFAULT COMPLEMENTOFALL SSLv3"):gmatch("%S+") do
  WORDS[word] = WORDS[word] or none
end

-- A word, several joined by "+" that must all hold, or the name of a suite.
local function matcher(text)
  local tests = {}
  for word in text:gmatch("[^+]+") do
    tests[#tests + 1] = WORDS[word] or function(suite)
      return suite.cipher == word or suite.name == word
    end
  end
  return function(suite)
    for _, test in ipairs(tests) do
      if not test(suite) then return false end
    end
    return #tests > 0
  end
end

-- Moves what is chosen behind, or before, the rest; also returns what that is.
local function move(list, chosen, first)
  local kept, moved, result = {}, {}, {}
  for _, suite in ipairs(list) do
    local to = chosen(suite) and moved or kept
    to[#to + 1] = suite
  end
  for _, part in ipairs(first and { moved, kept } or { kept, moved }) do
    for _, suite in ipairs(part) do result[#result + 1] = suite end
  end
  return result, moved
end

local function active(suite, state) return state.active[suite] end

local OPERATIONS = {
  ["!"] = function(state, matches)
    local list, moved = move(state.list, matches)
    for i = #list, #list - #moved + 1, -1 do list[i] = nil end
    state.list = list
  end,
  ["-"] = function(state, matches)
    local moved
    state.list, moved = move(state.list, function(suite)
      return active(suite, state) and matches(suite)
    end, true)
    for _, suite in ipairs(moved) do state.active[suite] = nil end
  end,
  ["+"] = function(state, matches)
    state.list = move(state.list, function(suite)
      return active(suite, state) and matches(suite)
    end)
  end,
  [""] = function(state, matches)
    local moved
    state.list, moved = move(state.list, function(suite)
      return not active(suite, state) and matches(suite)
    end)
    for _, suite in ipairs(moved) do state.active[suite] = true end
  end,
}

local COMMANDS = {
  STRENGTH = function(state)
    state.list = move(state.list, function(suite) return suite.bits < 256 end)
  end,
  ["SECLEVEL=0"] = every, ["SECLEVEL=1"] = every, ["SECLEVEL=2"] = every, -- ours is the second
}

--- The suites that a cipher string stands for.
-- @tparam string text
-- @treturn[1] {string,...} IANA names in order of preference
-- @treturn[2] nil
-- @treturn[2] string reason
function M.expand(text)
  local state = { list = ALL, active = {} }
  for element in text:gmatch("[^:, ;]+") do
    local command = element:match("^@(.*)")
    if command then
      if not COMMANDS[command] then return nil, "invalid command @" .. command end
      COMMANDS[command](state)
    else
      local operator, word = element:match("^([!+-]?)(.*)")
      OPERATIONS[operator](state, matcher(word))
    end
  end
  local names = {}
  for _, suite in ipairs(state.list) do
    if active(suite, state) then names[#names + 1] = suite.name end
  end
  if #names == 0 then return nil, "no cipher match" end
  return names
end

--- The suites of TLS 1.3 that a list stands for.
-- @tparam string text names with colons between them
-- @treturn[1] {string,...}
-- @treturn[2] nil
-- @treturn[2] string reason
function M.expand13(text)
  local names = {}
  for name in text:gmatch("[^:]+") do
    if not TLS13[name] then return nil, "no cipher match" end
    names[#names + 1] = name
  end
  return names
end

return M
