local core = require "wolfssl.core"
local farm = require "verify.farm"
local helper = require "helper"
local verify = require "wolfssl.verify"
local wolfssl = require "wolfssl"

describe("wolfssl.verify", function()
  local chain, root = farm.chain()
  local options = { trust = root, host = farm.NAME, purpose = "server_auth" }

  lazy_teardown(helper.cleanup)

  it("gives a verdict with the path from the leaf to the anchor", function()
    local verdict = assert(verify.chain(chain, options))
    assert.is_true(verdict.ok)
    assert.is_true(verdict.anchored)
    assert.same({}, verdict.errors)
    assert.equal(3, #verdict.path)
    assert.is_true(rawequal(chain[1], verdict.path[1]))
    assert.equal(root, verdict.path[3])
  end)

  it("names each error by depth and code, with words for people", function()
    local verdict = assert(verify.chain(chain, { trust = root, host = "other.example" }))
    assert.is_false(verdict.ok)
    assert.is_true(verdict.anchored)
    assert.same({ { depth = 0, code = "wrong_name", reason = "it is for another name" } },
      verdict.errors)
  end)

  it("reads chains as objects, DER, PEM and single certificates", function()
    local pem = chain[1]:pem() .. chain[2]:pem()
    assert.is_true(verify.chain(pem, options).ok)
    assert.is_true(verify.chain({ chain[1]:der(), chain[2]:der() }, options).ok)
    assert.is_true(verify.chain({ chain[1], chain[2]:pem() }, options).ok)
    local direct = { trust = chain[2], host = farm.NAME }
    assert.is_true(verify.chain(chain[1], direct).ok)
    assert.is_true(verify.chain(chain[1]:der(), direct).ok)
  end)

  it("passes over what cannot be decoded, but for the leaf", function()
    assert.is_true(verify.chain({ chain[1], "\48\3abc", chain[2]:der() }, options).ok)
    local verdict = verify.chain({ "\48\3abc", chain[2] }, options)
    assert.is_false(verdict.ok)
    assert.equal("undecodable", verdict.errors[1].code)
    assert.equal(0, verdict.errors[1].depth)
  end)

  it("raises on the caller's mistakes, at the caller's line", function()
    local function raises(message, what, with)
      local ok, reason = pcall(function() verify.chain(what, with) end)
      assert.is_false(ok)
      local place, text = reason:match "^%S*verify_spec%.lua:%d+(:) (.*)$"
      assert.truthy(place, reason)
      assert.equal(1, text:find(message, 1, true), text)
    end
    raises("unknown option 'hots' of verify", chain, { hots = "a" })
    for _, time in ipairs { math.huge, -math.huge, 0 / 0, 1e300 } do
      raises("option 'time': Unix seconds expected", chain, { trust = root, time = time })
    end
    for _, bits in ipairs { 0, -1, 1e300, 0 / 0 } do
      raises("option 'min_rsa_bits': must be 512 to 16384", chain,
        { trust = root, min_rsa_bits = bits })
      raises("option 'min_ec_bits': must be 160 to 521", chain,
        { trust = root, min_ec_bits = bits })
    end
    raises("option 'time': number expected, got string", chain, { trust = root, time = "now" })
    raises("option 'depth': must be 0 to 12", chain, { trust = root, depth = 13 })
    raises("option 'depth': must be 0 to 12", chain, { trust = root, depth = -1 })
    raises("option 'crl_required'", chain, { trust = root, crl_required = "all" })
    raises("option 'staple'", chain, { trust = root, staple = true })
    raises("a leaf certificate", {}, { trust = root })
    raises("policy", chain, { trust = root, policy = { 1 } })
    raises("option 'profile': \"rfc5280\" or \"webpki\" expected, got web", chain,
      { trust = root, profile = "web" })
    raises("option 'purpose': \"server_auth\", \"client_auth\" or an OID expected, got server",
      chain, { trust = root, purpose = "server" })
    raises("chain: certificates, DER or PEM text expected, got number", 1, { trust = root })
    raises("options: table expected", chain, "x")
    raises("wolfssl.certificate expected", { 1 }, { trust = root })
    local closed = core.certificate(chain[1]:der())
    closed:close()
    raises("attempt to use a closed wolfssl.certificate", { closed }, { trust = root })
    raises("attempt to use a closed wolfssl.certificate", chain, { trust = closed })
  end)

  it("tells what cannot be read", function()
    local nothing, message, code = verify.chain(chain, { trust = "/no/such/file" })
    assert.is_nil(nothing)
    assert.truthy(message:find("/no/such/file", 1, true))
    assert.equal("file_error", code)
    nothing, message, code = verify.chain(chain, { trust = root, crls = { "\48\129\128" } })
    assert.is_nil(nothing)
    assert.truthy(message:find("certificate_list", 1, true), message)
    assert.equal("decode_error", code)
  end)

  describe("trust", function()
    it("is built once from whatever holds certificates", function()
      local path = helper.write(helper.tempdir() .. "/roots.pem", root:pem() .. chain[2]:pem())
      local trust = assert(wolfssl.trust { path, root, root:der() })
      assert.equal(4, (trust:count()))
      assert.is_true(wolfssl.verify(chain, { trust = trust, host = farm.NAME }).ok)
      trust:close()
      trust:close()
      assert.equal("wolfssl.trust (closed)", tostring(trust))
      assert.has_error(function() trust:count() end, "attempt to use a closed wolfssl.trust")
    end)

    it("outlives the certificates it was made of", function()
      local anchor = core.certificate(root:der())
      local trust = wolfssl.trust(anchor)
      anchor:close()
      assert.is_true(wolfssl.verify(chain, { trust = trust, host = farm.NAME }).ok)
    end)

    it("is narrowed by pins to paths with one of the keys", function()
      local stranger = farm.ca "Stranger"
      local function pinned(...)
        local trust = wolfssl.trust({ root, stranger.certificate }, { ... })
        return farm.says(wolfssl.verify(chain, { trust = trust, host = farm.NAME }))
      end
      for _, certificate in ipairs { chain[1], chain[2], root } do
        assert.equal("ok", pinned(certificate:spki_digest()))
        assert.equal("ok", pinned(("0"):rep(64), certificate:spki_digest():upper()))
      end
      assert.equal("0:not_pinned", pinned(("0"):rep(64)))
      assert.equal("0:not_pinned", pinned(stranger.certificate:spki_digest()))
    end)

    it("is not widened by pins: beside anchors they make none", function()
      local stranger = farm.ca "Stranger"
      local leaf = farm.leaf(stranger).certificate
      for _, certificate in ipairs { leaf, stranger.certificate } do
        local trust = wolfssl.trust(root, { certificate:spki_digest() })
        local verdict = wolfssl.verify({ leaf, stranger.certificate },
          { trust = trust, host = farm.NAME })
        assert.equal("1:self_signed", farm.says(verdict))
      end
    end)

    it("is narrowed by pins also where the leaf is trusted itself", function()
      local function pinned(certificate)
        local trust = wolfssl.trust(chain[1], { certificate:spki_digest() })
        return farm.says(wolfssl.verify(chain, { trust = trust, host = farm.NAME }))
      end
      assert.equal("ok", pinned(chain[1]))
      assert.equal("0:not_pinned", pinned(root))
    end)

    it("is pins alone: then a certificate with such a key is the anchor", function()
      local function pinned(certificate, sent, fields)
        local all = { trust = wolfssl.trust(nil, { certificate:spki_digest() }), host = farm.NAME }
        for name, value in pairs(fields or {}) do all[name] = value end
        local verdict = wolfssl.verify(sent or chain, all)
        return farm.says(verdict) .. ": " .. farm.path(verdict)
      end
      assert.equal("ok: Leaf", pinned(chain[1]))
      assert.equal("ok: Leaf Middle", pinned(chain[2]))
      assert.equal("ok: Leaf Middle Root", pinned(root, { chain[1], chain[2], root }))
      assert.equal("1:unknown_issuer: Leaf Middle", (pinned(root):gsub("0:not_pinned ", "")))
      assert.equal("0:wrong_name: Leaf", pinned(chain[1], nil, { host = "other.example" }))
      assert.equal("0:expired: Leaf", pinned(chain[1], nil, { time = farm.NOW + 9 * farm.DAY }))
    end)

    it("raises on nonsense", function()
      assert.has_error(function() wolfssl.trust() end, "neither anchors nor pins to trust")
      assert.has_error(function() wolfssl.trust(root, ("ab"):rep(32)) end,
        "pins: list expected, got string")
      assert.has_error(function() wolfssl.trust(root, {}) end, "pins: there is none in the list")
      assert.has_error(function() wolfssl.trust(root, { "abc" }) end,
        "pins[1]: 64 hexadecimal digits expected")
      assert.has_error(function() core.trust({ root }, { "abc" }) end)
      assert.has_error(function() core.trust { 1 } end)
      assert.has_error(function() core.trust() end)
    end)

    it("is the system's by default", function()
      local trust, message, code = wolfssl.trust "system"
      if not trust then
        assert.equal("file_error", code)
        return pending(message)
      end
      assert.is_true(trust:count() > 10)
      assert.equal("1:unknown_issuer", farm.says(wolfssl.verify(chain, { host = farm.NAME })))
    end)
  end)
end)
