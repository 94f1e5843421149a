local core = require "wolfssl.core"
local issue = require "wolfssl.issue"
local helper = require "helper"

local KINDS = { "rsa", "secp256r1", "secp384r1", "secp521r1", "ed25519", "ed448", "secp224r1",
  "secp256k1", "brainpoolP256r1", "brainpoolP384r1", "brainpoolP512r1" }

local directory
local keys = {}

setup(function()
  directory = helper.tempdir()
  for _, kind in ipairs(KINDS) do keys[kind] = assert(issue.key(kind)) end
end)
teardown(helper.cleanup)

local function file(name, bytes)
  return helper.write(directory .. "/" .. name, bytes)
end

local function openssl(command, ...)
  if not helper.have("openssl") then pending("needs package openssl") end
  local output, status = helper.run("cd " .. directory .. " && openssl " .. command:format(...))
  return output, status
end

local function ran(...)
  local output, status = openssl(...)
  assert.are.equal(0, status, output)
  return output
end

local function refused(code, pattern, ...)
  local value, message, found = ...
  assert.is_nil(value)
  assert.matches(pattern, message)
  assert.are.equal(code, found)
end

describe("wolfssl.core.issue keys", function()
  for _, kind in ipairs(KINDS) do
    it("are read by openssl, with the same public half: " .. kind, function()
      local key = keys[kind]
      file("key.pem", key:pem())
      ran("pkey -in key.pem -check -noout")
      ran("pkey -in key.pem -pubout -outform DER -out public.der")
      local public = helper.read(directory .. "/public.der")
      assert.are.equal(helper.hex(key:public()), helper.hex(public))
      ran("pkey -in key.pem -outform DER -out private.der")
      local again = assert(issue.load_key(helper.read(directory .. "/private.der")))
      assert.are.equal(key:public(), again:public())
    end)

    it("come back from PEM and DER: " .. kind, function()
      local key = keys[kind]
      for _, text in ipairs { key:pem(), key:der(), (key:pem():gsub("\n", "\r\n")) } do
        local again = assert(issue.load_key(text))
        assert.are.equal(helper.hex(key:der()), helper.hex(again:der()))
        assert.are.equal(key:public(), again:public())
      end
    end)

    it("cut short anywhere are refused: " .. kind, function()
      local bytes, pem = keys[kind]:der(), keys[kind]:pem()
      for i = 0, #bytes - 1 do
        refused("decode_error", "private key", issue.load_key(bytes:sub(1, i)))
      end
      refused("decode_error", "trailing", issue.load_key(bytes .. "\0"))
      for i = 0, #pem - #"END PRIVATE KEY-----\n", 5 do
        refused("decode_error", "private key", issue.load_key(pem:sub(1, i)))
      end
    end)

    it("with any byte changed are refused or are another key: " .. kind, function()
      local bytes = keys[kind]:der()
      for i = 1, #bytes do
        local changed = string.char((bytes:byte(i) + 1) % 256)
        local damaged = bytes:sub(1, i - 1) .. changed .. bytes:sub(i + 1)
        local key, message, code = issue.load_key(damaged)
        if key then
          assert.is_string(key:der())
        else
          assert.is_string(message)
          assert.is_true(code == "decode_error" or code == "not_compiled_in")
        end
      end
    end)
  end

  it("tell what they are", function()
    assert.are.same({ "rsa", 2048 }, { keys.rsa:algorithm() })
    assert.are.same({ "ecdsa", 521, "secp521r1" }, { keys.secp521r1:algorithm() })
    assert.are.same({ "ed25519", 256 }, { keys.ed25519:algorithm() })
    assert.are.equal("wolfssl.key: secp256r1", tostring(keys.secp256r1))
  end)

  it("of RSA have the size asked for", function()
    assert.are.same({ "rsa", 1024 }, { issue.key("rsa", 1024):algorithm() })
    assert.has.errors(function() issue.key("rsa", 512) end)
    assert.has.errors(function() issue.key("rsa", 2049) end)
    assert.has.errors(function() issue.key("rsa", 1000000) end)
    assert.has.errors(function() issue.key("ed25519", 2048) end)
  end)

  it("of an unknown kind raise", function()
    assert.has.errors(function() issue.key("secp1r1") end)
    assert.has.errors(function() issue.key() end)
    assert.has.errors(function() issue.load_key() end)
    assert.has.errors(function() issue.load_key(keys.rsa) end)
  end)

  it("close, and then raise", function()
    local key = issue.key("ed25519")
    key:close()
    key:close()
    assert.matches("closed", tostring(key))
    for _, method in ipairs { "algorithm", "der", "pem", "public" } do
      assert.has.errors(function() key[method](key) end)
    end
    assert.has.errors(function() key:sign("ed25519", "") end)
    assert.has.errors(function() core.crypto.sign("ed25519", key, "") end)
  end)

  it("sign", function()
    local signature = keys.ed25519:sign("ed25519", "data")
    assert.is_true(core.crypto.verify("ed25519", keys.ed25519:public(), "data", signature))
    assert.has.errors(function() keys.ed25519:sign("ed448", "data") end)
  end)
end)

