--- A connection without I/O: ciphertext and plaintext go in and out, and somebody else does the
-- waiting.
-- It drives a connection of the core and adds what Lua is for: handlers, names for code points,
-- details of errors.
-- @module wolfssl.connection

local core = require "wolfssl.core"
local alert = require "wolfssl.tls.registry.alert"
local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local named_group = require "wolfssl.tls.registry.named_group"
local signature_scheme = require "wolfssl.tls.registry.signature_scheme"
local version = require "wolfssl.tls.registry.version"

-- Called as functions where it counts: Lua looks up a method of a userdata anew at every call.
local methods = core.connection_methods

local M = {}

local INTERNAL_ERROR = 80

--- @type Connection
local Connection = { on_secret = false, secrets_told = 0 }
Connection.__index = Connection

-- What a code alone does not say.
local function detail_of(self, code)
  if code == "certificate_invalid" then return self.core:verdict().errors end
  if code == "alert_received" then return alert:entry(self.core:info().alert_received) end
  if code == "rejected" then return self.handler_error end
end

local function failure(self, message, code)
  if code == "want_read" then return nil, message, code end
  return nil, message, code, detail_of(self, code)
end

-- What was raised may be anything, even something whose __tostring raises.
local function describe(err)
  local ok, text = pcall(tostring, err)
  return ok and type(text) == "string" and text or type(err)
end

-- Lines that on_secret has not had yet. Its error ends the connection: false.
local function tell_secrets(self)
  local lines = self.core:secrets()
  for i = self.secrets_told + 1, #lines do
    self.secrets_told = i
    local ok, err = pcall(self.on_secret, lines[i], self)
    if not ok then
      self.handler_error = err
      self.core:reject("on_secret raised: " .. describe(err), INTERNAL_ERROR)
      return false
    end
  end
  return true
end

--- Does what of the handshake can be done with the ciphertext that is there.
-- @treturn[1] boolean true: it is complete
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code: `want_read`, or why it failed
-- @treturn[2] detail `certificate_invalid`: list of `{depth, code, reason}`; `alert_received`: the
--   alert;
--   `rejected`: what the handler raised
function Connection:handshake()
  if self.complete then return true end
  local ok, message, code = methods.handshake(self.core)
  if self.on_secret and not tell_secrets(self) then
    ok, message, code = methods.handshake(self.core)
  end
  if not ok then return failure(self, message, code) end
  self.complete = true
  return true
end

--- Takes ciphertext from the network, in pieces of any size.
-- @tparam string bytes
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
function Connection:receive_data(bytes)
  return methods.receive_data(self.core, bytes)
end

--- Takes the peer's FIN. What came before it can still be read.
function Connection:receive_eof()
  return self.core:receive_eof()
end

--- Gives ciphertext for the network and forgets it.
-- @tparam ?int max at most so many bytes
-- @treturn string "" when there is none
function Connection:data_to_send(max)
  return methods.data_to_send(self.core, max)
end

--- Takes what a non-blocking descriptor has, without a Lua string in between.
-- @tparam int fd
-- @treturn[1] int number of bytes; 0 is the peer's FIN
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code `want_read` or `network_error`
function Connection:pull(fd)
  return methods.pull(self.core, fd)
end

--- Sends what a non-blocking descriptor takes, without a Lua string in between.
-- @tparam int fd
-- @treturn[1] int 0: everything is out
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code `want_write` or `network_error`
function Connection:push(fd)
  return methods.push(self.core, fd)
end

--- Reads plaintext: what one record holds. Does the handshake first where it is not complete.
-- @tparam[opt=16384] int max
-- @treturn[1] string one byte or more
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code: `want_read`; `closed` after the peer's close_notify; `truncated` without
--   one; …
-- @treturn[2] detail
function Connection:read(max)
  if not self.complete then
    local ok, message, code, detail = self:handshake()
    if not ok then return nil, message, code, detail end
  end
  local bytes, message, code = methods.read(self.core, max)
  if bytes then return bytes end
  return failure(self, message, code)
end

--- Encrypts plaintext, all of it. Does the handshake first where it is not complete.
-- @tparam string bytes
-- @tparam[opt=1] int i
-- @tparam[opt=-1] int j
-- @treturn[1] int j, as an index from the front
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code: `closed` after our own close_notify; …
-- @treturn[2] detail
function Connection:write(bytes, i, j)
  if not self.complete then
    local ok, message, code, detail = self:handshake()
    if not ok then return nil, message, code, detail end
  end
  local last, message, code = methods.write(self.core, bytes, i, j)
  if last then return last end
  return failure(self, message, code)
