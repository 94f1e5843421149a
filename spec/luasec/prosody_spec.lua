-- Prosody, unmodified but for one line of its configuration, with openssl s_client, curl and other
-- Prosodies. Its Lua is 5.4, whichever runs the specs: once is enough.

local helper = require "helper"
local peers = require "interop.peers"
local prosodies = require "luasec.prosody"

if _VERSION ~= "Lua 5.4" then return end

describe("wolfssl.luasec in Prosody", function()
  local prosody

  setup(function()
    if helper.have "prosody" then prosody = prosodies.start { host = "localhost" } end
  end)
  teardown(function()
    if prosody then prosody:stop() end
    peers.cleanup()
  end)

  for _, version in ipairs { "1.2", "1.3" } do
    local flag = "-tls" .. version:gsub("%.", "_")

    it("logs in over direct TLS " .. version, function()
      if not prosody then return pending("needs package prosody") end
      local output = prosodies.login(prosody, ("%s -connect 127.0.0.1:%d -servername localhost"
        .. " -alpn xmpp-client"):format(flag, prosody.direct)):stop()
      assert.matches("Protocol version: TLSv" .. version, output, 1, true)
      assert.are.equal(version == "1.2", output:find("SCRAM-SHA-1-PLUS", 1, true) ~= nil)
      prosody:wait_for("Stream encrypted %(TLSv" .. version)
    end)

    it("logs in after STARTTLS with TLS " .. version, function()
      if not prosody then return pending("needs package prosody") end
      local output = prosodies.login(prosody, ("%s -starttls xmpp -xmpphost localhost"
        .. " -connect 127.0.0.1:%d"):format(flag, prosody.starttls)):stop()
      assert.matches("Protocol version: TLSv" .. version, output, 1, true)
      prosody:wait_for("Stream encrypted %(TLSv" .. version)
    end)

    it("serves https with TLS " .. version, function()
      if not prosody then return pending("needs package prosody") end
      local output, status = helper.run(("curl -sS --tlsv%s --tls-max %s --cacert %s --resolve "
        .. "localhost:%d:127.0.0.1 https://localhost:%d/http-bind"):format(version, version,
        peers.trust(), prosody.https, prosody.https))
      assert.are.equal(0, status)
      assert.matches("BOSH", output)
    end)
  end
end)

describe("wolfssl.luasec in Prosodies that talk with each other", function()
  teardown(peers.cleanup)

  -- A question opens a stream from a to b, its answer one from b to a: each is server and client,
  -- shows its certificate and verifies the other's.
  for _, luasec in ipairs { "neither side", "a", "b" } do
    it("trusts, and is trusted, with LuaSec on " .. luasec, function()
      if not helper.have "prosody" then return pending "needs package prosody" end
      local ports = { a = helper.free_port(), b = helper.free_port() }
      local a = prosodies.start { host = "a.example", s2s = ports.a, peer = ports.b,
        luasec = luasec == "a" }
      local b = prosodies.start { host = "b.example", s2s = ports.b, peer = ports.a,
        luasec = luasec == "b" }
      local client = prosodies.login(a, ("-servername a.example -connect 127.0.0.1:%d"):format(
        a.direct))
      local answer = prosodies.ping(client, a, "b.example")
      client:stop()
      local logs = { a:stop(), b:stop() }
      assert.matches("type='result'", answer)
      assert.matches("from='b.example'", answer)
      for _, log in ipairs(logs) do
        for _, way in ipairs { "s2sin", "s2sout" } do
          assert.matches(way .. "%x+%s+info%s+Stream encrypted %(TLSv1.3", log)
          assert.matches(way .. "%x+%s+debug%s+certificate chain validation result: valid", log)
          assert.matches(way .. "%x+%s+debug%s+certificate identity validation result: valid", log)
        end
      end
    end)
  end
end)
