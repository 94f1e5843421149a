-- What RFC 5280 and the CA/Browser Forum demand of who issues certificates, where it is asked for.

local by_hand = require "der"
local core = require "wolfssl.core"
local farm = require "verify.farm"
local handshake = require "verify.handshake"

local NAMED = { subject = farm.NAME }

-- A leaf that is good for everybody, with differences.
local function leaf(differences)
  local fields = { name = "Leaf" }
  for name, value in pairs(NAMED) do fields[name] = value end
  for name, value in pairs(differences) do fields[name] = value end
  return fields
end

local function extension(oid, value, critical)
  return { { oid = oid, value = value, critical = critical } }
end

local function noncritical(option, value)
  return { [option] = value, critical = { [option] = false } }
end

local function subtree(name) return { permitted = { "dns:" .. name } } end

-- authorityKeyIdentifier with the issuer's name and number beside
local LONG = by_hand.sequence(by_hand.tlv(0x80, "k"),
  by_hand.tlv(0xa1, by_hand.tlv(0xa4, by_hand.common_name "Middle")), by_hand.tlv(0x82, "\1"))
local AUTHORITY = "2.5.29.35"

-- A key of 2052 bits
local ODD = by_hand.sequence(
  by_hand.sequence(by_hand.oid "1.2.840.113549.1.1.1", by_hand.tlv(0x05, "")),
  by_hand.bits(by_hand.sequence(by_hand.integer("\9" .. ("m"):rep(256)),
    by_hand.integer "\1\0\1")))

-- What is not as it should be, by depth; by RFC 5280; by the CA/Browser Forum. By default all are
-- good.
local ROWS = {
  { "nothing", { [0] = leaf {} }, "ok", "ok" },
  { "a leaf that does not name its issuer's key",
    { [0] = leaf { authority_key_identifier = false } }, "0:key_identifier", "0:key_identifier" },
  { "an intermediate that does not", { [0] = leaf {}, [1] = { authority_key_identifier = false } },
    "1:key_identifier", "1:key_identifier" },
  { "a CA that does not name its key", { [0] = leaf {}, [1] = { subject_key_identifier = false } },
    "1:key_identifier", "1:key_identifier" },
  { "a root that does not", { [0] = leaf {}, [2] = { subject_key_identifier = false } },
    "2:key_identifier", "2:key_identifier" },
  { "a leaf that does not", { [0] = leaf { subject_key_identifier = false } }, "ok", "ok" },
  { "a CA without key usage", { [0] = leaf {}, [1] = { key_usage = false } }, "1:key_usage",
    "1:key_usage" },
  { "a path length in a leaf",
    { [0] = leaf { basic_constraints = { path_length = 0 } } }, "0:contradiction",
    "0:contradiction" },
  { "basic constraints of a CA that may be overlooked",
    { [0] = leaf {}, [2] = noncritical("basic_constraints") }, "2:criticality", "2:criticality" },
  { "those of a leaf", { [0] = leaf(noncritical "basic_constraints") }, "ok", "ok" },
  { "name constraints that may be overlooked",
    { [0] = leaf {}, [1] = noncritical("name_constraints", subtree "example.com") },
    "1:criticality", "ok" },
  { "policy constraints that may be overlooked",
    { [0] = leaf {}, [1] = { extensions = extension("2.5.29.36",
      by_hand.sequence(by_hand.tlv(0x80, "\9"))) } }, "1:criticality", "1:criticality" },
  { "an inhibited policy that may be overlooked",
    { [0] = leaf {}, [1] = { extensions = extension("2.5.29.54", by_hand.integer "\9") } },
    "1:criticality", "1:criticality" },
  { "an underscore",
    { [0] = leaf { subject_alt_names = { "dns:" .. farm.NAME, "dns:a_b.example.com" } } },
    "0:bad_name", "0:bad_name" },
  { "a wildcard and other kinds of names",
    { [0] = leaf { subject_alt_names = { "dns:" .. farm.NAME, "dns:*.example.com",
      "email:a_b@example.com", "ip:127.0.0.1" } } }, "ok", "ok" },
  { "a wildcard inside",
    { [0] = leaf { subject_alt_names = { "dns:" .. farm.NAME, "dns:a.*.example.com" } } },
    "0:bad_name", "0:bad_name" },
  { "a dot before what is permitted",
    { [0] = leaf {}, [1] = { name_constraints = subtree ".example.com" } }, "1:bad_name",
    "1:bad_name" },
  { "a dot before what is excluded",
    { [0] = leaf {}, [1] = { name_constraints = { excluded = { "dns:.example.org" } } } },
    "1:bad_name", "1:bad_name" },
  { "a leaf with the number zero", { [0] = leaf { serial = 0 } }, "0:bad_serial", "0:bad_serial" },
  { "an intermediate with the number zero", { [0] = leaf {}, [1] = { serial = 0 } },
    "1:bad_serial", "1:bad_serial" },
  { "a root with the number zero", { [0] = leaf {}, [2] = { serial = 0 } }, "ok", "ok" },
  { "numbers that begin with a zero", { [0] = leaf { serial = "0080" } }, "ok", "ok" },

  { "keys of RSA that are no whole number of octets",
    { [0] = leaf { public_key = ODD } }, "ok", "0:unsuitable_key" },
  { "keys of RSA that are", { [0] = leaf {}, [1] = { key = "2048 bits", kind = "rsa" } }, "ok",
    "ok" },
  { "Ed25519", { [0] = leaf {}, [1] = { key = "Middle of Ed25519", kind = "ed25519" } }, "ok",
    "1:unsuitable_key" },
  { "the larger curves", { [0] = leaf { key = "Leaf of 384", kind = "secp384r1" },
    [1] = { key = "Middle of 521", kind = "secp521r1" } }, "ok", "ok" },
  { "an issuer's certificate named beside its key",
    { [0] = leaf { authority_key_identifier = false, extensions = extension(AUTHORITY, LONG) } },
    "ok", "0:key_identifier" },
  { "an issuer's key that is not named, for others that are",
    { [0] = leaf {}, [2] = { extensions = extension(AUTHORITY, by_hand.sequence()) } }, "ok",
    "2:key_identifier" },
  { "a root that names another key as its own",
    { [0] = leaf {}, [2] = { authority_key_identifier = "another" } }, "ok", "2:key_identifier" },
  { "a leaf for no purpose by name", { [0] = leaf { extended_key_usage = false } }, "ok",
    "0:bad_purposes" },
  { "a leaf for any purpose beside", { [0] = leaf { extended_key_usage = { "server_auth",
    "any" } } }, "ok", "0:bad_purposes" },
  { "purposes that must be known", { [0] = leaf { critical = { extended_key_usage = true } } },
    "ok", "0:criticality" },
  { "purposes of an intermediate", { [0] = leaf {}, [1] = { extended_key_usage = {
    "server_auth" } } }, "ok", "ok" },
  { "purposes of a root", { [0] = leaf {}, [2] = { extended_key_usage = { "server_auth" } } },
    "ok", "2:bad_purposes" },
  { "names that must be known beside a subject",
    { [0] = leaf { critical = { subject_alt_names = true } } }, "ok", "0:criticality" },
  { "names that must be known without one", { [0] = leaf { subject = {} } }, "ok", "ok" },
  { "a common name that is no other", { [0] = leaf { subject = "Leaf" } }, "ok",
    "0:common_name" },
  { "a common name in other letters", { [0] = leaf { subject = farm.NAME:upper() } }, "ok",
    "0:common_name" },
  { "the second of two common names",
    { [0] = leaf { subject = { { "CN", farm.NAME }, { "CN", "other.example" } } } }, "ok",
    "0:common_name" },
  { "an address as common name",
    { [0] = leaf { subject = "2001:db8::1",
      subject_alt_names = { "dns:" .. farm.NAME, "ip:2001:db8::1" } } }, "ok", "ok" },
  { "an address that is not written as RFC 5952 has it",
    { [0] = leaf { subject = "2001:DB8::1",
      subject_alt_names = { "dns:" .. farm.NAME, "ip:2001:db8::1" } } }, "ok", "0:common_name" },
  { "an address of version 4 as common name",
    { [0] = leaf { subject = "10.0.0.1",
      subject_alt_names = { "dns:" .. farm.NAME, "ip:10.0.0.1" } } }, "ok", "ok" },
}

