-- Bad chains in real handshakes: each rule, by both roles and in both versions.

local farm = require "verify.farm"
local handshake = require "verify.handshake"
local wolfssl = require "wolfssl"

local EXPIRED = { not_before = farm.NOW - 3 * farm.DAY, not_after = farm.NOW - 2 * farm.DAY }
local NOT_YET = { not_before = farm.NOW + 2 * farm.DAY, not_after = farm.NOW + 3 * farm.DAY }
local UNKNOWN = { { oid = "1.3.6.1.4.1.55555.1", critical = true, value = "\5\0" } }
local EMAIL = { extended_key_usage = { "email_protection" } }

local function small(name) return { key = name .. " of 1024", kind = "rsa", bits = 1024 } end

-- What is wrong, by depth; what the verifier says; the alert for the peer.
local CASES = {
  { "a name outside the constraint", { [2] = { name_constraints = {
    permitted = { "dns:allowed.com" } } },
    [0] = { subject_alt_names = { "dns:www.notallowed.com" } } },
    "0:name_constraint", "bad_certificate", host = "www.notallowed.com" },
  { "an expired leaf", { [0] = EXPIRED }, "0:expired", "certificate_expired" },
  { "an expired intermediate", { [1] = EXPIRED }, "1:expired", "certificate_expired" },
  { "an expired root", { [2] = EXPIRED }, "2:expired", "certificate_expired" },
  { "a leaf that is not valid yet", { [0] = NOT_YET }, "0:not_yet_valid", "certificate_expired" },
  { "an intermediate that is not valid yet", { [1] = NOT_YET }, "1:not_yet_valid",
    "certificate_expired" },
  { "a leaf for another purpose", { [0] = EMAIL }, "0:purpose", "unsupported_certificate" },
  { "an intermediate for another purpose", { [1] = EMAIL }, "1:purpose",
    "unsupported_certificate" },
  { "a CA as leaf", { [0] = { ca = true,
    key_usage = { "digital_signature", "key_cert_sign" } } }, "0:leaf_is_ca", "bad_certificate" },
  { "a leaf whose key does not sign", { [0] = { key_usage = { "key_agreement" } } },
    "0:key_usage", "unsupported_certificate" },
  { "an intermediate that is no CA", { [1] = { ca = false,
    key_usage = { "key_cert_sign" } } }, "1:not_a_ca", "bad_certificate" },
  { "an intermediate that signs no certificates", { [1] = { key_usage = { "crl_sign" } } },
    "1:key_usage", "unsupported_certificate" },
  { "a path longer than its root allows", { [2] = { path_length = 0 } }, "2:path_length",
    "bad_certificate" },
  { "an unknown critical extension in the leaf", { [0] = { extensions = UNKNOWN } },
    "0:critical_extension", "unsupported_certificate" },
  { "one in an intermediate", { [1] = { extensions = UNKNOWN } }, "1:critical_extension",
    "unsupported_certificate" },
  { "one in the root", { [2] = { extensions = UNKNOWN } }, "2:critical_extension",
    "unsupported_certificate" },
  { "SHA-1 under the leaf", { [0] = { signature = "sha1" } }, "0:weak_signature",
    "bad_certificate" },
  { "SHA-1 under an intermediate", { [1] = { signature = "sha1" } }, "1:weak_signature",
    "bad_certificate" },
  { "1024 bits of RSA in the leaf", { [0] = small "Leaf" }, "0:weak_key", "bad_certificate" },
  { "1024 bits of RSA in an intermediate", { [1] = small "Middle" }, "1:weak_key",
    "bad_certificate" },
  { "1024 bits of RSA in the root", { [2] = small "Root" }, "2:weak_key", "bad_certificate" },
  { "two errors at once", { [0] = EXPIRED, [1] = { signature = "sha1" } },
    "0:expired 1:weak_signature", "certificate_expired" },
}

describe("in a handshake a chain is refused for", function()
  for _, case in ipairs(CASES) do
    local chain, root, all = farm.chain(case[2])
    for _, version in ipairs(handshake.VERSIONS) do
      for _, role in ipairs { "client", "server" } do
        it(("%s, by a %s of %s"):format(case[1], role, version), function()
          local said, _, alert = handshake.says(role, version, chain, all[1].key, { trust = root },
            role == "client" and { server_name = case.host } or nil)
          assert.equal(case[3], said)
          assert.equal(case[4], alert)
        end)
      end
    end
  end
end)

