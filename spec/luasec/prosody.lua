--- Prosody, unmodified but for one line of its configuration, and clients of its.

local helper = require "helper"
local peers = require "interop.peers"

local M = {}

local ROOT = helper.run("pwd"):gsub("%s+$", "")

local CONFIGURATION = [[
%(library)
run_as_root = true
daemonize = false
pidfile = "%(directory)/pid"
data_path = "%(directory)/data"
certificates = "%(directory)/certs"
log = { { levels = { min = "debug" }, to = "console" } }
interfaces = { "127.0.0.1" }
c2s_ports = { %(starttls) }
c2s_direct_tls_ports = { %(direct) }
s2s_ports = { %(s2s) }
http_ports = { }
https_ports = { %(https) }
modules_enabled = { "saslauth", "tls", "bosh", "ping" }
modules_disabled = { "offline" }
authentication = "internal_plain"
c2s_require_encryption = true
s2s_secure_auth = true
ssl = { cafile = "%(trust)" }
VirtualHost "%(host)"
]]

-- In place of the DNS: the server of every other host is at the port PEER.
local DNS = [[
package.preload["net.adns"] = function()
  local resolver = {}
  function resolver.lookup(_, give, name)
    local here = name:find "^_xmpp%-server"
    give(here and { { srv = { target = "127.0.0.1", port = tonumber(os.getenv "PEER") } } } or {})
  end
  return { resolver = function() return resolver end }
end
]]

local STREAM = "<?xml version='1.0'?><stream:stream to='%s' version='1.0' "
  .. "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>\n"
local LOGIN = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>"
  .. "AGFsaWNlAHNlY3JldA==</auth>\n" -- alice, secret

local function configure(options)
  local directory = helper.tempdir()
  local accounts = ("%s/data/%s/accounts"):format(directory, options.host:gsub("%.", "%%2e"))
  assert(select(2, helper.run(("mkdir -p %s/certs %s"):format(directory, accounts))) == 0)
  local chain, key = peers.files("rsa", { key_usage = { "digital_signature" },
    subject_alt_names = { "dns:" .. options.host } })
  local stem = ("%s/certs/%s"):format(directory, options.host)
  helper.write(stem .. ".crt", helper.read(chain))
  helper.write(stem .. ".key", helper.read(key))
  helper.write(accounts .. "/alice.dat", 'return { ["password"] = "secret" }\n')
  local values = {
    directory = directory, host = options.host, trust = peers.trust(),
    library = options.luasec and "" or 'require "wolfssl.luasec"',
    starttls = helper.free_port(), direct = helper.free_port(), https = helper.free_port(),
    s2s = options.s2s or helper.free_port(),
  }
  helper.write(directory .. "/prosody.cfg.lua", (CONFIGURATION:gsub("%%%((%w+)%)", values)))
  return values
end

--- Starts one.
-- @tparam table options `host`; `s2s`: its port for other servers; `peer`: theirs; `luasec`: true:
--   without ours
-- @treturn Process of `helper`, with its ports `starttls`, `direct`, `https`
function M.start(options)
  local values = configure(options)
  local process = helper.spawn(("PEER=%d LUA_PATH='%s/lua/?.lua;%s/lua/?/init.lua;;' "
    .. "LUA_CPATH='%s/build/5.4/?.so;;' exec lua5.4 -e %s /usr/bin/prosody -F --config "
    .. "%s/prosody.cfg.lua"):format(options.peer or 0, ROOT, ROOT, ROOT, helper.quote(DNS),
    values.directory))
  for name, value in pairs(values) do process[name] = value end
  for _ = 1, 4 do process:wait_for "Activated service '[%w_]+' on %[" end
  return process
end

--- A client that has logged in as alice: a process, whose output has each tag on a line of its own.
-- @tparam Process server
-- @string arguments of openssl s_client
function M.login(server, arguments)
  local client = helper.spawn(("openssl s_client -brief -verify_return_error -CAfile %s %s 2>&1"
    .. " | stdbuf -o0 tr '>' '\n'"):format(peers.trust(), arguments))
  client:wait_for("Verification: OK")
  client:send(STREAM:format(server.host))
  client:wait_for("^</stream:features")
  client:send(LOGIN)
  client:wait_for("^<success ")
  return client
end

--- Asks another server whether it is there.
-- @treturn string the answer's tag
function M.ping(client, server, other)
  client:send(STREAM:format(server.host))
  client:wait_for("^</stream:features")
  client:send("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>\n")
  client:wait_for("^</iq")
  client:send(("<iq type='get' id='ping' to='%s'><ping xmlns='urn:xmpp:ping'/></iq>\n")
    :format(other))
  return client:wait_for("^(<iq .*)$")
end

return M
