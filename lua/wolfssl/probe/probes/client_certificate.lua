--- Whether a server wants to see a certificate of its client, and whose.
-- @module wolfssl.probe.probes.client_certificate
-- @see RFC 8446 section 4.3.2
local extension = require "wolfssl.tls.extension"
local name = require "wolfssl.trace.name"
local probe = require "wolfssl.probe"

-- What a request says, wherever its version has it.
local function said_in(body)
  local authorities = extension.find(body.extensions, "certificate_authorities")
  local schemes = extension.find(body.extensions, "signature_algorithms") or body
  return authorities and authorities.authorities or body.certificate_authorities or {},
    schemes.supported_signature_algorithms or {}
end

local CALM = { close_notify = true, truncated = true, timeout = true, endless = true }

-- In TLS 1.3 a client is through before the server has looked at what it showed.
local function is_required(how)
  return not how.agreed or not CALM[how.ending]
end

return probe.define {
  name = "client_certificate", summary = "Does a server want a certificate of its client?",
  needs = { "versions" },
  findings = {
    optional = { severity = "info", message = "asks its clients for a certificate" },
    required = { severity = "info", message = "does without no client's certificate" },
  },
  facts = { client_certificate = "{requested = \"no\", \"optional\" or \"required\"; authorities = "
    .. "names of those whose certificates are taken, empty where the server names none; schemes = "
    .. "signature schemes that are taken}" },
  run = function(target, report, fact)
    local version = target:newest()
    if not version then return end
    local c, how, code = target:sample(version)
    if not c then return nil, how, code end
    local wanted = { requested = "no", authorities = {}, schemes = {} }
    local request = target:said(c, "certificate_request")
    if not request then
      target:said(c, version == "TLS 1.3" and "encrypted_extensions" or "server_hello_done")
    else
      local authorities, schemes = said_in(request.body)
      for i, der in ipairs(authorities) do
        wanted.authorities[i] = name.text(der) or "unreadable"
      end
      wanted.requested, wanted.schemes = is_required(how) and "required" or "optional", schemes
      report(wanted.requested)
    end
    fact("client_certificate", wanted)
  end,
}
