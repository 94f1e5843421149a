local helper = require "helper"
local issue = require "wolfssl.issue"
local peers = require "interop.peers"
local wolfssl = require "wolfssl"

describe("wolfssl.cli.demo", function()
  teardown(helper.cleanup)

  local function demo(arguments)
    return helper.run(("%s lua/bin/wolfprobe demo %s"):format(helper.interpreter(),
      arguments or ""))
  end

  it("shows eight handshakes that go as they should, and says so last", function()
    local directory = helper.tempdir()
    local output, status = demo("--into " .. directory)
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
    for line in output:gmatch("[^\n]+") do assert.is_true(#line <= 200, line) end
  end)

  it("ends with one of them explained, on screen, as a page and as a capture", function()
    local directory = helper.tempdir()
    local output = demo("--into " .. directory)
    for _, step in ipairs {
      "ClientHello", "CertificateRequest", "ClientKeyExchange", "CertificateVerify",
      "ChangeCipherSpec", "Finished", "master_secret", "key_block",
    } do
      assert.truthy(output:find(step, 1, true), step)
    end
    assert.truthy(output:find(directory .. "/handshake.html", 1, true))
    assert.truthy(helper.read(directory .. "/handshake.html"):find("^<!doctype html>"))
    if not helper.have "tshark" then return pending("needs package tshark") end
    local seen = helper.run(("tshark -r %s/handshake.pcapng -Y http -T fields -e http.request.uri"
      .. " -e http.response.code"):format(directory))
    assert.truthy(seen:find("/", 1, true) and seen:find("200", 1, true), seen)
  end)

  it("explains a handshake with a server that has one version only", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    for _, version in ipairs { "-tls1_2", "-tls1_3" } do
      local directory = helper.tempdir()
      local server = peers.openssl_server(version .. " " .. peers.identity("openssl", "secp256r1"))
      local output, status = helper.run(
        ("SSL_CERT_FILE=%s %s lua/bin/wolfprobe demo --into %s localhost:%d"):format(
          peers.trust(), helper.interpreter(), directory, server.port))
      server:stop()
      assert.equal(0, status, output)
      assert.truthy(output:find("alert protocol_version", 1, true), output)
      assert.is_true(helper.exists(directory .. "/handshake.html"))
    end
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
    local output, status = demo(("--into %s localhost:%s"):format(directory, port))
    local trusted, fine = helper.run(
      ("SSL_CERT_FILE=%s %s lua/bin/wolfprobe demo --into %s localhost:%s"):format(pem,
        helper.interpreter(), directory, port))
    server:stop()
    assert.equal(1, status, output)
    assert.truthy(output:find("self%-signed and not trusted") or output:find("no trusted issuer"),
      output)
    assert.equal(0, fine, trusted)
    assert.truthy(trusted:find("TLS 1.2", 1, true) and trusted:find("TLS 1.3", 1, true), trusted)
    assert.is_true(helper.exists(directory .. "/handshake.html"))
  end)
end)
