--- Servers and proxies for specs of wolfssl.https, as processes on 127.0.0.1.

local helper = require "helper"
local pki = require "pki"
local socket = require "socket"
local wolfssl = require "wolfssl"

local M = {}

local directory

--- A path among the files of this run.
function M.path(name)
  return directory .. "/" .. name
end

local function pem(chain)
  local text = ""
  for _, der in ipairs(chain) do text = text .. wolfssl.certificate(der):pem() end
  return text
end

--- Makes the files that all of them need.
function M.setup()
  directory = helper.tempdir()
  helper.run(("chmod 755 %s; mkdir %s/www %s/scratch; chmod 777 %s/www %s/scratch")
    :format(directory, directory, directory, directory, directory))
  local chain, key = pki.leaf "secp256r1"
  helper.write(M.path "chain.pem", pem(chain))
  helper.write(M.path "key.pem", key:pem())
  helper.write(M.path "both.pem", pem(chain) .. key:pem())
  helper.write(M.path "ca.pem", pem { pki.root })
end

local function is_root() return helper.run "id -u":match "%d+" == "0" end

-- Ready once its port answers.
local function wait_for(port, process)
  for _ = 1, 4000 do
    local s = socket.connect("127.0.0.1", port)
    if s then return s:close() end
    helper.run "timeout 0.05 tail -f /dev/null"
  end
  error("nobody listens:\n" .. process:stop())
end

local NGINX = [[
daemon off;
master_process off;
pid @/nginx.pid;
error_log stderr;
events {}
http {
  access_log @/access.log;
  client_body_temp_path @/scratch/body;
  proxy_temp_path @/scratch/proxy;
  fastcgi_temp_path @/scratch/fastcgi;
  uwsgi_temp_path @/scratch/uwsgi;
  scgi_temp_path @/scratch/scgi;
  root @/www;
  dav_methods PUT DELETE;
  client_max_body_size 8m;
  access_log off;
  server {
    listen 127.0.0.1:%d ssl http2;
    server_name localhost;
    ssl_certificate @/chain.pem;
    ssl_certificate_key @/key.pem;
    location / { }
    location /chunked/ { ssi on; ssi_types *; alias @/www/; }
    location /hello { return 200 "hello $http_authorization $http_cookie"; }
    location /connection { return 200 "$connection"; }
    location /moved { return 301 /hello; }
    location /relative/page { absolute_redirect off; return 302 ../hello?x=1; }
    location /forever { return 302 /forever; }
    location /plain { return 302 http://localhost:%d/hello; }
    location /elsewhere { return 302 https://127.0.0.1:%d/hello; }
    location /post { return 303 /hello; }
    location /again { return 307 /string; }
    location /small { client_max_body_size 10; dav_methods PUT; }
    location /empty { return 204; }
  }
  server {
    listen 127.0.0.1:%d;
    location /hello { return 200 "plain"; }
  }
}
]]

--- What is missing on this machine, or nil.
function M.missing(...)
  for _, program in ipairs { ... } do
    if not helper.have(program) then return "needs package " .. program end
  end
end

--- Starts nginx: fields `port` (https) and `plain_port`.
function M.nginx()
  local port, plain = helper.free_port(), helper.free_port()
  helper.write(M.path "nginx.conf", (NGINX:format(port, plain, port, plain):gsub("@", directory)))
  local process = helper.spawn(("nginx -c %s -p %s"):format(M.path "nginx.conf", directory)
    .. (is_root() and " -g 'user root;'" or ""))
  process.port, process.plain_port = port, plain
  wait_for(port, process)
  return process
end

local TINYPROXY = [[
Port %d
Listen 127.0.0.1
Allow 127.0.0.1
LogFile "@/tinyproxy.log"
%s
]]

--- Starts tinyproxy: field `port`.
-- @tparam ?string more lines of its configuration
function M.tinyproxy(more)
  local port = helper.free_port()
  local name = ("tinyproxy%d.conf"):format(port)
  helper.write(M.path(name), (TINYPROXY:format(port, more or ""):gsub("@", directory)))
  local process = helper.spawn("tinyproxy -d -c " .. M.path(name))
  process.port = port
  wait_for(port, process)
  return process
end

local HAPROXY = [[
defaults
  mode tcp
  timeout connect 10s
  timeout client 30s
  timeout server 30s
listen front
  bind 127.0.0.1:%d ssl crt @/both.pem alpn http/1.1
  server proxy 127.0.0.1:%d
]]

--- Puts TLS in front of a port: field `port`.
function M.haproxy(behind)
  local port = helper.free_port()
  helper.write(M.path "haproxy.cfg", (HAPROXY:format(port, behind):gsub("@", directory)))
  local process = helper.spawn("haproxy -db -f " .. M.path "haproxy.cfg")
  process.port = port
  wait_for(port, process)
  return process
end

return M
