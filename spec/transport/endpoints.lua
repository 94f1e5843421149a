-- A TLS client and a server that trust each other, without I/O.

local issue = require "wolfssl.issue"
local wolfssl = require "wolfssl"

local M = {}

local key = issue.key "secp256r1"
local certificate = issue.certificate {
  subject = "localhost", key = key, subject_alt_names = { "dns:localhost" },
}
local client = assert(wolfssl.client { trust = certificate })

--- The server may have options of its own.
function M.pair(options)
  local all = { certificate = certificate, key = key }
  for name, value in pairs(options or {}) do all[name] = value end
  local server = options and assert(wolfssl.server(all)) or M.server
  return client:connection { server_name = "localhost" }, server:connection()
end

M.server = assert(wolfssl.server { certificate = certificate, key = key })

return M
