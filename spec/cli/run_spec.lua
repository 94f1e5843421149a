local cjson = require "cjson"
local helper = require "helper"
local peers = require "interop.peers"

local PROBE = [[
local probe = require "wolfssl.probe"
return probe.define { name = "old", findings = {
    tls10 = { severity = "warning", message = "TLS 1.0 with %s", reference = "RFC 8996" } },
  run = function(target, report)
    local answer, c, code = target:hello { versions = { "TLS 1.0" } }
    if answer and c:version() then report("tls10", answer.body.cipher_suite.name) end
    return answer, c, code
  end }
]]

local function run(arguments)
  return helper.run(("%s lua/bin/wolfprobe run %s"):format(helper.interpreter(), arguments))
end

describe("wolfprobe run", function()
  local server, path

  setup(function()
    path = helper.write(peers.path "old.lua", PROBE)
    if not helper.have "openssl" then return end
    server = peers.openssl_server("-www -alpn h2,http/1.1 -cipher ALL:@SECLEVEL=0 "
      .. peers.identity("openssl", "rsa"))
  end)
  teardown(function()
    if server then server:stop() end
    peers.cleanup()
  end)

  it("tells what a probe found, server by server", function()
    if not server then return pending("needs package openssl") end
    local place = "127.0.0.1:" .. server.port
    local output, status = run(path .. " " .. place .. " " .. place)
    assert.equal(1, status, output)
    local expected = place .. ", old, 1 connection\n  warning  tls10: TLS 1.0 with"
      .. " TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA (RFC 8996)\n"
    assert.equal(expected .. expected, output)
  end)

  it("tells what a probe stated, in words", function()
    if not server then return pending("needs package openssl") end
    local output, status = run("alpn 127.0.0.1:" .. server.port)
    assert.equal(0, status, output)
    assert.matches("\n  alpn +[^\n]*h2, http/1%.1", output)
  end)

  it("trusts whom it is told to", function()
    if not server then return pending("needs package openssl") end
    local place = "--servername localhost 127.0.0.1:" .. server.port
    assert.matches("untrusted", (run("chain " .. place)))
    local output, status = run(("--ca %s chain %s"):format(peers.trust(), place))
    assert.equal(0, status, output)
    output, status = run("--ca /nowhere chain " .. place)
    assert.equal(2, status, output)
    assert.matches("/nowhere", output)
  end)

  it("gives JSON, a line for each server, with the evidence", function()
    if not server then return pending("needs package openssl") end
    local output, status = run("--json spec/examples/probe_alpn.lua localhost:" .. server.port)
    assert.equal(0, status, output)
    local result = cjson.decode(output)
    assert.equal(3, result.connections)
    local first, second = result.findings[1], result.findings[2]
    assert.same({ "speaks h2", "speaks http/1.1" }, { first.message, second.message })
    assert.same({ connection = 1, message = 4, name = "encrypted_extensions" }, first.evidence)
  end)

  it("gives facts and evidence as objects, also where there are none", function()
    local output, status = run "--json spec/examples/probe_alpn.lua 127.0.0.1:1"
    assert.equal(3, status, output)
    assert.match('"evidence":{},"facts":{},"findings":[]', output, 1, true)
  end)

  it("writes a capture that tshark decrypts", function()
    if not server then return pending("needs package openssl") end
    if not helper.have "tshark" then return pending("needs package tshark") end
    local file = peers.path "probe.pcapng"
    run(("--capture %s %s localhost:%d"):format(file, path, server.port))
    assert.matches("Server Hello Done", (helper.run("tshark -r " .. file)))
  end)

  it("says who cannot be reached", function()
    local output, status = run(path .. " 127.0.0.1:" .. helper.refused_port())
    assert.equal(3, status, output)
    assert.matches("failed   network_error: cannot connect", output)
  end)

  it("refuses what is no probe", function()
    local wrong = helper.write(peers.path "wrong.lua", "return {}")
    local output, status = run(wrong .. " localhost")
    assert.equal(2, status)
    assert.matches("does not return probe.define", output)
    helper.write(wrong, PROBE:gsub('"warning"', '"bad"'))
    output, status = run(wrong .. " localhost")
    assert.equal(2, status)
    assert.matches("finding tls10: severity is one of info, warning, error", output)
    output, status = run(path .. " localhost:99999")
    assert.equal(2, status, output)
  end)
end)