describe("wolfssl.core.issue.load_key", function()
  it("reads PKCS #1", function()
    file("key.pem", keys.rsa:pem())
    ran("rsa -in key.pem -traditional -out old.pem")
    ran("rsa -in key.pem -traditional -outform DER -out old.der")
    for _, name in ipairs { "/old.pem", "/old.der" } do
      local bytes = helper.read(directory .. name)
      assert.are.equal(keys.rsa:der(), issue.load_key(bytes):der())
    end
    local bytes = helper.read(directory .. "/old.der")
    for i = 0, #bytes - 1 do
      refused("decode_error", "private key", issue.load_key(bytes:sub(1, i)))
    end
  end)

  it("reads SEC 1, with its parameters before it", function()
    for _, kind in ipairs { "secp256r1", "secp384r1", "secp521r1", "brainpoolP256r1" } do
      file("key.pem", keys[kind]:pem())
      ran("ec -in key.pem -out old.pem")
      ran("ec -in key.pem -outform DER -out old.der")
      ran("ec -in key.pem -no_public -outform DER -out short.der")
      file("old.pem", ran("ecparam -name %s", kind == "secp256r1" and "prime256v1" or kind)
        .. helper.read(directory .. "/old.pem"))
      for _, name in ipairs { "/old.pem", "/old.der", "/short.der" } do
        local bytes = helper.read(directory .. name)
        assert.are.equal(keys[kind]:public(), issue.load_key(bytes):public())
      end
    end
  end)

  it("finds the key behind certificates and text", function()
    local text = "Some words\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n\n"
    assert.are.equal(keys.ed25519:der(), issue.load_key(text .. keys.ed25519:pem() .. text):der())
    refused("decode_error", "neither DER nor PEM", issue.load_key(text))
    refused("decode_error", "neither DER nor PEM", issue.load_key(""))
  end)

  local function encrypted(options)
    file("key.pem", keys.secp256r1:pem())
    ran("%s -out encrypted -passout pass:secret", options)
    return helper.read(directory .. "/encrypted")
  end

  for _, options in ipairs {
    "-v2 aes-128-cbc", "-v2 aes-192-cbc", "-v2 aes-256-cbc", "-v2 des3",
    "-v2 aes-256-cbc -v2prf hmacWithSHA1", "-v2 aes-256-cbc -v2prf hmacWithSHA512" } do
    it("decrypts PKCS #8: " .. options, function()
      for _, form in ipairs { "PEM", "DER" } do
        local bytes = encrypted("pkcs8 -topk8 -in key.pem -outform " .. form .. " " .. options)
        assert.are.equal(keys.secp256r1:der(), issue.load_key(bytes, "secret"):der())
        refused("decode_error", "no password", issue.load_key(bytes))
        refused("decode_error", "", issue.load_key(bytes, "wrong"))
        refused("decode_error", "", issue.load_key(bytes, ""))
        for i = 0, form == "DER" and #bytes - 1 or -1 do
          refused("decode_error", "private key", issue.load_key(bytes:sub(1, i), "secret"))
        end
      end
    end)
  end

  for _, cipher in ipairs { "-aes128", "-aes192", "-aes256", "-des3" } do
    it("decrypts old PEM: " .. cipher, function()
      local bytes = encrypted("ec -in key.pem " .. cipher)
      assert.matches("DEK%-Info", bytes)
      assert.are.equal(keys.secp256r1:public(), issue.load_key(bytes, "secret"):public())
      refused("decode_error", "no password", issue.load_key(bytes))
      refused("decode_error", "", issue.load_key(bytes, "wrong"))
    end)
  end

  it("says that the password is wrong", function()
    local bytes = encrypted("pkcs8 -topk8 -in key.pem")
    local said = 0
    for i = 1, 40 do
      local _, message = issue.load_key(bytes, "wrong" .. i)
      if message:find("wrong password", 1, true) then said = said + 1 end
    end
    assert.is_true(said >= 30) -- one in 256 looks like padding
  end)

  it("says what it cannot do", function()
    refused("decode_error", "PBES2", issue.load_key(
      encrypted("pkcs8 -topk8 -in key.pem -v1 PBE-SHA1-3DES"), "secret"))
    refused("decode_error", "PBKDF2", issue.load_key(
      encrypted("pkcs8 -topk8 -in key.pem -scrypt"), "secret"))
    refused("decode_error", "DEK%-Info", issue.load_key(
      encrypted("ec -in key.pem -camellia128"), "secret"))
    ran("genpkey -algorithm X25519 -out other.pem")
    refused("decode_error", "private key", issue.load_key(helper.read(directory .. "/other.pem")))
    refused("decode_error", "base64", issue.load_key(
      "-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----\n"))
  end)
end)

