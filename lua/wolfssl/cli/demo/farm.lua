--- The people of the demonstration: a root, an intermediate, a server, a client and a stranger.
-- @module wolfssl.cli.demo.farm

local core = require "wolfssl.core"
local issue = require "wolfssl.issue"

local M = {}

local function authority(subject, issuer, path_length)
  local key = issue.key "secp256r1"
  local certificate = issue.certificate {
    subject = subject, key = key, ca = true, path_length = path_length, issuer = issuer,
  }
  return { certificate = certificate, key = key }
end

local DAY = 86400

-- age: days since the certificate expired
local function leaf(subject, issuer, purpose, names, age, kind)
  local key = issue.key(kind or "secp256r1")
  local ended = age and os.time() - age * DAY
  local certificate = issue.certificate {
    subject = subject, key = key, issuer = issuer, subject_alt_names = names,
    key_usage = { "digital_signature" }, extended_key_usage = { purpose },
    not_before = ended and ended - 90 * DAY, not_after = ended,
  }
  return { certificate = certificate, key = key }
end

--- Makes them all anew.
-- @tparam ?table options `with_rsa`: true for a server with an RSA key, which takes its time
-- @treturn table `root`: DER; `shared_key`: 32 bytes; `server`, `client`, `stranger`, `expired` (a
-- server whose certificate ended last week), `impostor` (a server that nobody knows):
-- `{chain = {DER,...}, key = key}`
function M.make(options)
  local root = authority("Demo Root CA")
  local middle = authority("Demo Intermediate CA", root, 0)
  local server = leaf("demo.example", middle, "server_auth", { "dns:demo.example", "ip:127.0.0.1" })
  local expired = leaf("demo.example", middle, "server_auth", { "dns:demo.example" }, 7)
  local impostor = leaf("demo.example", authority("Nobody's CA"), "server_auth",
    { "dns:demo.example" })
  local client = leaf("alice", middle, "client_auth", { "email:alice@demo.example" })
  local stranger = leaf("mallory", authority("Nobody's CA"), "client_auth",
    { "email:mallory@evil.example" })
  local with_rsa = options and options.with_rsa and leaf("demo.example", middle, "server_auth",
    { "dns:demo.example" }, nil, "rsa")
  return {
    root = root.certificate, shared_key = assert(core.crypto.random(32)),
    server = { chain = { server.certificate, middle.certificate }, key = server.key },
    client = { chain = { client.certificate, middle.certificate }, key = client.key },
    expired = { chain = { expired.certificate, middle.certificate }, key = expired.key },
    with_rsa = with_rsa
      and { chain = { with_rsa.certificate, middle.certificate }, key = with_rsa.key },
    impostor = { chain = { impostor.certificate }, key = impostor.key },
    stranger = { chain = { stranger.certificate }, key = stranger.key },
  }
end

--- Options laid over each other, the later ones on top.
-- @tparam table ... options
-- @treturn table
function M.merged(...)
  local all = {}
  for _, options in ipairs { ... } do
    for name, value in pairs(options) do all[name] = value end
  end
  return all
end

return M
