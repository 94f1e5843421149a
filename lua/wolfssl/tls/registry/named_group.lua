--- TLS Supported Groups.
--
-- `kind` is "ec" (short Weierstrass), "x" (RFC 7748), "ff" (RFC 7919), "kem" or "hybrid";
-- `bits` the size of the field, or of the first part of a hybrid. `client_share` and
-- `server_share` are the lengths of a TLS 1.3 key share in bytes; nil where they vary.
-- @module wolfssl.tls.registry.named_group
-- @see RFC 8446 section 4.2.7
-- @see RFC 8422 section 5.1.1
-- @see draft-ietf-tls-ecdhe-mlkem
local registry = require "wolfssl.tls.registry"

-- {value, name, kind, bits, client_share, server_share}
local rows = {
  { 0x0001, "sect163k1", "ec", 163 }, { 0x0002, "sect163r1", "ec", 163 },
  { 0x0003, "sect163r2", "ec", 163 }, { 0x0004, "sect193r1", "ec", 193 },
  { 0x0005, "sect193r2", "ec", 193 }, { 0x0006, "sect233k1", "ec", 233 },
  { 0x0007, "sect233r1", "ec", 233 }, { 0x0008, "sect239k1", "ec", 239 },
  { 0x0009, "sect283k1", "ec", 283 }, { 0x000A, "sect283r1", "ec", 283 },
  { 0x000B, "sect409k1", "ec", 409 }, { 0x000C, "sect409r1", "ec", 409 },
  { 0x000D, "sect571k1", "ec", 571 }, { 0x000E, "sect571r1", "ec", 571 },
  { 0x000F, "secp160k1", "ec", 160 }, { 0x0010, "secp160r1", "ec", 160 },
  { 0x0011, "secp160r2", "ec", 160 }, { 0x0012, "secp192k1", "ec", 192 },
  { 0x0013, "secp192r1", "ec", 192 }, { 0x0014, "secp224k1", "ec", 224 },
  { 0x0015, "secp224r1", "ec", 224 }, { 0x0016, "secp256k1", "ec", 256 },
  { 0x0017, "secp256r1", "ec", 256, 65, 65 }, { 0x0018, "secp384r1", "ec", 384, 97, 97 },
  { 0x0019, "secp521r1", "ec", 521, 133, 133 },
  { 0x001A, "brainpoolP256r1", "ec", 256 }, { 0x001B, "brainpoolP384r1", "ec", 384 },
  { 0x001C, "brainpoolP512r1", "ec", 512 },
  { 0x001D, "x25519", "x", 255, 32, 32 }, { 0x001E, "x448", "x", 448, 56, 56 },
  { 0x001F, "brainpoolP256r1tls13", "ec", 256, 65, 65 },
  { 0x0020, "brainpoolP384r1tls13", "ec", 384, 97, 97 },
  { 0x0021, "brainpoolP512r1tls13", "ec", 512, 129, 129 },
  { 0x0022, "GC256A", "ec", 256 }, { 0x0023, "GC256B", "ec", 256 },
  { 0x0024, "GC256C", "ec", 256 }, { 0x0025, "GC256D", "ec", 256 },
  { 0x0026, "GC512A", "ec", 512 }, { 0x0027, "GC512B", "ec", 512 },
  { 0x0028, "GC512C", "ec", 512 }, { 0x0029, "curveSM2", "ec", 256, 65, 65 },
  { 0x0100, "ffdhe2048", "ff", 2048, 256, 256 }, { 0x0101, "ffdhe3072", "ff", 3072, 384, 384 },
  { 0x0102, "ffdhe4096", "ff", 4096, 512, 512 }, { 0x0103, "ffdhe6144", "ff", 6144, 768, 768 },
  { 0x0104, "ffdhe8192", "ff", 8192, 1024, 1024 },
  { 0x0200, "MLKEM512", "kem", 512, 800, 768 }, { 0x0201, "MLKEM768", "kem", 768, 1184, 1088 },
  { 0x0202, "MLKEM1024", "kem", 1024, 1568, 1568 },
  { 0x11EB, "SecP256r1MLKEM768", "hybrid", 256, 1249, 1153 },
  { 0x11EC, "X25519MLKEM768", "hybrid", 255, 1216, 1120 },
  { 0x11ED, "SecP384r1MLKEM1024", "hybrid", 384, 1665, 1665 },
  { 0x11EE, "curveSM2MLKEM768", "hybrid", 256, 1249, 1153 },
  -- drafts that were deployed
  { 0x4138, "CECPQ2", "hybrid", 255 },
  { 0x6399, "X25519Kyber768Draft00", "hybrid", 255, 1216, 1120 },
  { 0x639A, "SecP256r1Kyber768Draft00", "hybrid", 256, 1249, 1153 },
  { 0xFE30, "X25519Kyber512Draft00", "hybrid", 255, 832, 800 },
  { 0xFF01, "arbitrary_explicit_prime_curves", "ec" },
  { 0xFF02, "arbitrary_explicit_char2_curves", "ec" },
}

local entries = {}
for i, row in ipairs(rows) do
  entries[i] = { value = row[1], name = row[2], kind = row[3], bits = row[4],
    client_share = row[5], server_share = row[6] }
end

return registry.new("named group", 2, entries, true)
