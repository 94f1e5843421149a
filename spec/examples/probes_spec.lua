-- The examples of wolfssl.probe, and how short they are.

local helper = require "helper"
local peers = require "interop.peers"
local probe_file = require "wolfssl.probe.file"

local function lines_of(path)
  local count = 0
  for line in io.lines(path) do
    if line:find "%S" and not line:find "^%s*%-%-" then count = count + 1 end
  end
  return count
end

describe("spec/examples:", function()
  teardown(peers.cleanup)

  it("an ALPN probe in 15 lines", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local path = "spec/examples/probe_alpn.lua"
    assert.is_true(lines_of(path) <= 15, lines_of(path))
    local probe = assert(probe_file.load(path))
    for _, version in ipairs { "-tls1_2", "-tls1_3" } do
      local server = peers.openssl_server(("-www %s -alpn http/1.1,h2,mqtt %s"):format(version,
        peers.identity("openssl", "secp256r1")))
      local target = require("wolfssl.probe").target("127.0.0.1", server.port)
      local result = probe_file.run(probe, target)
      server:stop()
      local found = {}
      for i, finding in ipairs(result.findings) do found[i] = finding.message end
      assert.same({ "speaks http/1.1", "speaks h2", "speaks mqtt" }, found)
      assert.equal(4, result.connections)
      assert.is_nil(result.error)
    end
  end)

  it("a page over TLS 1.3, message by message, in 20 lines", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local path = "spec/examples/probe_get.lua"
    assert.is_true(lines_of(path) <= 20, lines_of(path))
    local server = peers.openssl_server("-www " .. peers.identity("openssl", "secp256r1"))
    local output, status = helper.run(("LUA_PATH=%s LUA_CPATH=%s timeout 30 %s %s localhost %d")
      :format(helper.quote(package.path), helper.quote(package.cpath), helper.interpreter(), path,
        server.port))
    server:stop()
    assert.equal(0, status, output)
    assert.matches("^TLS_AES_128_GCM_SHA256\t2 certificates\nHTTP/1.0 200 ok", output)
  end)
end)
