-- Which groups and signatures a handshake may have: those of the context, on either side.

local attacker = require "attacker"
local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local decryptor = require "wolfssl.trace.decryptor"
local field = require "attack.field"
local helper = require "helper"
local peers = require "interop.peers"
local pki = require "pki"
local tls = require "wolfssl.tls"
local wolfssl = require "wolfssl"

local GROUPS = { "x25519", "secp256r1", "secp384r1", "secp521r1" }
local KEY = ("k"):rep(32)

-- Both handshakes with the options; each side's last result, and what was negotiated.
local function meet(version, client_options, server_options)
  local client = assert(wolfssl.client(peers.at(version, client_options)))
  local server = assert(wolfssl.server(peers.at(version, server_options)))
  local a, b = pki.pair(client, server)
  local left, right = pki.handshake(a, b)
  return left, right, a, b
end

local function with_certificate(options)
  options.certificate, options.key = pki.leaf()
  return options
end

local function with_client_certificate(options)
  options.certificate, options.key = pki.leaf("secp256r1")
  options.trust = pki.root
  return options
end

local function asking(schemes)
  return with_certificate { trust = pki.root, verify = "required", signature_schemes = schemes }
end

local function only_chacha(options)
  options.cipher_suites, options.min_version = { "TLS_CHACHA20_POLY1305_SHA256" }, "TLS 1.3"
  return options
end

