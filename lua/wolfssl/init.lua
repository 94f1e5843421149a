--- TLS for Lua on wolfSSL.
--
--     local wolfssl = require "wolfssl"
--     local stream = assert(wolfssl.connect("example.org", 443))
--     stream:send("GET / HTTP/1.0\r\nHost: example.org\r\n\r\n")
--     print(stream:receive("*a"))
--
-- What the world does wrong comes back as `nil, message, code[, detail]`; the codes are those of
-- `wolfssl.errors`. The caller's mistakes raise.
-- @module wolfssl

local core = require "wolfssl.core"
local connection = require "wolfssl.connection"
local context = require "wolfssl.context"
local staple = require "wolfssl.context.staple"
local tickets = require "wolfssl.context.tickets"
local stream = require "wolfssl.stream"
local transports = require "wolfssl.transport"
local verify = require "wolfssl.verify"

local M = {}

--- Versions of this module (`module`) and of wolfSSL, at build time (`compiled`) and now
-- (`wolfssl`).
M.version = core.version

--- What this build of wolfSSL can do: `aesni`, `sp_asm`, `early_data`, `mlkem`.
M.capabilities = core.capabilities

--- Reads one certificate from DER or PEM.
-- @function certificate
-- @tparam string bytes
-- @treturn[1] userdata certificate
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string "decode_error"
-- @treturn[2] table `{path, offset}`
M.certificate = core.certificate

--- Reads all certificates of a PEM text.
-- @function certificates
-- @tparam string pem
-- @treturn[1] {userdata,...}
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string "decode_error"
M.certificates = core.certificates

--- Whom to trust, built once for any number of chains: see `wolfssl.verify`.
-- @function trust
-- @tparam ?string|userdata|table what
-- @tparam ?{string,...} pins
-- @treturn[1] userdata trust
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
M.trust = verify.trust

--- Reads a certificate revocation list, DER or PEM.
-- @function crl
-- @tparam string bytes
-- @treturn[1] userdata crl
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string "decode_error"
M.crl = core.crl

--- Verifies a chain of certificates offline: see `wolfssl.verify`.
-- @function verify
-- @tparam string|table chain
-- @tparam ?table options
-- @treturn[1] {ok=boolean,anchored=boolean,path=table,errors=table}
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
M.verify = verify.chain

--- Opens a session that `session:export` sealed.
-- @function session
-- @tparam string sealed
-- @tparam string key 32 bytes
-- @treturn[1] userdata session
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string "decode_error"
M.session = core.session

--- What many connections share.
-- @type Context
local Context = {}
Context.__index = Context

--- Makes a connection without I/O.
-- @tparam ?table options `server_name` (clients must give it), `send_server_name`, `session`,
--   `port` or `session_key`
-- @treturn Connection see `wolfssl.connection`
-- @function Context:connection
Context.connection = connection.new

local function check_options(options)
  if options ~= nil and type(options) ~= "table" then
    error("options: table expected, got " .. type(options), 3)
  end
end

--- Puts TLS on a connected socket. The handshake is done by the first call that needs it.
-- @param socket a LuaSocket TCP object, a cqueues.socket, what copas wrapped, a handle of luv, a
--   descriptor, another stream, or a transport: see `wolfssl.transport`
-- @tparam ?table options those of `connection`, and `timeout` in seconds for each call, `received`:
--   ciphertext that was read already
-- @treturn stream see `wolfssl.stream`
function Context:wrap(socket, options)
  check_options(options)
  local of_connection, of_stream = {}, {}
  for name, value in pairs(options or {}) do
    local part = (name == "timeout" or name == "received") and of_stream or of_connection
    part[name] = value
  end
  local inner = self:connection(of_connection)
  return stream.new(inner, transports.of(socket), of_stream)
end

--- Changes a server's ticket keys, also while it has connections: the first seals from now on, and
-- tickets that one of the others sealed are still good.
-- @tparam {string,...} keys 1 to 8 of 48 bytes (16 of name, 32 of key)
function Context:set_ticket_keys(keys)
  local ok, bytes = pcall(tickets.keys, keys)
  if not ok then error(bytes, 2) end
  self.core:set_ticket_keys(bytes)
end

--- Frees the context once its connections are gone.
function Context:close()
  self.core:close()
end

Context.__close = Context.close

function Context:__tostring()
  return (tostring(self.core):gsub("^wolfssl%.context", "wolfssl context"))
end