describe("a profile", function()
  for _, row in ipairs(ROWS) do
    local what, differences, rfc5280, webpki = row[1], row[2], row[3], row[4]
    it(("says '%s' or '%s' to %s, by default nothing"):format(rfc5280, webpki, what), function()
      local chain, root = farm.chain(differences)
      assert.equal("ok", farm.says(farm.verify(chain, root)))
      assert.equal(rfc5280, farm.says(farm.verify(chain, root, { profile = "rfc5280" })))
      assert.equal(webpki, farm.says(farm.verify(chain, root, { profile = "webpki" })))
    end)
  end

  it("is asked of a key usage that has no bits, too", function()
    local chain, root = farm.chain { [0] = { key_usage = {} } }
    assert.equal("ok", farm.says(farm.verify(chain, root, { purpose = false })))
    assert.equal("0:key_usage",
      farm.says(farm.verify(chain, root, { purpose = false, profile = "rfc5280" })))
  end)

  it("is asked of who is trusted by himself, too", function()
    for number, expected in pairs { ["\255"] = "0:bad_serial", ["\1"] = "ok" } do
      local own = core.certificate(by_hand.certificate { serial = by_hand.integer(number),
        issuer = by_hand.common_name "subject" })
      local verdict = farm.verify({ own }, own,
        { host = false, profile = "rfc5280" })
      assert.equal(expected, farm.says(verdict))
    end
  end)

  it("is a reason to look for another path", function()
    local root = farm.ca "Root"
    local plain = farm.ca("Middle", root, { subject_key_identifier = false })
    local strict = farm.ca("Middle", root)
    local below = farm.leaf(strict, NAMED)
    local chain = { below.certificate, plain.certificate, strict.certificate }
    local verdict = farm.verify(chain, root.certificate, { profile = "rfc5280" })
    assert.equal("ok", farm.says(verdict))
    assert.equal(strict.certificate, verdict.path[2])
    assert.equal("1:key_identifier", farm.says(farm.verify({ chain[1], chain[2] },
      root.certificate, { profile = "rfc5280" })))
  end)

  it("holds in handshakes", function()
    local chain, root, all = farm.chain { [0] = leaf { subject = "Leaf", serial = 0 } }
    local good, anchor, others = farm.chain { [0] = leaf {} }
    for _, version in ipairs(handshake.VERSIONS) do
      for _, role in ipairs { "client", "server" } do
        local function says(profile)
          return (handshake.says(role, version, chain, all[1].key,
            { trust = root, profile = profile }))
        end
        assert.equal("ok", says(nil))
        assert.equal("0:bad_serial", says "rfc5280")
        assert.equal("0:bad_serial 0:common_name", says "webpki")
        assert.equal("ok", (handshake.says(role, version, good, others[1].key,
          { trust = anchor, profile = "webpki" })))
      end
    end
  end)
end)