local function vector(bytes)
  return string.char(0, math.floor(#bytes / 256), #bytes % 256) .. bytes
end

-- A record of a client's with a Certificate and the beginning of a CertificateVerify.
local function signed(client, label, context, scheme)
  local entries = {}
  for i, der in ipairs((pki.leaf("secp256r1"))) do entries[i] = vector(der) .. "\0\0" end
  local certificate = string.char(#context) .. context .. vector(table.concat(entries))
  for _, line in ipairs(client:secrets()) do
    local secret = line:match("^" .. label .. " %x+ (%x+)$")
    if secret then
      return decryptor.tls13(cipher_suite:entry(0x1303), helper.unhex(secret))
        :seal(22, "\11" .. vector(certificate) .. "\15" .. vector(scheme .. "\0\8signature"))
    end
  end
end

-- Another scheme in the CertificateVerify among plaintext records.
local function resigned(bytes, scheme)
  local at, found = 1, false
  while at < #bytes do
    if bytes:byte(at) == 22 and bytes:byte(at + 5) == 15 then
      bytes, found = bytes:sub(1, at + 8) .. scheme .. bytes:sub(at + 11), true
    end
    at = at + 5 + bytes:byte(at + 3) * 256 + bytes:byte(at + 4)
  end
  return bytes, found
end

-- The same with a signature of nothing but one byte, as long as it was.
local function forged(bytes, byte)
  local at, found = 1, false
  while at < #bytes do
    local size = bytes:byte(at + 3) * 256 + bytes:byte(at + 4)
    if bytes:byte(at) == 22 and bytes:byte(at + 5) == 15 then
      bytes, found = bytes:sub(1, at + 12) .. byte:rep(size - 8) .. bytes:sub(at + 5 + size), true
    end
    at = at + 5 + size
  end
  return bytes, found
end

-- A ClientHello that does not say which signatures its client knows, perhaps with another session.
local function without_schemes(bytes, stranger)
  local hello = tls.handshake.decode(bytes:sub(6))
  local kept = {}
  for _, extension in ipairs(hello.body.extensions) do
    local name = extension.extension_type.name
    if name ~= "signature_algorithms" then kept[#kept + 1] = extension end
  end
  hello.body.extensions = kept
  if stranger then hello.body.legacy_session_id = ("s"):rep(32) end
  return tls.record.encode { type = "handshake", legacy_record_version = "TLS 1.2",
    fragment = tls.handshake.encode(hello) }
end

-- The suite in a server's first record.
local function chosen_by(server)
  local bytes = server:data_to_send()
  local length = bytes:byte(4) * 256 + bytes:byte(5)
  return tls.handshake.decode(bytes:sub(6, 5 + length)).body.cipher_suite.name
end

-- A ClientHello that names these groups.
local function with_groups(bytes, groups)
  local hello = tls.handshake.decode(bytes:sub(6))
  for _, extension in ipairs(hello.body.extensions) do
    if extension.extension_type.name == "supported_groups" then
      extension.extension_data = { named_group_list = groups }
    end
  end
  return tls.record.encode { type = "handshake", legacy_record_version = "TLS 1.2",
    fragment = tls.handshake.encode(hello) }
end

describe("a server", function()
  for _, version in ipairs(peers.VERSIONS) do
    for _, group in ipairs(GROUPS) do
      it(("of %s agrees on %s when it has no other, whatever its client would rather")
        :format(version, group), function()
        for first = 1, #GROUPS do
          local list = { GROUPS[first] }
          for i, other in ipairs(GROUPS) do list[#list + 1] = i ~= first and other or nil end
          local left, right, a = meet(version, { trust = pki.root, groups = list },
            with_certificate { groups = { group } })
          assert.is_nil(left.message)
          assert.is_nil(right.message)
          assert.equal(group, a:info().group.name)
        end
      end)
    end

    it("of " .. version .. " keeps to its groups with a pre-shared key, too", function()
      for _, group in ipairs { "secp256r1", "secp384r1", "secp521r1" } do
        local left, _, a = meet(version, { psk = { identity = "me", key = KEY }, groups = GROUPS },
          { psks = { me = KEY }, groups = { group } })
        assert.is_nil(left.message)
        assert.equal(group, a:info().group.name)
      end
    end)

    it("of " .. version .. " refuses a client without a group in common", function()
      local left, right = meet(version, { trust = pki.root, groups = { "secp256r1" } },
        with_certificate { groups = { "secp384r1" } })
      assert.equal("peer_incompatible", right.code)
      assert.equal("handshake_failure", left.detail.name)
    end)

    it("of " .. version .. " takes a client's signature that it asked for", function()
      local _, right = meet(version, with_client_certificate {},
        asking { "ed25519", "ecdsa_secp256r1_sha256" })
      assert.is_nil(right.message)
    end)
  end

  it("of TLS 1.2 lets a client resume that does not say which signatures it knows", function()
    local server = assert(wolfssl.server(peers.at("TLS 1.2", with_certificate {})))
    local client = assert(wolfssl.client(peers.at("TLS 1.2", { trust = pki.root })))
    local first = pki.connected(client, server)
    for _, known in ipairs { true, false } do
      local a, b = pki.pair(client, server, { session = first:session() })
      a:handshake()
      b:receive_data(without_schemes(a:data_to_send(), not known))
      local _, _, code = b:handshake()
      local answer = b:data_to_send()
      assert.equal(known and "want_read" or "peer_incompatible", code)
      assert.equal(known and 22 or 21, answer:byte(1))
      if not known then assert.equal("handshake_failure", b:info().alert_sent.name) end
    end
  end)

  it("of TLS 1.2 chooses a key exchange with a group that its client names", function()
    local ECDHE, DHE =
      "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"
    local function chosen(groups, options)
      local a, b = pki.pair(
        assert(wolfssl.client(peers.at("TLS 1.2", { cipher_suites = { ECDHE, DHE } }))),
        pki.server(peers.at("TLS 1.2", options or { cipher_suites = { ECDHE, DHE } }), "rsa"))
      a:handshake()
      b:receive_data(with_groups(a:data_to_send(), groups))
      local _, message, code = b:handshake()
      if code ~= "want_read" then return b:info().alert_sent.name, message end
      return chosen_by(b)
    end
    assert.equal(ECDHE, chosen { "secp256r1" })
    assert.equal(ECDHE, chosen { "ffdhe3072", "x25519" })
    assert.equal(DHE, chosen { "secp521r1" }) -- no curve of ours
    assert.equal(DHE, chosen { "ffdhe2048" })
    assert.equal("insufficient_security", chosen { "ffdhe3072" })
    assert.equal("handshake_failure", chosen({ "secp521r1" }, { cipher_suites = { ECDHE } }))
    assert.equal("handshake_failure", chosen({ "ffdhe2048" }, { cipher_suites = { ECDHE } }))
    assert.equal("insufficient_security",
      chosen({ "ffdhe2048" }, { cipher_suites = { DHE }, groups = { "x25519" } }))
  end)

  it("agrees in TLS 1.2 on a finite field of its own, whatever else its client names", function()
    local suites = { "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256" }
    local client = pki.client { max_version = "TLS 1.2", cipher_suites = { suites[1] },
      groups = { "x25519", "ffdhe3072", "ffdhe2048" } }
    for _, version in ipairs(peers.VERSIONS) do
      for _, group in ipairs { "ffdhe2048", "ffdhe3072" } do
        local a, b = pki.pair(client, pki.server({ max_version = version, groups = { group },
          cipher_suites = version == "TLS 1.2" and { suites[1] } or suites }, "rsa"))
        local left, right = pki.handshake(a, b)
        assert.same({ true, true }, { left.ok, right.ok }, right.message)
        assert.equal(group, b:info().group.name)
      end
    end
  end)

  it("of TLS 1.2 shows the certificate that goes with such a key exchange", function()
    local certificate, key = pki.leaf("rsa")
    local elliptic, curve_key = pki.leaf("secp256r1")
    local DHE = "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"
    local both = { DHE, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" }
    local a, b = pki.pair(assert(wolfssl.client(peers.at("TLS 1.2", { cipher_suites = both }))),
      assert(wolfssl.server(peers.at("TLS 1.2", { cipher_suites = both, certificates = {
        { certificate = elliptic, key = curve_key },
        { certificate = certificate, key = key } } }))))
    a:handshake()
    b:receive_data(with_groups(a:data_to_send(), { "secp521r1" }))
    local _, message, code = b:handshake()
    assert.equal("want_read", code, message)
    assert.equal(DHE, chosen_by(b))
  end)

  it("of TLS 1.2 does not blame a good certificate for a signature with another hash", function()
    local certificate, key = pki.leaf("rsa")
    local a, b = pki.pair(
      assert(wolfssl.client(peers.at("TLS 1.2", { trust = pki.root, certificate = certificate,
        key = key, signature_schemes = { "rsa_pkcs1_sha256" } }))),
      pki.server(peers.at("TLS 1.2", { trust = pki.root, verify = "required",
        signature_schemes = { "rsa_pkcs1_sha256", "rsa_pkcs1_sha384" } }), "rsa"))
    local changed, message, code
    for _ = 1, 4 do
      a:handshake()
      local bytes, found = resigned(a:data_to_send(), "\5\1")
      b:receive_data(bytes)
      message, code = select(2, b:handshake())
      changed = changed or found
      a:receive_data(b:data_to_send())
    end
    assert.is_true(changed)
    assert.equal("peer_misbehaved", code, message)
  end)

  it("says that it has no certificate", function()
    for _, version in ipairs(peers.VERSIONS) do
      local left, right = meet(version, { trust = pki.root }, {})
      assert.equal("internal", right.code)
      assert.matches("no certificate", right.message)
      assert.equal("internal_error", left.detail.name)
    end
  end)

  it("of TLS 1.3 takes no signature of its client's that it did not ask for", function()
    local a, b = pki.pair(assert(wolfssl.client(only_chacha(with_client_certificate {}))),
      assert(wolfssl.server(only_chacha(asking { "ed25519", "rsa_pss_rsae_sha256" }))))
    a:handshake()
    b:receive_data(a:data_to_send())
    b:handshake()
    a:receive_data(b:data_to_send())
    a:handshake()
    b:receive_data(signed(a, "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "", "\4\3"))
    local _, message, code = b:handshake()
    assert.equal("peer_misbehaved", code, message)
    assert.matches("scheme that was not offered", message)
    assert.equal("illegal_parameter", b:info().alert_sent.name)
  end)

  -- What a server of TLS 1.2 says to a client whose CertificateVerify names another scheme.
  local function misnamed(scheme)
    local a, b = pki.pair(
      assert(wolfssl.client(peers.at("TLS 1.2", with_client_certificate {}))),
      assert(wolfssl.server(peers.at("TLS 1.2", asking()))))
    local found, ok, code, message
    for _ = 1, 4 do
      a:handshake()
      local bytes, changed = resigned(a:data_to_send(), scheme)
      found = found or changed
      b:receive_data(bytes)
      ok, message, code = b:handshake()
      if found then break end
      a:receive_data(b:data_to_send())
    end
    assert.is_nil(ok)
    assert.equal("peer_misbehaved", code)
    assert.equal("illegal_parameter", b:info().alert_sent.name)
    return message
  end

  it("of TLS 1.2 takes no signature of its client's that it did not ask for", function()
    for _, scheme in ipairs { "\2\3", "\3\3", "\2\1", "\0\0" } do -- SHA-1, SHA-224, nothing
      assert.matches("scheme that was not offered", misnamed(scheme))
    end
  end)

  -- Of one that it cannot read wolfSSL says bad_certificate.
  it("of TLS 1.2 says decrypt_error of a signature that is none, whatever it looks like", function()
    for _, kind in ipairs { "rsa", "secp256r1" } do
      for _, byte in ipairs { "\0", "\1", "\255" } do
        local certificate, key = pki.leaf(kind)
        local a, b = pki.pair(assert(wolfssl.client(peers.at("TLS 1.2", { trust = pki.root,
          certificate = certificate, key = key }))),
          assert(wolfssl.server(peers.at("TLS 1.2", asking()))))
        a:handshake()
        b:receive_data(a:data_to_send())
        b:handshake()
        a:receive_data(b:data_to_send())
        a:handshake()
        local bytes, found = forged(a:data_to_send(), byte)
        assert.is_true(found)
        b:receive_data(bytes)
        local _, message, code = b:handshake()
        assert.equal("peer_misbehaved", code, message)
        assert.equal("decrypt_error", b:info().alert_sent.name)
        assert.equal("\21\3\3\0\2\2\51", b:data_to_send())
      end
    end
  end)

  it("of TLS 1.2 takes no signature that its client's key cannot make", function()
    for _, scheme in ipairs { "\4\1", "\8\4" } do -- RSA, with the same hash
      assert.matches("not of the certificate's key", misnamed(scheme))
    end
  end)

  it("takes no late signature that it did not ask for", function()
    local client = assert(wolfssl.client(only_chacha(with_client_certificate {
      post_handshake_auth = true })))
    local server = assert(wolfssl.server(only_chacha(with_certificate { trust = pki.root,
      verify = "none", signature_schemes = { "ed25519", "rsa_pss_rsae_sha256" } })))
    local a, b = pki.connected(client, server)
    assert.is_nil((b:request_certificate()))
    b:receive_data(signed(a, "CLIENT_TRAFFIC_SECRET_0", "\0", "\4\3"))
    local _, message, code = b:request_certificate()
    assert.equal("peer_misbehaved", code, message)
    assert.matches("scheme that was not offered", message)
  end)
end)

-- RFC 7748 section 5. wolfSSL by itself refuses such a share.
describe("the highest bit of an x25519 share in TLS 1.3", function()
  local function set(share) return share:sub(1, 31) .. string.char(share:byte(32) % 128 + 128) end

  it("does not count to a server, whether or not the client resumes", function()
    for _, suite in ipairs { "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_256_GCM_SHA384" } do
      local server = pki.server { min_version = "TLS 1.3" }
      local psk
      for _ = 1, 2 do
        local client = attacker.new(server:connection(), { suite = suite })
        client.public = set(client.public)
        local ok, message = client:handshake(psk and { psk })
        assert.is_true(ok, message)
        assert.equal(psk ~= nil, client.resumed)
        assert.equal("x25519", client.peer:info().group.name)
        assert(client.peer:write "hello")
        psk = assert(client:ticket())
      end
    end
  end)

  it("does not count to a client", function()
    local chain, key = pki.leaf "secp256r1"
    for _, suite in ipairs { "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384" } do
      local outcome, server = field.server(pki.client(), { suite = suite, chain = chain, key = key,
        play = function(self)
          self.public = set(self.public)
          assert.is_true(self:handshake())
          self:send(23, "hello")
          self:send(21, "\1\0")
          return true
        end })
      assert.equal("closed", outcome.code, outcome.message)
      assert.same({ "hello", field.SECRET }, { outcome.said, server.data })
    end
  end)
end)
