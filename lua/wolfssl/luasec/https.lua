--- `ssl.https`: LuaSocket's `socket.http` over TLS.
--
-- Unlike LuaSec's it verifies the server's certificate and name against the system's trusted roots,
-- unless `verify = "none"` says otherwise.
-- @module wolfssl.luasec.https

local connection = require "wolfssl.luasec.connection"
local newcontext = require "wolfssl.luasec.newcontext"

local M = { PORT = 443, TIMEOUT = 60, _VERSION = "1.3.2" }

local DEFAULTS = { protocol = "any", verify = "peer", options = "all" }

local function context_for(params)
  local cfg = { mode = "client" }
  for name, value in pairs(params) do
    if newcontext.is_option(name) and name ~= "mode" then cfg[name] = value end
  end
  for name, value in pairs(DEFAULTS) do
    if cfg[name] == nil then cfg[name] = value end
  end
  local ctx, message = newcontext.newcontext(cfg)
  if not ctx then return nil, message end
  -- As a flag "none" adds nothing to others; and others that only say how are no way out.
  if ctx.verify.peer or not ctx.verify.none then
    ctx.verify.peer, ctx.check_name = true, true
    if not cfg.cafile and not cfg.capath then ctx.system = true end
  end
  return ctx
end

local Socket = {}

-- What this does not have itself is asked of the TLS connection, or before that of the TCP socket.
function Socket:__index(name)
  if Socket[name] then return Socket[name] end
  local inner = rawget(self, "sock")
  local method = inner and inner[name]
  if type(method) ~= "function" then return method end
  return function(_, ...) return method(rawget(self, "sock"), ...) end
end

-- Of `request` it is `TIMEOUT` that counts, not socket.http's.
function Socket:settimeout(seconds, mode)
  if self.fixed then seconds, mode = M.TIMEOUT, nil end
  self.timeout = { seconds, mode }
  return self.sock:settimeout(seconds, mode)
end

function Socket:connect(host, port)
  local sock = self.sock
  local ok, message = sock:connect(host, port)
  if not ok then return nil, message end
  local tls
  tls, message = connection.create(self.context)
  if not tls then return nil, message end
  connection.setfd(tls, sock:getfd())
  sock:setfd(-1)
  self.sock = tls
  tls:sni(host)
  tls:settimeout(self.timeout[1], self.timeout[2])
  ok, message = tls:dohandshake()
  if ok then return 1 end
  tls:close()
  return nil, message
end

local function maker(params, fixed)
  local ctx, message = context_for(params)
  return function()
    if not ctx then return nil, message end
    local sock, why = require("socket").tcp()
    if not sock then return nil, why end
    sock:settimeout(M.TIMEOUT)
    return setmetatable({ sock = sock, context = ctx, timeout = { M.TIMEOUT }, fixed = fixed },
      Socket)
  end
end

--- What LuaSocket makes the sockets of https URLs with.
-- @tparam ?table params options of `ssl.newcontext`
-- @treturn function returns a socket whose `connect` does the handshake as well
function M.tcp(params)
  return maker(params or {}, false)
end

local function refused(params)
  local http = require "socket.http"
  if http.PROXY or params.proxy then return "proxy not supported" end
  if params.redirect then return "redirect not supported" end
  if params.create then return "create function not permitted" end
end

local function with_port(text)
  local url = require "socket.url"
  return url.build(url.parse(text, { port = M.PORT }))
end

local function perform(params, create)
  local request = {}
  for name, value in pairs(params) do request[name] = value end
  request.url, request.create = with_port(params.url), create
  if request.redirect == nil then request.redirect = false end
  return require("socket.http").request(request)
end

local function simple(url, body)
  local ltn12 = require "ltn12"
  local parts = {}
  local params = { url = url, method = body and "POST" or "GET", sink = ltn12.sink.table(parts) }
  if body then
    params.source = ltn12.source.string(body)
    params.headers = {
      ["content-length"] = #body, ["content-type"] = "application/x-www-form-urlencoded",
    }
  end
  return params, parts
end

--- A request over HTTPS.
-- @tparam string|table url or LuaSocket's table, with the options of `ssl.newcontext`
-- @tparam ?string body makes it a POST
-- @treturn[1] string|int the body, or 1 for a table
-- @treturn[1] int code
-- @treturn[1] table headers
-- @treturn[1] string status line
-- @treturn[2] nil
-- @treturn[2] string message
function M.request(url, body)
  local params, parts = url, nil
  if type(url) == "string" then params, parts = simple(url, body) end
  local message = refused(params)
  if message then return nil, message end
  local result, code, headers, status = perform(params, maker(params, true))
  if result and parts then return table.concat(parts), code, headers, status end
  return result, code, headers, status
end

return M
