-- OCSP responses as servers staple them, RFC 6960 and RFC 7633.

local der = require "wolfssl.issue.der"
local farm = require "verify.farm"
local helper = require "helper"
local ocsp = require "verify.ocsp"

describe("ocsp", function()
  local chain, root, all = farm.chain()
  local leaf, ca = all[1], all[2]

  local function response(fields)
    local o = { certificate = leaf.certificate, issuer = ca }
    for name, value in pairs(fields or {}) do o[name] = value end
    return ocsp.response(o)
  end

  local function with(staple, options)
    local all_options = { staple = staple }
    for name, value in pairs(options or {}) do all_options[name] = value end
    return farm.says(farm.verify(chain, root, all_options))
  end

  lazy_teardown(helper.cleanup)

  it("says whether the leaf is good, revoked or unknown", function()
    assert.equal("ok", with(response()))
    assert.equal("0:revoked", with(response { status = "revoked" }))
    assert.equal("0:status_unknown", with(response { status = "unknown" }))
  end)

  it("finds responder and certificate however they are named", function()
    assert.equal("ok", with(response { by_name = true }))
    assert.equal("ok", with(response { hash = "sha256" }))
  end)

  it("must be about this certificate", function()
    local other = farm.leaf(ca)
    assert.equal("0:bad_staple", with(response { certificate = other.certificate }))
    local twin = farm.ca("Middle", all[3], { key = "Twin of middle" })
    assert.equal("0:bad_staple", with(response { issuer = twin, signer = ca }))
    local renamed = farm.ca("Renamed", all[3], { key = "Middle" })
    assert.equal("0:bad_staple", with(response { issuer = renamed, signer = ca }))
  end)

  it("must be signed by the issuer", function()
    local impostor = { certificate = ca.certificate, key = farm.key "Impostor" }
    assert.equal("0:bad_staple", with(response { signer = impostor }))
    assert.equal("0:bad_staple", with(response { signer = leaf, by_name = true }))
    assert.equal("0:bad_staple", with(response { signer = all[3] }))
    local misnamed = { certificate = root, key = ca.key }
    assert.equal("0:bad_staple", with(response { signer = misnamed }))
    assert.equal("0:bad_staple", with(response { signer = misnamed, by_name = true }))
    local bytes = response()
    assert.equal("0:bad_staple", with(bytes:sub(1, -2) .. string.char((bytes:byte(-1) + 1) % 256)))
  end)

  describe("by a delegate", function()
    local function delegate(fields)
      local options = { name = "Responder", issuer = ca, extended_key_usage = { "ocsp_signing" } }
      for name, value in pairs(fields or {}) do options[name] = value end
      local signer = farm.one(options)
      return with(response { signer = signer, delegates = { signer.certificate } })
    end

    it("is accepted when the issuer has appointed it", function()
      assert.equal("ok", delegate())
      local signer = farm.one { name = "Responder", issuer = ca,
        extended_key_usage = { "ocsp_signing" } }
      local others = { root, leaf.certificate, signer.certificate }
      assert.equal("ok", with(response { signer = signer, delegates = others, by_name = true }))
    end)

    it("is refused when it has not", function()
      assert.equal("0:bad_staple", delegate { extended_key_usage = false })
      assert.equal("0:bad_staple", delegate { extended_key_usage = { "server_auth" } })
      assert.equal("0:bad_staple", delegate { extended_key_usage = { "any" } })
      assert.equal("0:bad_staple", delegate { issuer = all[3] })
      assert.equal("0:bad_staple", delegate { not_after = farm.NOW - 60 })
      local self_made = farm.one { name = "Responder", extended_key_usage = { "ocsp_signing" } }
      assert.equal("0:bad_staple",
        with(response { signer = self_made, delegates = { self_made.certificate } }))
    end)

    it("is refused when somebody else has, in the issuer's name or with its key", function()
      local impostor = { certificate = ca.certificate, key = farm.key "Impostor" }
      assert.equal("0:bad_staple", delegate { issuer = impostor })
      assert.equal("0:bad_staple", delegate { issuer = farm.ca("Renamed", all[3],
        { key = "Middle" }) })
    end)

    it("is good whatever is asked of who serves", function()
      local signer = farm.one { name = "Responder", issuer = ca,
        extended_key_usage = { "ocsp_signing" } }
      assert.equal("0:common_name", with(response { signer = signer,
        delegates = { signer.certificate } }, { profile = "webpki" })) -- the leaf's
    end)

    it("is refused when the delegate has not signed it", function()
      local signer = farm.one { name = "Responder", issuer = ca,
        extended_key_usage = { "ocsp_signing" } }
      local thief = { certificate = signer.certificate, key = farm.key "Impostor" }
      assert.equal("0:bad_staple",
        with(response { signer = thief, delegates = { signer.certificate } }))
    end)
  end)

  it("must be current", function()
    local now = farm.NOW
    assert.equal("0:bad_staple", with(response { this_update = now - 99, next_update = now - 9 }))
    assert.equal("0:bad_staple", with(response { this_update = now + 900 }))
    assert.equal("ok", with(response { this_update = now + 60 }))
    assert.equal("ok", with(response { next_update = false }))
    assert.equal("0:bad_staple",
      with(response { this_update = now - 2 * farm.DAY, next_update = false }))
  end)

  it("must repeat the nonce, if it has one", function()
    local nonce, other = der.octet_string "0123456789abcdef", der.octet_string "fedcba9876543210"
    assert.equal("ok", with(response { nonce = nonce }, { nonce = nonce }))
    assert.equal("0:bad_staple", with(response { nonce = other }, { nonce = nonce }))
    assert.equal("ok", with(response(), { nonce = nonce }))
    assert.equal("ok", with(response { nonce = other }))
    local required = { nonce = nonce, nonce_required = true }
    assert.equal("ok", with(response { nonce = nonce }, required))
    assert.equal("0:bad_staple", with(response { nonce = other }, required))
    assert.equal("0:bad_staple", with(response(), required))
  end)

  it("must have no critical extension", function()
    local critical = der.sequence(der.oid "1.2.3.4", der.boolean(true), der.octet_string "\5\0")
    assert.equal("0:bad_staple", with(response { extensions = critical }))
    assert.equal("0:bad_staple", with(response { single_extensions = critical }))
  end)

  it("must be a response at all", function()
    local bytes = response()
    assert.equal("0:bad_staple", with "")
    assert.equal("0:bad_staple", with(response { response_status = 3 }))
    for length = 0, #bytes - 1 do
      assert.equal("0:bad_staple", with(bytes:sub(1, length)))
    end
    assert.equal("0:bad_staple", with(bytes .. "\0"))
  end)

  it("must be of the basic type and of version 1", function()
    assert.equal("ok", with(response { response_type = "1.3.6.1.5.5.7.48.1.1" }))
    assert.equal("0:bad_staple", with(response { response_type = "1.3.6.1.5.5.7.48.1.2" }))
    for _, version in ipairs { 1, 2, 127 } do
      local v = der.explicit(0, der.integer(version))
      assert.equal("0:bad_staple", with(response { version = v }))
    end
  end)

  it("has one of three states", function()
    assert.equal("ok", with(response { status = der.implicit(0, "") }))
    -- [3], and the numbers of the three in the other classes
    for _, status in ipairs { der.implicit(3, ""), der.value(0x40, ""), der.value(0xc0, ""),
        der.value(2, "\0"), der.value(1, "\255") } do
      assert.equal("0:bad_staple", with(response { status = status }))
    end
  end)

  it("is not signed with SHA-1, unless the caller allows that", function()
    assert.equal("0:bad_staple", with(response { signature = "sha1" }))
    assert.equal("ok", with(response { signature = "sha1" }, { insecure_weak_signatures = true }))
  end)

  it("must come when the certificate promises it", function()
    local promising = farm.leaf(ca, { tls_features = { 5 } })
    local function says(staple)
      return farm.says(farm.verify({ promising.certificate, chain[2] }, root, { staple = staple }))
    end
    assert.equal("ok", says(nil))
    assert.equal("ok", says(response { certificate = promising.certificate }))
    assert.equal("0:bad_staple", says(response()))
    local verdict = require("wolfssl").verify({ promising.certificate, chain[2] },
      { trust = root, host = farm.NAME, staple = false })
    assert.equal("0:no_staple", farm.says(verdict))
  end)

  it("is understood as openssl makes it", function()
    if not helper.have("openssl") then return pending("needs package openssl") end
    local dir = helper.tempdir()
    helper.write(dir .. "/ca.pem", ca.certificate:pem())
    helper.write(dir .. "/ca.key", ca.key:pem())
    helper.write(dir .. "/leaf.pem", leaf.certificate:pem())
    local function answer(state)
      helper.write(dir .. "/index", ("%s\t301231235959Z\t%s\t%s\tunknown\t/CN=Leaf\n"):format(
        state, state == "R" and "200101000000Z" or "", leaf.certificate:serial():upper()))
      local output, status = helper.run(("cd %s && openssl ocsp -issuer ca.pem -cert leaf.pem "
        .. "-reqout request && openssl ocsp -index index -CA ca.pem -rsigner ca.pem -rkey ca.key "
        .. "-reqin request -respout response -ndays 1"):format(dir))
      assert.equal(0, status, output)
      return helper.read(dir .. "/response")
    end
    assert.equal("ok", with(answer "V"))
    assert.equal("0:revoked", with(answer "R"))
  end)
end)