local function build(role, options)
  local inner, message, code = context.new(role, options)
  if not inner then return nil, message, code end
  local handlers = connection.handlers(options, role)
  if handlers and role == "server" then
    handlers.staples = staple.sources(inner, context.identities(options))
  end
  return setmetatable({ core = inner, role = role, handlers = handlers }, Context)
end

--- Makes a client context: it verifies servers against the system's trusted roots unless told
-- otherwise.
-- @tparam ?table options see `wolfssl.context`; a wrong one raises
-- @treturn[1] Context
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
function M.client(options)
  return build("client", options or {})
end

--- Makes a server context.
-- @tparam table options see `wolfssl.context`; a wrong one raises
-- @treturn[1] Context
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
function M.server(options)
  return build("server", options or {})
end

local OF_CONNECT = { context = true, server_name = true, send_server_name = true, session = true,
  session_key = true, starttls = true, timeout = true, transport = true }

-- Options of a connection that a context has, too.
local OF_EITHER = { trust = true, trace = true }

local function split(options)
  local of_connect, of_context = {}, {}
  for name, value in pairs(options or {}) do
    local own = OF_CONNECT[name] or OF_EITHER[name] and options.context
    local part = own and of_connect or of_context
    part[name] = value
  end
  if of_connect.context and next(of_context) ~= nil then
    error(("option '%s' belongs to the context, and there is one already"):format(next(of_context)),
      3)
  end
  return of_connect, of_context
end

-- Before anything is opened.
local function check_connect(host, port, options)
  local timeout, client, number = options.timeout, options.context, tonumber(port)
  if type(host) ~= "string" then error("host: string expected, got " .. type(host), 3) end
  if not number or number % 1 ~= 0 or number < 0 or number > 65535 then
    error("port: a whole number from 0 to 65535 expected, got " .. tostring(port), 3)
  end
  if timeout ~= nil and not (type(timeout) == "number" and timeout >= 0) then
    error("option 'timeout': seconds expected, got " .. tostring(timeout), 3)
  end
  if client ~= nil and (type(client) ~= "table" or client.role ~= "client") then
    error("option 'context': a client context expected", 3)
  end
  if options.starttls ~= nil then require("wolfssl.starttls").check(options.starttls, 4) end
end

-- The TCP connection, and what is said on it before TLS begins, where the protocol wants that.
local function open(connect, host, port, options, left)
  local transport, message, code, detail = connect(host, port, options.timeout)
  if not transport or not options.starttls then return transport, message, code, detail end
  local ok
  ok, message, code = require("wolfssl.starttls").start(options.starttls, transport,
    { server_name = options.server_name or host, timeout = left() })
  if ok then return transport end
  transport:close()
  return nil, message, code
end

-- An option may be wrong all the same: then nothing stays open.
local function wrap(client, transport, options)
  local ok, s = pcall(client.wrap, client, transport, options)
  if ok then return s end
  transport:close()
  error(s, 0)
end

--- Connects over TCP and does the handshake. In a coroutine of cqueues or copas its loop goes on
-- meanwhile.
-- @tparam string host name or address; the server must prove to be it
-- @tparam int port
-- @tparam ?table options those of a client context, or `context` = one that exists, then also
--   `trust` and `trace` of this connection; `server_name`: when it is not host; `send_server_name`,
--   `session`, `session_key`: see `wolfssl.connection`;
--   `starttls`: the protocol in which to ask for TLS first, see `wolfssl.starttls`;
--   `timeout`: seconds for the connection with its handshake, and then for each call;
--   `transport`: how to connect and wait, such as "luv", see `wolfssl.transport`
-- @treturn[1] stream see `wolfssl.stream`
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
-- @treturn[2] detail
function M.connect(host, port, options)
  check_options(options)
  local of_connect, of_context = split(options)
  check_connect(host, port, of_connect)
  local connect = transports.choose(of_connect.transport).connect
  local client = of_connect.context
  local message, code, detail, transport, ok
  if not client then
    client, message, code = build("client", of_context)
    if not client then return nil, message, code end
  end
  local timeout, began = of_connect.timeout, core.fd.monotime()
  local function left() return timeout and math.max(timeout - (core.fd.monotime() - began), 0) end
  transport, message, code, detail = open(connect, host, port, of_connect, left)
  if not transport then return nil, message, code, detail end
  of_connect.server_name, of_connect.port = of_connect.server_name or host, tonumber(port)
  of_connect.context, of_connect.transport, of_connect.starttls = nil, nil, nil
  local s = wrap(client, transport, of_connect)
  ok, message, code, detail = s:handshake(left())
  if ok then return s end
  s:close()
  return nil, message, code, detail
end

return M