describe("wolfssl.issue.certificate", function()
  local NOW = os.time()
  local DAY = 86400
  local ca, ca_issuer

  setup(function()
    ca = issue.certificate { subject = "Root", key = keys.secp256r1, ca = true }
    ca_issuer = { certificate = ca, key = keys.secp256r1 }
  end)

  local function leaf(options)
    options.key = options.key or keys.ed25519
    options.subject = options.subject or "leaf"
    if options.issuer == nil then options.issuer = ca_issuer end
    return issue.certificate(options)
  end

  -- What openssl makes of it: its text, without the line structure.
  local function text_of(certificate)
    file("certificate.der", certificate)
    return (ran("x509 -inform DER -in certificate.der -noout -text -nameopt RFC2253,-esc_msb")
      :gsub("%s+", " "))
  end

  local function verified(certificate, options, root)
    file("root.der", root or ca)
    file("leaf.der", certificate)
    ran("x509 -inform DER -in root.der -out root.pem")
    ran("x509 -inform DER -in leaf.der -out leaf.pem")
    return openssl("verify -CAfile root.pem %s leaf.pem", options or "-x509_strict")
  end

  for _, kind in ipairs(KINDS) do
    it("is verified by openssl: signed by " .. kind, function()
      local root = issue.certificate { subject = "Root " .. kind, key = keys[kind], ca = true }
      local certificate = leaf { issuer = { certificate = root, key = keys[kind]:pem() } }
      local output, status = verified(certificate, "-x509_strict", root)
      assert.are.equal(0, status, output)
      output, status = verified(leaf { key = keys[kind] })
      assert.are.equal(0, status, output)
    end)
  end

  for signature, words in pairs {
    md5 = "md5With", sha1 = "sha1With", sha224 = "sha224With", sha256 = "sha256With",
    sha384 = "sha384With", sha512 = "sha512With", rsa_pss_sha256 = "rsassaPss",
    rsa_pss_sha384 = "rsassaPss", rsa_pss_sha512 = "rsassaPss" } do
    it("is signed as asked: RSA, " .. signature, function()
      local root = issue.certificate { subject = "Root", key = keys.rsa, ca = true }
      local issuer = { certificate = root, key = keys.rsa }
      local certificate = leaf { issuer = issuer, signature = signature }
      assert.matches("Signature Algorithm: " .. words, text_of(certificate))
      local output, status = verified(certificate, "-auth_level 0", root)
      assert.are.equal(0, status, output)
    end)
  end

  for signature, words in pairs { sha1 = "ecdsa%-with%-SHA1", sha384 = "ecdsa%-with%-SHA384" } do
    it("is signed as asked: ECDSA, " .. signature, function()
      local certificate = leaf { signature = signature }
      assert.matches("Signature Algorithm: " .. words, text_of(certificate))
      assert.are.equal(0, select(2, verified(certificate, "-auth_level 0")))
    end)
  end

  it("has the subject asked for, in order, with several values in one RDN", function()
    local text = text_of(leaf { subject = {
      { "C", "DE" }, { "O", "Übung" }, { { "OU", "b" }, { "CN", "a" } }, { "DC", "example" },
      { "emailAddress", "a@b.example" }, { "1.2.3.4", "x" }, { "serialNumber", "12" } } })
    assert.matches("Subject: serialNumber=12,1%.2%.3%.4=.*,emailAddress=a@b%.example,DC=example,"
      .. "OU=b%+CN=a,O=Übung,C=DE ", text)
    assert.matches("Subject: Subject", text_of(issue.certificate {
      key = keys.ed25519, issuer = ca_issuer }))
  end)

  it("has the alternative names asked for", function()
    local text = text_of(leaf { subject_alt_names = {
      "dns:a.example", "dns:*.b.example", "ip:192.0.2.1", "ip:2001:db8::1", "ip:::", "ip:1::",
      "ip:::ffff:192.0.2.7", "ip:1:2:3:4:5:6:7:8", "email:a@b.example", "uri:https://c.example/",
      "rid:1.2.3.4", "dn:Somebody", { type = "directory_name", value = { { "O", "Org" } } },
      { type = "other_name", oid = "1.3.6.1.4.1.311.20.2.3", value = "\12\1x" } } })
    for _, name in ipairs {
      "DNS:a.example, DNS:*.b.example, IP Address:192.0.2.1, ", "IP Address:2001:DB8:0:0:0:0:0:1, ",
      "IP Address:0:0:0:0:0:0:0:0, IP Address:1:0:0:0:0:0:0:0, ",
      "IP Address:0:0:0:0:0:FFFF:C000:207, IP Address:1:2:3:4:5:6:7:8, email:a@b.example, ",
      "URI:https://c.example/, Registered ID:1.2.3.4, DirName:", "CN=Somebody, ", "O=Org, ",
      "othername: UPN::x" } do
      assert.is_truthy(text:find(name, 1, true), name .. "\n" .. text)
    end
    assert.is_nil(text:find("Alternative Name: critical", 1, true))
    assert.matches("Alternative Name: critical", text_of(issue.certificate {
      key = keys.ed25519, issuer = ca_issuer, subject_alt_names = { "dns:a.example" } }))
  end)

  it("has the extensions asked for", function()
    local text = text_of(leaf {
      key_usage = { "digital_signature", "key_agreement", "decipher_only" },
      extended_key_usage = { "server_auth", "client_auth", "1.2.3.4" },
      certificate_policies = { "2.23.140.1.2.1", "1.2.3" },
      crl_distribution_points = { "http://crl.example/1", "http://crl.example/2" },
      authority_information_access = {
        ocsp = { "http://ocsp.example/" }, ca_issuers = { "http://ca.example/" } },
      tls_features = { 5, 17 },
      subject_key_identifier = "\1\2\3",
      authority_key_identifier = "\4\5\6",
      extensions = { { oid = "1.2.3.5", critical = true, value = "\5\0" } },
      critical = { extended_key_usage = true } })
    for _, words in ipairs {
      "Key Usage: critical Digital Signature, Key Agreement, Decipher Only ",
      "Extended Key Usage: critical TLS Web Server Authentication, TLS Web Client Authentication, "
      .. "1.2.3.4 ",
      "Policy: 2.23.140.1.2.1", "Policy: 1.2.3 ", "URI:http://crl.example/1",
      "URI:http://crl.example/2",
      "OCSP - URI:http://ocsp.example/", "CA Issuers - URI:http://ca.example/",
      "TLS Feature: status_request, status_request_v2", "Subject Key Identifier: 01:02:03 ",
      "Authority Key Identifier: 04:05:06 ", "1.2.3.5: critical .. ",
      "Basic Constraints: critical CA:FALSE" } do
      assert.is_truthy(text:find(words, 1, true), words .. "\n" .. text)
    end
  end)

  it("has no extension that was switched off, and none in version 1", function()
    local text = text_of(leaf { key_usage = false, basic_constraints = false,
      subject_key_identifier = false, authority_key_identifier = false })
    assert.is_nil(text:find("X509v3", 1, true))
    assert.matches("Version: 3 ", text)
    text = text_of(leaf { version = 1 })
    assert.matches("Version: 1 ", text)
    assert.is_nil(text:find("X509v3", 1, true))
  end)

  it("can have the same extension twice", function()
    local extra = { oid = "2.5.29.19", critical = true, value = "\48\0" }
    local _, count = text_of(leaf { extensions = { extra, extra } }):gsub("Basic Constraints", "")
    assert.are.equal(3, count)
  end)

  it("has the serial number asked for", function()
    assert.matches("Serial Number: 0 %(0x0%)", text_of(leaf { serial = 0 }))
    assert.matches("Serial Number: 255 %(0xff%)", text_of(leaf { serial = 255 }))
    assert.matches("Serial Number: 4660 %(0x1234%)", text_of(leaf { serial = "1234" }))
    assert.matches("Serial Number: 80:00:00:00:00:00:00:00:01 ",
      text_of(leaf { serial = "80:00:00:00:00:00:00:00:01" }))
    assert.are_not.equal(text_of(leaf {}):match("Serial Number: (%S+)"),
      text_of(leaf {}):match("Serial Number: (%S+)"))
  end)

  it("is valid when asked, in both forms of time", function()
    local text = text_of(leaf { not_before = 0, not_after = 2524607999 })
    assert.matches("Not Before: Jan 1 00:00:00 1970 GMT Not After : Dec 31 23:59:59 2049 GMT", text)
    text = text_of(leaf { not_before = 2524608000, not_after = 253402300799 })
    assert.matches("Not Before: Jan 1 00:00:00 2050 GMT Not After : Dec 31 23:59:59 9999 GMT", text)
    text = text_of(leaf { not_before = -631152001, not_after = -1 })
    assert.matches("Not Before: Dec 31 23:59:59 1949 GMT Not After : Dec 31 23:59:59 1969 GMT",
      text)
  end)

  for what, case in pairs {
    ["expired"] = { { not_after = NOW - DAY, not_before = NOW - 2 * DAY }, "has expired" },
    ["not yet valid"] = { { not_before = NOW + DAY }, "not yet valid" },
    ["of the wrong purpose"] = { { extended_key_usage = { "client_auth" } }, "purpose",
      "-purpose sslserver" },
    ["with an unknown critical extension"] = {
      { extensions = { { oid = "1.2.3", critical = true, value = "\5\0" } } },
      "critical extension" },
    ["for another host"] = { { subject_alt_names = { "dns:a.example" } }, "ostname mismatch",
      "-verify_hostname b.example" },
    ["signed with SHA-1"] = { { signature = "sha1" }, "too weak", "-auth_level 2" },
  } do
    it("can be wrong on purpose: " .. what, function()
      local output, status = verified(leaf(case[1]), case[3])
      assert.are_not.equal(0, status)
      assert.matches(case[2], output)
    end)
  end

  it("can be of a weak key", function()
    local output, status = verified(leaf { key = issue.key("rsa", 1024) }, "-auth_level 2")
    assert.are_not.equal(0, status)
    assert.matches("too weak", output)
  end)

  describe("of a CA", function()
    local function chain(ca_options, leaf_options, options)
      ca_options.subject, ca_options.key, ca_options.issuer = "Between", keys.secp384r1, ca_issuer
      local between = issue.certificate(ca_options)
      leaf_options.issuer = { certificate = between, key = keys.secp384r1 }
      file("between.der", between)
      ran("x509 -inform DER -in between.der -out between.pem")
      return verified(leaf(leaf_options), "-untrusted between.pem " .. (options or ""))
    end

    it("issues", function()
      local output, status = chain({ ca = true, path_length = 0 }, {}, "-x509_strict")
      assert.are.equal(0, status, output)
    end)

    it("can be no CA, or one that may not sign certificates", function()
      assert.matches("invalid CA", (chain({}, {})))
      assert.matches("invalid CA", (chain({ ca = false }, {})))
      assert.matches("invalid CA", (chain({ key_usage = { "key_cert_sign" } }, {})))
      assert.are_not.equal(0, select(2, chain({ ca = true, key_usage = { "crl_sign" } }, {})))
    end)

    it("can have a path length that is too short", function()
      local root = issue.certificate {
        subject = "Root", key = keys.secp256r1, ca = true, path_length = 0 }
      local output = chain({ ca = true }, {})
      assert.matches("OK", output)
      file("leaf2.der", helper.read(directory .. "/leaf.der"))
      file("root2.der", root)
      ran("x509 -inform DER -in root2.der -out root2.pem")
      assert.matches("path length", (openssl(
        "verify -CAfile root2.pem -untrusted between.pem leaf.pem")))
    end)

    it("constrains names", function()
      local constraints = {
        permitted = { "dns:a.example", "ip:192.0.2.0/24", "ip:2001:db8::/33" },
        excluded = { "dns:b.a.example", "email:c.example" } }
      local function names(...)
        return (chain({ ca = true, name_constraints = constraints },
          { subject_alt_names = { ... } }))
      end
      assert.matches("OK", names("dns:www.a.example", "ip:192.0.2.255", "ip:2001:db8:7fff::1"))
      assert.matches("permitted subtree", names("dns:www.c.example"))
      assert.matches("permitted subtree", names("ip:192.0.3.1"))
      assert.matches("permitted subtree", names("ip:2001:db8:8000::1"))
      assert.matches("excluded subtree", names("dns:www.b.a.example"))
      assert.matches("excluded subtree", names("email:x@c.example"))
    end)

    it("is taken as an object, as PEM and as DER", function()
      file("root.der", ca)
      ran("x509 -inform DER -in root.der -out root.pem")
      for _, certificate in ipairs {
        ca, helper.read(directory .. "/root.pem"), assert(core.certificate(ca)) } do
        local output, status = verified(leaf {
          issuer = { certificate = certificate, key = keys.secp256r1 } })
        assert.are.equal(0, status, output)
      end
    end)

    it("passes on its own key identifier, whatever it is", function()
      local odd = issue.certificate { subject = "Odd", key = keys.secp256r1, ca = true,
        subject_key_identifier = "odd" }
      assert.matches("Authority Key Identifier: 6F:64:64 ",
        text_of(leaf { issuer = { certificate = odd, key = keys.secp256r1 } }))
      local none = issue.certificate { subject = "None", key = keys.secp256r1, ca = true,
        subject_key_identifier = false }
      assert.matches("Authority Key Identifier: %x%x:", text_of(leaf {
        issuer = { certificate = none, key = keys.secp256r1 } }))
    end)

    it("signs for a public key of which nobody has the private half here", function()
      assert.are.equal(0, select(2, verified(issue.certificate {
        subject = "cross", public_key = keys.rsa:public(), issuer = ca_issuer })))
    end)
  end)

  for option, case in pairs {
    ["options"] = false,
    ["colour"] = { colour = "red" },
    ["key"] = { key = false },
    ["key: "] = { key = "no key" },
    ["public_key"] = { public_key = "x" },
    ["subject: unknown attribute"] = { subject = { { "XX", "y" } } },
    ["subject: item 1"] = { subject = { "CN", "x" } },
    ["subject: string or list"] = { subject = 1 },
    ["subject: a pair"] = { subject = { { "CN" } } },
    ["issuer: table"] = { issuer = "x" },
    ["issuer%.certificate"] = { issuer = { certificate = "\48\0" } },
    ["issuer%.key"] = { issuer = { key = 1 } },
    ["serial"] = { serial = "xyz" },
    ["serial: "] = { serial = -1 },
    ["not_before"] = { not_before = "now" },
    ["not_after"] = { not_after = 1e18 },
    ["signature"] = { signature = "sha3" },
    ["key_usage: unknown"] = { key_usage = { "everything" } },
    ["key_usage: table"] = { key_usage = "digital_signature" },
    ["extended_key_usage"] = { extended_key_usage = { "nonsense" } },
    ["extended_key_usage: empty"] = { extended_key_usage = {} },
    ["basic_constraints"] = { path_length = -1 },
    ["subject_alt_names: unknown"] = { subject_alt_names = { "host:a" } },
    ["subject_alt_names: '1%.2%.3'"] = { subject_alt_names = { "ip:1.2.3" } },
    ["subject_alt_names: '1::2::3'"] = { subject_alt_names = { "ip:1::2::3" } },
    ["subject_alt_names: ':1'"] = { subject_alt_names = { "ip::1" } },
    ["subject_alt_names: '12345::'"] = { subject_alt_names = { "ip:12345::" } },
    ["subject_alt_names: '1%.2%.3%.256'"] = { subject_alt_names = { "ip:1.2.3.256" } },
    ["subject_alt_names: 'x' is no registered_id"] = { subject_alt_names = { "rid:x" } },
    ["subject_alt_names: string or table"] = { subject_alt_names = { 1 } },
    ["name_constraints%.permitted"] = { name_constraints = { permitted = { "ip:10.0.0.0" } } },
    ["name_constraints%.excluded"] = { name_constraints = { excluded = { "ip:10.0.0.0/33" } } },
    ["certificate_policies"] = { certificate_policies = { "1..2" } },
    ["authority_information_access"] = { authority_information_access = {} },
    ["tls_features"] = { tls_features = { "status_request" } },
    ["extensions%[1%]: table"] = { extensions = { 1 } },
    ["extensions%[1%]: '3%.1'"] = { extensions = { { oid = "3.1", value = "" } } },
    ["extensions%[1%]: string expected"] = { extensions = { { oid = "1.2" } } },
  } do
    it("names the option that is wrong: " .. option:gsub("%%", ""), function()
      local options = case
      if case then
        if case.key == nil then options.key = keys.ed25519 end
        if type(case.issuer) == "table" then
          case.issuer.certificate = case.issuer.certificate or ca
          case.issuer.key = case.issuer.key or keys.secp256r1
        else
          options.issuer = case.issuer or ca_issuer
        end
      end
      local ok, message = pcall(issue.certificate, options)
      assert.is_false(ok)
      assert.matches("certificate: " .. option, message)
    end)
  end
end)

