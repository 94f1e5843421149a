-- A TLS client and a server that trust each other, without I/O.

local core = require "wolfssl.core"
local issue = require "wolfssl.issue"

local M = {}

local function read_certificate(der)
  return type(der) == "string" and assert(core.certificate(der)) or der
end

local key = issue.key "secp256r1"
local certificate = read_certificate(issue.certificate {
  subject = "localhost", key = key, subject_alt_names = { "dns:localhost" },
})

local function make(role)
  local context = core.context(role, 0x0303, 0x0304)
  context:set_suites("\19\3\19\1\192\43")
  context:set_groups { 0x001d, 0x0017 }
  context:set_schemes { 0x0403, 0x0804 }
  if role == "server" then
    context:set_verify("none", 3)
    context:set_tickets(false, 300, 0, ("k"):rep(48))
    assert(context:use_certificate(1, { certificate }, key))
  else
    context:set_verify("required", 3)
    assert(context:add_trust(certificate))
  end
  return context
end

local client, server = make "client", make "server"

function M.pair()
  return core.connection(client, "localhost"), core.connection(server)
end

return M
