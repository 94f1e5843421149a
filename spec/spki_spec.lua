-- Keys and signature algorithms, of openssl and written by hand.

local core = require "wolfssl.core"
local der = require "der"
local helper = require "helper"
local openssl = require "openssl"

local it_with_openssl = openssl.it(it, pending)

describe("spki", function()
  local dir

  lazy_setup(function()
    if not helper.have("openssl") then return end
    dir = helper.tempdir()
  end)

  lazy_teardown(helper.cleanup)

  local kinds = {
    { "-algorithm RSA -pkeyopt rsa_keygen_bits:2048", "",
      { oid = "1.2.840.113549.1.1.1", algorithm = "rsa", bits = 2048, exponent = 65537 },
      { oid = "1.2.840.113549.1.1.11", name = "sha256_with_rsa_encryption", hash = "sha256" } },
    { "-algorithm RSA -pkeyopt rsa_keygen_bits:1024 -pkeyopt rsa_keygen_pubexp:3",
      "-sha384 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:17",
      { oid = "1.2.840.113549.1.1.1", algorithm = "rsa", bits = 1024, exponent = 3 },
      { oid = "1.2.840.113549.1.1.10", name = "rsassa_pss", hash = "sha384",
        mgf_hash = "sha384", salt_length = 17 } },
    { "-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:1024", "-sha1",
      { oid = "1.2.840.113549.1.1.10", algorithm = "rsassa_pss", bits = 1024,
        exponent = 65537 },
      { oid = "1.2.840.113549.1.1.10", name = "rsassa_pss", hash = "sha1", mgf_hash = "sha1",
        salt_length = 20 }, "-sigopt rsa_pss_saltlen:20" },
    { "-algorithm EC -pkeyopt ec_paramgen_curve:P-384", "-sha384",
      { oid = "1.2.840.10045.2.1", algorithm = "ecdsa", bits = 384, curve = "secp384r1" },
      { oid = "1.2.840.10045.4.3.3", name = "ecdsa_with_sha384", hash = "sha384" } },
    { "-algorithm EC -pkeyopt ec_paramgen_curve:P-521", "-sha512",
      { oid = "1.2.840.10045.2.1", algorithm = "ecdsa", bits = 521, curve = "secp521r1" },
      { oid = "1.2.840.10045.4.3.4", name = "ecdsa_with_sha512", hash = "sha512" } },
    { "-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1", "",
      { oid = "1.2.840.10045.2.1", algorithm = "ecdsa", bits = 256, curve = "secp256k1" },
      { oid = "1.2.840.10045.4.3.2", name = "ecdsa_with_sha256", hash = "sha256" } },
    { "-algorithm EC -pkeyopt ec_paramgen_curve:sect283k1", "",
      { oid = "1.2.840.10045.2.1", algorithm = "ecdsa", curve = "1.3.132.0.16" },
      { oid = "1.2.840.10045.4.3.2", name = "ecdsa_with_sha256", hash = "sha256" } },
    { "-algorithm ED25519", "",
      { oid = "1.3.101.112", algorithm = "ed25519", bits = 256 },
      { oid = "1.3.101.112", name = "ed25519" } },
    { "-algorithm ED448", "",
      { oid = "1.3.101.113", algorithm = "ed448", bits = 456 },
      { oid = "1.3.101.113", name = "ed448" } },
  }
  for i, kind in ipairs(kinds) do
    it_with_openssl("tell " .. kind[1] .. " " .. kind[2], function()
      local more = kind[2] .. " " .. (kind[5] or "")
      local certificate = assert(core.certificate(openssl.make(dir, "key" .. i, kind[1], more)))
      assert.same(kind[3], certificate:public_key())
      assert.same(kind[4], certificate:signature_algorithm())
    end)
  end

  local function public_key(algorithm, key)
    local certificate, message = core.certificate(der.certificate {
      spki = der.sequence(algorithm, der.bits(key)) })
    return certificate and certificate:public_key(), message
  end

  it("tell keys that cannot sign, and unknown ones", function()
    local x25519, x448 = der.sequence(der.oid("1.3.101.110")), der.sequence(der.oid("1.3.101.111"))
    assert.equal("x25519", public_key(x25519, ("x"):rep(32)).algorithm)
    assert.equal("x448", public_key(x448, ("x"):rep(56)).algorithm)
    assert.same({ oid = "1.2.3", algorithm = "1.2.3" },
      public_key(der.sequence(der.oid("1.2.3"), "\5\0"), "any"))
    assert.same({ oid = "1.2.840.10040.4.1", algorithm = "dsa", bits = 16 }, public_key(
      der.sequence(der.oid("1.2.840.10040.4.1"), der.sequence(der.integer("\0\128\1"))), ""))
  end)

  it("give an exponent that a number cannot hold as hex", function()
    local exponent = ("\1"):rep(9)
    local key = der.sequence(der.integer("\0\255"), der.integer(exponent))
    local rsa = der.sequence(der.oid("1.2.840.113549.1.1.1"), "\5\0")
    assert.equal(("01"):rep(9), public_key(rsa, key).exponent)
  end)

  it("refuse keys that are none", function()
    local ec = der.oid("1.2.840.10045.2.1")
    local p256 = der.sequence(ec, der.oid("1.2.840.10045.3.1.7"))
    local rsa = der.sequence(der.oid("1.2.840.113549.1.1.1"), "\5\0")
    local bad = {
      { p256, "\4" .. ("x"):rep(63), "EC point" }, { p256, "\6" .. ("x"):rep(64), "EC point" },
      { p256, "", "EC point" }, { p256, "\2" .. ("x"):rep(33), "EC point" },
      { der.sequence(ec), "\4", "named curve" }, { der.sequence(ec, "\5\0"), "\4", "named curve" },
      { der.sequence(der.oid("1.3.101.112")), "short", "wrong length" },
      { der.sequence(der.oid("1.3.101.112"), "\5\0"), ("k"):rep(32), "no parameters" },
      { rsa, "\48\0", "ends where" }, { rsa, der.sequence("\2\1\255", "\2\1\3"), "negative" },
      { rsa, der.sequence("\2\1\3", "\2\1\3") .. "\0", "trailing" },
      { der.sequence(der.oid("1.2.840.113549.1.1.1")), "", "not NULL" },
    }
    for _, case in ipairs(bad) do
      local key, message = public_key(case[1], case[2])
      assert.is_nil(key)
      assert.truthy(message:find(case[3], 1, true), message)
    end
    assert.equal(256, public_key(p256, "\3" .. ("x"):rep(32)).bits)
  end)
end)
