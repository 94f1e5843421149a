-- RFC 5280 section 6: one thing wrong at one depth, and what OpenSSL says to the same chain.

local by_hand = require "der"
local core = require "wolfssl.core"
local farm = require "verify.farm"
local helper = require "helper"
local issuer = require "wolfssl.issue.issuer"

local PAST = { not_before = farm.NOW - 9 * farm.DAY, not_after = farm.NOW - 8 * farm.DAY }
local FUTURE = { not_before = farm.NOW + 8 * farm.DAY, not_after = farm.NOW + 9 * farm.DAY }
local UNKNOWN = { { oid = "1.3.6.1.4.1.55555.1", critical = true, value = "\5\0" } }
local AIA = { { oid = "1.3.6.1.5.5.7.1.1", critical = true, value = "\48\25\48\23\6\8\43\6\1\5\5" ..
  "\7\48\2\134\11http://a.b/" } }

-- What is wrong; by depth; what we say; does OpenSSL accept it?
local TABLE = {
  { "nothing", {}, "ok", true },
  { "an expired leaf", { [0] = PAST }, "0:expired" },
  { "an expired intermediate", { [1] = PAST }, "1:expired" },
  { "an expired root", { [2] = PAST }, "2:expired" },
  { "a leaf that is not valid yet", { [0] = FUTURE }, "0:not_yet_valid" },
  { "an intermediate that is not valid yet", { [1] = FUTURE }, "1:not_yet_valid" },
  { "a root that is not valid yet", { [2] = FUTURE }, "2:not_yet_valid" },
  { "an intermediate without basic constraints", { [1] = { basic_constraints = false } },
    "1:not_a_ca" },
  { "an intermediate that is no CA", { [1] = { ca = false } }, "1:key_usage 1:not_a_ca" },
  { "a root that is no CA", { [2] = { ca = false, key_usage = { "key_cert_sign" } } },
    "2:not_a_ca" },
  { "an intermediate of version 1", { [1] = { version = 1 } }, "1:not_a_ca" },
  -- explicitly trusted, and still it says nothing about being a CA
  { "a root of version 1", { [2] = { version = 1 } }, "2:not_a_ca", true },
  { "an intermediate that may not sign certificates",
    { [1] = { key_usage = { "digital_signature", "crl_sign" } } }, "1:key_usage" },
  { "a root that may not sign certificates", { [2] = { key_usage = { "crl_sign" } } },
    "2:key_usage" },
  { "intermediates without key usage", { [1] = { key_usage = false } }, "ok", true },
  { "a leaf without key usage", { [0] = { key_usage = false } }, "ok", true },
  -- we have no cipher suites that encrypt with the server's key
  { "a leaf that may only encrypt", { [0] = { key_usage = { "key_encipherment" } } },
    "0:key_usage", true },
  { "a leaf that may only sign content", { [0] = { key_usage = { "content_commitment" } } },
    "0:key_usage" },
  { "a root that allows no intermediate", { [2] = { path_length = 0 } }, "2:path_length" },
  { "a root that allows one", { [2] = { path_length = 1 } }, "ok", true },
  { "an intermediate that allows none below", { [1] = { path_length = 0 } }, "ok", true },
  { "a leaf for another purpose", { [0] = { extended_key_usage = { "client_auth" } } },
    "0:purpose" },
  { "a leaf for any purpose", { [0] = { extended_key_usage = { "any" } } }, "0:purpose" },
  { "a leaf without purposes", { [0] = { extended_key_usage = false } }, "ok", true },
  { "an intermediate for another purpose", { [1] = { extended_key_usage = { "client_auth" } } },
    "1:purpose" },
  { "an intermediate for this purpose",
    { [1] = { extended_key_usage = { "email_protection", "server_auth" } } }, "ok", true },
  { "a root for another purpose", { [2] = { extended_key_usage = { "code_signing" } } },
    "2:purpose" },
  { "an unknown critical extension in the leaf", { [0] = { extensions = UNKNOWN } },
    "0:critical_extension" },
  { "an unknown critical extension in an intermediate", { [1] = { extensions = UNKNOWN } },
    "1:critical_extension" },
  { "an unknown critical extension in the root", { [2] = { extensions = UNKNOWN } },
    "2:critical_extension" },
  { "critical information that nobody acts upon", { [1] = { extensions = AIA } },
    "1:critical_extension" },
  { "a leaf signed with SHA-1", { [0] = { signature = "sha1" } }, "0:weak_signature" },
  { "an intermediate signed with SHA-1", { [1] = { signature = "sha1" } }, "1:weak_signature" },
  { "a leaf that a key of RSA signed with SHA-1",
    { [0] = { signature = "sha1" }, [1] = { kind = "rsa" } }, "0:weak_signature" },
  { "a root signed with SHA-1", { [2] = { signature = "sha1" } }, "ok", true },
  { "a leaf with 1024 bits of RSA", { [0] = { kind = "rsa", bits = 1024 } }, "0:weak_key" },
  { "an intermediate with 1024 bits of RSA", { [1] = { kind = "rsa", bits = 1024 } },
    "1:weak_key" },
  { "a root with 1024 bits of RSA", { [2] = { kind = "rsa", bits = 1024 } }, "2:weak_key" },
  { "a leaf with a curve of 224 bits", { [0] = { kind = "secp224r1" } }, "0:weak_key", true },
  { "a leaf that is a CA", { [0] = { ca = true,
    key_usage = { "digital_signature", "key_cert_sign" } } }, "0:leaf_is_ca", true },
  { "name constraints in a leaf",
    { [0] = { name_constraints = { permitted = { "dns:example.com" } } } }, "0:contradiction",
    true },
  { "a leaf that is no CA and may sign certificates",
    { [0] = { key_usage = { "digital_signature", "key_cert_sign" } } }, "0:contradiction", true },
  { "names of a leaf without a subject that may be overlooked",
    { [0] = { name = "Leaf", subject = {}, critical = { subject_alt_names = false } } },
    "0:criticality", true },
  { "names of a leaf without a subject", { [0] = { name = "Leaf", subject = {} } }, "ok", true },
  { "a leaf for another name", { [0] = { subject_alt_names = { "dns:www.example.org" } } },
    "0:wrong_name" },
  { "a leaf with a name in its subject only",
    { [0] = { subject = farm.NAME, subject_alt_names = false } }, "0:wrong_name", true },
  { "names that differ in case and in white space only",
    { [2] = { subject = { { "CN", "ROOT" } } } }, "ok", true },
  { "a CA without a name", { [1] = { subject = {} } }, "1:no_name", true },
  { "a serial number of 20 octets", { [0] = { serial = ("7f"):rep(20) } }, "ok", true },
  { "one whose first bit is set", { [0] = { serial = ("ff"):rep(20) } }, "ok", true },
  { "a serial number of 21 octets", { [0] = { serial = ("7f"):rep(21) } }, "0:bad_serial", true },
  { "a serial number of 22 octets", { [0] = { serial = "7f" .. ("00"):rep(21) } }, "0:bad_serial",
    true },
  { "a leaf that is wrong in three ways",
    { [0] = { not_after = farm.NOW - 1, extensions = UNKNOWN, signature = "sha1" }, [1] = PAST },
    "0:critical_extension 0:expired 0:weak_signature 1:expired" },
}

