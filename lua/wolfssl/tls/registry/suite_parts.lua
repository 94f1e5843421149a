--- What the name of a cipher suite says, taken apart.
-- @module wolfssl.tls.registry.suite_parts
-- @see RFC 5246 appendix A.5 and C
-- @see RFC 8446 appendix B.4
-- @see RFC 5288
-- @see RFC 6655
-- @see RFC 7905
local M = {}

local SSL3, TLS10, TLS11, TLS12, TLS13 = 0x0300, 0x0301, 0x0302, 0x0303, 0x0304

-- The part before _WITH_: {key_exchange, authentication}.
local EXCHANGES = {
  ["NULL"] = { "NULL", "NULL" },
  RSA = { "RSA", "RSA" }, RSA_FIPS = { "RSA", "RSA" },
  DH_DSS = { "DH", "DSS" }, DH_RSA = { "DH", "RSA" }, DH_anon = { "DHE", "anon" },
  DHE_DSS = { "DHE", "DSS" }, DHE_RSA = { "DHE", "RSA" },
  ECDH_ECDSA = { "ECDH", "ECDSA" }, ECDH_RSA = { "ECDH", "RSA" }, ECDH_anon = { "ECDHE", "anon" },
  ECDHE_ECDSA = { "ECDHE", "ECDSA" }, ECDHE_RSA = { "ECDHE", "RSA" },
  PSK = { "PSK", "PSK" }, RSA_PSK = { "RSA_PSK", "RSA" },
  DHE_PSK = { "DHE_PSK", "PSK" }, PSK_DHE = { "DHE_PSK", "PSK" },
  ECDHE_PSK = { "ECDHE_PSK", "PSK" },
  KRB5 = { "KRB5", "KRB5" },
  SRP_SHA = { "SRP", "SRP" }, SRP_SHA_RSA = { "SRP", "RSA" }, SRP_SHA_DSS = { "SRP", "DSS" },
  ECCPWD = { "ECCPWD", "ECCPWD" }, ECJPAKE = { "ECJPAKE", "ECJPAKE" },
  GOSTR341112_256 = { "GOST", "GOSTR341012" },
  GOSTR341094 = { "GOST", "GOSTR341094" }, GOSTR341001 = { "GOST", "GOSTR341001" },
}

local FORWARD_SECRET = {
  DHE = true, ECDHE = true, DHE_PSK = true, ECDHE_PSK = true, SRP = true, ECCPWD = true,
  ECJPAKE = true,
}

