local diff = require "wolfssl.probe.diff"

local function copy(value)
  if type(value) ~= "table" then return value end
  local all = {}
  for name, item in pairs(value) do all[name] = copy(item) end
  return all
end

local function points(text)
  local list = {}
  for name in text:gmatch "[^,]+" do list[#list + 1] = { name = name, value = 1 } end
  return list
end

local RECORD = { host = "a.example", port = 443, status = "tls",
  facts = {
    versions = points "TLS 1.3,TLS 1.2",
    suites = { ["TLS 1.2"] = { order = "server", list = points "A,B,C" } },
    chain = { trusted = true, expires_in_days = 30, errors = {} },
    certificate = { { kind = "rsa", subject = "CN=a.example", issuer = "CN=ca", sha256 = "11",
      spki_sha256 = "22", serial = "33", not_before = 0, not_after = 86400,
      names = { "a.example" }, chain = { { subject = "CN=ca" } } } },
    hello = { version = { name = "TLS 1.3", value = 772 } },
  },
  findings = { { probe = "chain", code = "expires", severity = "warning",
    message = "expires in 12 days" } },
  policies = { house = { pass = true, rules = { { rule = "new", result = "pass" } } } },
}

local function changed(change)
  local other, lines = copy(RECORD), {}
  change(other)
  for i, one in ipairs(diff.records(RECORD, other)) do lines[i] = one.about .. ": " .. one.text end
  return table.concat(lines, "\n")
end

describe("wolfssl.probe.diff", function()
  it("passes over each moment that changes by itself, and over no other", function()
    local function differs(field)
      local a, b = copy(RECORD), copy(RECORD)
      a.facts.staple, b.facts.staple = { [field] = 1 }, { [field] = 2 }
      return #diff.records(a, b)
    end
    for _, field in ipairs { "this_update", "next_update", "produced_at", "time" } do
      assert.equal(0, differs(field), field)
    end
    assert.equal(1, differs "status")
  end)

  it("takes certificates that somebody else wrote down for what they are", function()
    for _, chain in ipairs { { 7 }, "none", 7 } do
      local other = copy(RECORD)
      other.facts.certificate[1].chain = chain
      assert.is_true(#diff.records(RECORD, other) > 0)
      assert.is_true(#diff.records(other, RECORD) > 0)
      assert.same({}, diff.records(other, other))
    end
  end)

  it("finds nothing where nothing changed, but time went by", function()
    assert.equal("", changed(function() end))
    assert.equal("", changed(function(r)
      r.facts.chain.expires_in_days = 29
      r.findings[1].message = "expires in 11 days"
      r.time, r.seconds = 12, 13
    end))
  end)

  it("tells what was added, removed and put in another order", function()
    assert.equal("versions: removed: TLS 1.2\nversions: added: TLS 1.1", changed(function(r)
      r.facts.versions = points "TLS 1.3,TLS 1.1"
    end))
    assert.equal("suites TLS 1.2 list: another order: B, A, C; was A, B, C", changed(function(r)
      r.facts.suites["TLS 1.2"].list = points "B,A,C"
    end))
    assert.equal("suites TLS 1.2 list: removed: B\nsuites TLS 1.2 list: added: D", changed(
      function(r) r.facts.suites["TLS 1.2"].list = points "D,A,C" end))
    assert.equal("suites TLS 1.0: known now: list: A; order: none", changed(function(r)
      r.facts.suites["TLS 1.0"] = { order = "none", list = points "A" }
    end))
  end)

  it("does not mind the order of suites where the client's counts", function()
    local before, after = copy(RECORD), copy(RECORD)
    before.facts.suites["TLS 1.2"].order = "client"
    after.facts.suites["TLS 1.2"] = { order = "client", list = points "C,A,B" }
    assert.same({}, diff.records(before, after))
  end)

  it("tells a value and what it was", function()
    assert.equal("chain trusted: no, was yes", changed(function(r)
      r.facts.chain.trusted = false
    end))
    assert.equal("hello version: TLS 1.2, was TLS 1.3", changed(function(r)
      r.facts.hello.version = { name = "TLS 1.2", value = 771 }
    end))
    assert.equal("chain errors: added: code: expired; depth: 0", changed(function(r)
      r.facts.chain.errors = { { code = "expired", depth = 0 } }
    end))
    assert.equal("chain: not known any more, was errors: none; expires in days: 30; trusted: yes",
      changed(function(r) r.facts.chain = nil end))
  end)

  it("tells a renewed certificate, and what is different about it", function()
    assert.equal("certificate rsa: renewed, with the same key; valid to 1970-01-03 00:00:00 UTC,"
      .. " was 1970-01-02 00:00:00 UTC\ncertificate rsa names: added: b.example",
      changed(function(r)
        local leaf = r.facts.certificate[1]
        leaf.sha256, leaf.not_after, leaf.names[2] = "12", 2 * 86400, "b.example"
      end))
    assert.matches("^certificate rsa: renewed, with another key", changed(function(r)
      local leaf = r.facts.certificate[1]
      leaf.sha256, leaf.spki_sha256 = "12", "23"
    end))
    assert.equal("certificate ecdsa: new: CN=x\ncertificate rsa: not shown any more, was"
      .. " CN=a.example", changed(function(r)
        r.facts.certificate = { { kind = "ecdsa", subject = "CN=x", sha256 = "44" } }
      end))
    assert.equal("certificate rsa chain: removed: CN=ca", changed(function(r)
      r.facts.certificate[1].chain = {}
    end))
  end)

  it("tells findings and verdicts that came and went", function()
    assert.equal("finding: gone, warning: expires in 12 days\nfinding: new, error: bleeds",
      changed(function(r)
        r.findings = { { probe = "heartbleed", code = "bleeds", severity = "error",
          message = "bleeds" } }
      end))
    assert.equal("policy house new: fail, was pass: too old", changed(function(r)
      r.policies.house.rules[1] = { rule = "new", result = "fail", reason = "too old" }
    end))
    assert.equal("policy house new: unknown, was pass", changed(function(r)
      r.policies.house.rules[1] = { rule = "new", result = "unknown" }
    end))
  end)

  it("tells who is gone, and then nothing else", function()
    assert.equal("status: unreachable, was tls", changed(function(r)
      r.status, r.facts, r.findings = "unreachable", {}, {}
    end))
  end)
end)
