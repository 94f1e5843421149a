-- Servers of TLS 1.3 whose chain is bad, and our client, over TCP: it says nothing to any of them.
-- The chains are those of the table in spec/verify/README.md; who has a good one gets the secret.

local cases = require "verify.compare.cases"
local farm = require "verify.farm"
local field = require "attack.field"
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
