-- Verification without memory: an error, never a verdict that another day would be otherwise.

local farm = require "verify.farm"
local issue = require "wolfssl.issue"
local memory = require "robust.memory"
local ocsp = require "verify.ocsp"
local pki = require "pki"
local wolfssl = require "wolfssl"

local OUT_OF_MEMORY = { "out of memory", "not enough memory", "no memory" }

local function is_memory_error(message)
  for _, text in ipairs(OUT_OF_MEMORY) do
    if tostring(message):find(text, 1, true) then return true end
  end
  return false
end

describe("verify out of memory", function()
  local chain, root, all = farm.chain()
  local leaf, ca = all[1], all[2]
  local rsa_root = farm.ca("RSA root", nil, { kind = "rsa" })
  local rsa_leaf = farm.leaf(rsa_root)

  local compile_again

  setup(function() compile_again = memory.interpret() end)

  teardown(function() compile_again() end)

  local live = memory.settled

  -- Refuses request after request; each time the verdict is this one, or an error.
  local function refuse(allocator, expected, options, sent)
    local complete = { trust = root, host = farm.NAME, purpose = "server_auth" }
    for name, value in pairs(options or {}) do complete[name] = value end
    local function verify()
      local verdict, message = wolfssl.verify(sent or chain, complete)
      return verdict and farm.says(verdict) or nil, message
    end
    assert.equal(expected, verify())
    local before, n = live(), 0
    repeat
      n = n + 1
      local calls, ok, says, message = allocator(n, false, verify)
      if ok and says then assert.equal(expected, says, "request " .. n)
      else assert.is_true(is_memory_error(ok and message or says), tostring(message or says)) end
    until calls < n
    assert.is_true(n > 10)
    assert.equal(before, live())
  end

  -- The first time that a trust sees a chain, wolfSSL is asked, too.
  it("is an error where wolfSSL has none for its opinion", function()
    local client = pki.client()
    local trust, connection
    local function examine()
      trust = wolfssl.trust(root)
      connection = client:connection { server_name = farm.NAME, trust = trust }
      local verdict, message = connection:examine(chain)
      connection:close()
      trust:close()
      return verdict and farm.says(verdict) or nil, message
    end
    assert.equal("ok", examine())
    local before, n = live(), 0
    repeat
      n = n + 1
      local calls, ok, says, message = memory.wolfssl(n, false, examine)
      if ok and says then assert.equal("ok", says, "request " .. n)
      else assert.is_true(is_memory_error(ok and message or says), tostring(message or says)) end
    until calls < n
    assert.is_true(n > 100)
    assert.equal(before, live())
  end)

  for name, allocator in pairs { wolfssl = memory.wolfssl, lua = memory.lua } do
    it("is an error for good chains, of " .. name, function()
      refuse(allocator, "ok")
      refuse(allocator, "ok", { trust = rsa_root.certificate }, { rsa_leaf.certificate })
      refuse(allocator, "ok", { crls = issue.crl { issuer = ca }, crl_required = "leaf",
        staple = ocsp.response { certificate = leaf.certificate, issuer = ca } })
    end)

    it("is an error for bad chains, of " .. name, function()
      refuse(allocator, "0:wrong_name", { host = "other.example" })
      refuse(allocator, "0:revoked", { crls = issue.crl { issuer = ca,
        revoked = { { serial = leaf.certificate:serial() } } } })
      refuse(allocator, "0:revoked", { staple = ocsp.response { issuer = ca,
        certificate = leaf.certificate, status = "revoked" } })
    end)
  end
end)
