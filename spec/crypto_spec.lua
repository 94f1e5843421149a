local core = require "wolfssl.core"
local der = require "wolfssl.issue.der"
local helper = require "helper"

local crypto = core.crypto
local hex, unhex = helper.hex, helper.unhex

local function openssl(command)
  if not helper.have("openssl") then pending("needs package openssl") end
  local output, status = helper.run("openssl " .. command)
  assert.are.equal(0, status, output)
  return output
end

local function refused(code, ...)
  local value, message, found = ...
  assert.is_nil(value)
  assert.is_string(message)
  assert.are.equal(code, found)
end

-- A file with these bytes.
local directory
local function file(name, bytes)
  return helper.write(directory .. "/" .. name, bytes)
end

setup(function() directory = helper.tempdir() end)
teardown(helper.cleanup)

local TEXT = "The quick brown fox jumps over the lazy dog"
local HASHES = { "md5", "sha1", "sha224", "sha256", "sha384", "sha512" }

describe("wolfssl.core.crypto hashes", function()
  for _, hash in ipairs(HASHES) do
    it("agree with openssl: " .. hash, function()
      local path = file("text", TEXT)
      local theirs = openssl(("dgst -r -%s %s"):format(hash, path)):match("^%x+")
      assert.are.equal(theirs, hex(crypto.digest(hash, TEXT)))
      theirs = openssl(("dgst -r -%s -mac HMAC -macopt hexkey:0102ff %s"):format(hash, path))
      assert.are.equal(theirs:match("^%x+"), hex(crypto.hmac(hash, "\1\2\255", TEXT)))
    end)
  end

  it("of nothing are those of the empty string", function()
    assert.are.equal("d41d8cd98f00b204e9800998ecf8427e", hex(crypto.digest("md5", "")))
    assert.are.equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      hex(crypto.hash("sha256"):digest()))
  end)

  it("of TLS 1.0 are MD5 and SHA-1 joined", function()
    assert.are.equal(crypto.digest("md5", TEXT) .. crypto.digest("sha1", TEXT),
      crypto.digest("md5sha1", TEXT))
  end)

  for _, hash in ipairs(HASHES) do
    it("take their input piece by piece and can be copied: " .. hash, function()
      local whole = crypto.hash(hash)
      for i = 1, #TEXT do
        assert.are.equal(crypto.digest(hash, TEXT:sub(1, i - 1)), whole:digest())
        local copy = whole:copy():update("other")
        assert.are.equal(whole, whole:update(TEXT:sub(i, i)))
        assert.are.equal(crypto.digest(hash, TEXT:sub(1, i - 1) .. "other"), copy:digest())
      end
      assert.are.equal(crypto.digest(hash, TEXT), whole:digest())
    end)
  end

  it("raise on wrong arguments and after close", function()
    assert.has.errors(function() crypto.digest("sha3", "") end)
    assert.has.errors(function() crypto.digest("sha256") end)
    assert.has.errors(function() crypto.digest("sha256", {}) end)
    assert.has.errors(function() crypto.hash("md5sha1") end)
    assert.has.errors(function() crypto.hmac("md5sha1", "", "") end)
    local hash = crypto.hash("sha256")
    hash:close()
    hash:close()
    assert.has.errors(function() hash:update("x") end)
    assert.has.errors(function() hash:digest() end)
    assert.has.errors(function() hash:copy() end)
    assert.matches("closed", tostring(hash))
  end)
end)

