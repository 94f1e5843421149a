-- Name constraints, RFC 5280 section 4.2.1.10.

local der = require "wolfssl.issue.der"
local farm = require "verify.farm"

local function verdict(permitted, excluded, names, subject)
  local root = farm.ca("Root", nil, { name_constraints = { permitted = permitted,
    excluded = excluded } })
  local leaf = farm.leaf(root, { subject = subject, subject_alt_names = names or false })
  return farm.says(farm.verify({ leaf.certificate }, root.certificate, { host = false }))
end

local function permits(base, name)
  return verdict({ base }, nil, { name }) == "ok"
end

local function excludes(base, name)
  return verdict(nil, { base }, { name }) == "0:name_constraint"
end

-- Base, names that are within, names that are outside.
local WITHIN = {
  { "dns:example.com", { "dns:example.com", "dns:a.example.com", "dns:EXAMPLE.com",
    "dns:b.a.example.com", "dns:*.example.com", "dns:*.a.example.com" },
    { "dns:notexample.com", "dns:com", "dns:example.org", "dns:example.com.evil.org" } },
  { "dns:.example.com", { "dns:a.example.com", "dns:b.a.example.com" }, { "dns:example.org",
    "dns:aexample.com" } },
  { "ip:192.0.2.0/24", { "ip:192.0.2.0", "ip:192.0.2.255" }, { "ip:192.0.3.0", "ip:::1" } },
  { "ip:2001:db8::/32", { "ip:2001:db8::1" }, { "ip:2001:db9::1", "ip:32.1.13.184" } },
  { "ip:0.0.0.0/0", { "ip:192.0.2.1" }, { "ip:2001:db8::1" } },
  { "email:example.com", { "email:a@example.com", "email:A@EXAMPLE.COM" },
    { "email:a@b.example.com", "email:a@example.org" } },
  { "email:.example.com", { "email:a@b.example.com" }, { "email:a@example.com" } },
  { "email:a@example.com", { "email:a@example.com", "email:a@Example.Com" },
    { "email:b@example.com", "email:A@example.com", "email:a@b.example.com" } },
  { "uri:example.com", { "uri:https://example.com/", "uri:ftp://u@Example.com:21/x?y#z" },
    { "uri:https://a.example.com/", "uri:https://example.org/?example.com" } },
  { "uri:.example.com", { "uri:https://a.example.com", "uri:https://a.example.com?x",
    "uri:https://a.example.com#x" },
    { "uri:https://example.com", "uri:http://a.org?.example.com",
      "uri:http://a.org#.example.com" } },
}

