-- Certificates of openssl against what openssl says about them, and the object as such.

local core = require "wolfssl.core"
local der = require "der"
local helper = require "helper"
local openssl = require "openssl"

local it_with_openssl = openssl.it(it, pending)

local function values(list, field)
  local out = {}
  for i, entry in ipairs(list) do out[i] = entry[field] end
  return out
end

describe("certificate", function()
  local dir, rich, pem

  lazy_setup(function()
    if not helper.have("openssl") then return end
    dir = helper.tempdir()
    pem = openssl.make(dir, "rich", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256",
      "-set_serial 0x80f1")
    rich = assert(core.certificate(pem))
  end)

  lazy_teardown(helper.cleanup)

  describe("as openssl made it", function()
    it_with_openssl("has the names in their order", function()
      local subject = rich:subject()
      assert.same({ "country_name", "state_or_province_name", "locality_name",
        "organization_name", "organizational_unit_name", "organizational_unit_name", "common_name",
        "serial_number", "title", "surname", "given_name", "initials", "pseudonym",
        "generation_qualifier", "dn_qualifier", "email_address", "domain_component",
        "domain_component", "user_id" }, values(subject, "name"))
      assert.same({ oid = "2.5.4.6", name = "country_name", value = "DE",
        type = "printable_string", rdn = 1 }, subject[1])
      assert.equal("Baden-Württemberg", subject[2].value)
      assert.equal("ia5_string", subject[16].type)
      assert.same({ oid = "1.3.6.1.4.1.99999.1", value = "private", type = "utf8_string",
        rdn = 19 }, subject[20])
      assert.equal(19, subject[19].rdn)
      assert.same(subject, rich:issuer())
      assert.is_true(rich:is_self_issued())
    end)

    it_with_openssl("writes a name as openssl does", function()
      helper.write(dir .. "/plain.cnf", [[
[req]
prompt = no
distinguished_name = dn
utf8 = yes
string_mask = utf8only
[dn]
C = DE
O = " #Example, Inc. + <Sons>; \\"q\\"=\\\\ "
OU = \#1
L = Zürich
+ST = both
CN = example.com
UID = eme
0.DC = com
]])
      openssl.run(dir, "req -x509 -new -key rich.key -config plain.cnf -out plain.pem")
      local certificate = assert(core.certificate(helper.read(dir .. "/plain.pem")))
      local theirs = openssl.run(dir,
        "x509 -in plain.pem -noout -subject -nameopt RFC2253,-esc_msb"):match("subject=(.-)\n")
      assert.equal(theirs, certificate:subject_string())
      assert.equal(theirs, certificate:issuer_string())
      assert.equal("wolfssl.certificate: " .. certificate:subject_string(), tostring(certificate))
    end)

    it_with_openssl("has the number, dates, fingerprints and bytes that openssl shows", function()
      local shown = openssl.run(dir, "x509 -in rich.pem -noout -serial -fingerprint -sha256 -dates")
      assert.equal(shown:match("serial=(%x+)"):lower(), rich:serial())
      assert.equal(shown:match("ingerprint=([%x:]+)"):gsub(":", ""):lower(), rich:fingerprint())
      assert.equal(30 * 86400, rich:not_after() - rich:not_before())
      local start = openssl.run(dir, "x509 -in rich.pem -noout -startdate"):match("=(.-)%s*\n")
      assert.equal(helper.run("date -ud '" .. start .. "' +%s"):match("%d+"),
        ("%d"):format(rich:not_before()))
      for _, hash in ipairs { "sha1", "sha256", "sha384", "sha512" } do
        local digest = openssl.run(dir, "x509 -in rich.pem -noout -fingerprint -" .. hash)
        assert.equal(digest:match("=([%x:]+)"):gsub(":", ""):lower(), rich:fingerprint(hash))
      end
      assert.equal(3, rich:version())
      assert.equal(pem, rich:pem())
      openssl.run(dir, "x509 -in rich.pem -outform DER -out rich.der")
      assert.equal(helper.read(dir .. "/rich.der"), rich:der())
    end)

    it_with_openssl("has the public key that openssl shows", function()
      openssl.run(dir, "pkey -in rich.key -pubout -outform DER -out rich.pub")
      assert.equal(helper.read(dir .. "/rich.pub"), rich:spki())
      for _, hash in ipairs { "sha256", "sha384", "sha512" } do
        local digest = openssl.run(dir, "dgst -r -" .. hash .. " rich.pub"):match("%x+")
        assert.equal(digest, rich:spki_digest(hash))
      end
      assert.equal(rich:spki_digest("sha256"), rich:spki_digest())
    end)

    it_with_openssl("has every kind of subject alternative name", function()
      local names = rich:subject_alt_names()
      local directory = table.remove(names, 8)
      assert.same({
        { type = "dns_name", value = "example.com" },
        { type = "dns_name", value = "*.example.com" },
        { type = "ip_address", value = "192.0.2.1" },
        { type = "ip_address", value = "2001:db8::1" },
        { type = "rfc822_name", value = "erika@example.com" },
        { type = "uniform_resource_identifier", value = "https://example.com/" },
        { type = "registered_id", value = "1.2.3.4", oid = "1.2.3.4" },
        { type = "other_name", value = "erika@example.local", oid = "1.3.6.1.4.1.311.20.2.3",
          name = "user_principal_name" },
        { type = "other_name", value = "#0101ff", oid = "1.2.3.4" },
      }, names)
      assert.equal("directory_name", directory.type)
      assert.same({ "UK", "directory" }, values(directory.value, "value"))
      assert.same({ { type = "dns_name", value = "issuer.example.com" } }, rich:issuer_alt_names())
    end)

    it_with_openssl("has constraints, usages and key identifiers", function()
      assert.same({ ca = true, path_length = 3 }, rich:basic_constraints())
      assert.same({ "digital_signature", "key_cert_sign", "crl_sign", "decipher_only",
        digital_signature = true, key_cert_sign = true, crl_sign = true, decipher_only = true },
        rich:key_usage())
      assert.same({
        { oid = "1.3.6.1.5.5.7.3.1", name = "server_auth" },
        { oid = "1.3.6.1.5.5.7.3.2", name = "client_auth" },
        { oid = "1.3.6.1.5.5.7.3.9", name = "ocsp_signing" },
        { oid = "1.2.3.4.5" },
      }, rich:extended_key_usage())
      local shown = openssl.run(dir, "x509 -in rich.pem -noout -ext subjectKeyIdentifier")
      local identifier = shown:match("(%x%x:[%x:]+)"):gsub(":", ""):lower()
      assert.equal(identifier, rich:subject_key_identifier())
      local authority = rich:authority_key_identifier()
      assert.equal(identifier, authority.key_identifier)
      assert.equal("80f1", authority.authority_cert_serial_number)
      assert.same(rich:issuer(), authority.authority_cert_issuer[1].value)
    end)

    it_with_openssl("has access points, policies and features", function()
      local access = rich:authority_information_access()
      assert.same({ "http://ocsp.example.com/" }, access.ocsp)
      assert.same({ "http://ca.example.com/ca.cer" }, access.ca_issuers)
      assert.same({ "ocsp", "ca_issuers", "ca_issuers" }, values(access, "name"))
      assert.equal("directory_name", access[3].location.type)
      local points = rich:crl_distribution_points()
      assert.same({ { full_name = {
        { type = "uniform_resource_identifier", value = "http://crl.example.com/1.crl" },
        { type = "uniform_resource_identifier", value = "ldap://crl.example.com/" } } },
      }, { points[1] })
      assert.same({ { oid = "2.5.4.3", name = "common_name", value = "crl",
        type = "utf8_string", rdn = 1 } }, points[2].name_relative_to_crl_issuer)
      assert.same({ "key_compromise", "ca_compromise", key_compromise = true,
        ca_compromise = true }, points[2].reasons)
      assert.equal("directory_name", points[2].crl_issuer[1].type)
      assert.same({
        { oid = "2.5.29.32.0", name = "any_policy", qualifiers = {} },
        { oid = "1.3.6.1.4.1.99999.2", qualifiers = {
          { oid = "1.3.6.1.5.5.7.2.1", name = "cps", value = "http://cps.example.com/" },
          { oid = "1.3.6.1.5.5.7.2.2", name = "user_notice", explicit_text = "Grüße",
            organization = "Example", notice_numbers = { 1, 2, 300 } } } },
      }, rich:certificate_policies())
      assert.same({ 5, 17 }, rich:tls_features())
    end)

    it_with_openssl("has name constraints", function()
      local constraints = rich:name_constraints()
      assert.same({ "example.com", "192.0.2.0/24", "2001:db8::/32", "example.com" },
        values(constraints.permitted, "value"))
      assert.same({ "dns_name", "ip_address", "ip_address", "rfc822_name" },
        values(constraints.permitted, "type"))
      assert.same({ "dns_name", "directory_name", "uniform_resource_identifier" },
        values(constraints.excluded, "type"))
    end)

    it_with_openssl("has signed certificate timestamps", function()
      assert.same({
        { version = { value = 0, name = "v1" }, log_id = helper.hex(openssl.log_id),
          timestamp = 0x18000000000 / 1000 + 0.5, extensions = "xy",
          hash = { value = 4, name = "sha256" },
          signature_algorithm = { value = 3, name = "ecdsa" }, signature = "sig" },
        { version = { value = 1 } },
      }, rich:signed_certificate_timestamps())
      local shown = openssl.run(dir, "x509 -in rich.pem -noout -text")
      assert.truthy(shown:find("Apr  6 17:50:42.164 2022 GMT", 1, true), shown)
    end)

    it_with_openssl("gives every extension by its number", function()
      local extensions = rich:extensions()
      assert.equal(14, #extensions)
      assert.same({ oid = "2.5.29.19", name = "basic_constraints", critical = true,
        value = "\48\6\1\1\255\2\1\3" }, extensions[1])
      for _, e in ipairs(extensions) do
        assert.same({ e.value, e.critical }, { rich:extension(e.oid) })
      end
      assert.same({ "\5\0", true }, { rich:extension("1.2.3.4") })
      assert.is_nil((rich:extension("1.2.3.5")))
    end)
  end)

  describe("object", function()
    local methods = { "der", "pem", "fingerprint", "spki", "spki_digest", "version", "serial",
      "not_before", "not_after", "public_key", "signature_algorithm", "extensions", "extension",
      "subject", "subject_string", "issuer", "issuer_string", "is_self_issued", "matches",
      "subject_alt_names", "issuer_alt_names", "basic_constraints", "key_usage",
      "extended_key_usage", "subject_key_identifier", "authority_key_identifier",
      "authority_information_access", "crl_distribution_points", "certificate_policies",
      "name_constraints", "signed_certificate_timestamps", "tls_features" }

    it("raises cleanly once it is closed", function()
      local certificate = core.certificate(der.certificate())
      certificate:close()
      certificate:close()
      assert.equal("wolfssl.certificate (closed)", tostring(certificate))
      for _, method in ipairs(methods) do
        assert.has_error(function() certificate[method](certificate, "x") end,
          "attempt to use a closed wolfssl.certificate")
      end
    end)

    it("raises when a method gets something else", function()
      local certificate = core.certificate(der.certificate())
      for _, method in ipairs(methods) do
        for _, other in ipairs { 1, "x", {}, io.stdout } do
          assert.is_false((pcall(certificate[method], other)))
        end
      end
      assert.is_false((pcall(certificate.matches, certificate)))
      assert.is_false((pcall(certificate.extension, certificate, {})))
      assert.is_false((pcall(certificate.fingerprint, certificate, "md5")))
      assert.is_false((pcall(certificate.spki_digest, certificate, "sha1")))
      assert.is_false((pcall(core.certificate)))
      assert.is_false((pcall(core.certificates, {})))
    end)

    it("equals another with the same bytes", function()
      local a, b = core.certificate(der.certificate()), core.certificate(der.certificate())
      local c = core.certificate(der.certificate { serial = der.integer("\2") })
      assert.is_true(a == b)
      assert.is_false(a == c)
      b:close()
      assert.is_false(a == b)
    end)

    it("does not need the string it came from", function()
      local certificate = core.certificate(der.certificate { serial = der.integer("\7\7") })
      collectgarbage()
      collectgarbage()
      assert.equal("0707", certificate:serial())
    end)
  end)

  describe("bad bytes", function()
    it_with_openssl("are refused as every proper prefix", function()
      local bytes = rich:der()
      for length = 0, #bytes - 1 do
        assert.is_nil((core.certificate(bytes:sub(1, length))))
      end
    end)

    it_with_openssl("never crash, whichever byte is changed", function()
      local bytes = rich:der()
      local accepted = 0
      for i = 1, #bytes do
        for _, change in ipairs { 1, 0x80, 0xff } do
          local changed = bytes:sub(1, i - 1) .. string.char((bytes:byte(i) + change) % 256)
            .. bytes:sub(i + 1)
          local certificate, _, code, detail = core.certificate(changed)
          if certificate then
            accepted = accepted + 1
            assert.equal(changed, certificate:der())
            for _, method in ipairs { "subject_string", "subject_alt_names", "certificate_policies",
              "crl_distribution_points", "authority_key_identifier", "name_constraints" } do
              certificate[method](certificate)
            end
          else
            assert.equal("decode_error", code)
            assert.truthy(changed:sub(1, 2) ~= bytes:sub(1, 2) or detail.offset <= #changed)
          end
        end
      end
      assert.truthy(accepted > 0 and accepted < 3 * #bytes)
    end)
  end)

  describe("of other people's recordings", function()
    it("is read from every full handshake in clear", function()
      local root = helper.vectors()
      if not root then return pending("needs ../shared/vectors or WOLFSSL_VECTORS") end
      local found = 0
      for _, path in ipairs(helper.find(root, "-name '*.pcap' -o -name '*.pcapng'")) do
        local bytes = helper.read(path)
        for at in bytes:gmatch("()\48\130..\48\130") do
          local length = bytes:byte(at + 2) * 256 + bytes:byte(at + 3) + 4
          if at + length - 1 <= #bytes and core.certificate(bytes:sub(at, at + length - 1)) then
            found = found + 1
          end
        end
      end
      assert.truthy(found > 10, found)
    end)
  end)
end)
