-- A TLS client and a server that trust each other, without I/O.

local issue = require "wolfssl.issue"
local wolfssl = require "wolfssl"

local M = {}

local key = issue.key "secp256r1"
local certificate = issue.certificate {
  subject = "localhost", key = key, subject_alt_names = { "dns:localhost" },
}
local client = assert(wolfssl.client { trust = certificate })
local server = assert(wolfssl.server { certificate = certificate, key = key })

function M.pair()
  return client:connection { server_name = "localhost" }, server:connection()
end

return M
