--- A connection without I/O: ciphertext and plaintext go in and out, and somebody else does the
-- waiting.
--
-- It is an object of the core, where its methods are described; here it learns what Lua is for:
-- names of code points, and handlers. One that has neither handlers nor a recorder runs no Lua.
--
-- Every record passes a gate before wolfSSL sees it. The gate refuses, with the fitting alert, what
-- some wolfSSL would accept: suites and versions that were not offered, anonymous and NULL suites,
-- a ServerHello without a key share, key shares that are not of their group, data after a hello,
-- records too short for their tag, plaintext records among protected ones.
-- @module wolfssl.connection

local core = require "wolfssl.core"
local driver = require "wolfssl.connection.driver"
local options_of = require "wolfssl.options"
local alert = require "wolfssl.tls.registry.alert"
local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local named_group = require "wolfssl.tls.registry.named_group"
local signature_scheme = require "wolfssl.tls.registry.signature_scheme"
local version = require "wolfssl.tls.registry.version"

local new = core.connection

local M = {}

-- The error "alert_received" has such an entry for its detail.
setmetatable(core.alerts, { __index = function(_, value) return alert:entry(value) end })

-- And "decode_error" where in which message, if that can be told.
setmetatable(core.faults, { __index = function(_, undecoded)
  return require("wolfssl.connection.fault").find(undecoded)
end })

--- @type Connection
local Connection = core.connection_methods
local facts = Connection.facts

local NAMED = {
  version = version, cipher_suite = cipher_suite, group = named_group,
  signature_scheme = signature_scheme, client_signature_scheme = signature_scheme,
  alert_sent = alert, alert_received = alert,
}

--- What is known of the connection by now.
-- @treturn table `version`, `cipher_suite`, `group`, `signature_scheme` (of the server's
--   signature), `client_signature_scheme`, `alert_sent`, `alert_received`: entries
--   `{value=, name=, …}` or nil; `staple_refused`: why the response that this connection had the
--   function `staple` asked for is not sent, or nil; the others as of `facts`
function Connection:info()
  local info = facts(self)
  info.staple_refused = self.staple_refused
  for field, registry in pairs(NAMED) do
    if info[field] then info[field] = registry:entry(info[field]) end
  end
  return info
end

local OPTIONS = {
  server_name = "string", session = "userdata", send_server_name = "boolean", trace = "boolean",
  port = "number", session_key = "string", trust = "userdata",
}

local function check(options)
  for name, value in next, options do
    if type(value) ~= OPTIONS[name] then options_of.check(options, OPTIONS, "a connection", 4) end
  end
end

-- As they are now, and as the core has them.
local function copy_names(names)
  local copy = {}
  for name, context in pairs(names) do copy[name:lower()] = context end
  return copy
end

--- What the options of a context ask of each of its connections.
-- @tparam table options
-- @tparam string role "client" or "server"
-- @treturn table|boolean the options with `modules` of `wolfssl.connection.driver`, `trace` and
--   whether it is a `server`; false when they ask nothing
function M.handlers(options, role)
  local modules = driver.modules(options)
  if not modules and not options.trace then return false end
  local handlers = {}
  for name, value in pairs(options) do handlers[name] = value end
  if options.names then handlers.names = copy_names(options.names) end
  handlers.modules, handlers.server = modules, role == "server"
  return handlers
end

local function drive(connection, handlers, options)
  if handlers and handlers.modules then driver.attach(connection, handlers, options) end
  if options and options.trace or handlers and handlers.trace then
    require("wolfssl.trace.recorder").record(connection)
  end
end

--- Makes a connection.
-- @tparam table context its `core`, and what `handlers` made of its options in `handlers`
-- @tparam ?table options `server_name`: whom a client must reach, a host name or an IP address;
--   `send_server_name`: false to keep it from the wire; `session`: to resume, ignored when it was
--   made under another policy; `port` or `session_key`: under which the context's store of sessions
--   has those of this server, besides its name; `trust`: whom to trust instead, what
--   `wolfssl.trust` returns; `trace`: true to record it: then its field `recorder` is one, see
--   `wolfssl.trace.recorder`
-- @treturn Connection
function M.new(context, options)
  local connection, others = new(context.core, options)
  local handlers = context.handlers
  if others then check(options) end
  if handlers or others then drive(connection, handlers, options) end
  return connection
end

return M
