local helper = require "helper"
local peers = require "interop.peers"

local function run(arguments)
  return helper.run(("%s lua/bin/wolfprobe capture %s"):format(helper.interpreter(), arguments))
end

describe("wolfprobe capture", function()
  local server

  setup(function()
    if not helper.have "openssl" then return end
    server = peers.openssl_server("-www " .. peers.identity("openssl", "rsa"))
  end)
  teardown(function()
    if server then server:stop() end
    peers.cleanup()
  end)

  local function missing()
    return not server and "needs package openssl"
      or not helper.have "tshark" and "needs package tshark"
  end

  local function shown(file)
    return helper.run(("tshark -r %s -Y tls.handshake.type==20 -T fields -e tcp.stream")
      :format(file))
  end

  it("records a handshake that tshark decrypts", function()
    if missing() then return pending(missing()) end
    local file = peers.path "one.pcapng"
    local output, status = run(("%s localhost:%d"):format(file, server.port))
    assert.equal(0, status, output)
    assert.equal("wrote " .. file .. ": 1 connection\n", output)
    assert.matches("0\n0\n", (shown(file)))
  end)

  it("records all connections of probes, with several servers", function()
    if missing() then return pending(missing()) end
    local file = peers.path "many.pcapng"
    local place = "localhost:" .. server.port
    local output, status = run(("%s %s %s --probes renegotiation"):format(file, place, place))
    assert.equal(0, status, output)
    local count = tonumber(output:match ": (%d+) connections\n")
    assert.is_true(count >= 4, output)
    local streams = helper.run(("tshark -r %s -Y 'tls.handshake.type==1' -T fields -e tcp.stream")
      :format(file))
    assert.matches(("\n%d\n"):format(count - 1), streams)
  end)

  it("says who cannot be reached", function()
    local output, status = run(peers.path "none.pcapng" .. " 127.0.0.1:" .. helper.refused_port())
    assert.equal(3, status, output)
    assert.matches("cannot connect", output)
  end)

  it("refuses what is no probe, and what cannot be written", function()
    local output, status = run("x localhost --probes nonsense")
    assert.equal(2, status, output)
    assert.is_false(helper.exists "x")
    if not server then return end
    output, status = run("/nowhere/x localhost:" .. server.port)
    assert.equal(2, status, output)
    assert.matches("/nowhere/x", output)
  end)
end)
