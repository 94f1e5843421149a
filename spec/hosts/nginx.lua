--- An nginx of the spec's own, with Lua in it.

local blocking = require "wolfssl.transport.blocking"
local helper = require "helper"

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
  local process = helper.spawn(("exec nginx -p %s -c %s"):format(directory, path))
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

--- Asks for a page over plain HTTP: all that comes back after the head, and the head.
function M.get(port, path, timeout)
  local t = assert(blocking.connect("127.0.0.1", port, timeout or 50))
  assert(t:write(("GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n"):format(path)))
  local head, body = helper.read_all(t, timeout):match "^(.-\r\n)\r\n(.*)$"
  t:close()
  return body, head
end

return M
