-- Revocation lists, RFC 5280 sections 5 and 6.3.

local der = require "wolfssl.issue.der"
local farm = require "verify.farm"
local helper = require "helper"
local issue = require "wolfssl.issue"
local wolfssl = require "wolfssl"

describe("crl", function()
  local chain, root, all = farm.chain { [0] = { serial = 7 }, [1] = { serial = 8 } }
  local middle_ca, root_ca = all[2], all[3]

  local function crl(fields)
    local options = { issuer = middle_ca }
    for name, value in pairs(fields or {}) do options[name] = value end
    return issue.crl(options)
  end

  local function with(crls, options)
    local all_options = { crls = crls }
    for name, value in pairs(options or {}) do all_options[name] = value end
    return farm.says(farm.verify(chain, root, all_options))
  end

  local function scope(...)
    return { { oid = "2.5.29.28", critical = true, value = der.sequence(...) } }
  end

  lazy_teardown(helper.cleanup)

  it("says which certificate is revoked", function()
    local leaf = crl { revoked = { { serial = 6 }, { serial = 7, reason = "key_compromise" } } }
    local middle = crl { issuer = root_ca, revoked = { { serial = 8 } } }
    assert.equal("ok", with { crl() })
    assert.equal("0:revoked", with { leaf })
    assert.equal("0:revoked", with { crl(), leaf })
    assert.equal("0:revoked", with { leaf, crl() })
    assert.equal("1:revoked", with { middle })
    assert.equal("0:revoked 1:revoked", with { middle, leaf })
  end)

  it("goes by the issuer, not by the number alone", function()
    assert.equal("ok", with { crl { issuer = root_ca, revoked = { { serial = 7 } } } })
    local stranger = farm.ca "Stranger"
    assert.equal("ok", with { crl { issuer = stranger, revoked = { { serial = 7 } } } })
  end)

  it("must be signed by the issuer", function()
    local impostor = { certificate = middle_ca.certificate, key = farm.key "Impostor" }
    local revoking = crl { revoked = { { serial = 7 } } }
    assert.equal("0:bad_crl", with { crl { issuer = impostor } })
    assert.equal("ok", with { crl { issuer = impostor }, crl() })
    assert.equal("ok", with { crl(), crl { issuer = impostor } })
    assert.equal("0:revoked", with { crl { issuer = impostor }, revoking })
    local der_of = crl()
    local broken = der_of:sub(1, -2) .. string.char((der_of:byte(-1) + 1) % 256)
    assert.equal("0:bad_crl", with { broken })
    assert.equal("0:bad_crl", with { crl { signature = "sha1" } })
    assert.equal("ok", with({ crl { signature = "sha1" } }, { insecure_weak_signatures = true }))
  end)

  it("is never signed with MD5", function()
    local authority = farm.ca("RSA root", nil, { kind = "rsa" })
    local leaf = farm.leaf(authority)
    local function says(signature)
      return farm.says(farm.verify({ leaf.certificate }, authority.certificate,
        { crls = crl { issuer = authority, signature = signature },
          insecure_weak_signatures = true }))
    end
    assert.equal("ok", says "sha1")
    assert.equal("0:bad_crl", says "md5")
  end)

  it("is not signed by somebody of another name whom the issuer has certified for lists", function()
    local other = farm.one { name = "Other", key = "Other signer", issuer = middle_ca,
      key_usage = { "crl_sign" } }
    local list = crl { issuer = { certificate = middle_ca.certificate, key = other.key } }
    assert.equal("0:bad_crl", farm.says(farm.verify({ chain[1], other.certificate, chain[2] }, root,
      { crls = list })))
  end)

  it("must be signed by a key that may sign lists", function()
    local mute = farm.ca("Mute", nil, { key_usage = { "key_cert_sign" } })
    local leaf = farm.leaf(mute)
    assert.equal("0:bad_crl", farm.says(farm.verify({ leaf.certificate }, mute.certificate,
      { crls = crl { issuer = mute } })))
  end)

  it("may be signed by a key that the issuer has certified for that under its own name", function()
    local signer = farm.one { name = "Middle", key = "List signer", issuer = middle_ca,
      key_usage = { "crl_sign" } }
    local revoking = crl { issuer = signer, revoked = { { serial = 7 } } }
    assert.equal("0:bad_crl", with { revoking })
    local longer = { chain[1], signer.certificate, chain[2] }
    assert.equal("0:revoked", farm.says(farm.verify(longer, root, { crls = revoking })))
    local self_made = farm.one { name = "Middle", key = "List signer", key_usage = { "crl_sign" } }
    longer[2] = self_made.certificate
    assert.equal("0:bad_crl", farm.says(farm.verify(longer, root, { crls = revoking })))
    for _, flaw in ipairs { { signature = "sha1" }, { not_after = farm.NOW - 60 },
        { key_usage = { "digital_signature" } }, { key_usage = false } } do
      local fields = { name = "Middle", key = "List signer", issuer = middle_ca,
        key_usage = { "crl_sign" } }
      for name, value in pairs(flaw) do fields[name] = value end
      longer[2] = farm.one(fields).certificate
      assert.equal("0:bad_crl", farm.says(farm.verify(longer, root, { crls = revoking })))
    end
  end)

  it("must be current", function()
    local now = farm.NOW
    assert.equal("0:bad_crl", with { crl { this_update = now + 3600, next_update = now + 7200 } })
    assert.equal("0:bad_crl", with { crl { this_update = now - 90, next_update = now - 60 } })
    assert.equal("0:bad_crl", with { crl { next_update = false } })
    assert.equal("ok", with({ crl { this_update = now - 90, next_update = now - 60 } },
      { time = now - 70 }))
  end)

  -- Written by hand; parts: issuer, scheme, algorithm, outer_algorithm, version, entries,
  -- extensions
  local function list(parts)
    local issuer = parts.issuer or middle_ca
    local algorithm = parts.algorithm or der.sequence(der.oid "1.2.840.10045.4.3.2")
    local tbs = der.sequence(parts.version or "", algorithm,
      require("wolfssl.issue.issuer").read(issuer.certificate, "issuer").name,
      der.time(farm.NOW - 60), der.time(farm.NOW + 60), parts.entries or "", parts.extensions or "")
    return der.sequence(tbs, parts.outer_algorithm or algorithm,
      der.bit_string(issuer.key:sign(parts.scheme or "ecdsa_sha256", tbs)))
  end

  it("must have a number if it is of version 2", function()
    assert.equal("ok", with { list {} })
    assert.equal("0:bad_crl", with { list { version = der.integer(1) } })
  end)

  it("has nothing critical that it should not have: not the number, nothing in an entry", function()
    local function extension(oid, critical, value)
      return der.sequence(der.oid(oid), critical and der.boolean(true) or "",
        der.octet_string(value))
    end
    for expected, critical in pairs { ok = false, ["0:bad_crl"] = true } do
      local number = extension("2.5.29.20", critical, der.integer(1))
      assert.equal(expected, with { list { version = der.integer(1),
        extensions = der.explicit(0, der.sequence(number)) } })
      -- such as certificateIssuer, which makes the list an indirect one
      local entry = der.sequence(der.integer(9), der.time(farm.NOW - 60),
        der.sequence(extension("2.5.29.21", false, "\10\1\1"),
          extension("2.5.29.29", critical, der.sequence())))
      assert.equal(expected, with { list { entries = der.sequence(entry) } })
    end
  end)

  it("wants the same signature algorithm inside and outside", function()
    for _, outer in ipairs { der.sequence(der.oid "1.2.840.10045.4.3.3"),
        der.sequence(der.oid "1.2.840.10045.4.3.2", der.null) } do
      local nothing, message, code = wolfssl.crl(list { outer_algorithm = outer })
      assert.is_nil(nothing)
      assert.matches("differs from the algorithm inside", message)
      assert.equal("decode_error", code)
    end
  end)

  it("is signed by RSASSA-PSS with one hash and a salt of its length, as in TLS", function()
    local authority = farm.ca("RSA root", nil, { kind = "rsa" })
    local leaf = farm.leaf(authority)
    local SHA = { sha1 = "1.3.14.3.2.26", sha256 = "2.16.840.1.101.3.4.2.1",
      sha384 = "2.16.840.1.101.3.4.2.2" }
    -- What is said of a sound signature of that hash that calls itself otherwise.
    local function says(scheme, hash, mgf_hash, salt_length)
      local function of(name) return der.sequence(der.oid(SHA[name]), der.null) end
      local algorithm = der.sequence(der.oid "1.2.840.113549.1.1.10", der.sequence(
        der.explicit(0, of(hash)),
        der.explicit(1, der.sequence(der.oid "1.2.840.113549.1.1.8", of(mgf_hash))),
        der.explicit(2, der.integer(salt_length))))
      return farm.says(farm.verify({ leaf.certificate }, authority.certificate, { crls =
        list { issuer = authority, algorithm = algorithm, scheme = "rsa_pss_rsae_" .. scheme } }))
    end
    assert.equal("ok", says("sha256", "sha256", "sha256", 32))
    assert.equal("ok", says("sha384", "sha384", "sha384", 48))
    assert.equal("0:bad_crl", says("sha256", "sha384", "sha384", 48))
    assert.equal("0:bad_crl", says("sha256", "sha256", "sha384", 32))
    assert.equal("0:bad_crl", says("sha256", "sha256", "sha1", 32))
    for _, salt_length in ipairs { 0, 20, 31, 33, 48 } do
      assert.equal("0:bad_crl", says("sha256", "sha256", "sha256", salt_length))
    end
  end)

  it("has four keys tried that the issuer has certified for lists, no more", function()
    local function delegate(i)
      return farm.one { name = "Middle", key = "List signer " .. i, issuer = middle_ca,
        key_usage = { "crl_sign" } }
    end
    local longer = { chain[1] }
    for i = 1, 5 do longer[1 + i] = delegate(i).certificate end
    longer[#longer + 1] = chain[2]
    for i, expected in ipairs { "0:revoked", "0:revoked", "0:revoked", "0:revoked", "0:bad_crl" } do
      assert.equal(expected, farm.says(farm.verify(longer, root,
        { crls = crl { issuer = delegate(i), revoked = { { serial = 7 } } } })), i)
    end
  end)

  it("must be there where it is required", function()
    assert.equal("0:no_crl", with(nil, { crl_required = "leaf" }))
    assert.equal("0:no_crl 1:no_crl", with(nil, { crl_required = "chain" }))
    assert.equal("1:no_crl", with({ crl() }, { crl_required = "chain" }))
    assert.equal("ok", with({ crl(), crl { issuer = root_ca } }, { crl_required = "chain" }))
  end)

  it("must be there for all but the anchor, however many there are", function()
    local lower = farm.ca("Lower", middle_ca)
    local deep = { farm.leaf(lower).certificate, lower.certificate, chain[2] }
    local lists = { crl { issuer = lower }, crl() }
    assert.equal("2:no_crl",
      farm.says(farm.verify(deep, root, { crls = lists, crl_required = "chain" })))
    lists[3] = crl { issuer = root_ca }
    assert.equal("ok", farm.says(farm.verify(deep, root, { crls = lists, crl_required = "chain" })))
  end)

  it("counts for those certificates only that it is about", function()
    local users, cas = der.implicit(1, "\255"), der.implicit(2, "\255")
    local revoked = { { serial = 7 } }
    assert.equal("0:revoked", with { crl { revoked = revoked, extensions = scope(users) } })
    assert.equal("ok", with { crl { revoked = revoked, extensions = scope(cas) } })
    assert.equal("0:no_crl", with({ crl { extensions = scope(cas) } }, { crl_required = "leaf" }))
  end)

  it("counts for those only that name its distribution point", function()
    local url = "http://crl.example.com/1"
    local leaf = farm.leaf(middle_ca, { crl_distribution_points = { url } })
    local function point(at) return scope(der.explicit(0, der.explicit(0, der.implicit(6, at)))) end
    local function says(at)
      return farm.says(farm.verify({ leaf.certificate, chain[2] }, root,
        { crls = crl { extensions = point(at) }, crl_required = "leaf" }))
    end
    assert.equal("ok", says(url))
    assert.equal("0:no_crl", says("http://crl.example.com/2"))
  end)

  it("is refused when it is indirect, a delta, for some reasons only, or not understood", function()
    local function extended(...) return crl { extensions = { ... } } end
    assert.equal("0:bad_crl", with { crl { extensions = scope(der.implicit(4, "\255")) } })
    assert.equal("0:bad_crl", with { crl { extensions = scope(der.implicit(3, "\4\48")) } })
    assert.equal("0:bad_crl",
      with { extended { oid = "2.5.29.27", critical = true, value = der.integer(1) } })
    assert.equal("0:bad_crl",
      with { extended { oid = "1.2.3.4", critical = true, value = "\5\0" } })
    assert.equal("ok", with { extended { oid = "1.2.3.4", value = "\5\0" } })
  end)

  it("is read from DER, PEM, files and objects", function()
    local revoking = crl { revoked = { { serial = 7 } } }
    local dir = helper.tempdir()
    helper.write(dir .. "/crl.der", revoking)
    assert.equal("0:revoked", with(revoking))
    assert.equal("0:revoked", with(dir .. "/crl.der"))
    local object = assert(wolfssl.crl(revoking))
    assert.equal("0:revoked", with(object))
    assert.is_true(object:this_update() <= farm.NOW)
    assert.equal(7 * farm.DAY, object:next_update() - object:this_update() - 3600)
    object:close()
    assert.has_error(function() with(object) end, "attempt to use a closed wolfssl.crl")
    assert.has_error(function() wolfssl.verify(chain, { trust = root, crls = {} }) end,
      "crls: there is none in the list")
    local nothing, message, code = wolfssl.verify(chain, { trust = root, crls = "/no/such/file" })
    assert.is_nil(nothing)
    assert.truthy(message:find("crls: /no/such/file", 1, true))
    assert.equal("file_error", code)
  end)

  it("is made, and read as PEM, by openssl, too", function()
    if not helper.have("openssl") then return pending("needs package openssl") end
    local dir = helper.tempdir()
    helper.write(dir .. "/crl.der", crl { revoked = { { serial = 7 } } })
    local _, status = helper.run(("cd %s && openssl crl -inform DER -in crl.der -out crl.pem")
      :format(dir))
    assert.equal(0, status)
    assert.equal("0:revoked", with(dir .. "/crl.pem"))
    helper.write(dir .. "/two.pem", helper.read(dir .. "/crl.pem"):rep(2))
    assert.equal("0:revoked", with(dir .. "/two.pem"))
  end)

  it("is decoded or refused with the place that is wrong", function()
    local whole = crl { revoked = { { serial = 7 }, { serial = 9, reason = "superseded" } } }
    assert(wolfssl.crl(whole))
    for length = 0, #whole - 1 do
      local nothing, message, code = wolfssl.crl(whole:sub(1, length))
      assert.is_nil(nothing)
      assert.equal("decode_error", code)
      assert.truthy(message)
    end
    assert.is_nil((wolfssl.crl(whole .. "\0")))
  end)
end)
