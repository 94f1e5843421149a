-- The driver of public corpora, and the corpora themselves where WOLFSSL_CORPORA names a directory
-- with limbo.json and bettertls.json.

local cases = require "verify.corpora.cases"
local cjson = require "cjson"
local farm = require "verify.farm"
local helper = require "helper"
local judges = require "verify.corpora.judges"
local mime = require "mime"

local function limbo(id, chain, root, more)
  local t = {
    id = id, validation_kind = "SERVER", trusted_certs = { root:pem() },
    peer_certificate = chain[1]:pem(), peer_certificate_key = cjson.null,
    untrusted_intermediates = { chain[2]:pem() }, validation_time = cjson.null,
    expected_peer_name = { kind = "DNS", value = farm.NAME }, max_chain_depth = cjson.null,
    expected_result = "SUCCESS",
  }
  for name, value in pairs(more or {}) do t[name] = value end
  return t
end

local function bettertls(id, chain, expected)
  return { id = id, suite = "pathbuilding", hostname = farm.NAME, expected = expected,
    certificates = { (mime.b64(chain[1]:der())), (mime.b64(chain[2]:der())) } }
end

local function read(corpus)
  local path = helper.write(helper.tempdir() .. "/corpus.json", cjson.encode(corpus))
  return cases.read(path)
end

describe("the driver of public corpora", function()
  local good, root, all = farm.chain()
  local expired = farm.chain { [0] = { not_before = farm.NOW - 3 * farm.DAY,
    not_after = farm.NOW - 2 * farm.DAY } }

  teardown(judges.close)

  it("reads x509-limbo", function()
    local list = read { testcases = {
      limbo("bettertls::pathbuilding::tc1", good, root),
      limbo("rfc5280::one", good, root, { max_chain_depth = 255,
        validation_time = "2024-02-29T00:00:05.999+00:00",
        expected_peer_name = { kind = "IP", value = "127.0.0.1" } }),
      limbo("crl::two", expired, root, { expected_result = "FAILURE" }),
    } }
    assert.equal(2, #list)
    local one, two = list[1], list[2]
    assert.same({ "rfc5280", true, 1709164805, "12", "127.0.0.1" },
      { one.category, one.good, one.time, one.depth, one.ip })
    assert.same({ "crl", false, farm.NAME, "server_auth" },
      { two.category, two.good, two.host, two.purpose })
    assert.same({ expired[1]:der(), expired[2]:der() }, two.chain)
    assert.same({ root:der() }, two.trust)
  end)

  it("reads what BetterTLS exports", function()
    local list = read { trustRoot = (mime.b64(root:der())), suites = { pathbuilding = {
      testCases = { bettertls(0, good, "ACCEPT"), bettertls(1, expired, "REJECT") },
    } } }
    assert.same({ true, false }, { list[1].good, list[2].good })
    assert.same({ expired[1]:der(), expired[2]:der() }, list[2].chain)
    assert.equal("bettertls::pathbuilding::tc1", list[2].id)
  end)

  it("refuses what is neither", function()
    assert.error_matches(function() read { other = true } end, "neither limbo.json nor")
  end)

  it("has somebody sign with a key of the leaf's kind where the corpus has none", function()
    for _, kind in ipairs { "rsa", "secp384r1", "ed25519" } do
      local chain, anchor = farm.chain { [0] = { key = kind, kind = kind } }
      for _, case in ipairs(read { testcases = { limbo("a::good", chain, anchor) } }) do
        local accepted, why = judges.handshake(case)
        assert.is_true(accepted, why)
      end
    end
  end)

  for _, judge in ipairs { "offline", "openssl", "handshake" } do
    it("knows good from bad: " .. judge, function()
      local key = all[1].key:pem()
      local list = read { testcases = {
        limbo("a::good", good, root), limbo("a::bad", expired, root),
        limbo("a::good", good, root, { peer_certificate_key = key }),
        limbo("a::bad", expired, root, { peer_certificate_key = key }),
      } }
      for _, case in ipairs(list) do
        local accepted, why = judges[judge](case)
        assert.equal(case.id == "a::good", accepted, why)
      end
    end)
  end
end)

describe("public corpora", function()
  local reasons = helper.read("spec/verify/README.md")
  teardown(judges.close)

  -- Do the reasons under the title name it?
  local function explained(title, case)
    local text = assert((reasons .. "\n##"):match("\n### " .. title .. "\n(.-)\n##"), title)
    return text:find("`" .. case.id .. "`", 1, true)
  end

  local function chains(name)
    local directory = os.getenv("WOLFSSL_CORPORA")
    local path = directory and directory .. "/" .. name .. ".json"
    if path and helper.exists(path) then return cases.read(path) end
    pending("needs chains: set WOLFSSL_CORPORA to a directory with " .. name .. ".json")
  end

  for _, name in ipairs { "limbo", "bettertls" } do
    it("leave nothing accepted that OpenSSL refuses, but for a reason: " .. name, function()
      for _, case in ipairs(chains(name)) do
        if not case.good and judges.offline(case) and not judges.openssl(case) then
          assert.truthy(explained("Accepted here, refused by OpenSSL, and bad by the corpus", case),
            case.id)
        end
      end
    end)

    it("are answered in handshakes as offline, but for a reason: " .. name, function()
      local list = chains(name)
      if not os.getenv("WOLFSSL_LONG") then pending("takes minutes: set WOLFSSL_LONG=1") end
      for _, case in ipairs(list) do
        local accepted, told = judges.handshake(case)
        if accepted ~= nil and accepted ~= judges.offline(case) then
          assert.truthy(explained("Answered otherwise in a handshake than offline", case),
            case.id .. ": " .. told)
        end
      end
    end)
  end
end)
