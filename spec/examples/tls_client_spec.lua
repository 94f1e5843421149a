-- The client that test suites drive, against servers that show good and bad chains.

local helper = require "helper"
local issue = require "wolfssl.issue"
local peers = require "interop.peers"
local pki = require "pki"
local programs = require "examples.programs"

describe("tls_client.lua", function()
  local trust, good, wrong

  setup(function()
    trust = peers.trust()
    good = peers.openssl_server("-www " .. peers.identity("openssl", "secp256r1", { serial = 7 }))
    wrong = peers.openssl_server("-www " .. peers.identity("openssl", "ed25519",
      { not_after = os.time() - 60, subject_alt_names = { "dns:other.example" } }))
  end)

  teardown(function()
    if good then good:stop() end
    if wrong then wrong:stop() end
    peers.cleanup()
  end)

  local function run(process, ...)
    local output, status = programs.client(process.port, ...)
    return status, output
  end

  it("accepts a server for its DNS name, its address, and without a name", function()
    assert.same({ 0, "" }, { run(good, trust, "DNS", "localhost") })
    assert.same({ 0, "" }, { run(good, trust, "IP", "127.0.0.1") })
    assert.same({ 0, "" }, { run(good, trust, "NONE", "") })
    assert.same({ 0, "" }, { run(good, trust, "NONE", "other.example", "-", "1") })
  end)

  it("rejects with all that is wrong, in one line", function()
    local status, output = run(wrong, trust, "DNS", "localhost")
    assert.equal(1, status)
    assert.match("^tls_client: certificate_invalid: [^\n]+\n$", output)
    assert.match("expired at depth 0", output)
    assert.match("wrong_name at depth 0", output)
  end)

  it("rejects a server of another name, address or root", function()
    assert.equal(1, (run(good, trust, "DNS", "other.example")))
    assert.equal(1, (run(good, trust, "IP", "127.0.0.2")))
    assert.equal(1, (run(good, peers.trust { pki.leaf()[1] }, "NONE", "")))
  end)

  it("rejects nothing less than a handshake", function()
    local port = helper.refused_port()
    local output, status = programs.client(port, trust, "NONE", "")
    assert.equal(1, status)
    assert.equal(("tls_client: network_error: cannot connect to 127.0.0.1:%d: Connection refused\n")
      :format(port), output)
  end)

  it("limits the intermediates", function()
    assert.equal(1, (run(good, trust, "DNS", "localhost", "", "0")))
  end)

  it("reads revocation lists, DER or PEM, and rejects what they revoke", function()
    local function list(name, revoked, key)
      return helper.write(peers.path(name), issue.crl {
        issuer = { certificate = pki.middle, key = key or pki.middle_key }, revoked = revoked,
      })
    end
    local function run_with(crl) return run(good, trust, "DNS", "localhost", crl) end
    assert.same({ 0, "" }, { run_with(list("other.crl", { { serial = 8 } })) })
    local revoking = list("revoking.crl", { { serial = 7 } })
    local text = peers.path "revoking.pem"
    assert.equal(0, select(2, helper.run(("openssl crl -inform DER -in %s -out %s")
      :format(revoking, text))))
    for _, crl in ipairs { revoking, text } do
      local status, output = run_with(crl)
      assert.equal(1, status)
      assert.match("revoked at depth 0", output)
    end
    local status, output = run_with(list("forged.crl", nil, pki.root_key))
    assert.equal(1, status)
    assert.match("bad_crl at depth 0", output)
    assert.equal(1, (run_with(helper.write(peers.path "garbage.crl", "no list"))))
  end)

  it("tells its usage from a rejection", function()
    for _, words in ipairs {
      {}, { trust }, { trust, "DNS" }, { trust, "DNS", "" }, { trust, "NAME", "x" },
      { trust, "IP", "localhost" }, { "/nonexistent", "NONE", "" },
      { trust, "NONE", "", "/nonexistent" }, { trust, "NONE", "", "", "x" },
      { trust, "NONE", "", "", "1", "more" },
    } do
      local status, output = run(good, words[1], words[2], words[3], words[4], words[5], words[6])
      assert.equal(2, status, output)
      assert.match("^tls_client: [^\n]+\nusage: ", output)
    end
    for _, port in ipairs { "0", "65536", "x" } do
      assert.equal(2, (run({ port = port }, trust, "NONE", "")))
    end
  end)

  it("is not killed where nobody reads its output", function()
    local _, status = helper.run(("{ %s; echo $? >%s; } 2>&1 | :"):format("(" ..
      programs.command("tls_client", ("%d %s DNS x"):format(wrong.port, trust)) .. ")",
      peers.path "status"))
    assert.equal(0, status)
    assert.equal("1\n", helper.read(peers.path "status"))
  end)
end)