-- The part after it begins with one of these: {prefix, cipher, bits, mode, block length}.
-- The longer prefix stands first.
local CIPHERS = {
  { "NULL", "NULL", 0 },
  { "RC4_128", "RC4", 128, "stream" }, { "RC4_56", "RC4", 56, "stream" },
  { "RC4_40", "RC4", 40, "stream" },
  { "RC2_CBC_40", "RC2", 40, "CBC", 8 }, { "RC2_CBC_56", "RC2", 56, "CBC", 8 },
  { "DES40_CBC", "DES", 40, "CBC", 8 }, { "DES_CBC_40", "DES", 40, "CBC", 8 },
  { "DES_CBC", "DES", 56, "CBC", 8 }, { "3DES_EDE_CBC", "3DES", 168, "CBC", 8 },
  { "IDEA_CBC", "IDEA", 128, "CBC", 8 }, { "SEED_CBC", "SEED", 128, "CBC", 16 },
  { "FORTEZZA_CBC", "FORTEZZA", 80, "CBC", 8 },
  { "CHACHA20_POLY1305", "CHACHA20", 256, "POLY1305" },
  { "SM4_GCM", "SM4", 128, "GCM" }, { "SM4_CCM", "SM4", 128, "CCM" },
  { "AEGIS_256", "AEGIS", 256, "AEGIS" }, { "AEGIS_128L", "AEGIS", 128, "AEGIS" },
  { "KUZNYECHIK_CTR_OMAC", "KUZNYECHIK", 256, "CTR_OMAC" },
  { "KUZNYECHIK_MGM_L", "KUZNYECHIK", 256, "MGM" },
  { "KUZNYECHIK_MGM_S", "KUZNYECHIK", 256, "MGM" },
  { "MAGMA_CTR_OMAC", "MAGMA", 256, "CTR_OMAC" },
  { "MAGMA_MGM_L", "MAGMA", 256, "MGM" }, { "MAGMA_MGM_S", "MAGMA", 256, "MGM" },
  { "28147_CNT_IMIT", "28147", 256, "CNT_IMIT" },
}
for _, name in ipairs { "AES", "CAMELLIA", "ARIA" } do
  for _, bits in ipairs { 128, 256 } do
    local prefix = name .. "_" .. bits .. "_"
    CIPHERS[#CIPHERS + 1] = { prefix .. "CBC", name, bits, "CBC", 16 }
    CIPHERS[#CIPHERS + 1] = { prefix .. "GCM", name, bits, "GCM" }
    CIPHERS[#CIPHERS + 1] = { prefix .. "CCM_8", name, bits, "CCM" }
    CIPHERS[#CIPHERS + 1] = { prefix .. "CCM", name, bits, "CCM" }
  end
end

-- The same by the first word, which tells most of them apart.
local BY_WORD = {}
for _, row in ipairs(CIPHERS) do
  local word = row[1]:match("^%w+")
  BY_WORD[word] = BY_WORD[word] or {}
  table.insert(BY_WORD[word], row)
end

-- Where parity bits make the key longer than bits / 8.
local KEY_LENGTH = { DES_CBC = 8, ["3DES_EDE_CBC"] = 24 }

local AEAD = { GCM = true, CCM = true, POLY1305 = true, AEGIS = true, MGM = true }
-- Bytes of the nonce that come from the key block in TLS 1.2, the rest being in the record.
local FIXED_IV = { GCM = 4, CCM = 4, POLY1305 = 12 }
local DIGESTS = {
  MD5 = { "MD5", 16 }, SHA = { "SHA1", 20 }, SHA256 = { "SHA256", 32 }, SHA384 = { "SHA384", 48 },
  SHA512 = { "SHA512", 64 }, SM3 = { "SM3", 32 }, GOSTR3411 = { "GOSTR3411", 32 },
}

-- Why a suite is not to be used, when a single word says it.
local BROKEN = {
  RC4 = "RC4", RC2 = "RC2", DES = "DES", ["3DES"] = "64-bit block", IDEA = "64-bit block",
  ["NULL"] = "no encryption", FORTEZZA = "64-bit block",
}

local function find_cipher(text)
  for _, row in ipairs(BY_WORD[text:match("^%w+")]) do
    if text:sub(1, #row[1]) == row[1] then return row, text:match("_([%w]+)$", #row[1] + 1) end
  end
end

-- RFC 5246 section 5: SHA-256 unless the suite says otherwise.
local function prf_hash(digest, mode, cipher)
  if cipher == "KUZNYECHIK" or cipher == "MAGMA" or mode == "CNT_IMIT" then
    return "GOSTR34112012_256"
  end
  if not digest or digest == "MD5" or digest == "SHA" then return "SHA256" end
  return DIGESTS[digest][1]
end

local function set_cipher(parts, text)
  local row, digest = find_cipher(text)
  if digest and not DIGESTS[digest] then digest = nil end
  parts.cipher, parts.bits, parts.mode = row[2], row[3], row[4]
  parts.key_length = KEY_LENGTH[row[1]] or math.floor((row[3] + 7) / 8)
  parts.block_length = row[5]
  parts.aead = AEAD[row[4]] or false
  parts.hash = prf_hash(digest, row[4], row[2])
  if parts.aead then
    parts.tag_length = text:find("CCM_8") and 8 or 16
    parts.fixed_iv_length = FIXED_IV[row[4]]
  else
    local mac = DIGESTS[digest or ""]
    parts.mac, parts.mac_length = mac and mac[1], mac and mac[2]
    parts.fixed_iv_length = row[5] or 0
  end
end

-- The versions that define the suite: first, last.
local function version_range(parts, name)
  if not parts.key_exchange then return TLS13, TLS13 end
  local psk_cbc = not parts.aead and parts.key_exchange:find("PSK")   -- RFC 5487, 5489
  if parts.aead or parts.key_exchange == "GOST"
      or not psk_cbc and (name:find("SHA256$") or name:find("SHA384$")) then
    return TLS12, TLS12
  end
  local curves = parts.key_exchange:find("^EC") or parts.key_exchange:find("PSK")
  local first = (curves or parts.cipher == "AES" or parts.cipher == "CAMELLIA"
    or parts.key_exchange == "SRP" or parts.key_exchange == "KRB5") and TLS10 or SSL3
  if parts.export then return first, TLS10 end                        -- RFC 4346 section A.5
  if parts.cipher == "DES" or parts.cipher == "IDEA" then return first, TLS11 end  -- RFC 5469
  return first, TLS12
end

local function weaknesses(parts, name)
  local list = {}
  if parts.export then list[#list + 1] = "export" end
  if parts.authentication == "anon" then list[#list + 1] = "anonymous" end
  if parts.authentication == "NULL" then list[#list + 1] = "no authentication" end
  if BROKEN[parts.cipher] then list[#list + 1] = BROKEN[parts.cipher] end
  if name:find("MD5$") then list[#list + 1] = "MD5" end
  return list
end

-- RFC 9150: authentication without encryption, HMAC in the place of the AEAD.
local function integrity_only(digest)
  local mac = DIGESTS[digest]
  return { cipher = "NULL", bits = 0, key_length = mac[2], aead = true, mac = mac[1],
    mac_length = mac[2], tag_length = mac[2], fixed_iv_length = 12, hash = mac[1] }
end

--- Takes a suite name apart.
--
-- Fields: `key_exchange` and `authentication` (nil in TLS 1.3, where extensions settle both),
-- `cipher`, `bits` (effective key length), `mode`, `aead`, `mac` (HMAC of the record layer, nil
-- for AEAD), `hash` (of the PRF in TLS 1.2, of HKDF in TLS 1.3), `tag_length`, `key_length`,
-- `block_length` (CBC only), `mac_length`, `fixed_iv_length` (what the key block gives; all in
-- bytes), `forward_secrecy` (in TLS 1.3 true; a pre-shared key alone, psk_ke, takes it away),
-- `export`, `weaknesses` (list of words, empty when none), `min_version` and `max_version`.
-- @tparam string name as IANA has it
-- @treturn table parts; only `signalling = true` for the two SCSVs
function M.parse(name)
  if name:find("_SCSV$") then return { signalling = true } end
  local exchange, cipher = name:match("^%u+_(.-)_WITH_(.+)$")
  local digest = name:match("^TLS_(SHA%d+)_SHA%d+$")
  local parts = digest and integrity_only(digest) or {}
  if exchange then
    local plain = exchange:gsub("_EXPORT%d*$", "")
    parts.key_exchange, parts.authentication = EXCHANGES[plain][1], EXCHANGES[plain][2]
    parts.export = plain ~= exchange or nil
  end
  if not digest then set_cipher(parts, (cipher or name:sub(5)):gsub("_OLD$", "")) end
  if parts.mode == "AEGIS" then parts.fixed_iv_length = parts.bits == 256 and 32 or 16 end
  if not exchange and parts.aead and not digest and parts.mode ~= "AEGIS" then
    parts.fixed_iv_length = 12
  end
  parts.forward_secrecy = not exchange or FORWARD_SECRET[parts.key_exchange] or false
  parts.min_version, parts.max_version = version_range(parts, name)
  parts.weaknesses = weaknesses(parts, name)
  return parts
end

return M