end

--- Ends our direction with a close_notify; the peer's goes on.
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
function Connection:shutdown()
  return self.core:shutdown()
end

local NAMED = {
  version = version, cipher_suite = cipher_suite, group = named_group,
    signature_scheme = signature_scheme,
  client_signature_scheme = signature_scheme, alert_sent = alert, alert_received = alert,
}

--- What is known of the connection by now.
-- @treturn table `version`, `cipher_suite`, `group`, `signature_scheme` (of the server's
--   signature),
--   `client_signature_scheme`, `alert_sent`, `alert_received`: entries `{value=, name=, …}` or nil;
--   `alpn`,
--   `server_name`: strings or nil; `resumed`, `extended_master_secret`, `open`: booleans;
--   `identity`: a server's
--   choice among its certificates; `ciphertext_received`, `ciphertext_sent`, `plaintext_received`,
--   `plaintext_sent`: bytes
function Connection:info()
  local info = self.core:info()
  for field, registry in pairs(NAMED) do
    if info[field] then info[field] = registry:entry(info[field]) end
  end
  return info
end

--- The peer's certificates as sent, the leaf first; also when they were refused.
-- @treturn {userdata,...}
function Connection:peer_certificates()
  return self.core:peer_certificates()
end

--- Our own certificates, the leaf first.
-- @treturn {userdata,...}
function Connection:local_certificates()
  return self.core:local_certificates()
end

--- What was found wrong with the peer's chain.
-- @treturn table `ok`, `errors` = list of `{depth, code, reason}`
function Connection:verdict()
  return self.core:verdict()
end

--- The session to resume next time. TLS 1.3: read first, the server gives it some time after the
-- handshake.
-- @treturn ?userdata session
function Connection:session()
  return self.core:session()
end

--- Keying material for the application.
-- @tparam string label
-- @tparam int length
-- @tparam ?string context
-- @treturn[1] string
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
-- @see RFC 5705
function Connection:export(label, length, context)
  return self.core:export(label, length, context)
end

--- What ties an authentication to this connection.
-- @tparam string kind "tls-exporter", "tls-unique" or "tls-server-end-point"
-- @treturn[1] string
-- @treturn[2] nil, when that kind is not defined or not safe here
-- @treturn[2] string message
-- @treturn[2] string code
-- @see RFC 5929
-- @see RFC 9266
function Connection:channel_binding(kind)
  return self.core:channel_binding(kind)
end

--- Frees the connection; nothing is sent.
function Connection:close()
  methods.close(self.core)
end

Connection.__close = Connection.close

function Connection:__tostring()
  return (tostring(self.core):gsub("^wolfssl%.connection", "wolfssl connection"))
end

local OPTIONS = {
  server_name = "string", session = "userdata", send_server_name = "boolean", trace = "boolean",
}

local function bad_option(name, value)
  if not OPTIONS[name] then
    error(("unknown option '%s' of a connection"):format(tostring(name)), 5)
  end
  error(("option '%s': %s expected, got %s"):format(name, OPTIONS[name], type(value)), 5)
end

local function check(options)
  for name, value in next, options do
    if type(value) ~= OPTIONS[name] then bad_option(name, value) end
  end
end

--- Makes a connection.
-- @tparam userdata context of the core
-- @tparam table handlers of the context's options: `on_secret`, `trace`
-- @tparam ?table options `server_name`: whom a client must reach, a host name or an IP address;
--   `send_server_name`:
--   false to keep it from the wire; `session`: to resume, ignored when it was made under another
--   policy; `trace`: true to record it: then its field `recorder` is one, see
--   `wolfssl.trace.recorder`
-- @treturn Connection
function M.new(context, handlers, options)
  local inner
  if options then
    check(options)
    inner = core.connection(context, options.server_name, options.send_server_name == false)
    if options.session then inner:use_session(options.session) end
  else
    inner = core.connection(context)
  end
  local connection = setmetatable({ core = inner, complete = false }, Connection)
  if handlers.on_secret then connection.on_secret = handlers.on_secret end
  if handlers.trace or options and options.trace then
    require("wolfssl.trace.recorder").record(connection)
  end
  return connection
end

return M
