-- Servers of TLS 1.3 whose chain is bad, and our client, over TCP: it says nothing to any of them.
-- The chains are those of the table in spec/verify/README.md; who has a good one gets the secret.

local by_hand = require "der"
local cases = require "verify.compare.cases"
local farm = require "verify.farm"
local field = require "attack.field"
local issue = require "wolfssl.issue"
local wolfssl = require "wolfssl"

-- Ends what went well, for who is accepted waits for more.
local function play(server)
  return server:handshake() and server:send(21, "\1\0")
end

local function attack(case)
  local chain = {}
  for i, certificate in ipairs(case.chain) do chain[i] = certificate:der() end
  return field.server(assert(wolfssl.client { trust = case.anchor }),
    { chain = chain, key = case.key, scheme = case.scheme, play = play }, case.host)
end

local function accepted(outcome, hostile)
  assert.equal(#field.SECRET, outcome.info.plaintext_sent, outcome.message)
  assert.equal(field.SECRET, hostile.data)
end

-- With all that is wrong, the same as offline.
local function refused(case, outcome, hostile)
  assert.equal("certificate_invalid", outcome.code, outcome.message)
  assert.equal("certificate_invalid", outcome.again)
  assert.same(farm.verify(case.chain, { case.anchor }, { host = case.host }).errors, outcome.detail)
  assert.is_string(hostile.alert)
  assert.equal(0, outcome.info.plaintext_sent)
  assert.equal(0, outcome.info.plaintext_received)
  assert.equal("", hostile.data)
  assert.is_nil(hostile.seen:find(field.SECRET, 1, true))
end

describe("a client is shown", function()
  for _, case in ipairs(cases.list()) do
    it(("%s (%s)"):format(case.what, case.rfc), function()
      local outcome, hostile = attack(case)
      if case.good then return accepted(outcome, hostile) end
      refused(case, outcome, hostile)
    end)
  end
end)

-- wolfSSL 5.5 has other words for each, before anybody judges: no memory, say.
describe("a client is told what is wrong with a leaf that wolfSSL cannot read:", function()
  local root = farm.ca "Root"
  local p192 = by_hand.sequence(by_hand.sequence(by_hand.oid "1.2.840.10045.2.1",
    by_hand.oid "1.2.840.10045.3.1.1"), by_hand.bits("\4" .. ("k"):rep(48)))

  local function names(value)
    return { subject_alt_names = false, extensions = { { oid = "2.5.29.17", value = value } } }
  end

  for what, case in pairs {
    ["an address of eight bytes"] = { names(by_hand.sequence(by_hand.tlv(0x87, ("a"):rep(8)))),
      "0:undecodable" },
    ["names cut short"] = { names "\48\5\130", "0:undecodable" },
    ["name constraints"] = { { name_constraints = { permitted = { "dns:example.com" } } },
      "0:contradiction" },
    ["a curve of 192 bits"] = { { public_key = p192 }, "0:weak_key" },
  } do
    local options = { subject = "Leaf", key = farm.key "Leaf", issuer = root,
      subject_alt_names = { "dns:" .. farm.NAME } }
    for name, value in pairs(case[1]) do options[name] = value end
    local leaf = issue.certificate(options)
    for _, version in ipairs { 0x0303, 0x0304 } do
      it(("%s (%s)"):format(what, version == 0x0303 and "TLS 1.2" or "TLS 1.3"), function()
        local outcome, hostile = field.server(
          assert(wolfssl.client { trust = root.certificate }),
          { version = version, chain = { leaf }, key = options.key }, farm.NAME)
        assert.equal("certificate_invalid", outcome.code, outcome.message)
        assert.equal(case[2], farm.says { ok = false, errors = outcome.detail })
        assert.is_string(hostile.alert)
        assert.is_nil(hostile.seen:find(field.SECRET, 1, true))
      end)
    end
  end

  it("that wolfSSL cannot read it, where anything else would do", function()
    local leaf = issue.certificate { subject = "Leaf", issuer = root, public_key = p192,
      subject_alt_names = { "dns:" .. farm.NAME } }
    local outcome, hostile = field.server(assert(wolfssl.client { insecure_accept_invalid = true }),
      { chain = { leaf }, key = farm.key "Leaf" }, farm.NAME)
    assert.equal("certificate_invalid", outcome.code)
    assert.matches("wolfSSL error", outcome.message)
    assert.is_nil(hostile.seen:find(field.SECRET, 1, true))
  end)
end)
