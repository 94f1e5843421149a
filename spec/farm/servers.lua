--- Servers with settings of one's choice, each a process with a `port` on 127.0.0.1.

local helper = require "helper"
local peers = require "interop.peers"
local pki = require "pki"
local wolfssl = require "wolfssl"

local M = {}

local unpack = table.unpack or unpack   -- luacheck: ignore

local files = 0

--- Writes a file that nobody else writes; its path.
function M.file(bytes)
  files = files + 1
  return helper.write(peers.path("farm" .. files), bytes)
end

local function pem(chain)
  local parts = {}
  for i, der in ipairs(chain) do parts[i] = wolfssl.certificate(der):pem() end
  return table.concat(parts)
end

--- Paths of a leaf alone, what stands above it in the chain, both together, and the key; `list` of
-- the chain's DER, and `alone`, that of the leaf.
-- @tparam string kind of key
-- @tparam ?table options `fields` of the leaf, see pki.leaf; `above`: list in place of the
-- intermediate
function M.identity(kind, options)
  options = options or {}
  local chain, key = pki.leaf(kind, options.fields)
  local list = { chain[1] }
  for i, der in ipairs(options.above or { pki.middle }) do list[i + 1] = der end
  return { leaf = M.file(pem { chain[1] }), above = M.file(pem { select(2, unpack(list)) }),
    chain = M.file(pem(list)), key = M.file(key:pem()), list = list, alone = { chain[1] },
    kind = kind }
end

--- `openssl s_server`.
-- @tparam string arguments
-- @tparam ?table identity default RSA
-- @tparam ?table second of another kind
-- @tparam[opt="-www"] string service
function M.openssl(arguments, identity, second, service)
  identity = identity or M.identity "rsa"
  local extra = second and ("-dcert %s -dcert_chain %s -dkey %s"):format(second.leaf, second.above,
    second.key) or ""
  local above = helper.read(identity.above) ~= "" and "-cert_chain " .. identity.above or ""
  return peers.openssl_server(("%s -cert %s %s -key %s %s %s"):format(service or "-www",
    identity.leaf, above, identity.key, extra, arguments))
end

--- `gnutls-serv`.
function M.gnutls(arguments, identity)
  identity = identity or M.identity "rsa"
  return peers.gnutls_server(("--http --x509certfile=%s --x509keyfile=%s %s"):format(
    identity.chain, identity.key, arguments))
end

--- Our own, `spec/examples/tls_server.lua`.
function M.wolfssl(arguments, identity)
  identity = identity or M.identity "rsa"
  local process = helper.spawn(("%s spec/examples/tls_server.lua --port 0 --cert %s --key %s %s")
    :format(helper.interpreter(), identity.chain, identity.key, arguments))
  process.port = tonumber(process:wait_for "^listening on (%d+)$")
  return process
end

-- Peers that cannot choose a port themselves are started again when somebody else took theirs.
local function with_port(start)
  local err
  for _ = 1, 5 do
    local port = helper.free_port()
    local process, ready = start(port)
    local ok
    ok, err = pcall(process.wait_for, process, ready)
    process.port = port
    if ok then return process end
    process:finish()
  end
  error(err, 2)
end

local NGINX = [[
daemon off; master_process off; worker_processes 1;
error_log stderr notice; pid ${directory}/pid;
events { worker_connections 512; }
http {
  access_log off;
  client_body_temp_path ${directory}; proxy_temp_path ${directory};
  fastcgi_temp_path ${directory}; uwsgi_temp_path ${directory}; scgi_temp_path ${directory};
  server {
    listen 127.0.0.1:${port} ssl ${listen};
    ssl_certificate ${chain}; ssl_certificate_key ${key};
    ${settings}
    location / { return 200 "hello\n"; }
  }
}
]]

--- nginx with its own TLS.
-- @tparam string settings directives of a server
-- @tparam ?table identity
-- @tparam ?string listen words behind `listen … ssl`
function M.nginx(settings, identity, listen)
  identity = identity or M.identity "rsa"
  local directory = helper.tempdir()
  return with_port(function(port)
    local parts = { directory = directory, port = port, chain = identity.chain,
      key = identity.key, settings = settings, listen = listen or "" }
    local path = helper.write(directory .. "/nginx.conf", (NGINX:gsub("%${(%l+)}", parts)))
    return helper.spawn(("exec nginx -p %s -c %s"):format(directory, path)), "getrlimit"
  end)
end

local STUNNEL = [[
foreground = yes
debug = 5
pid =
[farm]
accept = 127.0.0.1:%d
exec = /bin/cat
cert = %s
key = %s
%s
]]

--- stunnel.
-- @tparam string settings lines of a service
function M.stunnel(settings, identity)
  identity = identity or M.identity "rsa"
  return with_port(function(port)
    local path = M.file(STUNNEL:format(port, identity.chain, identity.key, settings))
    return helper.spawn("exec stunnel4 " .. path), "Configuration successful"
  end)
end

return M
