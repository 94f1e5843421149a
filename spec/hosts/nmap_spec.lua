-- nmap's Lua is 5.3, whichever runs the specs: once is enough.

local helper = require "helper"
local inside = require "hosts.inside"
local matrix = require "hosts.matrix"
local peers = require "interop.peers"

if _VERSION ~= "Lua 5.4" then return end

local BUILD = "build/5.3"

describe("nmap:", function()
  if not helper.have "nmap" then
    pending "needs package nmap"
    return
  elseif not helper.exists(BUILD .. "/wolfssl/core.so") then
    pending "needs make build LUA=lua5.3"
    return
  end

  local server, port

  setup(function()
    local words = { package.path, package.cpath, peers.files "secp256r1" }
    for i, word in ipairs(words) do words[i] = helper.quote(word) end
    server = helper.spawn(("exec %s spec/hosts/nse_server.lua %s"):format(helper.interpreter(),
      table.concat(words, " ")))
    port = server:wait_for "^port (%d+)$"
  end)

  teardown(function()
    if server then server:stop() end
    peers.cleanup()
    helper.cleanup()
  end)

  local function run(script, arguments, other)
    return helper.run((
      "LUA_PATH='lua/?.lua;lua/?/init.lua;;' LUA_CPATH='%s/?.so;;' timeout -k 1 60 nmap -Pn -n -sT"
      .. " --unprivileged --max-parallelism 250 -p %s --script %s %s localhost"):format(BUILD,
      other or port, script, arguments or ""))
  end

  it("a socket keeps the contract of all transports, as far as a client goes", function()
    local output = run("./spec/hosts/client.nse", "--script-args trust=" .. peers.trust())
    local facts = inside.facts(output)
    assert.equal(tonumber(output:match "\nend of (%d+)\n"), #facts, output)
    for _, fact in ipairs(facts) do
      assert.is_true(fact[2], output)
      matrix.note("nmap NSE", fact[3])
    end
  end)

  it("a probe file runs as it is", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local peer = peers.openssl_server("-www -alpn http/1.1,h2 "
      .. peers.identity("openssl", "secp256r1"))
    local output = run("./spec/examples/probe.nse",
      "--script-args probe=spec/examples/probe_alpn.lua", peer.port)
    peer:stop()
    assert.match("| probe: \n|   speaks http/1.1\n|_  speaks h2\n", output, 1, true)
  end)

  it("the example works", function()
    local code = helper.read "spec/examples/tls-suite.nse"
    local first, last = code:find("timeout = 10", 1, true)
    code = code:sub(1, last) .. (", trust = %q"):format(peers.trust()) .. code:sub(last + 1)
    assert.is_number(first)
    local output = run(helper.write(helper.tempdir() .. "/tls-suite.nse", code))
    assert.matches("|_tls%-suite: TLS 1.3, TLS_%w+", output)
  end)
end)