describe("in a handshake", function()
  local good, root, all = farm.chain()

  local function both(expected, chain, key, options, of_connection)
    for _, version in ipairs(handshake.VERSIONS) do
      for _, role in ipairs { "client", "server" } do
        local of = role == "client" and of_connection or nil
        assert.equal(expected, (handshake.says(role, version, chain, key, options, of)),
          role .. " of " .. version)
      end
    end
  end

  it("a server's certificate is no client's, nor a client's a server's", function()
    for purpose, role in pairs { server_auth = "client", client_auth = "server" } do
      local chain, anchor, leaf = farm.chain { [0] = { extended_key_usage = { purpose } } }
      for _, version in ipairs(handshake.VERSIONS) do
        for _, verifier in ipairs { "client", "server" } do
          local said = handshake.says(verifier, version, chain, leaf[1].key, { trust = anchor })
          assert.equal(verifier == role and "ok" or "0:purpose", said)
        end
      end
    end
  end)

  it("keys and signatures are as good as the context wants them", function()
    for _, version in ipairs(handshake.VERSIONS) do
      assert.equal("0:weak_key 1:weak_key 2:weak_key", (handshake.says("client", version, good,
        all[1].key, { trust = root, min_ec_bits = 384 })))
    end
    local edwards, last, all_of = farm.chain { [0] = { key = "edwards", kind = "ed25519" },
      [1] = { key = "large", kind = "secp384r1" }, [2] = { key = "larger", kind = "secp521r1" } }
    for _, version in ipairs(handshake.VERSIONS) do
      assert.equal("0:weak_key", (handshake.says("client", version, edwards, all_of[1].key,
        { trust = last, min_ec_bits = 384 })))
    end
    local chain, anchor, levels = farm.chain { [0] = { signature = "sha1" } }
    both("ok", chain, levels[1].key, { trust = anchor, insecure_weak_signatures = true })
  end)

  it("a path that wolfSSL refuses is refused, unless that is a limit of its search", function()
    if not wolfssl.version.wolfssl:find("^5%.5%.") then
      return pending "needs wolfSSL 5.5, which reads no path length above 127"
    end
    local chain, anchor, levels = farm.chain { [1] = { path_length = 200 } }
    assert.equal("ok", farm.says(farm.verify(chain, anchor)))
    both("1:undecodable", chain, levels[1].key, { trust = anchor })
  end)

  it("a good chain is accepted, and its path is known", function()
    both("ok", good, all[1].key, { trust = root })
    local _, connection = handshake.show("client", "TLS 1.3", good, all[1].key, { trust = root })
    local verdict = connection:verdict()
    assert.equal("Leaf Middle Root", farm.path(verdict))
    assert.is_true(verdict.anchored)
  end)

  it("a leaf signs no other leaf", function()
    local leaf = farm.leaf(all[1], { name = "Below" })
    both("1:key_usage 1:not_a_ca", { leaf.certificate, good[1], good[2] }, leaf.key,
      { trust = root })
  end)

  it("nobody is trusted for a name alone", function()
    local other = farm.ca("Root", nil, { key = "Not the root" })
    both("1:unknown_issuer", good, all[1].key, { trust = other.certificate })
    local lone = farm.leaf(nil, { name = "Lone" })
    both("0:self_signed", { lone.certificate }, lone.key, { trust = other.certificate })
    both("ok", { lone.certificate }, lone.key,
      { trust = { other.certificate, lone.certificate } })
  end)

  it("names and certificates that wolfSSL stumbles over are no matter", function()
    local constrained = farm.ca("Root", nil, { name_constraints = {
      permitted = { "dns:" .. farm.NAME } } })
    local leaf = farm.leaf(constrained, { subject_alt_names = { "dns:" .. farm.NAME,
      "ip:127.0.0.1" } })
    both("ok", { leaf.certificate }, leaf.key, { trust = constrained.certificate })
    local der = require "wolfssl.issue.der"
    local policy = { { oid = "2.5.29.36", critical = true,
      value = der.sequence(der.value(0x80, "\5")) } }
    local chain, anchor, levels = farm.chain { [1] = { extensions = policy } }
    both("ok", chain, levels[1].key, { trust = anchor })
  end)

  it("a CA that changes its key is no matter, though wolfSSL confuses the two", function()
    local unnamed = { subject_key_identifier = false, authority_key_identifier = false }
    local old = farm.ca("Root", nil, unnamed)
    unnamed.key = "New root"
    local new = farm.ca("Root", old, unnamed)
    local leaf = farm.leaf(new, { authority_key_identifier = false })
    for _, staple in ipairs { false, "request" } do
      for _, version in ipairs(handshake.VERSIONS) do
        assert.equal("ok", (handshake.says("client", version, { leaf.certificate, new.certificate },
          leaf.key, { trust = old.certificate, staple = staple or nil })))
      end
    end
  end)

  it("a certificate of many names is kept, though wolfSSL does not", function()
    local names = { "dns:" .. farm.NAME }
    for i = 1, 300 do names[#names + 1] = ("dns:host-%d.example.com"):format(i) end
    local leaf = farm.leaf(all[2], { subject_alt_names = names })
    for _, version in ipairs(handshake.VERSIONS) do
      local result, c = handshake.show("client", version, { leaf.certificate, good[2] }, leaf.key,
        { trust = root })
      assert.is_true(result.ok, result.message)
      assert.equal(2, #c:peer_certificates())
      assert.equal(leaf.certificate, c:peer_certificates()[1])
      assert.equal("Leaf Middle Root", farm.path(c:verdict()))
    end
  end)

  it("several things, and names the gravest", function()
    local own = farm.ca("Own", nil, { subject_alt_names = { "dns:other.example" } })
    for _, version in ipairs(handshake.VERSIONS) do
      local said, connection, alert = handshake.says("client", version, { own.certificate },
        own.key, { trust = farm.ca("Root").certificate })
      assert.matches("^0:key_usage 0:leaf_is_ca .*0:self_signed 0:wrong_name$", said)
      local _, message = connection:handshake()
      assert.matches("%(self_signed%)$", message)
      assert.equal("unknown_ca", alert)
    end
  end)
end)
