--- TLS SignatureScheme; below 0x0700 also the pairs of hash and signature that TLS 1.2 sends.
--
-- `algorithm` is "rsa_pkcs1", "rsa_pss", "ecdsa", "eddsa", "dsa", "mldsa" …; `hash` the digest
-- that the scheme signs (nil where the algorithm has its own); `group` the one curve that
-- TLS 1.3 allows with it.
-- @module wolfssl.tls.registry.signature_scheme
-- @see RFC 8446 section 4.2.3
-- @see RFC 5246 section 7.4.1.4.1
-- @see draft-reddy-tls-slhdsa section 3
local registry = require "wolfssl.tls.registry"

-- {value, name, algorithm, hash, group}
local rows = {
  { 0x0201, "rsa_pkcs1_sha1", "rsa_pkcs1", "SHA1" }, { 0x0203, "ecdsa_sha1", "ecdsa", "SHA1" },
  { 0x0401, "rsa_pkcs1_sha256", "rsa_pkcs1", "SHA256" },
  { 0x0403, "ecdsa_secp256r1_sha256", "ecdsa", "SHA256", "secp256r1" },
  { 0x0420, "rsa_pkcs1_sha256_legacy", "rsa_pkcs1", "SHA256" },
  { 0x0501, "rsa_pkcs1_sha384", "rsa_pkcs1", "SHA384" },
  { 0x0503, "ecdsa_secp384r1_sha384", "ecdsa", "SHA384", "secp384r1" },
  { 0x0520, "rsa_pkcs1_sha384_legacy", "rsa_pkcs1", "SHA384" },
  { 0x0601, "rsa_pkcs1_sha512", "rsa_pkcs1", "SHA512" },
  { 0x0603, "ecdsa_secp521r1_sha512", "ecdsa", "SHA512", "secp521r1" },
  { 0x0620, "rsa_pkcs1_sha512_legacy", "rsa_pkcs1", "SHA512" },
  { 0x0704, "eccsi_sha256", "eccsi", "SHA256" }, { 0x0705, "iso_ibs1", "iso_ibs" },
  { 0x0706, "iso_ibs2", "iso_ibs" }, { 0x0707, "iso_chinese_ibs", "iso_ibs" },
  { 0x0708, "sm2sig_sm3", "sm2", "SM3", "curveSM2" },
  { 0x0709, "gostr34102012_256a", "gost" }, { 0x070A, "gostr34102012_256b", "gost" },
  { 0x070B, "gostr34102012_256c", "gost" }, { 0x070C, "gostr34102012_256d", "gost" },
  { 0x070D, "gostr34102012_512a", "gost" }, { 0x070E, "gostr34102012_512b", "gost" },
  { 0x070F, "gostr34102012_512c", "gost" },
  { 0x0804, "rsa_pss_rsae_sha256", "rsa_pss", "SHA256" },
  { 0x0805, "rsa_pss_rsae_sha384", "rsa_pss", "SHA384" },
  { 0x0806, "rsa_pss_rsae_sha512", "rsa_pss", "SHA512" },
  { 0x0807, "ed25519", "eddsa" }, { 0x0808, "ed448", "eddsa" },
  { 0x0809, "rsa_pss_pss_sha256", "rsa_pss", "SHA256" },
  { 0x080A, "rsa_pss_pss_sha384", "rsa_pss", "SHA384" },
  { 0x080B, "rsa_pss_pss_sha512", "rsa_pss", "SHA512" },
  { 0x081A, "ecdsa_brainpoolP256r1tls13_sha256", "ecdsa", "SHA256", "brainpoolP256r1tls13" },
  { 0x081B, "ecdsa_brainpoolP384r1tls13_sha384", "ecdsa", "SHA384", "brainpoolP384r1tls13" },
  { 0x081C, "ecdsa_brainpoolP512r1tls13_sha512", "ecdsa", "SHA512", "brainpoolP512r1tls13" },
  { 0x0904, "mldsa44", "mldsa" }, { 0x0905, "mldsa65", "mldsa" }, { 0x0906, "mldsa87", "mldsa" },
  { 0x0911, "slhdsa_sha2_128s", "slhdsa" }, { 0x0912, "slhdsa_sha2_128f", "slhdsa" },
  { 0x0913, "slhdsa_sha2_192s", "slhdsa" }, { 0x0914, "slhdsa_sha2_192f", "slhdsa" },
  { 0x0915, "slhdsa_sha2_256s", "slhdsa" }, { 0x0916, "slhdsa_sha2_256f", "slhdsa" },
  { 0x0917, "slhdsa_shake_128s", "slhdsa" }, { 0x0918, "slhdsa_shake_128f", "slhdsa" },
  { 0x0919, "slhdsa_shake_192s", "slhdsa" }, { 0x091A, "slhdsa_shake_192f", "slhdsa" },
  { 0x091B, "slhdsa_shake_256s", "slhdsa" }, { 0x091C, "slhdsa_shake_256f", "slhdsa" },
}

local entries, listed = {}, {}
for i, row in ipairs(rows) do
  entries[i] = { value = row[1], name = row[2], algorithm = row[3], hash = row[4], group = row[5] }
  listed[row[1]] = true
end

-- RFC 5246 section 7.4.1.4.1: HashAlgorithm in the first byte, SignatureAlgorithm in the second.
local hashes = { [0] = "none", "md5", "sha1", "sha224", "sha256", "sha384", "sha512" }
local signatures = { [0] = "anonymous", "rsa_pkcs1", "dsa", "ecdsa" }
for hash = 0, 6 do
  for signature = 0, 3 do
    local value = hash * 256 + signature
    if not listed[value] then
      entries[#entries + 1] = {
        value = value, name = signatures[signature] .. "_" .. hashes[hash],
        algorithm = signatures[signature], hash = hash > 0 and hashes[hash]:upper() or nil,
        tls12_only = true,
      }
    end
  end
end

return registry.new("signature scheme", 2, entries, true)
