--- Handlers: options of a context that are functions of the application. They run in the coroutine
-- that drives the handshake, may yield, and the handshake goes on when they return.
--
--     wolfssl.server {
--       certificate = chain, key = key,
--       on_client_hello = function(hello, connection)
--         local context = redis:context_for(hello.server_name)    -- may wait
--         if not context then return nil, "unrecognized_name" end
--         return { context = context }
--       end,
--     }
--
-- One that raises ends the connection: the error is "rejected", its detail what was raised, and the
-- peer gets the alert internal_error. One that returns what it must not raises that to whoever
-- drives the connection, and ends it likewise. Neither is called again for this connection; where
-- it has failed before, that failure stays. One that closes the connection has its driver told
-- "closed". What a handler says can only narrow trust: what fails verification fails, whatever it
-- returns.
--
-- Those that look on (`on_message`, `on_session`, `on_secret`, `on_alert`) are no different, but
-- nobody looks at what they return: the connection waits until they do, and no longer. One that
-- yields holds it up, within the time limit of the handshake.
--
-- PUC Lua 5.1 cannot yield across pcall. There a handler has a coroutine of its own, whose yields
-- are passed on: it can wait on loops that go on with who yielded to them, not on luv or copas.
-- @module wolfssl.context.handlers

local M = {}

--- Handlers, and what servers decide by the ClientHello without one.
-- @table options
-- @field on_client_hello servers: function(hello, connection): called before anything is decided;
--   hello: the ClientHello as `wolfssl.tls.handshake` decodes it, with `server_name` (or nil) and
--   `alpn` (list of strings). Returns nothing; or nil and the name of an alert; or a table of
--   `context` (whose handlers take over), `certificate` with `key` and `password`, `alpn` (the
--   protocols for this client, one or a list), `psk` (`{identity=, key=, hash=}`, where the context
--   has pre-shared keys), `session` (what a store of sessions would give: the bytes of the session
--   that the client wants to resume; false: none, also from tickets)
-- @field on_server_certificate clients: function(chain, verdict, connection): called before wolfSSL
--   has the server's certificates. chain: certificates, the leaf first; verdict: as of
--   `connection:verdict`. Returns nothing or true; or nil, a reason, and the name of an alert, by
--   default certificate_unknown. When a session is resumed it gets the chain that belongs to it
-- @field on_client_certificate servers that `verify`, and those with `trust` that ask after the
--   handshake (`connection:request_certificate`): likewise; a client without a certificate has an
--   empty chain, where it need not have one: else it is refused without a question
-- @field on_certificate_request clients: function(request, connection): request:
--   `certificate_authorities` (list of names as of `certificate:subject()`, each with its `der`),
--   `signature_schemes` (entries), `certificate_types` (TLS 1.2: entries). Returns nothing; or a
--   table of `certificate`, `key` and `password`, used for this connection, whose session then
--   resumes no other: nobody shall pass for someone else. With `post_handshake_auth` it is also
--   called for each request after the handshake
-- @field on_message function(message, connection): each handshake message of both directions, once
--   it was sent or dealt with: `from` ("client", "server"), `name`, `message` (decoded), `bytes`,
--   `checks` of order: see `wolfssl.trace.observer`; signatures and Finished are wolfSSL's affair
-- @field on_psk function(identity, connection): see `wolfssl.connection.psk`
-- @field on_session clients: function(session, connection): each new session
-- @field on_secret function(line, connection): each line of an NSS key log as it arises
-- @field on_alert function(alert, connection): alert: `from` ("client", "server"), `value`, `name`
-- @field names servers: contexts by the name that a client asks for, exact (`"a.example"`) or with
--   a wildcard for the first label (`"*.b.example"`); for other names this context is used
-- @field strict_names servers: true: a client that asks for another name, or for none, is refused
-- @field max_client_hello servers: 65536 bytes, at most 131396; a longer ClientHello is refused.
--   Above 18462 bytes or 150 cipher suites wolfSSL, which reads no more, sees only what it knows;
--   handlers see all. A wolfSSL built without WOLF_CRYPTO_CB refuses it (`peer_incompatible`). One
--   of 64 KB costs some 300 KB until its handshake ends: a server that wants less says less

local function both(more)
  more.on_message = "function"
  more.on_psk, more.on_secret, more.on_alert = "function", "function", "function"
  return more
end

M.options = {
  client = both {
    on_server_certificate = "function", on_certificate_request = "function",
    on_session = "function",
  },
  server = both {
    on_client_hello = "function", on_client_certificate = "function",
    names = "table", strict_names = "boolean", max_client_hello = "number",
  },
}

local function set_names(context, options)
  local contexts = {}
  for name, other in pairs(options.names) do
    if type(other) ~= "table" or type(other.core) ~= "userdata" then
      error(("option 'names': a context expected for %s"):format(tostring(name)), 0)
    end
    contexts[name] = other.core
  end
  local ok, message = pcall(context.set_names, context, contexts, options.strict_names == true)
  if not ok then error("option 'names': " .. message, 0) end
end

--- Sets what the core is to know.
-- @tparam userdata context of the core
-- @tparam table options
function M.set(context, options)
  if options.max_client_hello then context:set_max_client_hello(options.max_client_hello) end
  if options.names then set_names(context, options)
  elseif options.strict_names then error("option 'strict_names' needs 'names'", 0) end
  if options.on_client_certificate and (options.verify or "none") == "none"
    and options.trust == nil then
    error("option 'on_client_certificate' needs 'verify', or 'trust' for request_certificate: "
      .. "nobody asks for certificates", 0)
  end
end

return M
