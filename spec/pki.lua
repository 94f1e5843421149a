--- Certificates that specs share, made once per run, and connections joined in memory.

local wolfssl = require "wolfssl"
local issue = require "wolfssl.issue"

local M = {}

local keys = {}

--- One key of each kind for the whole run.
function M.key(kind)
  keys[kind] = keys[kind] or issue.key(kind)
  return keys[kind]
end

M.root_key = M.key "secp256r1"
M.root = issue.certificate { subject = "Root", key = M.root_key, ca = true }
M.middle_key = M.key "secp384r1"
M.middle = issue.certificate {
  subject = "Intermediate", key = M.middle_key, ca = true, path_length = 0,
  issuer = { certificate = M.root, key = M.root_key },
}

--- A chain of leaf and intermediate, and the key: fields change what is issued.
function M.leaf(kind, fields)
  local key = M.key(kind or "ed25519")
  local options = {
    subject = "Leaf", key = key, issuer = { certificate = M.middle, key = M.middle_key },
    subject_alt_names = { "dns:localhost", "ip:127.0.0.1" },
    key_usage = { "digital_signature" }, extended_key_usage = { "server_auth", "client_auth" },
  }
  for name, value in pairs(fields or {}) do options[name] = value end
  return { issue.certificate(options), M.middle }, key
end

local function merge(defaults, options)
  for name, value in pairs(options or {}) do defaults[name] = value end
  return defaults
end

function M.server(options, kind, fields)
  local chain, key = M.leaf(kind, fields)
  return assert(wolfssl.server(merge({ certificate = chain, key = key }, options)))
end

function M.client(options)
  return assert(wolfssl.client(merge({ trust = M.root }, options)))
end

--- A client's connection to localhost and a server's.
function M.pair(client, server, options)
  client, server = client or M.client(), server or M.server()
  return client:connection(merge({ server_name = "localhost" }, options)), server:connection()
end

--- Moves what each side has to send to the other, in pieces of `size` bytes; true while there was
-- something.
function M.exchange(a, b, size)
  local moved = false
  for _, way in ipairs { { a, b }, { b, a } } do
    local from, to = way[1], way[2]
    local bytes = from:data_to_send()
    for i = 1, #bytes, size or math.max(#bytes, 1) do
      to:receive_data(bytes:sub(i, i + (size or #bytes) - 1))
      moved = true
    end
  end
  return moved
end

local function step(c)
  local ok, message, code, detail = c:handshake()
  return { ok = ok, message = message, code = code, detail = detail }
end

--- Runs both handshakes to their end; each side's last result, as a table.
function M.handshake(a, b, size)
  local left, right = step(a), step(b)
  while M.exchange(a, b, size) do left, right = step(a), step(b) end
  return left, right
end

--- A pair that is connected.
function M.connected(client, server, options)
  local a, b = M.pair(client, server, options)
  local left, right = M.handshake(a, b)
  assert(left.ok, left.message)
  assert(right.ok, right.message)
  return a, b
end

--- A pair whose client has read what a server sends after the handshake.
function M.visit(client, server, options)
  local a, b = M.connected(client, server, options)
  b:write("x")
  a:receive_data(b:data_to_send())
  assert(a:read() == "x")
  return a, b
end

--- Both say something that the other hears.
function M.talk(a, b)
  for _, from in ipairs { a, b } do
    local to = from == a and b or a
    assert(from:write("a word"))
    M.exchange(a, b)
    local heard, message = to:read()
    assert(heard == "a word", message)
  end
end

return M
