--- An nginx of the spec's own, with Lua in it.

local blocking = require "wolfssl.transport.blocking"
local helper = require "helper"
local peers = require "interop.peers"

local M = {}

local MODULES = "/usr/lib/nginx/modules/"
local RESTY = os.getenv "WOLFSSL_RESTY" -- a directory with further libraries, such as resty.redis

local CONFIGURATION = [[
load_module ${modules}ndk_http_module.so;
load_module ${modules}ngx_http_lua_module.so;
${load}
daemon off;
master_process ${master};
worker_processes ${workers};
${user}
error_log stderr notice;
pid ${directory}/pid;
events { worker_connections 1024; }
${main}
http {
  access_log off;
  client_body_temp_path ${directory}/body;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
  lua_package_path "${path}";
  lua_package_cpath "${cpath}";
  lua_socket_log_errors off;
  lua_socket_buffer_size 17k;
  ${http}
  init_worker_by_lua_block { io.stderr:write("ready\n") }
  server {
    listen 127.0.0.1:${port} ${listen} backlog=512;
    ${server}
  }
}
]]

--- What is missing, or nil.
function M.missing()
  if not helper.have "nginx" then return "needs package nginx" end
  if not helper.exists(MODULES .. "ngx_http_lua_module.so") then
    return "needs package libnginx-mod-http-lua"
  end
end

--- Does Lua in it find this module?
function M.finds(module)
  local name = "/" .. module:gsub("%.", "/") .. ".lua"
  return helper.exists("/usr/share/lua/5.1" .. name)
    or RESTY ~= nil and helper.exists(RESTY .. name)
end

-- Another process may take a port before nginx does.
local function try(options, directory)
  local workers, id = options.workers or 1, helper.run("id -u"):match "%d+"
  local port, second = helper.free_port(), helper.free_port()
  local parts = {
    modules = MODULES, master = workers > 1 and "on" or "off", workers = workers,
    user = id == "0" and "user root;" or "", directory = directory, port = port, second = second,
    path = (RESTY and RESTY .. "/?.lua;" or "") .. package.path, cpath = package.cpath,
    load = options.load or "", main = options.main or "", http = options.http or "",
    listen = options.listen or "", server = options.server,
  }
  local path = helper.write(directory .. "/nginx.conf",
    (CONFIGURATION:gsub("%${(%l+)}", parts):gsub("%${(%l+)}", parts)))
  local process = helper.spawn(("exec nginx -p %s -c %s"):format(directory, path), nil, 150)
  process.port, process.second = port, second
  local ok, err = pcall(function()
    for _ = 1, workers do process:wait_for "^ready" end
  end)
  if ok then return process end
  process:finish()
  return nil, err
end

--- Starts one: a process of `helper` with `port`, and `second` for what the options listen on at
-- ${second}. Lua in it finds what the spec finds. The options are parts of the configuration:
-- `server` (locations), `http`, `main`, `load`, `listen`, `workers`.
function M.start(options)
  local directory, process, err = helper.tempdir(), nil, nil
  for _ = 1, 5 do
    process, err = try(options, directory)
    if process or not err:find("could not bind", 1, true) then break end
  end
  return process or error(err, 2)
end

local LOCATIONS = [[
  set $trust %s; set $chain %s; set $key %s; set $redis_port "%s"; set $redis_client "%s";
  location = /unrelated { return 200 "here"; }
  location ~ ^/(\w+)$ { content_by_lua_block { require("hosts.nginx.app")[ngx.var[1] ]() } }
]]

--- Starts one with the locations of app.lua, and such as are in `more`.
-- @treturn Process of `helper`
-- @treturn string file of the server's chain
-- @treturn string file of its key
function M.application(options)
  options = options or {}
  local chain, key = peers.files "secp256r1"
  options.server = (options.more or "") .. LOCATIONS:format(peers.trust(), chain, key,
    options.redis_port or "", options.redis_client or "")
  return M.start(options), chain, key
end

--- Asks for a page over plain HTTP: all that comes back after the head, and the head.
function M.get(port, path, timeout)
  local t = assert(blocking.connect("127.0.0.1", port, timeout or 50))
  assert(t:write(("GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n"):format(path)))
  local head, body = helper.read_all(t, timeout):match "^(.-\r\n)\r\n(.*)$"
  t:close()
  return body, head
end

--- Sends a request and the hello behind it at once, and goes on in TLS (RFC 2817): see app.lua.
-- @treturn stream
-- @treturn transport
function M.upgrade(port, context)
  local t = assert(blocking.connect("127.0.0.1", port, 50))
  local stream = context:wrap(t, { server_name = "localhost", session_key = "one", timeout = 50 })
  local connection = stream:connection()
  connection:handshake()
  assert(t:write("GET /upgraded HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
    .. "Upgrade: TLS/1.2\r\n\r\n" .. connection:data_to_send(), 50))
  local answer = ""
  repeat answer = answer .. assert(t:read(1, 50)) until answer:find "\r\n\r\n$"
  assert(answer:find "^HTTP/1.1 101 ", answer)
  assert(stream:handshake())
  return stream, t
end

return M