describe("wolfssl.issue.crl", function()
  local root, issuer

  setup(function()
    root = issue.certificate { subject = "Root", key = keys.rsa, ca = true }
    issuer = { certificate = root, key = keys.rsa }
  end)

  local function text_of(list)
    file("list.der", list)
    return (ran("crl -inform DER -in list.der -noout -text"):gsub("%s+", " "))
  end

  it("lists what is revoked, as openssl reads it", function()
    local text = text_of(issue.crl { issuer = issuer, number = 7, this_update = 0,
      next_update = 2524608000, signature = "sha384",
      revoked = { { serial = "0102", date = 86400, reason = "key_compromise" }, { serial = 3 } } })
    for _, words in ipairs { "Version 2 (0x1)", "sha384WithRSAEncryption", "Issuer: CN = Root",
      "Last Update: Jan 1 00:00:00 1970", "Next Update: Jan 1 00:00:00 2050", "CRL Number: 7 ",
      "Serial Number: 0102 Revocation Date: Jan 2 00:00:00 1970", "Key Compromise",
      "Serial Number: 03" } do
      assert.is_truthy(text:find(words, 1, true), words .. "\n" .. text)
    end
    assert.matches("No Revoked Certificates", text_of(issue.crl { issuer = issuer }))
    assert.matches("Next Update: NONE", text_of(issue.crl { issuer = issuer, next_update = false }))
  end)

  it("revokes for openssl", function()
    local leaf = issue.certificate {
      subject = "leaf", key = keys.ed25519, issuer = issuer, serial = 66 }
    for name, bytes in pairs { root = root, leaf = leaf } do
      file(name .. ".der", bytes)
      ran("x509 -inform DER -in %s.der -out %s.pem", name, name)
    end
    for _, serial in ipairs { 65, 66 } do
      file("list.der", issue.crl { issuer = issuer, revoked = { { serial = serial } } })
      ran("crl -inform DER -in list.der -out list.pem")
      local output = openssl("verify -crl_check -CAfile root.pem -CRLfile list.pem leaf.pem")
      assert.matches(serial == 66 and "revoked" or "OK", output)
    end
  end)

  it("names the option that is wrong", function()
    for option, case in pairs {
      ["issuer"] = {}, ["colour"] = { colour = 1 },
      ["revoked%[1%]: table"] = { issuer = issuer, revoked = { 1 } },
      ["revoked%[1%]%.serial"] = { issuer = issuer, revoked = { {} } },
      ["revoked%[1%]: unknown reason"] = {
        issuer = issuer, revoked = { { serial = 1, reason = "boredom" } } },
      ["number"] = { issuer = issuer, number = "x" } } do
      local ok, message = pcall(issue.crl, case)
      assert.is_false(ok)
      assert.matches("crl: " .. option, message)
    end
  end)
end)
