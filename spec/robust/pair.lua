--- Client and server contexts of every kind that the robustness specs drive, and connections
-- between them in memory.

local wolfssl = require "wolfssl"
local issue = require "wolfssl.issue"

local M = {}

local ca_key = issue.key "secp256r1"
local server_key, client_key = issue.key "secp256r1", issue.key "secp256r1"
M.ca = issue.certificate { subject = "Root", key = ca_key, ca = true }
local issuer = { certificate = M.ca, key = ca_key }
M.server_key, M.server_key_pem = server_key, server_key:pem()
M.server_certificate = issue.certificate {
  subject = "Server", key = server_key, issuer = issuer, subject_alt_names = { "dns:localhost" } }
M.client_certificate = issue.certificate { subject = "Client", key = client_key, issuer = issuer }

--- A client's certificate with a key of that kind, as a handler chooses it.
function M.certificate(kind)
  local key = issue.key(kind)
  return { certificate = issue.certificate { subject = "Client", key = key, issuer = issuer },
    key = key }
end

-- Two sessions kept: the store is soon full, and what it holds is no leak.
local function merge(options, more)
  for name, value in pairs(more or {}) do options[name] = value end
  return options
end

--- Options of a server context: its certificate, and `more`.
function M.server_options(more)
  return merge({ certificate = M.server_certificate, key = server_key, session_limit = 2 }, more)
end

--- Options of a client context that trusts it, and `more`.
function M.client_options(more)
  return merge({ trust = M.ca }, more)
end

--- The kinds of handshake: options of both sides.
M.kinds = {
  ["TLS 1.2"] = { both = { max_version = "TLS 1.2" } },
  ["TLS 1.3"] = { both = { min_version = "TLS 1.3" } },
  ["TLS 1.2 mutual"] = { both = { max_version = "TLS 1.2" }, mutual = true },
  ["TLS 1.3 mutual"] = { both = { min_version = "TLS 1.3" }, mutual = true },
  ["TLS 1.2 with a pre-shared key"] = { both = { max_version = "TLS 1.2" }, psk = true },
  ["TLS 1.3 with a pre-shared key"] = { both = { min_version = "TLS 1.3" }, psk = true },
}

--- Options of client and server for one of `kinds`.
function M.options(kind)
  local client, server = M.client_options(M.kinds[kind].both), M.server_options(M.kinds[kind].both)
  if M.kinds[kind].mutual then
    client.certificate, client.key = M.client_certificate, client_key
    server.trust, server.verify = M.ca, "required"
  end
  if M.kinds[kind].psk then
    local key = ("k"):rep(32)
    client.psk, client.trust, server.psks = { identity = "me", key = key }, nil, { me = key }
  end
  return client, server
end

--- Contexts of client and server for one of `kinds`; or nil, message, code.
function M.contexts(kind)
  local options, server_options = M.options(kind)
  local client, message, code = wolfssl.client(options)
  if not client then return nil, message, code end
  local server
  server, message, code = wolfssl.server(server_options)
  if not server then return nil, message, code end
  return client, server
end

--- Moves what waits in both directions; false when nothing did.
function M.exchange(a, b)
  local to_b, to_a = a:data_to_send(), b:data_to_send()
  if to_b ~= "" then b:receive_data(to_b) end
  if to_a ~= "" then a:receive_data(to_a) end
  return to_b ~= "" or to_a ~= ""
end

--- Drives both to the end of the handshake: true, or nil, message, code of who failed first.
function M.handshake(a, b)
  repeat
    local a_done, a_message, a_code = a:handshake()
    if not a_done and a_code ~= "want_read" then return nil, a_message, a_code end
    local moved = M.exchange(a, b)
    local b_done, b_message, b_code = b:handshake()
    if not b_done and b_code ~= "want_read" then return nil, b_message, b_code end
    if a_done and b_done then return true end
    moved = M.exchange(a, b) or moved
  until not moved
  return nil, "both wait for the other", "want_read"
end

--- Writes text at one end and reads it at the other: true, or nil, message, code.
function M.send(from, to, text)
  local ok, message, code = from:write(text)
  if not ok then return nil, message, code end
  M.exchange(from, to)
  local got
  got, message, code = to:read()
  if not got then return nil, message, code end
  assert(got == text, "other plaintext than was written")
  return true
end

--- The server asks, the client answers: true, or nil, message, code of the server.
function M.request_certificate(a, b)
  local ok, message, code = b:request_certificate()
  while code == "want_read" and M.exchange(a, b) do
    a:read()
    M.exchange(a, b)
    ok, message, code = b:request_certificate()
  end
  return ok, message, code
end

local function finish(from, to)
  local ok, message, code = from:shutdown()
  if not ok then return nil, message, code end
  M.exchange(from, to)
  local got
  got, message, code = to:read()
  if got or code ~= "closed" then return nil, message, code end
  return true
end

-- Every getter there is; what they return is up to others' specs.
local function ask(a)
  a:info()
  a:verdict()
  a:peer_certificates()
  a:local_certificates()
  a:export("label", 32)
  a:channel_binding("tls-exporter")
  a:channel_binding("tls-unique")
  a:channel_binding("tls-server-end-point")
end

local SEAL = ("k"):rep(32)

--- A session to resume, out of a connection of its own.
function M.session(client, server)
  local a, b = client:connection { server_name = "localhost" }, server:connection()
  assert(M.handshake(a, b))
  assert(M.send(b, a, "ticket"))
  local session = assert(a:session())
  a:close()
  b:close()
  return session
end

--- A whole connection: handshake, data both ways, all getters, session out and in, close.
-- true, or nil, message, code.
function M.converse(client, server, session)
  local a = client:connection { server_name = "localhost", session = session }
  local b = server:connection()
  local ok, message, code = M.handshake(a, b)
  local steps = {
    { M.send, a, b, "hello" }, { M.send, b, a, "world" }, { finish, a, b }, { finish, b, a },
  }
  for _, step in ipairs(steps) do
    if ok then ok, message, code = step[1](step[2], step[3], step[4]) end
  end
  if ok then
    ask(a)
    ask(b)
    local made = a:session()
    local sealed = made and made:export(SEAL)
    if sealed then wolfssl.session(sealed, SEAL) end
  end
  a:close()
  b:close()
  return ok, message, code
end

return M
