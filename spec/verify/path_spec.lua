-- Paths are found in what a peer sends, however it sends it, and with bounded work.

local core = require "wolfssl.core"
local farm = require "verify.farm"
local helper = require "helper"
local issue = require "wolfssl.issue"
local wolfssl = require "wolfssl"

local EXPIRED = { not_before = farm.NOW - 9 * farm.DAY, not_after = farm.NOW - 8 * farm.DAY }

local function reversed(list)
  local out = {}
  for i, item in ipairs(list) do out[#list + 1 - i] = item end
  return out
end

-- Every certificate of the pool in each rotation of both orders: the outcome must be the same.
local function each_order(leaf, pool, visit)
  for _, order in ipairs { pool, reversed(pool) } do
    for shift = 0, #order - 1 do
      local chain = { leaf }
      for i = 1, #order do chain[#chain + 1] = order[(i - 1 + shift) % #order + 1] end
      visit(chain)
    end
  end
end

local function certificates(items)
  local list = {}
  for i, item in ipairs(items) do list[i] = item.certificate end
  return list
end

describe("path", function()
  local root = farm.ca "Root"
  local other_root = farm.ca "Other root"

  lazy_teardown(helper.cleanup)

  local function expect(expected, leaf, pool, anchors, options)
    each_order(leaf.certificate, certificates(pool), function(chain)
      local verdict = farm.verify(chain, certificates(anchors), options)
      assert.equal(expected, farm.says(verdict) .. ": " .. farm.path(verdict))
    end)
  end

  it("takes intermediates in any order, twice, and with strangers among them", function()
    local one = farm.ca("One", root)
    local two = farm.ca("Two", one)
    local leaf = farm.leaf(two)
    local stranger = farm.ca("Stranger", other_root)
    expect("ok: Leaf Two One Root", leaf, { one, two, stranger, two, root, other_root }, { root })
  end)

  it("ends at the first anchor, self-signed or not", function()
    local one = farm.ca("One", root)
    local two = farm.ca("Two", one)
    local leaf = farm.leaf(two)
    expect("ok: Leaf Two", leaf, { one, two, root }, { two, root })
    expect("ok: Leaf Two", leaf, { one, two, root }, { two })
    expect("ok: Leaf Two One", leaf, { one, two, root }, { one, other_root })
  end)

  it("accepts a leaf that is trusted itself, and whatever its issuer", function()
    local chain, _, all = farm.chain()
    local verdict = farm.verify({ chain[1] }, { chain[1] })
    assert.equal("ok", farm.says(verdict))
    assert.equal("Leaf", farm.path(verdict))
    local lone = farm.one { name = "Lone", ca = true, subject_alt_names = { "dns:" .. farm.NAME },
      key_usage = { "digital_signature", "key_cert_sign" } }
    assert.equal("ok", farm.says(farm.verify({ lone.certificate }, { lone.certificate })))
    local late = farm.leaf(all[2], EXPIRED)
    assert.equal("0:expired", farm.says(farm.verify({ late.certificate }, { late.certificate })))
  end)

  it("finds the way to whichever cross-signing root is trusted", function()
    local by_root, by_other = farm.ca("Crossed", root), farm.ca("Crossed", other_root)
    local leaf = farm.leaf(by_root)
    expect("ok: Leaf Crossed Root", leaf, { by_root, by_other }, { root })
    expect("ok: Leaf Crossed Other root", leaf, { by_root, by_other }, { other_root })
  end)

  it("goes round an alternate that is bad", function()
    local unknown = { { oid = "1.2.3.4.5", critical = true, value = "\5\0" } }
    local good = farm.ca("Crossed", root)
    local leaf = farm.leaf(good)
    for _, flaw in ipairs { EXPIRED, { ca = false }, { path_length = 0 }, { extensions = unknown },
        { signature = "sha1" }, { extended_key_usage = { "client_auth" } },
        { name_constraints = { permitted = { "dns:example.org" } } } } do
      local fields = {}
      for name, value in pairs(flaw) do fields[name] = value end
      if fields.path_length then -- below it there is one more
        local between = farm.ca("Between", farm.ca("Crossed", root, fields))
        local deep = farm.leaf(between)
        expect("ok: Leaf Between Crossed Root", deep,
          { farm.ca("Crossed", root, fields), good, between }, { root })
      else
        expect("ok: Leaf Crossed Root", leaf, { farm.ca("Crossed", other_root, fields), good },
          { root, other_root })
      end
    end
  end)

  it("chooses among anchors of one name by their key", function()
    local twin = farm.ca("Root", nil, { key = "Twin of root" })
    local no_ids = { subject_key_identifier = false, authority_key_identifier = false }
    local plain = farm.ca("Root", nil, no_ids)
    local plain_twin = farm.ca("Root", nil,
      { key = "Twin of root", subject_key_identifier = false })
    expect("ok: Leaf Root", farm.leaf(root), {}, { twin, root })
    expect("ok: Leaf Root", farm.leaf(plain, no_ids), {}, { plain_twin, plain })
    expect("0:unknown_issuer: Leaf", farm.leaf(root), {}, { twin })
    expect("0:bad_signature: Leaf Root", farm.leaf(plain, no_ids), {}, { plain_twin })
  end)

  it("does not count self-issued certificates of a CA that changes its key", function()
    local old = farm.ca("Rolling", nil, { key = "old", path_length = 0 })
    local new = farm.ca("Rolling", old, { key = "new", path_length = 0 })
    local leaf = farm.leaf(new)
    expect("ok: Leaf Rolling Rolling", leaf, { new }, { old })
    expect("ok: Leaf Rolling Rolling", leaf, { new }, { old }, { depth = 0 })
  end)

  it("takes key identifiers as a hint only", function()
    local misled = farm.leaf(root, { authority_key_identifier = ("x"):rep(20) })
    expect("ok: Leaf Root", misled, {}, { root })
  end)

  it("leaves circles of cross-signatures", function()
    local a, b = farm.ca("A", root), farm.ca("B", root)
    local a_by_b, b_by_a = farm.ca("A", b), farm.ca("B", a)
    expect("ok: Leaf A Root", farm.leaf(a), { a_by_b, b_by_a, a }, { root })
    each_order(farm.leaf(a).certificate, certificates { a_by_b, b_by_a }, function(chain)
      local verdict = farm.verify(chain, root.certificate)
      assert.equal("2:unknown_issuer", farm.says(verdict))
      assert.is_false(verdict.anchored)
    end)
  end)

  it("counts intermediates", function()
    local issuer, chain = root, {}
    for i = 1, 9 do
      issuer = farm.ca("Level " .. i, issuer)
      chain[i + 1] = issuer.certificate
    end
    chain[1] = farm.leaf(issuer).certificate
    local function limited(depth)
      return farm.says(farm.verify(chain, root.certificate, { depth = depth }))
    end
    assert.equal("ok", limited(9))
    assert.equal("9:chain_too_long", limited(8))
    assert.equal("9:chain_too_long", limited(nil))
    assert.equal("1:chain_too_long", limited(0))
  end)

  it("tells the first of two that are as bad", function()
    local leaf = farm.leaf(farm.ca("Crossed", root))
    local list = { leaf.certificate }
    for i = 2, 3 do list[i] = farm.ca("Crossed", root, EXPIRED).certificate end
    assert.equal(list[2], farm.verify(list, root.certificate).path[2])
    list[2], list[3] = list[3], list[2]
    assert.equal(list[2], farm.verify(list, root.certificate).path[2])
  end)

  it("says what the missing issuer was missed for", function()
    local one = farm.ca("One", root)
    expect("0:unknown_issuer: Leaf", farm.leaf(one), {}, { root })
    expect("1:unknown_issuer: Leaf One", farm.leaf(one), { one }, { other_root })
    expect("2:self_signed: Leaf One Root", farm.leaf(one), { one, root }, { other_root })
    local lone = farm.leaf(nil, { name = "Lone" })
    expect("0:self_signed: Lone", lone, {}, { root })
  end)

  it("notices one changed bit wherever it is in what is signed", function()
    local chain, anchor = farm.chain()
    for depth = 1, 2 do
      local der = chain[depth]:der()
      local accepted, seen = 0, 0
      for position = 5, #der, 7 do
        local changed = der:sub(1, position - 1) .. string.char((der:byte(position) + 1) % 256)
          .. der:sub(position + 1)
        local certificate = core.certificate(changed)
        if certificate then
          seen = seen + 1
          local forged = { chain[1], chain[2] }
          forged[depth] = certificate
          if farm.verify(forged, anchor, { host = false }).ok then accepted = accepted + 1 end
        end
      end
      assert.is_true(seen > 10)
      assert.equal(0, accepted)
    end
  end)

  describe("under attack", function()
    -- CAs that all vouch for each other under one name, none for a root.
    local function many(count, subject_of, key_of)
      local pool, issuer = {}, nil
      for i = 1, count do
        issuer = farm.ca(subject_of(i), issuer,
          { key = key_of(i), subject_key_identifier = false, authority_key_identifier = false })
        pool[i] = issuer.certificate
      end
      pool[count + 1] = farm.leaf(issuer).certificate
      return reversed(pool)
    end
    local function same() return "Same" end
    local function distinct(i) return "Distinct " .. i end

    local CASES = {
      ["of one name and many keys"] = { same, distinct },
      ["of many names and one key"] = { distinct, same },
      ["of many names and keys"] = { distinct, distinct },
      ["of one name and key"] = { same, same },
    }
    for what, case in pairs(CASES) do
      it("gives up on sixty certificates " .. what, function()
        local chain = many(60, case[1], case[2])
        local verdict = farm.verify(chain, root.certificate, { depth = 12 })
        assert.is_false(verdict.ok)
        assert.is_false(verdict.anchored)
      end)
    end

    -- Two of each name and key, one above the other, and nothing above them all.
    it("finds the good one among twelve at each level that have expired", function()
      local above, list = root, {}
      for _, name in ipairs { "One", "Two", "Three" } do
        for _ = 1, 12 do list[#list + 1] = farm.ca(name, above, EXPIRED) end
        above = farm.ca(name, above)
        list[#list + 1] = above
      end
      local chain = certificates(list)
      table.insert(chain, 1, farm.leaf(above).certificate)
      local verdict = farm.verify(chain, root.certificate)
      assert.equal("ok: Leaf Three Two One Root",
        farm.says(verdict) .. ": " .. farm.path(verdict))
    end)

    it("looks at copies of a certificate once", function()
      local unnamed = { subject_key_identifier = false, authority_key_identifier = false }
      local good = farm.ca("Crossed", root, unnamed)
      local list = { farm.leaf(good, unnamed).certificate }
      unnamed.key = "Key of nobody here"
      local other = farm.ca("Crossed", root, unnamed).certificate:der()
      for i = 2, 121 do list[i] = core.certificate(other) end
      list[122] = good.certificate
      assert.equal("ok", farm.says(farm.verify(list, root.certificate)))
    end)

    it("reads long names only so often", function()
      for padding, given_up in pairs { [0] = false, [2000] = true } do
        local function name(i) return { { "CN", ("x"):rep(padding) .. i } } end
        local chain, issuer = {}, farm.ca "Nobody"
        for i = 1, 7 do
          local first
          for _ = 1, 2 do
            local one = farm.one { subject = name(i), key = "Padded " .. i, ca = true,
              issuer = issuer }
            first = first or one
            chain[#chain + 1] = one.certificate
          end
          issuer = first
        end
        for i = 8, 17 do
          chain[#chain + 1] = farm.one { subject = name(i), key = "Padded", ca = true }.certificate
        end
        table.insert(chain, 1, farm.leaf(issuer).certificate)
        local says = farm.says(farm.verify(chain, root.certificate, { depth = 12 }))
        assert.equal(given_up, says:find("too_complex", 1, true) ~= nil, says)
      end
    end)

    it("says when it gave up before it had seen everything", function()
      local verdict = farm.verify(many(60, same, distinct), root.certificate, { depth = 12 })
      assert.truthy(farm.says(verdict):find("0:too_complex", 1, true))
    end)

    it("does not try each order of CAs of one name that nobody's key has signed", function()
      local nobody = farm.ca("Same", nil, { key = "nobody" })
      local chain = { farm.leaf(nobody, { authority_key_identifier = false }).certificate }
      for i = 1, 9 do
        chain[i + 1] = farm.ca("Same", nobody, { key = "Distinct " .. i,
          subject_key_identifier = false, authority_key_identifier = false }).certificate
      end
      local verdict
      local took = helper.loops(function()
        verdict = farm.verify(chain, root.certificate, { depth = 12 })
      end, 150)
      assert.equal("0:unknown_issuer", farm.says(verdict))
      assert.is_true(took < 150, "as 700 would be without a limit")
    end)

    it("looks at 128 certificates of a peer", function()
      local middle, other = farm.ca("Middle", root), farm.ca "Other"
      local function behind(count)
        local chain = { farm.leaf(middle).certificate }
        for i = 1, count do chain[i + 1] = other.certificate end
        chain[count + 2] = middle.certificate
        return farm.says(farm.verify(chain, root.certificate))
      end
      assert.equal("ok", behind(126))
      assert.equal("0:unknown_issuer", behind(127))
    end)

    it("does not compare a million names", function()
      local permitted, names = {}, {}
      for i = 1, 700 do
        permitted[i] = "dns:p" .. i .. ".example"
        names[i] = "dns:n" .. i .. ".p700.example"
      end
      local ca = farm.ca("Constrained", root, { name_constraints = { permitted = permitted } })
      local leaf = farm.leaf(ca, { subject_alt_names = names })
      local verdict = farm.verify(certificates { leaf, ca }, root.certificate, { host = false })
      assert.equal("0:name_constraint", farm.says(verdict))
    end)
  end)

  it("learns nothing from one chain for the next", function()
    local trust = wolfssl.trust(root.certificate)
    local one = farm.ca("One", root)
    local leaf = farm.leaf(one)
    local options = { trust = trust, host = farm.NAME }
    assert.is_true(wolfssl.verify(certificates { leaf, one }, options).ok)
    assert.is_false(wolfssl.verify(certificates { leaf }, options).ok)
  end)

  it("remembers a signature for the certificate on which it was found, and its signer", function()
    local trust = wolfssl.trust(root.certificate)
    local options = { trust = trust, host = farm.NAME }
    local middle = farm.ca("Middle", root)
    local leaf = farm.leaf(middle)
    local good, forger = certificates { leaf, middle }, { certificate = middle.certificate }
    forger.key = farm.key "Forger"
    local forged = certificates { farm.leaf(forger), middle }
    local again = farm.ca("Middle", root, { key = "Middle again", subject_key_identifier = false })
    for _ = 1, 2 do
      assert.equal("ok", farm.says(wolfssl.verify(good, options)))
      assert.equal("0:bad_signature", farm.says(wolfssl.verify(forged, options)))
      assert.equal("0:bad_signature",
        farm.says(wolfssl.verify({ leaf.certificate, again.certificate }, options)))
    end
  end)

  it("verifies what openssl has made and signed", function()
    if not helper.have("openssl") then return pending("needs package openssl") end
    local dir = helper.tempdir()
    local function run(command)
      local output, status = helper.run("cd " .. dir .. " && " .. command)
      assert.equal(0, status, output)
    end
    run("openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=ca -days 2")
    run("openssl req -newkey rsa:2048 -nodes -keyout leaf.key -out leaf.csr -subj /CN=leaf")
    helper.write(dir .. "/ext", "subjectAltName=DNS:" .. farm.NAME)
    run("openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -set_serial 7 -days 2 "
      .. "-extfile ext -sha384 -out leaf.pem")
    local verdict = assert(wolfssl.verify(helper.read(dir .. "/leaf.pem"),
      { trust = dir .. "/ca.pem", host = farm.NAME, purpose = "server_auth" }))
    assert.equal("ok", farm.says(verdict))
  end)

  it("is not confused by names that are equal to the byte in other keys' certificates", function()
    local false_root = { certificate = nil, key = issue.key "secp256r1" }
    false_root.certificate = core.certificate(issue.certificate {
      subject = "Root", key = false_root.key, ca = true })
    local leaf = farm.leaf(false_root)
    assert.equal("1:self_signed", farm.says(farm.verify(
      { leaf.certificate, false_root.certificate }, root.certificate)))
  end)
end)
