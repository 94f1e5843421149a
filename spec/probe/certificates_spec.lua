-- The probes that look at certificates and what comes along with them.

local base64 = require "wolfssl.base64"
local der = require "wolfssl.issue.der"
local farm = require "verify.farm"
local helper = require "helper"
local issue = require "wolfssl.issue"
local ocsp = require "verify.ocsp"
local peers = require "interop.peers"
local pki = require "pki"
local probe = require "wolfssl.probe"
local probe_file = require "wolfssl.probe.file"
local read_ocsp = require("wolfssl.probe.ocsp").read
local wolfssl = require "wolfssl"

local PROBES = { "certificate", "chain", "staple", "scts" }
local DAY = 86400

-- All of them on a server, which ends then.
local function examined(server, options)
  local all = { server_name = "localhost", timeout = 50, trust = pki.root }
  for name, value in pairs(options or {}) do all[name] = value end
  local target = probe.target("127.0.0.1", server.port, all)
  local codes, failed = {}, nil
  for _, name in ipairs(PROBES) do
    local result = probe.run(assert(probe_file.load(name)), target)
    failed = failed or result.error
    for _, finding in ipairs(result.findings) do
      codes[#codes + 1] = finding.code
      assert.equal("certificate", finding.evidence.name)
      assert.equal("number", type(finding.evidence.connection))
    end
    target:forget()   -- as scans do
  end
  server:stop()
  assert.is_nil(failed, failed and failed.message)
  return target.facts, table.concat(codes, " "), target
end

local function pem(list)
  local parts = {}
  for i, one in ipairs(list) do
    parts[i] = (type(one) == "string" and wolfssl.certificate(one) or one):pem()
  end
  return table.concat(parts)
end

local files = 0

-- A server with exactly these certificates, leaf first.
local function with(chain, key, arguments)
  files = files + 1
  local stem = peers.path("probed" .. files)
  local rest = {}
  for i = 2, #chain do rest[i - 1] = chain[i] end
  return peers.openssl_server(("-www -cert %s -key %s %s %s"):format(
    helper.write(stem .. ".pem", pem { chain[1] }), helper.write(stem .. ".key", key:pem()),
    rest[1] and "-cert_chain " .. helper.write(stem .. "-chain.pem", pem(rest)) or "",
    arguments or ""))
end

describe("the probes of certificates", function()
  teardown(peers.cleanup)

  if not helper.have "openssl" then
    it("need OpenSSL", function() pending("needs package openssl") end)
    return
  end

  it("find a chain for each kind of key, with one connection more than there are kinds", function()
    local chain, key = peers.files "secp256r1"
    local facts, codes, target = examined(peers.openssl_server(
      ("-www -dcert %s -dcert_chain %s -dkey %s %s"):format(chain, peers.trust { pki.middle }, key,
        peers.identity("openssl", "rsa"))))
    assert.equal("shown shown", codes)
    assert.equal(2, #facts.certificate)
    local kinds = {}
    for _, leaf in ipairs(facts.certificate) do
      kinds[leaf.kind] = leaf.key
      assert.same({ "localhost", "127.0.0.1" }, leaf.names)
      assert.equal("CN=Intermediate", leaf.issuer)
      assert.equal("CN=Intermediate", leaf.chain[1].subject)
      assert.is_false(leaf.self_signed)
      assert.is_false(leaf.must_staple)
    end
    assert.same({ rsa = { algorithm = "rsa", bits = 2048 },
      ecdsa = { algorithm = "ecdsa", bits = 256, curve = "secp256r1" } }, kinds)
    assert.equal(3, target.results.certificate.connections)
    assert.equal(0, target.results.chain.connections)
    local evidence = target.results.chain.evidence.chain
    assert.equal("certificate", target.conversations[evidence.connection]
      :entries()[evidence.message].name)
  end)

  it("find them in TLS 1.2, too", function()
    local chain, key = peers.files "secp256r1"
    local facts = examined(peers.openssl_server(
      ("-tls1_2 -www -dcert %s -dcert_chain %s -dkey %s %s"):format(chain,
        peers.trust { pki.middle }, key, peers.identity("openssl", "rsa"))))
    assert.equal(2, #facts.certificate)
    assert.is_true(facts.chain.trusted)
  end)

  it("approve of a chain that is well made", function()
    local chain, key = pki.leaf "secp256r1"
    local facts, codes = examined(with(chain, key))
    assert.equal("shown", codes)
    local days = facts.chain.expires_in_days
    assert.is_true(days > 0)
    assert.same({ trusted = true, host = true, errors = {}, order_ok = true, superfluous = 0,
      missing_intermediate = false, root_sent = false, expires_in_days = days }, facts.chain)
    assert.same({ present = false, valid = false, errors = {} }, facts.staple)
    assert.same({ count = 0, logs = {}, by = {} }, facts.scts)
  end)

  it("miss an intermediate certificate", function()
    local chain, key = pki.leaf "secp256r1"
    local facts, codes = examined(with({ chain[1] }, key))
    assert.equal("shown untrusted missing_intermediate", codes)
    assert.is_true(facts.chain.missing_intermediate)
    assert.is_false(facts.chain.trusted)
  end)

  it("tell an untrusted root from an intermediate certificate that was forgotten", function()
    local chain, key = pki.leaf "secp256r1"
    local stranger = issue.certificate { subject = "Stranger", key = pki.root_key, ca = true }
    local facts, codes = examined(with(chain, key), { trust = stranger })
    assert.equal("shown untrusted", codes)
    assert.is_false(facts.chain.missing_intermediate)
    assert.equal(0, facts.chain.superfluous)
  end)

  it("see disorder, what is superfluous, and the root", function()
    local middle = issue.certificate { subject = "Second", key = pki.key "secp256r1", ca = true,
      issuer = { certificate = pki.middle, key = pki.middle_key } }
    local above = issue.certificate { subject = "Intermediate", key = pki.middle_key, ca = true,
      issuer = { certificate = pki.root, key = pki.root_key } }
    local chain, key = pki.leaf("rsa",
      { issuer = { certificate = middle, key = pki.key "secp256r1" } })
    local facts, codes = examined(with({ chain[1], above, middle, pki.root }, key))
    assert.equal("shown root_sent disorder", codes)
    assert.is_false(facts.chain.order_ok)
    assert.equal(0, facts.chain.superfluous)
    local plain, plain_key = pki.leaf "secp256r1"
    facts, codes = examined(with({ plain[1], pki.middle, middle }, plain_key))
    assert.equal("shown superfluous", codes)
    assert.equal(1, facts.chain.superfluous)
  end)

  it("see a root that comes right behind the leaf", function()
    local key = pki.key "secp256r1"
    local leaf = issue.certificate { subject = "Leaf", key = key,
      issuer = { certificate = pki.root, key = pki.root_key },
      subject_alt_names = { "dns:localhost" }, extended_key_usage = { "server_auth" } }
    local facts, codes = examined(with({ leaf, pki.root }, key))
    assert.equal("shown root_sent", codes)
    assert.is_true(facts.chain.root_sent)
  end)

  it("say what makes a certificate no good", function()
    local now = os.time()
    local chain, key = pki.leaf("secp256r1", { not_before = now - 3 * DAY, not_after = now - DAY,
      subject_alt_names = { "dns:other.example" } })
    local facts, codes = examined(with(chain, key))
    assert.matches("expired", codes)
    assert.matches("wrong_name", codes)
    assert.is_false(facts.chain.host)
    assert.is_true(facts.chain.expires_in_days < 0)
    local self_signed = issue.certificate { subject = "Alone", key = key,
      subject_alt_names = { "dns:localhost" } }
    facts, codes = examined(with({ self_signed }, key))
    assert.equal("shown untrusted", codes)
    assert.is_false(facts.chain.missing_intermediate)
    assert.is_true(facts.certificate[1].self_signed)
    assert.is_true(facts.chain.host)
    chain, key = pki.leaf("secp256r1",
      { not_before = now - 80 * DAY, not_after = now + 3 * DAY + 3600 })
    facts, codes = examined(with(chain, key))
    assert.equal("shown expires_soon", codes)
    assert.equal(3, facts.chain.expires_in_days)
  end)

  it("read where to ask, and what was promised", function()
    local chain, key = pki.leaf("secp256r1", { tls_features = { 5 },
      authority_information_access = { ocsp = { "http://o.example" },
        ca_issuers = { "http://c.example" } } })
    local facts, codes = examined(with(chain, key))
    local leaf = facts.certificate[1]
    assert.same({ ocsp = { "http://o.example" }, ca_issuers = { "http://c.example" }, crl = {} },
      leaf.urls)
    assert.is_true(leaf.must_staple)
    assert.equal("shown no_staple", codes)
    assert.equal("no_staple", facts.staple.errors[1].code)
  end)

  it("believe a staple that holds, and no other", function()
    local chain, root, all = farm.chain()
    local now = os.time()
    local function stapled(fields, version)
      local o = { certificate = chain[1], issuer = all[2], this_update = now - 60,
        next_update = now + 3600 }
      for name, value in pairs(fields) do o[name] = value end
      local path = helper.write(peers.path "staple.der", ocsp.response(o))
      return examined(with(chain, all[1].key, "-status_file " .. path .. version),
        { trust = root, server_name = farm.NAME })
    end
    for _, version in ipairs { "", " -tls1_2" } do
      local facts, codes = stapled({}, version)
      assert.equal("shown stapled", codes)
      assert.same({ present = true, valid = true, status = "good", this_update = now - 60,
        next_update = now + 3600, errors = {} }, facts.staple)
    end
    local facts, codes = stapled({ status = "revoked" }, "")
    assert.equal("shown revoked", codes)
    assert.equal("revoked", facts.staple.status)
    facts, codes = stapled({ status = "unknown" }, "")
    assert.same({ "status_unknown", "unknown" }, { facts.staple.errors[1].code,
      facts.staple.status })
    assert.equal("shown status_unknown", codes)
    facts, codes = stapled({ this_update = now - 9000, next_update = now - 8000 }, "")
    assert.equal("shown bad_staple", codes)
    assert.is_false(facts.staple.valid)
  end)
end)

describe("the probe scts", function()
  teardown(peers.cleanup)

  local OID = "1.3.6.1.4.1.11129.2.4."

  local function sized(bytes) return string.char(0, #bytes) .. bytes end

  -- SignedCertificateTimestampList of one, with a signature that nobody checks.
  local function promise(log)
    return sized(sized("\0" .. log:rep(32) .. ("\1"):rep(8) .. "\0\0\4\3" .. sized "sig"))
  end

  it("knows three ways", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local root = farm.ca "Root"
    local middle = farm.ca("Middle", root)
    local leaf = farm.leaf(middle, { extensions = {
      { oid = OID .. "2", value = der.octet_string(promise "a") } } })
    local path = helper.write(peers.path "scts.der", ocsp.response { certificate = leaf.certificate,
      issuer = middle, single_extensions = der.sequence(der.oid(OID .. "5"),
        der.octet_string(der.octet_string(promise "a"))) })
    local information = helper.write(peers.path "scts.pem",
      ("-----BEGIN SERVERINFOV2 FOR SCTS-----\n%s\n-----END SERVERINFOV2 FOR SCTS-----\n"):format(
        base64.encode("\0\0\17\128\0\18" .. sized(promise "c"))))
    for _, version in ipairs { "-tls1_3", "-tls1_2" } do
      local facts, codes = examined(with({ leaf.certificate, middle.certificate }, leaf.key,
        ("%s -status_file %s -serverinfo %s"):format(version, path, information)),
        { trust = root.certificate, server_name = farm.NAME })
      assert.equal("shown stapled logged", codes)
      assert.same({ count = 3, logs = { ("61"):rep(32), ("63"):rep(32) },
        by = { "certificate", "extension", "staple" } }, facts.scts)
    end
  end)
end)

describe("wolfssl.probe.ocsp", function()
  local chain, _, all = farm.chain()

  it("reads dates of all centuries", function()
    for _, moment in ipairs { 0, 951782400, 951868800, 1709164800, 4107542400 } do
      local said = read_ocsp(ocsp.response { certificate = chain[1], issuer = all[2],
        this_update = moment })
      assert.equal(moment, said.this_update)
    end
  end)

  it("reads nothing out of any part of a response", function()
    local bytes = ocsp.response { certificate = chain[1], issuer = all[2] }
    for i = 0, #bytes - 1 do assert.is_nil(read_ocsp(bytes:sub(1, i))) end
  end)

  it("says why a responder failed", function()
    assert.same({ status = "try_later" }, read_ocsp "\48\3\10\1\3")
  end)
end)