describe("constraint", function()
  for _, row in ipairs(WITHIN) do
    it("knows what is within and outside " .. row[1], function()
      local base = row[1]
      for _, name in ipairs(row[2]) do
        assert.is_true(permits(base, name), name)
        assert.is_true(excludes(base, name), name)
      end
      for _, name in ipairs(row[3]) do
        assert.is_false(permits(base, name), name)
        assert.is_false(excludes(base, name), name)
      end
    end)
  end

  it("does not let a wildcard reach what is excluded or not wholly permitted", function()
    assert.is_true(excludes("dns:bar.example.com", "dns:*.example.com"))
    assert.is_false(excludes("dns:a.bar.example.com", "dns:*.example.com"))
    assert.is_false(permits("dns:bar.example.com", "dns:*.example.com"))
  end)

  it("leaves the domain itself out of a permitted subtree with a leading dot", function()
    assert.is_false(permits("dns:.example.com", "dns:example.com"))
    assert.is_true(excludes("dns:.example.com", "dns:example.com"))
  end)

  it("leaves kinds of names alone that nothing is said about", function()
    assert.equal("ok", verdict({ "dns:example.com" }, nil, { "ip:10.0.0.1" }))
    assert.equal("ok", verdict(nil, { "ip:10.0.0.0/8" }, { "dns:example.com" }))
  end)

  it("holds for all names, not for the one that is asked for", function()
    assert.equal("0:name_constraint", verdict({ "dns:example.com" }, nil,
      { "dns:example.com", "dns:example.org" }))
  end)

  it("lets what is excluded win over what is permitted", function()
    assert.equal("0:name_constraint", verdict({ "dns:example.com" }, { "dns:a.example.com" },
      { "dns:a.example.com" }))
    assert.equal("ok", verdict({ "dns:example.com" }, { "dns:a.example.com" },
      { "dns:b.example.com" }))
  end)

  it("refuses names and constraints that it cannot compare", function()
    for _, name in ipairs { "dns:.example.com", "dns:a..example.com", "dns:f*o.example.com",
        "dns:example.com.", "email:a@b@example.com", "email:example.com", "uri:mailto:a@b.c",
        "uri:https://10.0.0.1/", "uri:https://[::1]/" } do
      local kind = name:match("^%l+")
      assert.is_false(permits(kind .. ":example.com", name), name)
      assert.is_true(excludes(kind .. ":other.example", name), name)
    end
    local NAMES = { dns = "dns:a.example.com", email = "email:a@example.com",
      uri = "uri:https://example.com/" }
    for _, base in ipairs { "dns:*.example.com", "email:a@b@example.com", "uri:https://b.c" } do
      local name = NAMES[base:match("^%l+")]
      assert.is_false(permits(base, name), base)
      assert.is_true(excludes(base, name), base)
    end
  end)

  it("refuses networks with a mask that has holes", function()
    local network = der.value(0x87, "\192\0\2\0\255\0\255\0")
    local root = farm.ca("Root", nil, { extensions = { { oid = "2.5.29.30", critical = true,
      value = der.sequence(der.explicit(0, der.sequence(network))) } } })
    local leaf = farm.leaf(root, { subject_alt_names = { "ip:192.0.2.0" } })
    assert.equal("0:name_constraint",
      farm.says(farm.verify({ leaf.certificate }, root.certificate, { host = false })))
  end)

  it("refuses names of kinds that nobody knows how to constrain", function()
    local other = { type = "registered_id", value = "1.2.3" }
    assert.equal("0:name_constraint", verdict(nil, { other }, { { type = "registered_id",
      value = "1.2.4" } }))
    assert.equal("0:name_constraint", verdict({ other }, nil, { other }))
    assert.equal("ok", verdict({ other }, nil, { "dns:a.example" }))
  end)

  describe("of directory names", function()
    local base = { type = "directory_name", value = { { "C", "DE" }, { "O", "Example" } } }

    local function within(subject)
      local permitted = verdict({ base }, nil, nil, subject)
      local excluded = verdict(nil, { base }, nil, subject)
      assert.are_not.equal(permitted, excluded)
      return permitted == "ok"
    end

    it("compares the first RDNs of the subject", function()
      assert.is_true(within { { "C", "DE" }, { "O", "Example" } })
      assert.is_true(within { { "C", "DE" }, { "O", "EXAMPLE " }, { "CN", "a" } })
      assert.is_false(within { { "O", "Example" }, { "C", "DE" } })
      assert.is_false(within { { "C", "DE" } })
      assert.is_false(within { { "C", "DE" }, { "O", "Example 2" } })
      assert.is_false(within { { "C", "DE" }, { { "O", "Example" }, { "OU", "unit" } } })
      -- a longer one stands behind in the RDN
      assert.is_false(within { { "C", "DE" }, { { "O", "Example" }, { "OU", "some unit" } } })
    end)

    it("says nothing about an empty subject", function()
      local root = farm.ca("Root", nil, { name_constraints = { permitted = { base } } })
      local leaf = farm.leaf(root, { subject = {} })
      assert.equal("ok", farm.says(farm.verify({ leaf.certificate }, root.certificate)))
    end)
  end)

  it("finds mailboxes in the subject, too", function()
    local base = { type = "rfc822_name", value = "example.com" }
    assert.equal("ok", verdict({ base }, nil, nil, { { "emailAddress", "a@example.com" } }))
    assert.equal("0:name_constraint",
      verdict({ base }, nil, nil, { { "emailAddress", "a@example.org" } }))
    assert.equal("0:name_constraint", verdict({ base }, nil, { "dns:a.example" },
      { { "CN", "a" }, { "emailAddress", "a@example.org" } }))
  end)

  it("holds for every certificate below, but for those a CA issues to itself", function()
    local function chain(constrained_depth, names, self_issued)
      local constraints = { name_constraints = { permitted = { "dns:example.com" } } }
      local root = farm.ca("Root", nil, constrained_depth == 2 and constraints or nil)
      local middle = farm.ca(self_issued and "Root" or "Middle", root,
        { key = "Middle", subject_alt_names = names,
          name_constraints = constrained_depth == 1 and constraints.name_constraints or nil })
      local leaf = farm.leaf(middle)
      return farm.says(farm.verify({ leaf.certificate, middle.certificate }, root.certificate))
    end
    assert.equal("ok", chain(2, { "dns:example.com" }))
    assert.equal("1:name_constraint", chain(2, { "dns:example.org" }))
    assert.equal("ok", chain(2, { "dns:example.org" }, true))
    assert.equal("ok", chain(1, { "dns:example.org" }))
    local root = farm.ca("Root", nil, { name_constraints = { permitted = { "dns:example.com" } } })
    local leaf = farm.leaf(root, { name = "Root", key = "Leaf",
      subject_alt_names = { "dns:example.org" } })
    assert.equal("0:name_constraint",
      farm.says(farm.verify({ leaf.certificate }, root.certificate, { host = false })))
  end)

  it("is never widened further down", function()
    local root = farm.ca("Root", nil, { name_constraints = { permitted = { "dns:a.example" } } })
    local middle = farm.ca("Middle", root, { name_constraints = {
      permitted = { "dns:a.example", "dns:" .. farm.NAME } } })
    local leaf = farm.leaf(middle)
    assert.equal("0:name_constraint",
      farm.says(farm.verify({ leaf.certificate, middle.certificate }, root.certificate)))
  end)
end)
