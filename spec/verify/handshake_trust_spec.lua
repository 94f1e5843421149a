-- Whose word counts in a handshake: anchors, pins, revocation lists; not what other connections
-- showed.

local farm = require "verify.farm"
local handshake = require "verify.handshake"
local helper = require "helper"
local issue = require "wolfssl.issue"
local memory = require "robust.memory"
local pki = require "pki"
local wolfssl = require "wolfssl"

local ROLES = { "client", "server" }
local EXPIRED = { not_before = farm.NOW - 3 * farm.DAY, not_after = farm.NOW - 2 * farm.DAY }

local function everywhere(check)
  for _, version in ipairs(handshake.VERSIONS) do
    for _, role in ipairs(ROLES) do check(role, version) end
  end
end

describe("the path of a handshake", function()
  local root, other_root = farm.ca "Root", farm.ca "Other root"
  local upper = farm.ca("Upper", root)
  local lower = farm.ca("Lower", upper)
  local leaf = farm.leaf(lower)

  local function says(expected, chain, options)
    local list = { leaf.certificate }
    for _, one in ipairs(chain) do list[#list + 1] = one.certificate end
    everywhere(function(role, version)
      local said, c = handshake.says(role, version, list, leaf.key, options)
      assert.equal(expected, said .. ": " .. farm.path(c:verdict()))
    end)
  end

  local trust = { trust = root.certificate }

  it("is found in any order, among what does not belong, and with the root", function()
    says("ok: Leaf Lower Upper Root", { lower, upper }, trust)
    says("ok: Leaf Lower Upper Root", { upper, lower }, trust)
    says("ok: Leaf Lower Upper Root", { other_root, upper, farm.leaf(upper), lower, root }, trust)
  end)

  it("goes round alternates that are expired, or signed by others", function()
    says("ok: Leaf Lower Upper Root",
      { farm.ca("Lower", other_root, EXPIRED), lower, farm.ca("Upper", root, EXPIRED), upper },
      trust)
    says("ok: Leaf Lower Upper Root", { lower, farm.ca("Upper", other_root), upper }, trust)
  end)

  it("does not care for superfluous certificates that are weak or bad", function()
    local weak = farm.ca("Weak", root, { key = "Weak", kind = "rsa", bits = 1024 })
    local sha1 = farm.ca("Old", root, { signature = "sha1" })
    local odd = farm.ca("Odd", root, { extensions = { { oid = "1.2.3.4", critical = true,
      value = "\5\0" } } })
    says("ok: Leaf Lower Upper Root", { weak, lower, sha1, odd, upper }, trust)
  end)

  it("ends where an anchor is, also at an intermediate", function()
    says("ok: Leaf Lower", { lower, upper }, { trust = lower.certificate })
    says("2:unknown_issuer: Leaf Lower Upper", { lower, upper },
      { trust = other_root.certificate })
  end)

  it("is as long as depth allows", function()
    says("ok: Leaf Lower Upper Root", { lower, upper, root },
      { trust = root.certificate, depth = 2 })
    says("2:chain_too_long: Leaf Lower Upper Root", { lower, upper },
      { trust = root.certificate, depth = 1 })
  end)
end)

describe("an intermediate", function()
  it("that one connection showed is not there for the next", function()
    local chain, root, all = farm.chain()
    local short = { chain[1] }
    everywhere(function(role, version)
      local client, server, bare
      if role == "client" then
        client = pki.client { trust = root, max_version = version }
        server = assert(wolfssl.server { certificate = chain, key = all[1].key })
        bare = assert(wolfssl.server { certificate = short, key = all[1].key })
      else
        server = pki.server { trust = root, max_version = version, verify = "required" }
        client = pki.client { certificate = chain, key = all[1].key }
        bare = pki.client { certificate = short, key = all[1].key }
      end
      local function outcome(c, s)
        local left, right = pki.handshake(pki.pair(c, s, role == "client" and
          { server_name = farm.NAME } or nil))
        return role == "client" and left or right
      end
      for _ = 1, 2 do
        assert.is_true(outcome(client, server).ok)
        local refused = role == "client" and outcome(client, bare) or outcome(bare, server)
        assert.equal("certificate_invalid", refused.code)
        assert.equal("unknown_issuer", refused.detail[1].code)
      end
    end)
  end)
end)

describe("what peers send", function()
  it("takes no memory once they are gone", function()
    local chain, root, all = farm.chain()
    local function live()
      collectgarbage()
      collectgarbage()
      return (memory.live())
    end
    for _, version in ipairs(handshake.VERSIONS) do
      local client = pki.client { trust = root, max_version = version }
      local count = 0
      local function visit(times)
        for _ = 1, times do
          count = count + 1 -- each another one, valid or expired
          local extra = farm.ca("Extra " .. count, all[3], { key = "Extra",
            not_after = farm.NOW + (count % 2 == 0 and 60 or -60) }).certificate
          local server = assert(wolfssl.server { certificate = { chain[1], extra, chain[2] },
            key = all[1].key })
          local a, b = pki.pair(client, server, { server_name = farm.NAME })
          assert.is_true(pki.handshake(a, b).ok)
          a:close()
          b:close()
          server:close()
        end
      end
      visit(10)
      local before = live()
      visit(20)
      assert.equal(before, live())
    end
  end)
end)

describe("trust", function()
  local chain, root, all = farm.chain()
  local stranger = farm.ca "Stranger"

  it("is shared by contexts, and outlives who made it", function()
    local trust = assert(wolfssl.trust(root))
    everywhere(function(role, version)
      assert.equal("ok", (handshake.says(role, version, chain, all[1].key, { trust = trust })))
    end)
    local context = assert(wolfssl.client { trust = trust })
    trust:close()
    local server = assert(wolfssl.server { certificate = chain, key = all[1].key })
    local a, b = pki.pair(context, server, { server_name = farm.NAME })
    assert.is_true(pki.handshake(a, b).ok)
    assert.has_error(function() wolfssl.client { trust = trust } end)
  end)

  it("of one connection stands in place of its context's", function()
    local trust, none = wolfssl.trust(root), wolfssl.trust(stranger.certificate)
    for _, version in ipairs(handshake.VERSIONS) do
      local function with(of_context, of_connection)
        return (handshake.says("client", version, chain, all[1].key, { trust = of_context },
          { trust = of_connection }))
      end
      assert.equal("ok", with(none, trust))
      assert.equal("1:unknown_issuer", with(trust, none))
    end
  end)

  it("may be a name of the system's, which is read once", function()
    local path = helper.write(helper.tempdir() .. "/roots.pem", root:pem())
    assert.equal("ok", (handshake.says("client", "TLS 1.3", chain, all[1].key, { trust = path })))
    local one, two = wolfssl.trust "system", wolfssl.trust "system"
    if not one then return pending "needs package ca-certificates" end
    assert.is_true(rawequal(one, two))
    one:close()
    assert.is_true(wolfssl.trust("system"):count() > 10)
  end)

  it("is not to be had from a directory without certificates", function()
    local dir = helper.tempdir()
    helper.write(dir .. "/README", "Nothing here.")
    local trust, message, code = wolfssl.trust(dir)
    assert.is_nil(trust)
    assert.matches("no certificate in it$", message)
    assert.equal("file_error", code)
  end)

  it("is narrowed by pins", function()
    everywhere(function(role, version)
      local function pinned(certificate)
        return (handshake.says(role, version, chain, all[1].key,
          { trust = root, pins = { certificate:spki_digest() } }))
      end
      for _, certificate in ipairs { chain[1], chain[2], root } do
        assert.equal("ok", pinned(certificate))
      end
      assert.equal("0:not_pinned", pinned(stranger.certificate))
      assert.equal("ok", (handshake.says(role, version, chain, all[1].key,
        { trust = wolfssl.trust(nil, { chain[1]:spki_digest() }) })))
    end)
    assert.has_error(function() wolfssl.client { trust = root, pins = { "abc" } } end)
    assert.has_error(function()
      wolfssl.client { trust = wolfssl.trust(root), pins = { root:spki_digest() } }
    end)
  end)
end)

describe("revocation lists in a handshake", function()
  local chain, root, all = farm.chain { [0] = { serial = 7 }, [1] = { serial = 8 } }
  local function list(issuer, serial)
    return issue.crl { issuer = issuer, revoked = serial and { { serial = serial } } }
  end
  local leaf_list, middle_list = list(all[2], 7), list(all[3], 8)

  local function says(expected, crls, required)
    everywhere(function(role, version)
      local said, _, alert = handshake.says(role, version, chain, all[1].key,
        { trust = root, crls = crls, crl_required = required })
      assert.equal(expected, said)
      if expected:find "revoked" then assert.equal("certificate_revoked", alert) end
    end)
  end

  it("say which certificate is revoked", function()
    says("ok", { list(all[2]), list(all[3]) }, "chain")
    says("0:revoked", leaf_list)
    says("1:revoked", { middle_list, list(all[2]) })
    says("0:revoked 1:revoked", { wolfssl.crl(leaf_list), wolfssl.crl(middle_list) })
  end)

  it("are read from files", function()
    local path = helper.write(helper.tempdir() .. "/list.crl", leaf_list)
    says("0:revoked", path)
    local nothing, message, code = wolfssl.client { trust = root, crls = "/no/such/list" }
    assert.is_nil(nothing)
    assert.truthy(message:find("/no/such/list", 1, true))
    assert.equal("file_error", code)
  end)

  it("must be there where they are required, and current", function()
    says("0:no_crl", nil, "leaf")
    says("0:no_crl 1:no_crl", nil, "chain")
    says("1:no_crl", list(all[2]), "chain")
    says("0:bad_crl", issue.crl { issuer = all[2], this_update = farm.NOW - 90,
      next_update = farm.NOW - 60 })
    assert.has_error(function() wolfssl.client { trust = root, crl_required = "all" } end)
    local lower = farm.ca("Lower", all[2])
    local deep = farm.leaf(lower)
    assert.equal("2:no_crl", (handshake.says("client", "TLS 1.3",
      { deep.certificate, lower.certificate, chain[2] }, deep.key,
      { trust = root, crls = { list(lower), list(all[2]) }, crl_required = "chain" })))
  end)
end)

describe("certificate policies in a handshake", function()
  it("must hold along the path when they are asked for", function()
    local policies = { certificate_policies = { "1.2.3.4" } }
    local chain, root, all = farm.chain { [0] = policies, [1] = policies }
    everywhere(function(role, version)
      for policy, expected in pairs { ["1.2.3.4"] = "ok", ["1.2.3.5"] = "0:policy" } do
        assert.equal(expected, (handshake.says(role, version, chain, all[1].key,
          { trust = root, policy = policy })))
      end
    end)
  end)
end)

describe("connection:examine", function()
  it("says what the handshake would say", function()
    local chain, root, all = farm.chain()
    local late = farm.leaf(all[2], EXPIRED)
    local a = pki.client { trust = root }:connection { server_name = farm.NAME }
    local verdict = a:examine(chain)
    assert.equal("ok", farm.says(verdict))
    assert.is_true(rawequal(chain[1], verdict.path[1]))
    assert.equal("0:expired", farm.says(a:examine { late.certificate, chain[2] }))
    assert.equal("1:unknown_issuer", farm.says(pki.client():connection { server_name =
      farm.NAME }:examine(chain)))
    local b = pki.server { trust = root, verify = "optional" }:connection()
    assert.equal("ok", farm.says(b:examine(chain)))
    assert.has_error(function() a:examine {} end)
    assert.has_error(function() a:examine { "x" } end)
  end)
end)

teardown(helper.cleanup)