describe("wolfssl.core.crypto key derivation", function()
  it("is HKDF of RFC 5869 appendix A.1", function()
    local prk = crypto.hkdf_extract("sha256", unhex "000102030405060708090a0b0c", ("\11"):rep(22))
    assert.are.equal("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5", hex(prk))
    assert.are.equal("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b8"
      .. "87185865", hex(crypto.hkdf_expand("sha256", prk, unhex "f0f1f2f3f4f5f6f7f8f9", 42)))
  end)

  it("is HKDF of RFC 5869 appendix A.3, without salt and info", function()
    local prk = crypto.hkdf_extract("sha256", "", ("\11"):rep(22))
    assert.are.equal("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4"
      .. "b61a96c8", hex(crypto.hkdf_expand("sha256", prk, "", 42)))
  end)

  it("is the key schedule of RFC 8448 section 3", function()
    local zeros = ("\0"):rep(32)
    local early = crypto.hkdf_extract("sha256", "", zeros)
    assert.are.equal("33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a", hex(early))
    local derived = crypto.hkdf_expand_label("sha256", early, "derived",
      crypto.digest("sha256", ""), 32)
    assert.are.equal("6f2615a108c702c5678f54fc9dbab69716c076189c48250cebeac3576c3611ba",
      hex(derived))
    local shared = crypto.shared_secret("x25519",
      unhex "49af42ba7f7994852d713ef2784bcbcaa7911de26adc5642cb634540e7ea5005",
      unhex "c9828876112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f")
    assert.are.equal("8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d",
      hex(shared))
    assert.are.equal("1dc826e93606aa6fdc0aadc12f741b01046aa6b99f691ed221a9f0ca043fbeac",
      hex(crypto.hkdf_extract("sha256", derived, shared)))
  end)

  it("is the PRF of TLS 1.2", function()
    assert.are.equal("e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d3"
      .. "5c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082"
      .. "d122ee42c5a72e5a5110fff70187347b66",
      hex(crypto.prf("sha256", unhex "9bbe436ba940f017b17652849a71db35", "test label",
        unhex "a0ba9f936cda311827a6f796ffd5198c", 100)))
  end)

  for _, hash in ipairs { "md5sha1", "sha256", "sha384" } do
    it("agrees with openssl: PRF with " .. hash, function()
      for _, secret in ipairs { "0102030405", ("ab"):rep(48) } do
        local theirs = openssl(("kdf -keylen 104 -kdfopt digest:%s -kdfopt hexsecret:%s "
          .. "-kdfopt seed:labelseed TLS1-PRF"):format(
            hash == "md5sha1" and "MD5-SHA1" or hash, secret))
        assert.are.equal(theirs:gsub("[:%s]", ""):lower(),
          hex(crypto.prf(hash, unhex(secret), "label", "seed", 104)))
      end
    end)
  end

  it("gives any length, and each length is a prefix of the longer ones", function()
    local long = crypto.prf("sha256", "secret", "label", "seed", 100)
    local okm = crypto.hkdf_expand("sha256", ("k"):rep(32), "info", 100)
    for length = 0, 100 do
      assert.are.equal(long:sub(1, length), crypto.prf("sha256", "secret", "label", "seed", length))
      assert.are.equal(okm:sub(1, length),
        crypto.hkdf_expand("sha256", ("k"):rep(32), "info", length))
    end
  end)

  it("raises on wrong arguments", function()
    local key = ("k"):rep(32)
    assert.are.equal(255 * 32, #crypto.hkdf_expand("sha256", key, "", 255 * 32))
    assert.has.errors(function() crypto.hkdf_expand("sha256", key, "", 255 * 32 + 1) end)
    assert.has.errors(function() crypto.hkdf_expand("sha256", key, "", -1) end)
    assert.has.errors(function() crypto.hkdf_expand("sha256", key, "") end)
    assert.has.errors(function() crypto.hkdf_extract("sha256", key) end)
    assert.has.errors(function()
      crypto.hkdf_expand_label("sha256", key, ("l"):rep(250), "", 32)
    end)
    assert.has.errors(function()
      crypto.hkdf_expand_label("sha256", key, "", ("c"):rep(256), 32)
    end)
    assert.has.errors(function() crypto.prf("sha256", key, "label", "seed", 65537) end)
    assert.has.errors(function() crypto.prf("sha256", key, "label", nil, 1) end)
  end)
end)

-- key 00 01 02 …, nonce 40 41 42 …, "header" as additional data; made with OpenSSL
local SEALED = {
  ["aes-128-gcm"] = "6d410cea1c3e90d3e799216d915013d82a12c14b77a7f8eec860a75719ae237d"
    .. "65bf7806fadb4b6df3edfd9ca447aea9c739d515047483defe6f4d",
  ["aes-256-gcm"] = "b6d1cb035749ee60a6e47544f4137d7b1fa92a7cdd40625304672193f261cdaf"
    .. "f06dd3c0bfc3a674459b6cf3567c3c77fb3426cd16ee0aa7b6cc77",
  ["chacha20-poly1305"] = "ac3c19a1033f876233ef9472d49803edd2a31b382e892c1f8d2cbd2d8f551a1e"
    .. "98d6b91c47311bd66e004898d70b1e3496ab453cbfe24fa9d32e4c",
  ["aes-128-ccm"] = "24e7c80eeecc4157f4e7067f4e7e85bce6d5d0acebf63ed94ce9b8ad8253ec7a"
    .. "436ec9b258d0a0a33d6a49ad90efa809c0e90c535a492d36c3ef12",
  ["aes-256-ccm"] = "ade47564fa998a28e7a9abb2a0ec073d2e83740fa2cae82c234f0aa4e4757d12"
    .. "a7fe2d952afd0056aaef80a937015436b231f7199bf9a3bce3e974",
  ["aes-128-ccm-8"] = "24e7c80eeecc4157f4e7067f4e7e85bce6d5d0acebf63ed94ce9b8ad8253ec7a"
    .. "436ec9b258d0a0a33d6a490b05a828ecce534c",
  ["aes-256-ccm-8"] = "ade47564fa998a28e7a9abb2a0ec073d2e83740fa2cae82c234f0aa4e4757d12"
    .. "a7fe2d952afd0056aaef800e3a9208d1c57c0a",
}

describe("wolfssl.core.crypto AEAD", function()
  local NONCE = unhex "404142434445464748494a4b"

  local function key_for(cipher)
    local bytes = {}
    for i = 1, (cipher:find("128", 1, true) and 16 or 32) do bytes[i] = string.char(i - 1) end
    return table.concat(bytes)
  end

  for cipher, sealed in pairs(SEALED) do
    it("gives what OpenSSL gives, and back: " .. cipher, function()
      local key = key_for(cipher)
      assert.are.equal(sealed, hex(crypto.seal(cipher, key, NONCE, "header", TEXT)))
      assert.are.equal(TEXT, crypto.open(cipher, key, NONCE, "header", unhex(sealed)))
    end)

    it("refuses every changed bit, every prefix and other data: " .. cipher, function()
      local key, bytes = key_for(cipher), unhex(sealed)
      for i = 1, #bytes do
        local changed = string.char((bytes:byte(i) + 2 ^ (i % 8)) % 256)
        refused("decode_error", crypto.open(cipher, key, NONCE, "header",
          bytes:sub(1, i - 1) .. changed .. bytes:sub(i + 1)))
        refused("decode_error", crypto.open(cipher, key, NONCE, "header", bytes:sub(1, i - 1)))
      end
      refused("decode_error", crypto.open(cipher, key, NONCE, "headers", bytes))
      refused("decode_error", crypto.open(cipher, key, NONCE:reverse(), "header", bytes))
      refused("decode_error", crypto.open(cipher, key:reverse(), NONCE, "header", bytes))
    end)

    it("takes empty plaintext, empty data and 16 KiB: " .. cipher, function()
      local key = key_for(cipher)
      for _, text in ipairs { "", ("x"):rep(16384) } do
        for _, aad in ipairs { "", "header" } do
          local bytes = crypto.seal(cipher, key, NONCE, aad, text)
          assert.are.equal(text, crypto.open(cipher, key, NONCE, aad, bytes))
        end
      end
    end)

    it("raises on a wrong length of key or nonce: " .. cipher, function()
      local key = key_for(cipher)
      assert.has.errors(function() crypto.seal(cipher, key .. "x", NONCE, "", "") end)
      assert.has.errors(function() crypto.seal(cipher, "", NONCE, "", "") end)
      assert.has.errors(function() crypto.seal(cipher, key, NONCE .. "x", "", "") end)
      assert.has.errors(function() crypto.open(cipher, key, "", "", "") end)
      assert.has.errors(function() crypto.open(cipher, key, NONCE, "") end)
    end)
  end

  it("is AES-128-GCM of the GCM specification, test case 4", function()
    local sealed = crypto.seal("aes-128-gcm", unhex "feffe9928665731c6d6a8f9467308308",
      unhex "cafebabefacedbaddecaf888", unhex "feedfacedeadbeeffeedfacedeadbeefabaddad2",
      unhex [[d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72
        1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39]])
    assert.are.equal("42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
      .. "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"
      .. "5bc94fbc3221a5db94fae95ae7121a47", hex(sealed))
  end)

  it("is AES-CCM of NIST SP 800-38C, example 3", function()
    local sealed = crypto.seal("aes-128-ccm-8", unhex "404142434445464748494a4b4c4d4e4f",
      unhex "101112131415161718191a1b", unhex "000102030405060708090a0b0c0d0e0f10111213",
      unhex "202122232425262728292a2b2c2d2e2f3031323334353637")
    assert.are.equal("e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5484392fbc1b09951",
      hex(sealed))
  end)

  it("is ChaCha20-Poly1305 of RFC 8439 section 2.8.2", function()
    local sealed = crypto.seal("chacha20-poly1305",
      unhex "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
      unhex "070000004041424344454647", unhex "50515253c0c1c2c3c4c5c6c7",
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
      .. "sunscreen would be it.")
    assert.are.equal("d31a8d34648e60db7b86afbc53ef7ec2", hex(sealed:sub(1, 16)))
    assert.are.equal("1ae10b594f09e26a7e902ecbd0600691", hex(sealed:sub(-16)))
  end)

  it("raises on an unknown cipher", function()
    assert.has.errors(function() crypto.seal("aes-128-ofb", "", "", "", "") end)
  end)
end)

describe("wolfssl.core.crypto CBC", function()
  local names = { ["aes-128-cbc"] = 16, ["aes-256-cbc"] = 32, ["3des-ede-cbc"] = 24 }

  for cipher, size in pairs(names) do
    it("agrees with openssl: " .. cipher, function()
      local block = cipher:find("aes", 1, true) and 16 or 8
      local key, iv = ("0123456789abcdef"):rep(2):sub(1, size), ("i"):rep(block)
      local text = ("0123456789abcdef"):rep(5)
      local sealed = directory .. "/sealed"
      openssl(("enc -%s -e -nopad -K %s -iv %s -in %s -out %s"):format(
        cipher == "3des-ede-cbc" and "des-ede3-cbc" or cipher, hex(key), hex(iv),
        file("plain", text), sealed))
      assert.are.equal(hex(helper.read(sealed)), hex(crypto.cbc_encrypt(cipher, key, iv, text)))
      assert.are.equal(text, crypto.cbc_decrypt(cipher, key, iv, helper.read(sealed)))
      assert.are.equal("", crypto.cbc_decrypt(cipher, key, iv, ""))
      assert.has.errors(function() crypto.cbc_decrypt(cipher, key, iv, "x") end)
      assert.has.errors(function() crypto.cbc_decrypt(cipher, key, "", "") end)
      assert.has.errors(function() crypto.cbc_encrypt(cipher, "", iv, "") end)
    end)
  end
end)

describe("wolfssl.core.crypto.random", function()
  it("gives as many bytes as asked, not twice the same", function()
    assert.are.equal("", crypto.random(0))
    assert.are.equal(200000, #crypto.random(200000))
    assert.are_not.equal(crypto.random(16), crypto.random(16))
    assert.has.errors(function() crypto.random(-1) end)
    assert.has.errors(function() crypto.random("many") end)
  end)
end)

-- SubjectPublicKeyInfo up to the point, and what openssl calls the group
local GROUPS = {
  x25519 = { "302a300506032b656e032100", "-algorithm X25519", 32 },
  x448 = { "3042300506032b656f033900", "-algorithm X448", 56 },
  secp256r1 = { "3059301306072a8648ce3d020106082a8648ce3d030107034200",
    "-algorithm EC -pkeyopt ec_paramgen_curve:P-256", 65 },
  secp384r1 = { "3076301006072a8648ce3d020106052b81040022036200",
    "-algorithm EC -pkeyopt ec_paramgen_curve:P-384", 97 },
  secp521r1 = { "30819b301006072a8648ce3d020106052b8104002303818600",
    "-algorithm EC -pkeyopt ec_paramgen_curve:P-521", 133 },
  ffdhe2048 = { nil, "-algorithm DH -pkeyopt group:ffdhe2048", 256 },
  ffdhe3072 = { nil, "-algorithm DH -pkeyopt group:ffdhe3072", 384 },
}

describe("wolfssl.core.crypto key agreement", function()
  -- openssl's own key: file, SubjectPublicKeyInfo
  local function their_key(options)
    local path, public = directory .. "/their.pem", directory .. "/their.der"
    openssl(("genpkey %s -out %s"):format(options, path))
    openssl(("pkey -in %s -pubout -outform DER -out %s"):format(path, public))
    return path, helper.read(public)
  end

  local function their_secret(path, spki)
    local out = directory .. "/secret"
    openssl(("pkeyutl -derive -inkey %s -peerkey %s -peerform DER -out %s"):format(
      path, file("our.der", spki), out))
    return helper.read(out)
  end

  for group, facts in pairs(GROUPS) do
    local prefix, options, size = facts[1], facts[2], facts[3]

    local function parts(spki)
      if prefix then return unhex(prefix), spki:sub(-size) end
      local _, start = der.find(spki, 1)
      local _, _, last = der.find(spki, start)
      local _, bits = der.find(spki, last + 1)
      local _, first, stop = der.find(spki, bits + 1)
      local public = spki:sub(first, stop):gsub("^%z", "")
      return spki:sub(start, last), ("\0"):rep(size - #public) .. public
    end

    local function join(head, public)
      if prefix then return head .. public end
      return der.sequence(head, der.bit_string(der.integer(public)))
    end

    it("agrees with openssl: " .. group, function()
      assert.is_true(crypto.group_supported(group))
      local path, spki = their_key(options)
      local head, theirs = parts(spki)
      local private, public = crypto.keypair(group)
      assert.are.equal(size, #public)
      assert.are.equal(hex(public), hex(crypto.public_from_private(group, private)))
      local secret = crypto.shared_secret(group, private, theirs)
      local as_theirs = prefix and secret or secret:gsub("^%z+", "")   -- who leaves out zeros
      assert.are.equal(hex(their_secret(path, join(head, public))), hex(as_theirs))
    end)

    it("refuses a public key of another length: " .. group, function()
      local private, public = crypto.keypair(group)
      for _, bad in ipairs { "", public:sub(2), public .. "\0" } do
        refused("peer_misbehaved", crypto.shared_secret(group, private, bad))
      end
      assert.has.errors(function() crypto.shared_secret(group, private .. "x", public) end)
      assert.has.errors(function() crypto.public_from_private(group, "") end)
      assert.has.errors(function() crypto.shared_secret(group, private) end)
    end)
  end

  for _, group in ipairs { "secp256r1", "secp384r1", "secp521r1" } do
    it("refuses points that are not on the curve, compressed or at infinity: " .. group, function()
      local private, public = crypto.keypair(group)
      local size = #public
      local last = string.char((public:byte(size) + 1) % 256)
      for _, bad in ipairs {
        public:sub(1, size - 1) .. last, "\4" .. ("\0"):rep(size - 1), ("\0"):rep(size),
        "\2" .. public:sub(2), "\6" .. public:sub(2), "\4" .. ("\255"):rep(size - 1) } do
        refused("peer_misbehaved", crypto.shared_secret(group, private, bad))
      end
    end)
  end

  it("refuses points of small order on the Montgomery curves", function()
    local private = crypto.keypair("x25519")
    for _, bad in ipairs { ("\0"):rep(32), "\1" .. ("\0"):rep(31),
      unhex "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
      unhex "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      unhex "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f" } do
      refused("peer_misbehaved", crypto.shared_secret("x25519", private, bad))
    end
    private = crypto.keypair("x448")
    refused("peer_misbehaved", crypto.shared_secret("x448", private, ("\0"):rep(56)))
    refused("peer_misbehaved", crypto.shared_secret("x448", private, "\1" .. ("\0"):rep(55)))
  end)

  it("refuses 0, 1, p-1, p and more in finite fields", function()
    local private = crypto.keypair("ffdhe2048")
    for _, bad in ipairs { ("\0"):rep(256), ("\0"):rep(255) .. "\1", ("\255"):rep(256) } do
      refused("peer_misbehaved", crypto.shared_secret("ffdhe2048", private, bad))
    end
  end)

  it("is X448 of RFC 7748 section 6.2", function()
    local private = unhex [[9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28d
      d9c9baf574a9419744897391006382a6f127ab1d9ac2d8c0a598726b]]
    assert.are.equal("9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c"
      .. "22c5d9bbc836647241d953d40c5b12da88120d53177f80e532c41fa0",
      hex(crypto.public_from_private("x448", private)))
    assert.are.equal("07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282b"
      .. "b60c0b56fd2464c335543936521c24403085d59a449a5037514a879d",
      hex(crypto.shared_secret("x448", private, unhex [[
        3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b430
        27d8b972fc3e34fb4232a13ca706dcb57aec3dae07bdc1c67bf33609]])))
  end)

  it("says which groups there are", function()
    assert.is_false(crypto.group_supported("sect571r1"))
    refused("not_compiled_in", crypto.keypair("sect571r1"))
    refused("not_compiled_in", crypto.shared_secret("sect571r1", "", ""))
    refused("not_compiled_in", crypto.public_from_private("sect571r1", ""))
    assert.has.errors(function() crypto.group_supported() end)
  end)
end)

describe("wolfssl.core.crypto DHE", function()
  -- RFC 2409 section 6.2: 1024 bits
  local P = unhex [[
    FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD
    EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED
    EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF]]

  it("gives both sides the same secret", function()
    local a, A = crypto.dh_keypair(P, "\2")
    local b, B = crypto.dh_keypair("\0" .. P, "\0\2")
    assert.are.equal(128, #A)
    local secret = crypto.dh_shared(P, "\2", a, B)
    assert.are.equal(hex(secret), hex(crypto.dh_shared(P, "\2", b, A)))
    assert.is_true(#secret <= 128 and secret:byte() ~= 0)
  end)

  it("leaves out leading zeros of the secret", function()
    -- 2^8 in a field much larger
    assert.are.equal("\1\0", crypto.dh_shared(P, "\2", "\8", "\2"))
  end)

  it("refuses public keys outside 2 .. p-2", function()
    local private = crypto.dh_keypair(P, "\2")
    local below = P:sub(1, -2) .. "\254"
    for _, bad in ipairs { "", "\0", "\1", below, P, P .. "\0" } do
      refused("peer_misbehaved", crypto.dh_shared(P, "\2", private, bad))
    end
    assert.is_string(crypto.dh_shared(P, "\2", private, P:sub(1, -2) .. "\253"))
  end)

  it("refuses parameters that cannot be right", function()
    for _, bad in ipairs { "", "\0", "\1", P:sub(1, -2) .. "\254" } do
      refused("peer_misbehaved", crypto.dh_keypair(bad, "\2"))
    end
    for _, bad in ipairs { "", "\0", "\1", P } do
      refused("peer_misbehaved", crypto.dh_keypair(P, bad))
    end
    refused("not_compiled_in", crypto.dh_keypair(("\255"):rep(1025), "\2"))
    assert.has.errors(function() crypto.dh_shared(P, "\2", "", "\2") end)
    assert.has.errors(function() crypto.dh_keypair(P) end)
  end)
end)

describe("wolfssl.core.crypto signatures", function()
  local make = core.issue.key
  local rsa, p256, p384, p521 = make "rsa", make "secp256r1", make "secp384r1", make "secp521r1"
  local ed25519, ed448 = make "ed25519", make "ed448"

  local fitting = {
    rsa_pkcs1_sha1 = rsa, rsa_pkcs1_sha256 = rsa, rsa_pkcs1_sha384 = rsa, rsa_pkcs1_sha512 = rsa,
    rsa_pss_rsae_sha256 = rsa, rsa_pss_rsae_sha384 = rsa, rsa_pss_rsae_sha512 = rsa,
    rsa_pkcs1_md5 = rsa, rsa_pkcs1_sha224 = rsa, rsa_pkcs1_md5_sha1 = rsa,
    ecdsa_secp256r1_sha256 = p256, ecdsa_secp384r1_sha384 = p384, ecdsa_secp521r1_sha512 = p521,
    ecdsa_sha1 = p256, ecdsa_sha224 = p521, ecdsa_sha256 = p384, ecdsa_sha384 = p256,
    ecdsa_sha512 = p256, ed25519 = ed25519, ed448 = ed448,
  }

  for scheme, key in pairs(fitting) do
    it("hold for their data and no other: " .. scheme, function()
      local spki = key:public()
      local signature = crypto.sign(scheme, key, TEXT)
      assert.is_true(crypto.verify(scheme, spki, TEXT, signature))
      refused("peer_misbehaved", crypto.verify(scheme, spki, TEXT .. ".", signature))
      refused("peer_misbehaved", crypto.verify(scheme, spki, TEXT, ""))
      refused("peer_misbehaved", crypto.verify(scheme, spki, TEXT, signature .. "\0"))
      refused("peer_misbehaved", crypto.verify(scheme, spki, TEXT, signature:sub(1, -2)))
      for i = 1, #signature, 7 do
        local changed = string.char((signature:byte(i) + 1) % 256)
        refused("peer_misbehaved", crypto.verify(scheme, spki, TEXT,
          signature:sub(1, i - 1) .. changed .. signature:sub(i + 1)))
      end
    end)

    local hash = scheme:match("(sha%d+)$") or scheme:match("md5$")
    if hash and scheme ~= "rsa_pkcs1_md5_sha1" then
      it("agree with openssl: " .. scheme, function()
        local pss = scheme:find("pss", 1, true)
          and "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest" or ""
        local private, public = file("key.pem", key:pem()), file("public.der", key:public())
        local text, theirs = file("text", TEXT), directory .. "/signature"
        openssl(("dgst -%s %s -sign %s -out %s %s"):format(hash, pss, private, theirs, text))
        assert.is_true(crypto.verify(scheme, key:public(), TEXT, helper.read(theirs)))
        openssl(("pkey -pubin -inform DER -in %s -out %s/public.pem"):format(public, directory))
        local ours = file("ours", crypto.sign(scheme, key:pem(), TEXT))
        assert.matches("OK", openssl(("dgst -%s %s -verify %s/public.pem -signature %s %s"):format(
          hash, pss, directory, ours, text)))
      end)
    end
  end

  for scheme, key in pairs { ed25519 = ed25519, ed448 = ed448 } do
    it("agree with openssl: " .. scheme, function()
      local private, theirs = file("key.pem", key:pem()), directory .. "/signature"
      openssl(("pkeyutl -sign -rawin -inkey %s -in %s -out %s"):format(
        private, file("text", TEXT), theirs))
      assert.are.equal(hex(helper.read(theirs)), hex(crypto.sign(scheme, key:der(), TEXT)))
    end)
  end

  it("of RSA-PSS-only keys need the pss schemes", function()
    local path = directory .. "/pss.pem"
    openssl(("genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out %s"):format(path))
    local key = assert(core.issue.load_key(helper.read(path)))
    openssl(("pkey -in %s -pubout -outform DER -out %s/pss.der"):format(path, directory))
    local spki = helper.read(directory .. "/pss.der")
    for _, hash in ipairs { "sha256", "sha384", "sha512" } do
      local signature = crypto.sign("rsa_pss_pss_" .. hash, key, TEXT)
      assert.is_true(crypto.verify("rsa_pss_pss_" .. hash, spki, TEXT, signature))
      refused("peer_misbehaved", crypto.verify("rsa_pss_rsae_" .. hash, spki, TEXT, signature))
    end
    assert.has.errors(function() crypto.sign("rsa_pkcs1_sha256", key, TEXT) end)
    refused("peer_misbehaved", crypto.verify("rsa_pss_pss_sha256", rsa:public(), TEXT, ""))
  end)

  it("raise when the scheme does not fit the private key", function()
    assert.has.errors(function() crypto.sign("rsa_pkcs1_sha256", p256, TEXT) end)
    assert.has.errors(function() crypto.sign("ecdsa_secp256r1_sha256", p384, TEXT) end)
    assert.has.errors(function() crypto.sign("ed25519", ed448, TEXT) end)
    assert.has.errors(function() crypto.sign("rsa_pss_pss_sha256", rsa, TEXT) end)
    assert.has.errors(function() crypto.sign("unknown", rsa, TEXT) end)
    assert.has.errors(function() crypto.sign("ed25519", nil, TEXT) end)
    assert.has.errors(function() crypto.sign("ed25519", ed25519) end)
    refused("decode_error", crypto.sign("ed25519", "no key", TEXT))
  end)

  it("are refused for a scheme that does not fit the public key", function()
    refused("peer_misbehaved", crypto.verify("ecdsa_secp256r1_sha256", p384:public(), TEXT, ""))
    refused("peer_misbehaved", crypto.verify("ed25519", rsa:public(), TEXT, ""))
  end)

  for name, key in pairs { rsa = rsa, secp256r1 = p256, ed25519 = ed25519, ed448 = ed448 } do
    it("need a whole public key and nothing behind it: " .. name, function()
      local spki = key:public()
      local scheme = ({ rsa = "rsa_pkcs1_sha256", secp256r1 = "ecdsa_sha256" })[name] or name
      for i = 0, #spki - 1 do
        refused("decode_error", crypto.verify(scheme, spki:sub(1, i), TEXT, ""))
      end
      refused("decode_error", crypto.verify(scheme, spki .. "\0", TEXT, ""))
    end)
  end

  it("refuse points that are not on the curve", function()
    local spki = p256:public()
    local last = string.char((spki:byte(-1) + 1) % 256)
    refused("decode_error", crypto.verify("ecdsa_sha256", spki:sub(1, -2) .. last, TEXT, ""))
  end)
end)

describe("wolfssl.core.crypto.rsa_decrypt", function()
  it("decrypts what openssl encrypted", function()
    local key = core.issue.key("rsa")
    local sealed = directory .. "/sealed"
    openssl(("pkeyutl -encrypt -inkey %s -in %s -out %s"):format(
      file("key.pem", key:pem()), file("text", TEXT), sealed))
    assert.are.equal(TEXT, crypto.rsa_decrypt(key, helper.read(sealed)))
    assert.are.equal(TEXT, crypto.rsa_decrypt(key:pem(), helper.read(sealed)))
    refused("decode_error", crypto.rsa_decrypt(key, helper.read(sealed):sub(1, -2)))
    refused("decode_error", crypto.rsa_decrypt(key, ""))
    assert.has.errors(function() crypto.rsa_decrypt(core.issue.key("ed25519"), "") end)
  end)
end)

describe("wolfssl.core.crypto.rsa_encrypt", function()
  it("encrypts what the key decrypts, differently each time", function()
    local key = core.issue.key "rsa"
    local spki = key:public()
    local sealed = assert(crypto.rsa_encrypt(spki, TEXT))
    assert.are.equal(TEXT, crypto.rsa_decrypt(key, sealed))
    assert.are_not.equal(sealed, crypto.rsa_encrypt(spki, TEXT))
    local longest = ("x"):rep(256 - 11)
    assert.are.equal(longest, crypto.rsa_decrypt(key, (crypto.rsa_encrypt(spki, longest))))
  end)

  it("refuses other keys, what is no key, and what is too long", function()
    refused("peer_misbehaved", crypto.rsa_encrypt(core.issue.key("ed25519"):public(), TEXT))
    refused("decode_error", crypto.rsa_encrypt("no key", TEXT))
    local spki = core.issue.key("rsa"):public()
    refused("peer_misbehaved", crypto.rsa_encrypt(spki, ("x"):rep(256 - 10)))
    assert.has.errors(function() crypto.rsa_encrypt(spki, "") end)
    assert.has.errors(function() crypto.rsa_encrypt(spki) end)
  end)
end)
