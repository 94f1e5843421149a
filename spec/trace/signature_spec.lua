local crypto = require "wolfssl.trace.crypto"
local helper = require "helper"
local schemes = require "wolfssl.tls.registry.signature_scheme"
local signature = require "wolfssl.trace.signature"

local KEYS = {
  rsa = "rsa -pkeyopt rsa_keygen_bits:2048", p256 = "ec -pkeyopt ec_paramgen_curve:P-256",
  p384 = "ec -pkeyopt ec_paramgen_curve:P-384", ed25519 = "ed25519",
  pss = "rsa-pss -pkeyopt rsa_keygen_bits:2048",
}

-- key, scheme of the message, what signs (TLS 1.2 ties no hash to a curve)
local TLS12 = {
  { "rsa", "rsa_pkcs1_sha256" }, { "rsa", "rsa_pkcs1_sha1" }, { "rsa", "rsa_pkcs1_sha512" },
  { "rsa", "rsa_pss_rsae_sha256" }, { "pss", "rsa_pss_pss_sha256" }, { "ed25519", "ed25519" },
  { "p256", "ecdsa_secp256r1_sha256", "ecdsa_sha256" },
  { "p384", "ecdsa_secp256r1_sha256", "ecdsa_sha256" },
  { "p256", "ecdsa_secp384r1_sha384", "ecdsa_sha384" }, { "p256", "ecdsa_sha1" },
}
local TLS13 = {
  { "rsa", "rsa_pss_rsae_sha256" }, { "rsa", "rsa_pss_rsae_sha512" },
  { "pss", "rsa_pss_pss_sha256" }, { "p256", "ecdsa_secp256r1_sha256" },
  { "p384", "ecdsa_secp384r1_sha384" }, { "ed25519", "ed25519" },
}

describe("trace.signature", function()
  local keys = {}

  setup(function()
    local directory = helper.tempdir()
    for name, options in pairs(KEYS) do
      local base = directory .. "/" .. name
      local output, status = helper.run(("openssl genpkey -algorithm %s -out %s.pem && "
        .. "openssl pkey -in %s.pem -pubout -outform DER -out %s.pub"):format(options, base, base,
        base))
      assert(status == 0, output)
      keys[name] = { private = helper.read(base .. ".pem"), public = helper.read(base .. ".pub") }
    end
  end)

  teardown(helper.cleanup)

  local function signed(key, scheme, signs, data)
    return { algorithm = schemes.by_name[scheme],
      signature = assert(crypto.sign(signs or scheme, keys[key].private, data)) }
  end

  it("checks CertificateVerify of TLS 1.3, and tells the sides apart", function()
    local hash = ("h"):rep(32)
    local data = (" "):rep(64) .. "TLS 1.3, server CertificateVerify\0" .. hash
    for _, row in ipairs(TLS13) do
      local body, public = signed(row[1], row[2], nil, data), keys[row[1]].public
      assert.is_true((signature.certificate_verify13("server", body, public, hash)), row[2])
      assert.is_false((signature.certificate_verify13("client", body, public, hash)))
      assert.is_false((signature.certificate_verify13("server", body, public, ("x"):rep(32))))
    end
  end)

  it("takes no scheme in TLS 1.3 that is for certificates only", function()
    local hash = ("h"):rep(32)
    for _, name in ipairs { "rsa_pkcs1_sha256", "rsa_pkcs1_sha1", "ecdsa_sha1" } do
      local ok, message = signature.certificate_verify13("server",
        { algorithm = schemes.by_name[name], signature = "" }, keys.rsa.public, hash)
      assert.is_nil(ok)
      assert.truthy(message:find("TLS 1.3", 1, true))
    end
  end)

  it("checks CertificateVerify of TLS 1.2, 1.1 and 1.0", function()
    for _, row in ipairs(TLS12) do
      local body, public = signed(row[1], row[2], row[3], "messages"), keys[row[1]].public
      assert.is_true((signature.certificate_verify12(0x0303, body, public, "messages")), row[2])
      assert.is_false((signature.certificate_verify12(0x0303, body, public, "Messages")))
    end
    for key, scheme in pairs { rsa = "rsa_pkcs1_md5_sha1", p256 = "ecdsa_sha1" } do
      local body = { signature = crypto.sign(scheme, keys[key].private, "messages") }
      assert.is_true((signature.certificate_verify12(0x0301, body, keys[key].public, "messages")))
      assert.is_false((signature.certificate_verify12(0x0302, body, keys[key].public, "message")))
    end
  end)

  it("checks the signature in ServerKeyExchange, over randoms and parameters", function()
    local randoms, params = ("r"):rep(64), "parameters"
    local body = { signed_params = signed("p256", "ecdsa_secp256r1_sha256", "ecdsa_sha256",
      randoms .. params) }
    local tail = body.signed_params.signature
    local bytes = "\12\0\0\0" .. params .. "\4\3\0" .. string.char(#tail) .. tail
    local public = keys.p256.public
    assert.is_true((signature.server_key_exchange(0x0303, bytes, body, public, randoms)))
    assert.is_false((signature.server_key_exchange(0x0303, bytes, body, public, randoms:upper())))
    assert.is_false((signature.server_key_exchange(0x0303, (bytes:gsub("para", "Para")), body,
      public, randoms)))
    assert.is_nil((signature.server_key_exchange(0x0303, bytes, {}, public, randoms)))
  end)

  it("says why when it cannot check", function()
    for _, case in ipairs {
      { nil, "rsa_pkcs1_sha256" }, { "not DER", "rsa_pkcs1_sha256" },
      { keys.rsa and keys.rsa.public, "mldsa44" }, { "", "dsa_sha1" },
    } do
      local ok, message = signature.certificate_verify12(0x0303,
        { algorithm = schemes.by_name[case[2]], signature = "x" }, case[1], "")
      assert.is_nil(ok)
      assert.equal("string", type(message))
    end
  end)

  it("raises for no scheme there is", function()
    for value = 0, 65535, 1 do
      local scheme = schemes.by_value[value]
      if scheme then
        for version = 0x0301, 0x0303 do
          assert.is_not_true((signature.certificate_verify12(version,
            { algorithm = scheme, signature = "x" }, keys.p256.public, "")))
        end
        assert.is_not_true((signature.certificate_verify13("client",
          { algorithm = scheme, signature = "x" }, keys.p256.public, "")))
      end
    end
  end)
end)
