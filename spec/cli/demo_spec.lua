local helper = require "helper"
local issue = require "wolfssl.issue"
local wolfssl = require "wolfssl"

describe("wolfssl.cli.demo", function()
  teardown(helper.cleanup)

  local function demo(arguments)
    return helper.run(("%s lua/bin/wolfprobe demo %s"):format(helper.interpreter(),
      arguments or ""))
  end

  it("shows eight handshakes that go as they should, and says so last", function()
    local output, status = demo()
    assert.equal(0, status, output)
    assert.equal("8 of 8 demonstrations went as they should.", output:match("([^\n]*)\n*$"))
    for _, part in ipairs {
      "TLS 1.2: the server shows", "TLS 1.2, mutual", "resumed    true", "TLS 1.3, mutual",
      "the same on both sides: CLIENT_RANDOM",
        "the same on both sides: CLIENT_HANDSHAKE_TRAFFIC_SECRET",
      "gets the alert unknown_ca", "gets the alert protocol_version",
        "gets the alert bad_certificate",
      "CN=alice < CN=Demo Intermediate CA < CN=Demo Root CA",
    } do
      assert.truthy(output:find(part, 1, true), part)
    end
    for line in output:gmatch("[^\n]+") do assert.is_true(#line <= 100, line) end
  end)

  it("does the client's part to a server, and fails when that is not to be trusted", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local directory = helper.tempdir()
    local key = issue.key "secp256r1"
    local certificate = issue.certificate { subject = "Server", key = key,
      subject_alt_names = { "dns:localhost" } }
    local pem = helper.write(directory .. "/server.pem",
      wolfssl.certificate(certificate):pem() .. key:pem())
    local server = helper.spawn("openssl s_server -accept 127.0.0.1:0 -cert " .. pem)
    local port = server:wait_for("^ACCEPT .*:(%d+)$")
    local output, status = demo("localhost:" .. port)
    local trusted, fine = helper.run(
      ("SSL_CERT_FILE=%s %s lua/bin/wolfprobe demo localhost:%s"):format(pem, helper.interpreter(),
        port))
    server:stop()
    assert.equal(1, status, output)
    assert.truthy(output:find("self%-signed and not trusted") or output:find("no trusted issuer"),
      output)
    assert.equal(0, fine, trusted)
    assert.truthy(trusted:find("TLS 1.2", 1, true) and trusted:find("TLS 1.3", 1, true), trusted)
  end)
end)
