-- Certificate policies, RFC 5280 section 6.1.

local der = require "wolfssl.issue.der"
local farm = require "verify.farm"

local ANY, ONE, TWO = "2.5.29.32.0", "1.2.3.1", "1.2.3.2"

local function require_explicit(skip)
  return { oid = "2.5.29.36", critical = true,
    value = der.sequence(der.implicit(0, string.char(skip))) }
end

local function inhibit_any(skip)
  return { oid = "2.5.29.54", critical = true, value = der.integer(skip) }
end

local MAPPING = { oid = "2.5.29.33", critical = true,
  value = der.sequence(der.sequence(der.oid(ONE), der.oid(TWO))) }

-- levels: of the leaf, the lower CA, the upper CA; each a list of policies with `extensions`
local function verdict(levels, policy)
  local root = farm.ca "Root"
  local function fields(level)
    local policies = {}
    for i, oid in ipairs(level) do policies[i] = oid end
    return { certificate_policies = #policies > 0 and policies or nil,
      extensions = level.extensions }
  end
  local upper = farm.ca("Upper", root, fields(levels[3]))
  local lower = farm.ca("Lower", upper, fields(levels[2]))
  local leaf = farm.leaf(lower, fields(levels[1]))
  return farm.says(farm.verify({ leaf.certificate, lower.certificate, upper.certificate },
    root.certificate, { policy = policy }))
end

describe("policy", function()
  it("does not matter until somebody wants one", function()
    assert.equal("ok", verdict { {}, {}, {} })
    assert.equal("ok", verdict { { ONE }, { TWO }, {} })
  end)

  it("must hold from the anchor to the leaf", function()
    assert.equal("ok", verdict({ { ONE }, { ONE, TWO }, { ONE } }, ONE))
    assert.equal("ok", verdict({ { ONE }, { ONE, TWO }, { ONE } }, { TWO, ONE }))
    assert.equal("0:policy", verdict({ { ONE }, { ONE, TWO }, { ONE, TWO } }, TWO))
    assert.equal("0:policy", verdict({ {}, { ONE }, { ONE } }, ONE))
    assert.equal("1:policy", verdict({ { ONE }, {}, { ONE } }, ONE))
    assert.equal("1:policy", verdict({ { ONE }, { TWO }, { ONE } }, ONE))
    assert.equal("2:policy", verdict({ { ONE }, { ONE }, {} }, ONE))
  end)

  it("holds where a CA says any", function()
    assert.equal("ok", verdict({ { ONE }, { ANY }, { ANY } }, ONE))
    assert.equal("ok", verdict({ { ANY }, { ANY }, { ANY } }, ONE))
    assert.equal("ok", verdict({ { ANY }, { ONE }, { ANY } }, ONE))
  end)

  it("must be there once a CA asks for it", function()
    assert.equal("0:policy", verdict { {}, { ONE }, { ONE, extensions = { require_explicit(0) } } })
    assert.equal("1:policy", verdict { { ONE }, {}, { ONE, extensions = { require_explicit(0) } } })
    assert.equal("ok", verdict { { ONE }, { ONE }, { ONE, extensions = { require_explicit(0) } } })
    assert.equal("0:policy", verdict { {}, { ONE }, { ONE, extensions = { require_explicit(1) } } })
    assert.equal("0:policy", verdict { {}, { ONE }, { ONE, extensions = { require_explicit(2) } } })
    assert.equal("ok", verdict { {}, { ONE }, { ONE, extensions = { require_explicit(3) } } })
    assert.equal("0:policy", verdict { { extensions = { require_explicit(0) } }, {}, {} })
  end)

  it("is not any once a CA forbids that", function()
    assert.equal("1:policy",
      verdict({ { ONE }, { ANY }, { ONE, extensions = { inhibit_any(0) } } }, ONE))
    assert.equal("0:policy",
      verdict({ { ANY }, { ANY }, { ONE, extensions = { inhibit_any(1) } } }, ONE))
    assert.equal("ok", verdict({ { ONE }, { ANY }, { ONE, extensions = { inhibit_any(1) } } }, ONE))
  end)

  it("may be any still in what a CA issues to itself", function()
    local root = farm.ca "Root"
    local old = farm.ca("Rolling", root, { key = "old policy", certificate_policies = { ONE },
      extensions = { inhibit_any(0) } })
    local new = farm.ca("Rolling", old, { key = "new policy", certificate_policies = { ANY } })
    local leaf = farm.leaf(new, { certificate_policies = { ONE } })
    assert.equal("ok", farm.says(farm.verify({ leaf.certificate, new.certificate,
      old.certificate }, root.certificate, { policy = ONE })))
  end)

  it("is refused after a mapping, where it matters", function()
    local levels = { { TWO }, { ONE, extensions = { MAPPING } }, { ONE } }
    assert.equal("0:policy", verdict(levels, TWO))
    assert.equal("0:policy", verdict({ { ONE }, levels[2], levels[3] }, ONE))
    assert.equal("ok", verdict(levels))
  end)

  it("is asked for by what cannot be read", function()
    local broken = { oid = "2.5.29.36", critical = true, value = "\4\0" }
    assert.equal("1:policy", verdict { {}, {}, { ONE, extensions = { broken } } })
  end)

  it("is not any after an inhibition that cannot be read", function()
    local broken = { oid = "2.5.29.54", critical = true, value = "\4\0" }
    assert.equal("1:policy", verdict({ { ONE }, { ANY }, { ONE, extensions = { broken } } }, ONE))
  end)

  it("counts among the first 32 that a certificate has", function()
    local policies = {}
    for i = 1, 40 do policies[i] = "1.2.4." .. i end
    local levels = { policies, { ANY }, { ANY } }
    assert.equal("ok", verdict(levels, "1.2.4.32"))
    assert.equal("0:policy", verdict(levels, "1.2.4.33"))
    assert.equal("0:policy", verdict(levels, "1.2.4.40"))
  end)
end)
