-- Prosody, unmodified but for one line of its configuration, and openssl s_client.

local helper = require "helper"
local peers = require "interop.peers"

local CONFIGURATION = [[
require "wolfssl.luasec"
run_as_root = true
daemonize = false
pidfile = "%(directory)/pid"
data_path = "%(directory)/data"
certificates = "%(directory)/certs"
log = { { levels = { min = "debug" }, to = "console" } }
interfaces = { "127.0.0.1" }
c2s_ports = { %(starttls) }
c2s_direct_tls_ports = { %(direct) }
s2s_ports = { }
http_ports = { }
https_ports = { %(https) }
modules_enabled = { "saslauth", "tls", "bosh" }
modules_disabled = { "s2s", "offline" }
authentication = "internal_plain"
c2s_require_encryption = true
VirtualHost "localhost"
]]

local STREAM = "<?xml version='1.0'?><stream:stream to='localhost' version='1.0' "
  .. "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>\n"
local LOGIN = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>"
  .. "AGFsaWNlAHNlY3JldA==</auth>\n" -- alice, secret

local function configure()
  local directory = helper.tempdir()
  assert(select(2, helper.run(("cd %s && mkdir -p certs data/localhost/accounts")
    :format(directory))) == 0)
  local chain, key = peers.files("rsa", { key_usage = { "digital_signature" } })
  helper.write(directory .. "/certs/localhost.crt", helper.read(chain))
  helper.write(directory .. "/certs/localhost.key", helper.read(key))
  helper.write(directory .. "/data/localhost/accounts/alice.dat",
    'return { ["password"] = "secret" }\n')
  local values = {
    directory = directory, starttls = helper.free_port(), direct = helper.free_port(),
    https = helper.free_port(),
  }
  helper.write(directory .. "/prosody.cfg.lua", (CONFIGURATION:gsub("%%%((%w+)%)", values)))
  return values
end

local function start(values)
  local root = helper.run("pwd"):gsub("%s+$", "")
  local process = helper.spawn(("LUA_PATH='%s/lua/?.lua;%s/lua/?/init.lua;;' "
    .. "LUA_CPATH='%s/build/5.4/?.so;;' exec lua5.4 /usr/bin/prosody -F --config %s/prosody.cfg.lua"
    ):format(root, root, root, values.directory))
  process:wait_for("Certificates loaded")
  return process
end

-- A session up to its login; tags come on lines of their own.
local function session(arguments)
  local client = helper.spawn(("openssl s_client -brief -verify_return_error -CAfile %s %s 2>&1"
    .. " | stdbuf -o0 tr '>' '\\n'"):format(peers.trust(), arguments))
  client:wait_for("Verification: OK")
  client:send(STREAM)
  client:wait_for("^</stream:features")
  client:send(LOGIN)
  client:wait_for("^<success ")
  return client:stop()
end

describe("wolfssl.luasec in Prosody", function()
  local values, prosody

  setup(function()
    if not helper.have("prosody") then return end
    values = configure()
    prosody = start(values)
  end)
  teardown(function()
    if prosody then prosody:stop() end
    peers.cleanup()
  end)

  for _, version in ipairs { "1.2", "1.3" } do
    local flag = "-tls" .. version:gsub("%.", "_")

    it("logs in over direct TLS " .. version, function()
      if not prosody then return pending("needs package prosody") end
      local output = session(("%s -connect 127.0.0.1:%d -servername localhost -alpn xmpp-client")
        :format(flag, values.direct))
      assert.matches("Protocol version: TLSv" .. version, output, 1, true)
      assert.are.equal(version == "1.2", output:find("SCRAM-SHA-1-PLUS", 1, true) ~= nil)
      prosody:wait_for("Stream encrypted %(TLSv" .. version)
    end)

    it("logs in after STARTTLS with TLS " .. version, function()
      if not prosody then return pending("needs package prosody") end
      local output = session(("%s -starttls xmpp -xmpphost localhost -connect 127.0.0.1:%d")
        :format(flag, values.starttls))
      assert.matches("Protocol version: TLSv" .. version, output, 1, true)
      prosody:wait_for("Stream encrypted %(TLSv" .. version)
    end)

    it("serves https with TLS " .. version, function()
      if not prosody then return pending("needs package prosody") end
      local output, status = helper.run(("curl -sS --tlsv%s --tls-max %s --cacert %s --resolve "
        .. "localhost:%d:127.0.0.1 https://localhost:%d/http-bind"):format(version, version,
        peers.trust(), values.https, values.https))
      assert.are.equal(0, status)
      assert.matches("BOSH", output)
    end)
  end
end)
