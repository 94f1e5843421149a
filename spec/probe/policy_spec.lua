local file = require "wolfssl.probe.file"
local helper = require "helper"
local policy = require "wolfssl.probe.policy"

local function points(text)
  local list = {}
  for name in text:gmatch "[^,]+" do
    list[#list + 1] = { name = name, value = name == "TLS 1.3" and 0x0304
      or name == "TLS 1.2" and 0x0303 or #list }
  end
  return list
end

local function leaf(change)
  local one = { kind = "ecdsa", key = { algorithm = "ec", curve = "secp256r1", bits = 256 },
    signature = "ecdsa_with_sha256", not_before = 0, not_after = 90 * 86400,
    urls = { ocsp = {}, crl = {}, ca_issuers = {} } }
  for name, value in pairs(change or {}) do one[name] = value end
  return one
end

local function modern(change)
  local facts = {
    versions = points "TLS 1.3",
    suites = { ["TLS 1.3"] = { order = "client",
      list = points "TLS_AES_128_GCM_SHA256,TLS_AES_256_GCM_SHA384" } },
    groups = { ["TLS 1.3"] = points "X25519MLKEM768,x25519" },
    hybrid_groups = points "X25519MLKEM768",
    certificate = { leaf() },
    staple = { present = false, valid = false },
  }
  for name, value in pairs(change or {}) do facts[name] = value end
  return facts
end

-- The rules that are not passed, "" when all are.
local function broken(name, facts)
  local names = {}
  local verdict = policy.check(assert(policy.load(name)), facts)
  for _, rule in ipairs(verdict.rules) do
    if rule.result ~= "pass" then names[#names + 1] = rule.rule .. " " .. rule.result end
  end
  assert.equal(#names == 0, verdict.pass)
  return table.concat(names, ", ")
end

describe("wolfssl.probe.policy", function()
  teardown(helper.cleanup)

  local function define(change)
    local definition = { name = "x", rules = { { name = "r", facts = { "versions" },
      check = function() return true end } } }
    change(definition, definition.rules[1])
    return function() policy.define(definition) end
  end

  it("says what is wrong with a definition", function()
    for wrong, change in pairs {
      ["name is missing"] = function(d) d.name = nil end,
      ["no field 'extra'"] = function(d) d.extra = 1 end,
      ["rules are missing"] = function(d) d.rules = {} end,
      ["rule 1 has no field 'why'"] = function(_, r) r.why = 1 end,
      ["rule 1 has no name"] = function(_, r) r.name = nil end,
      ["rule r names no facts"] = function(_, r) r.facts = {} end,
      ["rule r: check is no function"] = function(_, r) r.check = true end,
    } do
      assert.error_matches(define(change), wrong)
    end
  end)

  it("gives a rule the facts it names, and takes what it says", function()
    local one = policy.define { name = "x", rules = {
      { name = "a", facts = { "n", "m" }, check = function(n, m, all)
        return n < m, ("%d %d %d"):format(n, m, all.k)
      end },
      { name = "b", facts = { "absent" }, check = error },
      { name = "c", facts = { "n" }, check = function() error("oh", 0) end },
    } }
    local verdict = policy.check(one, { n = 1, m = 2, k = 3 })
    assert.is_false(verdict.pass)
    assert.same({ rule = "a", result = "pass", reason = "1 2 3", facts = { "n", "m" } },
      verdict.rules[1])
    assert.same({ "unknown", "'absent' is not known" },
      { verdict.rules[2].result, verdict.rules[2].reason })
    assert.same({ "unknown", "the rule raised: oh" },
      { verdict.rules[3].result, verdict.rules[3].reason })
  end)

  it("loads files, and says what is none", function()
    local path = helper.write(helper.tempdir() .. "/policy.lua", "return {}")
    assert.matches("does not return policy.define", (select(2, policy.load(path))))
    helper.write(path, "return require('wolfssl.probe.policy').define {}")
    assert.matches("policy: name is missing", (select(2, policy.load(path))))
    assert.equal("file_error", (select(3, policy.load "/nowhere")))
  end)

  it("knows which probes state what its rules rest on", function()
    assert.same({ "versions" }, policy.probes { policy.define { name = "x", rules = {
      { name = "r", facts = { "versions" }, check = error } } } })
  end)

  it("ships rules about facts that probes state, and no others", function()
    local stated = {}
    for _, name in ipairs(file.builtin) do
      for fact in pairs(assert(file.load(name)).facts or {}) do stated[fact] = true end
    end
    for _, name in ipairs(policy.builtin) do
      for _, rule in ipairs(assert(policy.load(name)).rules) do
        for _, fact in ipairs(rule.facts) do assert.is_true(stated[fact], name .. ": " .. fact) end
      end
    end
  end)

  it("mozilla-modern passes what Mozilla recommends, and nothing else", function()
    local function with(change) return broken("mozilla-modern", modern(change)) end
    assert.equal("", with {})
    assert.equal("versions fail", with { versions = points "TLS 1.3,TLS 1.2" })
    assert.equal("versions fail", with { versions = {} })
    assert.equal("suites fail", with { suites = { ["TLS 1.3"] = { order = "none",
      list = points "TLS_AES_128_CCM_SHA256" } } })
    assert.equal("order fail", with { suites = { ["TLS 1.3"] = { order = "server",
      list = points "TLS_AES_128_GCM_SHA256" } } })
    assert.equal("groups fail", with { groups = { ["TLS 1.3"] = points "x448" } })
    assert.equal("groups fail", with { groups = { ["TLS 1.3"] = points "ffdhe2048" } })
    assert.equal("key fail", with { certificate = { leaf { key = { algorithm = "rsa",
      bits = 4096 } } } })
    assert.equal("key fail", with { certificate = { leaf { key = { algorithm = "ec",
      curve = "secp521r1", bits = 521 } } } })
    assert.equal("signature fail", with { certificate = { leaf {
      signature = "ecdsa_with_sha1" } } })
    assert.equal("lifespan fail", with { certificate = { leaf { not_after = 91 * 86400 } } })
    assert.equal("staple fail", with { certificate = { leaf { urls = {
      ocsp = { "http://a.example" } } } } })
    assert.equal("staple fail", with { staple = { present = true, valid = false } })
    assert.equal("key fail, signature fail, lifespan fail", with { certificate = {} })
    assert.equal("groups unknown", broken("mozilla-modern",
      (function() local f = modern() f.groups = nil return f end)()))
  end)

  it("mozilla-intermediate takes TLS 1.2 with forward secrecy, and RSA", function()
    local function with(change) return broken("mozilla-intermediate", modern(change)) end
    assert.equal("", with {})
    assert.equal("", with { versions = points "TLS 1.3,TLS 1.2",
      suites = { ["TLS 1.2"] = { order = "client",
        list = points "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" } },
      groups = { ["TLS 1.2"] = points "x25519,ffdhe2048" },
      certificate = { leaf { key = { algorithm = "rsa", bits = 2048 },
        signature = "sha256_with_rsa_encryption", not_after = 366 * 86400 } } })
    assert.equal("suites fail", with { suites = { ["TLS 1.2"] = { order = "client",
      list = points "TLS_RSA_WITH_AES_128_GCM_SHA256" } } })
    assert.equal("versions fail", with { versions = points "TLS 1.2,TLS 1.1" })
    assert.equal("key fail", with { certificate = { leaf { key = { algorithm = "rsa",
      bits = 1024 } } } })
  end)

  it("post-quantum wants a hybrid, before all others", function()
    local function with(change) return broken("post-quantum", modern(change)) end
    assert.equal("", with {})
    assert.equal("tls13 fail", with { versions = points "TLS 1.2" })
    assert.equal("hybrid fail, preferred fail", with { hybrid_groups = {} })
    assert.equal("preferred fail", with { groups = {
      ["TLS 1.3"] = { { name = "x25519", value = 29 }, { name = "X25519MLKEM768", value = 0 } } } })
  end)
end)
