--- Chains shown in handshakes in memory, by a server or by a client.

local farm = require "verify.farm"
local luassert = require "luassert"
local pki = require "pki"
local wolfssl = require "wolfssl"

local M = {}

M.VERSIONS = { "TLS 1.2", "TLS 1.3" }

local function merge(defaults, options)
  for name, value in pairs(options or {}) do defaults[name] = value end
  return defaults
end

local function identity(version, chain, key)
  return { certificate = chain, key = key, max_version = version, min_rsa_bits = 1024 }
end

--- Shows a chain to a verifying peer.
-- @tparam string role of the verifier: "client" or "server"
-- @tparam string version
-- @tparam {userdata,...} chain
-- @tparam userdata key
-- @tparam table options of the verifier's context
-- @tparam ?table of_connection options of the client's connection
-- @treturn table what the verifier's handshake returned
-- @treturn Connection of the verifier
-- @treturn ?string name of the alert that the other side received
function M.show(role, version, chain, key, options, of_connection)
  local client, server
  if role == "client" then
    client = assert(wolfssl.client(merge({ max_version = version }, options)))
    server = assert(wolfssl.server(identity(version, chain, key)))
  else
    client = assert(wolfssl.client(merge(identity(version, chain, key), { trust = pki.root })))
    server = pki.server(merge({ max_version = version, verify = "required" }, options))
  end
  local name = role == "client" and farm.NAME or "localhost"
  local a = client:connection(merge({ server_name = name }, of_connection))
  local b = server:connection()
  local left, right = pki.handshake(a, b)
  local ours, theirs = a, b
  if role == "server" then left, ours, theirs = right, b, a end
  theirs:read()
  local alert = theirs:info().alert_received
  return left, ours, alert and alert.name
end

--- What the verifier says: "ok", or all errors as farm.says has them; its connection; the alert.
function M.says(...)
  local result, connection, alert = M.show(...)
  local verdict = connection:verdict()
  assert(result.ok == true or result.code == "certificate_invalid", result.message)
  assert(verdict.ok == (result.ok == true))
  if not result.ok then luassert.same(verdict.errors, result.detail) end
  return farm.says(verdict), connection, alert
end

return M
