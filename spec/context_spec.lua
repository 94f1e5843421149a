-- Options: what they default to on the wire, what each does, and what is said when they are wrong.

local helper = require "helper"
local issue = require "wolfssl.issue"
local pki = require "pki"
local tls = require "wolfssl.tls"
local wolfssl = require "wolfssl"

-- The ClientHello that a context's connections send.
local function hello_of(options, connection_options)
  local a = pki.pair(pki.client(options), nil, connection_options)
  a:handshake()
  local bytes = a:data_to_send()
  return assert(tls.decode_handshake(bytes:sub(6))).body, bytes
end

local function names(list)
  local result = {}
  for i, entry in ipairs(list) do result[i] = entry.name end
  return result
end

local function extension(hello, name)
  return tls.extension.find(hello.extensions, name)
end

local function outcome(client, server, name)
  local a, b = pki.pair(client, server, { server_name = name })
  local left, right = pki.handshake(a, b)
  return left, right, a, b
end

describe("wolfssl.client, by default,", function()
  local hello = hello_of()

  it("offers TLS 1.3 and 1.2", function()
    assert.same({ "TLS 1.3", "TLS 1.2" }, names(extension(hello, "supported_versions").versions))
  end)

  it("offers AEAD suites with forward secrecy, the faster cipher first", function()
    local chacha = {
      "TLS_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
      "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    }
    local aes = {
      "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
      "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
      "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    }
    local expected = {}
    for _, part in ipairs(wolfssl.capabilities.aesni and { aes, chacha } or { chacha, aes }) do
      for _, name in ipairs(part) do expected[#expected + 1] = name end
    end
    assert.same(expected, names(hello.cipher_suites))
  end)

  it("offers x25519 first, with its key share", function()
    local expected = { "x25519", "secp256r1", "secp384r1" }
    if wolfssl.capabilities.mlkem then table.insert(expected, 1, "X25519MLKEM768") end
    assert.same(expected, names(extension(hello, "supported_groups").named_group_list))
    assert.equal(expected[1], extension(hello, "key_share").client_shares[1].group.name)
  end)

  it("offers no signature scheme with SHA-1", function()
    local schemes = names(extension(hello, "signature_algorithms").supported_signature_algorithms)
    assert.equal("ed25519", schemes[1])
    for _, name in ipairs(schemes) do assert.is_nil(name:find("sha1", 1, true), name) end
  end)

  it("sends its server's name, but never an address", function()
    assert.equal("localhost", extension(hello, "server_name").server_name_list[1].name)
    for _, address in ipairs { "127.0.0.1", "::1" } do
      assert.is_nil(extension(hello_of(nil, { server_name = address }), "server_name"))
    end
    assert.is_nil(extension(hello_of(nil, { send_server_name = false }), "server_name"))
  end)

  it("asks for no ticket of TLS 1.2 and offers extended_master_secret", function()
    assert.is_nil(extension(hello, "session_ticket"))
    assert.is_not_nil(extension(hello, "extended_master_secret"))
  end)

  it("offers no compression", function()
    assert.same({ 0 }, { hello.legacy_compression_methods[1].value
      or hello.legacy_compression_methods[1] })
    assert.equal(1, #hello.legacy_compression_methods)
  end)

  it("trusts the system's store, and nobody else", function()
    local bundle = "/etc/ssl/certs/ca-certificates.crt"
    if not helper.exists(bundle) then return pending("needs package ca-certificates") end
    local client = assert(wolfssl.client())
    local left = outcome(client, pki.server())
    assert.equal("unknown_issuer", left.detail[1].code)
  end)

  it("must be told the name of the server", function()
    assert.has_error(function() pki.client():connection() end)
  end)
end)

describe("wolfssl.client's options", function()
  it("choose versions", function()
    local only12 = hello_of { max_version = "TLS 1.2" }
    assert.is_nil(extension(only12, "supported_versions"))
    assert.is_nil(extension(only12, "key_share"))
    assert.equal("TLS 1.2", only12.legacy_version.name)
    local only13 = hello_of { min_version = "TLSv1.3" }
    assert.same({ "TLS 1.3" }, names(extension(only13, "supported_versions").versions))
    for _, suite in ipairs(only13.cipher_suites) do
      assert.equal(0x13, math.floor(suite.value / 256))
    end
  end)

  it("choose suites, groups and schemes, in order", function()
    local hello = hello_of {
      cipher_suites = { "TLS_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" },
      groups = { "secp384r1", "x25519" },
      signature_schemes = { "ecdsa_secp384r1_sha384", "ed25519" },
    }
    assert.same({ "TLS_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" },
      names(hello.cipher_suites))
    assert.same({ "secp384r1", "x25519" }, names(extension(hello,
      "supported_groups").named_group_list))
    assert.same({ "ecdsa_secp384r1_sha384", "ed25519" },
      names(extension(hello, "signature_algorithms").supported_signature_algorithms))
  end)

  it("offer protocols by ALPN", function()
    local list = extension(hello_of { alpn = { "h2", "http/1.1" } },
      "application_layer_protocol_negotiation").protocol_name_list
    assert.same({ "h2", "http/1.1" }, { list[1].name or list[1], list[2].name or list[2] })
  end)

  it("raise when one is unknown, and name the nearest", function()
    assert.has_error(function() wolfssl.client { trsut = pki.root } end,
      "unknown option 'trsut' of a client context; did you mean 'trust'?")
    assert.has_error(function() wolfssl.client { verify = "none" } end)
    assert.has_error(function() wolfssl.server { on_sercet = print } end,
      "unknown option 'on_sercet' of a server context; did you mean 'on_secret'?")
  end)

  it("raise with a hint where the word is another's", function()
    local unknown = "unknown option '%s' of a client context%s"
    for name, hint in pairs {
      verify = ": 'verify' is one of a server context",
      timeout = ": 'timeout' is one of a connection",
      servername = ": 'server_name' is one of a connection",
      cafile = "; did you mean 'trust'?",
      insecure = "; see wolfssl.context",
    } do
      assert.has_error(function() wolfssl.client { [name] = true } end, unknown:format(name, hint))
    end
    assert.has_error(function()
      wolfssl.client { cipher_suites = { "TLS_AES_128_GCM_SHA265" } }
    end, "option 'cipher_suites': 'TLS_AES_128_GCM_SHA265' is no cipher suite; "
      .. "did you mean 'TLS_AES_128_GCM_SHA256'?")
    assert.has_error(function() wolfssl.client { groups = { "P-256" } } end,
      "option 'groups': 'P-256' is no named group by IANA's names")
  end)

  it("raise by their names, whatever the core calls them", function()
    local chain, key = pki.leaf "secp256r1"
    local identity, long = { certificate = chain, key = key }, {}
    for i = 1, 300 do long[i] = ("x"):rep(255) end
    for _, case in ipairs {
      { "client", { depth = 13 }, "option 'depth': must be 0 to 12" },
      { "client", { min_ec_bits = 1 }, "option 'min_ec_bits': must be 160 to 521" },
      { "client", { profile = "web" }, "option 'profile': \"rfc5280\" or \"webpki\" expected" },
      { "client", { staple = "please" }, "option 'staple': invalid option 'please'" },
      { "client", { alpn = long }, "option 'alpn': is too long" },
      { "server", { session_lifetime = 0 }, "option 'session_lifetime': must be 1 to 604800" },
      { "server", { certificates = { identity, identity, identity, identity, identity } },
        "option 'certificates': must be 1 to 4" },
    } do
      assert.has_error(function() wolfssl[case[1]](case[2]) end, case[3])
    end
  end)

  it("raise when one asks for nothing, or for less than it seems", function()
    local pin = ("ab"):rep(32)
    local chain, key = pki.leaf "secp256r1"
    for _, case in ipairs {
      { "client", { pins = {} }, "pins: there is none in the list" },
      { "client", { pins = { sha256 = pin } }, "pins: there is none in the list" },
      { "client", { crls = {} }, "crls: there is none in the list" },
      { "server", { certificate = chain, key = key, trust = chain, crls = { company = "x.crl" } },
        "crls: there is none in the list" },
      { "client", { policy = {} }, 'policy: an OID such as "2.23.140.1.2.1" expected, got nil' },
      { "client", { policy = "any" }, 'policy: an OID such as "2.23.140.1.2.1" expected, got any' },
      { "client", { password = "x" }, "option 'password' is that of a 'key', and there is none" },
      { "server", { certificates = { { certificate = chain } } },
        "option 'certificates', number 1: 'certificate' and 'key' expected" },
      { "server", { certificates = { { certificate = chain, key = key, pasword = "x" } } },
        "option 'certificates', number 1: unknown field 'pasword'" },
    } do
      assert.has_error(function() wolfssl[case[1]](case[2]) end, case[3])
    end
  end)

  it("raise when one has the wrong type or value", function()
    for _, options in ipairs {
      { trust = 1 }, { alpn = "h2" }, { alpn = { "" } }, { alpn = { ("x"):rep(256) } },
        { alpn = { 1 } },
      { min_version = "TLS 1.1" }, { min_version = "TLS 1.3", max_version = "TLS 1.2" },
      { cipher_suites = {} }, { cipher_suites = { "TLS_RSA_WITH_NULL_SHA256" } },
      { cipher_suites = { "nonsense" } }, { groups = { "secp1" } },
        { signature_schemes = { "rsa_pkcs1_sha1" } },
      { cipher_suites = { "TLS_AES_128_GCM_SHA256" }, max_version = "TLS 1.2" },
      { certificate = pki.root }, { key = pki.root_key }, { depth = -1 }, { depth = 13 },
        { min_rsa_bits = 1 },
      { certificate = pki.root, key = true }, { insecure_no_name_check = 1 },
    } do
      options.trust = options.trust or pki.root
      assert.has_error(function() wolfssl.client(options) end)
    end
    assert.has_error(function() wolfssl.client(7) end)
    assert.has_error(function() wolfssl.server { verify = "required" } end)
    assert.has_error(function() wolfssl.server { ticket_keys = { "short" } } end)
  end)
end)

describe("a context's certificates and keys", function()
  local chain, key = pki.leaf "secp256r1"
  local directory = helper.tempdir()
  local pem = wolfssl.certificate(chain[1]):pem() .. wolfssl.certificate(chain[2]):pem()
  local chain_file = helper.write(directory .. "/chain.pem", pem)
  local key_file = helper.write(directory .. "/key.pem", key:pem())
  local root_file = helper.write(directory .. "/root.pem", wolfssl.certificate(pki.root):pem())
  local certificate_directory = helper.tempdir()
  helper.write(certificate_directory .. "/some-root.crt", wolfssl.certificate(pki.root):pem())
  helper.write(certificate_directory .. "/README", "no certificate")

  for what, options in pairs {
    ["files"] = { certificate = chain_file, key = key_file },
    ["PEM text"] = { certificate = pem, key = key:pem() },
    ["DER"] = { certificate = chain, key = key:der() },
    ["objects"] = { certificate = { wolfssl.certificate(chain[1]), wolfssl.certificate(chain[2]) },
      key = key },
    ["a list of identities"] = { certificates = { { certificate = chain_file, key = key_file } } },
  } do
    it("may be " .. what, function()
      local left, right = outcome(nil, assert(wolfssl.server(options)))
      assert.is_true(left.ok, left.message)
      assert.is_true(right.ok, right.message)
    end)
  end

  for what, trust in pairs {
    ["a file"] = root_file, ["a directory"] = certificate_directory, ["DER"] = pki.root,
    ["PEM text"] = wolfssl.certificate(pki.root):pem(),
      ["an object"] = wolfssl.certificate(pki.root),
    ["a list"] = { root_file, pki.root },
  } do
    it("are trusted by " .. what, function()
      local left = outcome(assert(wolfssl.client { trust = trust }))
      assert.is_true(left.ok, left.message)
    end)
  end

  it("may have an encrypted key, with a password or a function that gives it", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    for form, command in pairs {
      pkcs8 = "openssl pkcs8 -topk8 -v2 aes-256-cbc -passout pass:secret -in %s -out %s",
      legacy = "openssl ec -aes128 -passout pass:secret -in %s -out %s",
    } do
      local encrypted = directory .. "/" .. form
      local output, status = helper.run(command:format(key_file, encrypted))
      assert.equal(0, status, output)
      for _, password in ipairs { "secret", function() return "secret" end } do
        local left = outcome(nil, assert(wolfssl.server {
          certificate = chain_file, key = encrypted, password = password }))
        assert.is_true(left.ok, left.message)
      end
      local server, message, code = wolfssl.server {
        certificate = chain_file, key = encrypted, password = "wrong" }
      assert.is_nil(server)
      assert.truthy(message:find(encrypted, 1, true), message)
      assert.equal("decode_error", code)
      assert.has_error(function()
        wolfssl.server { certificate = chain_file, key = encrypted, password = function()
          error("no")
        end }
      end)
      assert.has_error(function()
        wolfssl.server { certificate = chain_file, key = encrypted, password = function()
          return 1
        end }
      end)
    end
  end)

  it("are refused, by file and reason, when they cannot be read", function()
    local broken = helper.write(directory .. "/broken",
      "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n")
    local empty = helper.write(directory .. "/empty", "")
    for _, case in ipairs {
      { { certificate = directory .. "/none", key = key_file }, "none: No such file",
        "file_error" },
      { { certificate = chain_file, key = directory .. "/none" }, "none: No such file",
        "file_error" },
      { { certificate = directory, key = key_file }, "Is a directory", "file_error" },
      { { certificate = "0none.pem", key = key_file }, "0none.pem: No such file", "file_error" },
      { { certificate = broken, key = key_file }, "/broken: ", "decode_error" },
      { { certificate = empty, key = key_file }, "/empty: ", "decode_error" },
      { { certificate = chain_file, key = chain_file }, "/chain.pem: ", "decode_error" },
      { { certificate = chain_file, key = empty }, "/empty: ", "decode_error" },
      { { certificate = chain, key = key, trust = directory .. "/none" }, "none: No such file",
        "file_error" },
      { { certificate = chain, key = key, trust = empty }, "/empty: ", "decode_error" },
      { { certificate = chain, key = key, trust = ("x"):rep(5000) },
        "trust: 5000 bytes, neither PEM nor DER nor a file name", "decode_error" },
      { { certificate = chain, key = key, trust = helper.tempdir() }, "no certificate in it",
        "file_error" },
    } do
      local server, message, code = wolfssl.server(case[1])
      assert.is_nil(server)
      assert.truthy(message:find(case[2], 1, true), message)
      assert.equal(case[3], code)
    end
  end)

  it("must belong together", function()
    for _, kind in ipairs { "rsa", "secp256r1", "secp384r1", "ed25519" } do
      local server, message, code = wolfssl.server { certificate = chain, key = issue.key(kind) }
      assert.is_nil(server)
      assert.truthy(message:find("does not belong", 1, true))
      assert.equal("decode_error", code)
    end
  end)

  it("are chosen by what the client can verify", function()
    local identities = {}
    for i, kind in ipairs { "ed25519", "secp256r1", "rsa" } do
      local c, k = pki.leaf(kind)
      identities[i] = { certificate = c, key = k }
    end
    local server = assert(wolfssl.server { certificates = identities })
    for scheme, expected in pairs {
      ed25519 = 1, ecdsa_secp256r1_sha256 = 2, rsa_pss_rsae_sha256 = 3,
    } do
      for _, version in ipairs { "TLS 1.2", "TLS 1.3" } do
        local client = pki.client { max_version = version,
          signature_schemes = { scheme } }
        local left, _, a, b = outcome(client, server)
        assert.is_true(left.ok, left.message)
        assert.equal(expected, b:info().identity)
        assert.equal(scheme, a:info().signature_scheme.name)
        assert.equal(expected, b:info().identity)
      end
    end
  end)
end)

describe("verification", function()
  local function code_of(options, fields, name, kind)
    local left, right = outcome(pki.client(options), pki.server({}, kind, fields), name)
    if left.ok then return "ok" end
    assert.equal("certificate_invalid", left.code, left.message)
    return left.detail[1].code, right.detail and right.detail.name, left.detail
  end

  local NOW = os.time()

  it("refuses what is wrong with a server, and tells it so", function()
    for _, case in ipairs {
      { "wrong_name", "bad_certificate", nil, "other.example" },
      { "wrong_name", "bad_certificate", nil, "127.0.0.2" },
      { "expired", "certificate_expired", { not_before = NOW - 7200, not_after = NOW - 3600 } },
      { "not_yet_valid", "certificate_expired",
        { not_before = NOW + 3600, not_after = NOW + 7200 } },
      { "purpose", "unsupported_certificate", { extended_key_usage = { "client_auth" } } },
      { "weak_signature", "bad_certificate", { signature = "sha1" } },
    } do
      for _, version in ipairs { "TLS 1.2", "TLS 1.3" } do
        local code, alert = code_of({ max_version = version }, case[3], case[4])
        assert.equal(case[1], code)
        assert.equal(case[2], alert)
      end
    end
  end)

  it("refuses small keys", function()
    local key = issue.key("rsa", 1024)
    local leaf = issue.certificate { subject = "small", key = key,
      subject_alt_names = { "dns:localhost" },
      issuer = { certificate = pki.root, key = pki.root_key } }
    local server = assert(wolfssl.server { certificate = leaf, key = key, min_rsa_bits = 1024 })
    local left = outcome(nil, server)
    assert.equal("certificate_invalid", left.code, left.message)
    left = outcome(pki.client { min_rsa_bits = 1024 }, server)
    assert.is_true(left.ok, left.message)
  end)

  it("accepts host names and addresses of the certificate", function()
    for _, name in ipairs { "localhost", "LOCALHOST", "127.0.0.1" } do
      assert.equal("ok", (code_of(nil, nil, name)))
    end
  end)

  it("needs an option named insecure_ to be weaker", function()
    assert.equal("ok", (code_of({ insecure_no_name_check = true }, nil, "other.example")))
    assert.equal("ok", (code_of({ insecure_weak_signatures = true }, { signature = "sha1" })))
    local left, _, a = outcome(pki.client { insecure_accept_invalid = true, trust = pki.middle },
      assert(wolfssl.server { certificate = pki.root, key = pki.root_key }), "localhost")
    assert.is_true(left.ok, left.message)
    assert.is_false(a:verdict().ok)
    assert.is_true(#a:verdict().errors > 0)
  end)

  it("asks clients for certificates where it is told to", function()
    local chain, key = pki.leaf "ed25519"
    local with = { certificate = chain, key = key }
    for _, version in ipairs { "TLS 1.2", "TLS 1.3" } do
      for _, case in ipairs {
        { "none", nil, true, 0 }, { "none", with, true, 0 },
        { "optional", nil, true, 0 }, { "optional", with, true, 2 },
        { "required", nil, false }, { "required", with, true, 2 },
      } do
        local client = pki.client { max_version = version, certificate = case[2] and chain,
          key = case[2] and key }
        local _, right, a, b = outcome(client, pki.server { verify = case[1], trust = pki.root })
        assert.equal(case[3] or nil, right.ok)
        if case[3] then
          assert.equal(case[4], #b:peer_certificates())
        else
          assert.equal("certificate_invalid", right.code, right.message)
          local _, _, code = a:read()
          assert.equal("alert_received", code)
        end
      end
    end
  end)

  it("refuses a client's certificate that is not trusted, and tells it so", function()
    local key = issue.key "secp256r1"
    local stranger = issue.certificate { subject = "Stranger", key = key }
    for _, version in ipairs { "TLS 1.2", "TLS 1.3" } do
      local _, right, a = outcome(pki.client { certificate = stranger, key = key,
        max_version = version },
        pki.server { verify = "required", trust = pki.root })
      assert.equal("certificate_invalid", right.code)
      local _, _, code, alert = a:read()
      assert.equal("alert_received", code)
      assert.equal("unknown_ca", alert.name)
    end
  end)

  it("takes a trusted certificate that is no CA for itself, not for what its key has signed",
    function()
    local key, other = issue.key "secp256r1", issue.key "secp256r1"
    local pinned = issue.certificate { subject = "Pinned", key = key,
      subject_alt_names = { "dns:localhost" } }
    local forged = issue.certificate { subject = "Forged", key = other,
      issuer = { certificate = pinned, key = key }, subject_alt_names = { "dns:localhost" } }
    local client = pki.client { trust = pinned }
    local good = outcome(client, assert(wolfssl.server { certificate = pinned, key = key }))
    assert.is_true(good.ok, good.message)
    for _, chain in ipairs { { forged }, { forged, pinned } } do
      local bad = outcome(client, assert(wolfssl.server { certificate = chain, key = other }))
      assert.equal("certificate_invalid", bad.code)
    end
  end)

  it("limits the length of a chain", function()
    assert.equal("chain_too_long", (code_of { depth = 0 }))
    assert.equal("ok", (code_of { depth = 1 }))
  end)
end)

describe("alpn", function()
  it("agrees on the server's first choice that the client has", function()
    for _, version in ipairs { "TLS 1.2", "TLS 1.3" } do
      local _, _, a, b = outcome(pki.client { alpn = { "http/1.1", "h2" }, max_version = version },
        pki.server { alpn = { "h2", "http/1.1" } })
      assert.equal("h2", a:info().alpn)
      assert.equal("h2", b:info().alpn)
    end
  end)

  it("is fatal without a protocol in common, and absent where one side has none", function()
    for _, version in ipairs { "TLS 1.2", "TLS 1.3" } do
      local left, right = outcome(pki.client { alpn = { "x" }, max_version = version },
        pki.server { alpn = { "y" } })
      assert.equal("no_application_protocol", left.detail.name)
      assert.equal("peer_incompatible", right.code)
      local _, _, a = outcome(pki.client { alpn = { "x" }, max_version = version }, pki.server())
      assert.is_nil(a:info().alpn)
    end
  end)
end)

describe("a context", function()
  it("lives as long as its connections, whichever is closed first", function()
    local client, server = pki.client(), pki.server()
    local a, b = pki.pair(client, server)
    client:close()
    server:close()
    local left = pki.handshake(a, b)
    assert.is_true(left.ok)
    assert.has_error(function() client:connection { server_name = "localhost" } end)
  end)

  it("says what it is", function()
    assert.equal("wolfssl context: client", tostring(pki.client()))
  end)
end)

teardown(helper.cleanup)