describe("rules", function()
  lazy_teardown(helper.cleanup)

  for _, row in ipairs(TABLE) do
    local what, differences, expected, openssl = row[1], row[2], row[3], row[4] or false
    for _, fields in pairs(differences) do
      if fields.kind then fields.key = what end
    end
    it(("says '%s' to %s"):format(expected, what), function()
      local chain, root = farm.chain(differences)
      assert.equal(expected, farm.says(farm.verify(chain, root)))
      if not helper.have("openssl") then return end
      local accepted, words = farm.openssl(chain, { root })
      assert.equal(openssl, accepted, words)
    end)
  end

  it("calls RSASSA-PSS with SHA-1, its default, weak", function()
    local _, root = farm.chain { [2] = { key = "RSA root", kind = "rsa" } }
    local leaf = by_hand.certificate { issuer = issuer.read(root, "issuer").name,
      algorithm = by_hand.sequence(by_hand.oid "1.2.840.113549.1.1.10", by_hand.sequence()),
      extensions = { by_hand.extension("2.5.29.17",
        by_hand.sequence(by_hand.tlv(0x82, farm.NAME))) } }
    assert.equal("0:unknown_signature 0:weak_signature",
      farm.says(farm.verify({ core.certificate(leaf) }, root)))
  end)

  it("lets whom the caller trusts by himself say of himself what he likes", function()
    local leaf = farm.leaf(nil, { key_usage = { "digital_signature", "key_cert_sign" },
      name_constraints = { permitted = { "dns:example.com" } } }).certificate
    assert.equal("ok", farm.says(farm.verify({ leaf }, leaf)))
  end)

  it("compares times to the second, both ends included", function()
    local chain, root = farm.chain { [0] = { not_before = farm.NOW, not_after = farm.NOW + 10 } }
    local function at(time) return farm.says(farm.verify(chain, root, { time = time })) end
    assert.equal("0:not_yet_valid", at(farm.NOW - 0.5))
    assert.equal("ok", at(farm.NOW))
    assert.equal("ok", at(farm.NOW + 10))
    assert.equal("ok", at(farm.NOW + 10.5))
    assert.equal("0:expired", at(farm.NOW + 11))
  end)

  it("asks for no purpose when none is given", function()
    local chain, root = farm.chain { [0] = { extended_key_usage = { "code_signing" } } }
    assert.equal("ok", farm.says(farm.verify(chain, root, { purpose = false })))
    assert.equal("ok", farm.says(farm.verify(chain, root, { purpose = "1.3.6.1.5.5.7.3.3" })))
    assert.equal("0:purpose", farm.says(farm.verify(chain, root, { purpose = "client_auth" })))
  end)

  it("compares host names and addresses, both where both are asked for", function()
    local names = { "dns:a.example", "ip:10.0.0.1" }
    local chain, root = farm.chain { [0] = { subject_alt_names = names } }
    local function named(host, ip)
      return farm.says(farm.verify(chain, root, { host = host, ip = ip }))
    end
    assert.equal("ok", named("a.example", "10.0.0.1"))
    assert.equal("ok", named("10.0.0.1"))
    assert.equal("0:wrong_name", named("a.example", "10.0.0.2"))
    assert.equal("0:wrong_name", named("b.example", "10.0.0.1"))
    assert.equal("0:wrong_name", named(""))
    assert.equal("ok", named(false))
  end)

  it("lets the caller allow what it usually refuses", function()
    local chain, root = farm.chain {
      [0] = { signature = "sha1", ca = true, key_usage = { "digital_signature" } },
    }
    assert.equal("0:leaf_is_ca 0:weak_signature", farm.says(farm.verify(chain, root)))
    assert.equal("ok", farm.says(farm.verify(chain, root,
      { insecure_weak_signatures = true, ca_leaf = true })))
  end)

  it("lets the caller ask for larger keys", function()
    local chain, root = farm.chain()
    assert.equal("0:weak_key 1:weak_key 2:weak_key",
      farm.says(farm.verify(chain, root, { min_ec_bits = 384 })))
  end)

  it("tells keys that cannot sign from those of RSASSA-PSS that are small", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local dir = helper.tempdir()
    local function run(command)
      local output, status = helper.run("cd " .. dir .. " && " .. command)
      assert.equal(0, status, output)
    end
    helper.write(dir .. "/ext", "subjectAltName=DNS:" .. farm.NAME)
    run("openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=ca -days 2")
    run "openssl req -new -key ca.key -subj /CN=leaf -out leaf.csr"
    local function says(key)
      run("openssl genpkey " .. key .. " | openssl pkey -pubout -out key.pub")
      run("openssl x509 -req -in leaf.csr -force_pubkey key.pub -CA ca.pem -CAkey ca.key "
        .. "-set_serial 7 -days 2 -extfile ext -out leaf.pem")
      return farm.says(farm.verify(helper.read(dir .. "/leaf.pem"), dir .. "/ca.pem"))
    end
    assert.equal("0:unsuitable_key", says "-algorithm X25519")
    assert.equal("0:weak_key", says "-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:1024")
    assert.equal("ok", says "-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048")
  end)

  it("never accepts MD5", function()
    local root = farm.ca("RSA root", nil, { kind = "rsa" })
    local leaf = farm.leaf(root, { signature = "md5" })
    assert.equal("0:weak_signature", farm.says(farm.verify({ leaf.certificate },
      root.certificate, { insecure_weak_signatures = true })))
  end)

  for _, kind in ipairs { "rsa", "secp384r1", "secp521r1", "ed25519", "ed448" } do
    it("verifies signatures made with " .. kind, function()
      local root = farm.ca("Root " .. kind, nil, { kind = kind })
      local leaf = farm.leaf(root)
      local chain = { leaf.certificate }
      assert.equal("ok", farm.says(farm.verify(chain, root.certificate)))
      local other = farm.ca("Root " .. kind, nil, { key = "Other root " .. kind, kind = kind,
        subject_key_identifier = false })
      assert.equal("0:bad_signature", farm.says(farm.verify(chain, other.certificate)))
    end)
  end

  for _, hash in ipairs { "sha256", "sha384", "sha512" } do
    it("verifies RSASSA-PSS with " .. hash, function()
      local root = farm.ca("RSA root", nil, { kind = "rsa" })
      local leaf = farm.leaf(root, { signature = "rsa_pss_" .. hash })
      assert.equal("ok", farm.says(farm.verify({ leaf.certificate }, root.certificate)))
    end)
  end
end)
