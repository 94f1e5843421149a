local cjson = require "cjson"
local helper = require "helper"
local peers = require "interop.peers"

local function run(arguments)
  return helper.run(("timeout 60 %s lua/bin/wolfprobe diagnose %s"):format(helper.interpreter(),
    arguments))
end

describe("wolfprobe diagnose", function()
  local server, place

  setup(function()
    if not helper.have "openssl" then return end
    server = peers.openssl_server("-www -tls1_2 -cipher AES128-SHA -alpn h2 "
      .. peers.identity("openssl", "rsa"))
    place = ("localhost:%d --ca %s "):format(server.port, peers.trust())
  end)
  teardown(function()
    if server then server:stop() end
    peers.cleanup()
  end)

  it("says the cause, the change and the evidence", function()
    if not server then return pending("needs package openssl") end
    local output, status = run(place)
    assert.equal(1, status, output)
    for _, line in ipairs {
      "cause     The server takes the cipher suite TLS_RSA_WITH_AES_128_CBC_SHA",
      "change    offer TLS_RSA_WITH_AES_128_CBC_SHA\n",
      "evidence  handshake 1 fails, 3 goes well\n4 connections:\n   1  as asked" } do
      assert.matches("\n" .. line, output)
    end
  end)

  it("says what one asks for, and what another client would", function()
    if not server then return pending("needs package openssl") end
    local output, status = run(place .. "--suites TLS_RSA_WITH_AES_128_CBC_SHA --versions 1.2"
      .. " --schemes rsa_pkcs1_sha256 --groups secp256r1 --no-servername")
    assert.equal(0, status, output)
    assert.matches("is in order\n1 connection:\n", output)
    output, status = run(place .. "--as chromium --alpn spdy/1")
    assert.equal(1, status, output)
    assert.matches("The server takes the protocol h2, and none that we offer %(spdy/1%)", output)
  end)

  it("gives JSON, where nothing was chosen is an object, too", function()
    local output, status = run "--json 127.0.0.1:1"
    assert.equal(3, status, output)
    assert.match('"chosen": {},', output, 1, true)
    assert.equal("network", cjson.decode(output).cause.code)
  end)

  it("explains both handshakes", function()
    if not server then return pending("needs package openssl") end
    local output = run(place .. "--explain")
    assert.matches("The handshake that fails\n.*The handshake that goes well\n", output)
    local report = cjson.decode((run(place .. "--explain --json")))
    assert.equal("cipher_suite", report.cause.code)
    assert.equal(4, #report.attempts)
    assert.equal(47, report.attempts[report.after].chosen.cipher_suites.value)
    assert.equal("failed", report.explained.before.kind.outcome)
    assert.equal("complete", report.explained.after.kind.outcome)
  end)

  it("writes all of them as one capture, which tshark decrypts", function()
    if not server then return pending("needs package openssl") end
    if not helper.have "tshark" then return pending("needs package tshark") end
    local file = peers.path "diagnose.pcapng"
    run(place .. "--capture " .. file)
    local output = helper.run(("tshark -r %s -Y tls.handshake.type==20 -T fields -e tcp.stream"
      .. " -e tls.handshake.verify_data"):format(file))
    assert.matches("\n1\t[^\n]+\n1\t[^\n]+\n2\t", "\n" .. output)
  end)

  it("refuses names that nobody knows", function()
    if not server then return pending("needs package openssl") end
    local output, status = run(place .. "--groups nonsense")
    assert.equal(2, status, output)
    assert.matches("wolfprobe diagnose: .*nonsense is no named group", output)
  end)

  it("refuses what does not fit, and tells who cannot be reached", function()
    local output, status = run("localhost --cert x.pem")
    assert.equal(2, status, output)
    assert.matches("%-%-cert and %-%-key belong together", output)
    output, status = run("--insecure 127.0.0.1:" .. helper.refused_port())
    assert.equal(3, status, output)
    assert.matches("There is no connection", output)
  end)
end)
