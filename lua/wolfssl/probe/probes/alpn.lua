--- Which application protocols a server selects.
-- @module wolfssl.probe.probes.alpn
-- @see RFC 7301 section 3.2
local enumerate = require "wolfssl.probe.enumerate"
local everything = require "wolfssl.probe.everything"
local probe = require "wolfssl.probe"

local REFUSAL = "alert no_application_protocol"

local function protocol_in(message)
  local data = probe.extension(message, "application_layer_protocol_negotiation")
  return data and data.protocol_name_list[1]
end

return probe.define {
  name = "alpn", summary = "Which application protocols a server selects.",
  needs = { "versions" },
  findings = {
    selects = { severity = "info", message = "selects %s" },
    unoffered = { severity = "error", reference = "RFC 7301 section 3.2",
      message = "selects %s though the client did not offer it" },
  },
  facts = {
    alpn = "protocols of IANA's list that are selected, in that order",
    alpn_refusal = "what becomes of a client that offers none of them: \"ignored\", \"alert\" for "
      .. "no_application_protocol, \"alert NAME\" for another, \"closed\", \"timeout\"",
  },
  run = function(target, report, fact)
    local version = target:newest()
    if not version then return end
    local where = version == "TLS 1.3" and "encrypted_extensions" or "server_hello"
    local c, how, code = target:sample(version)
    if not c then return nil, how, code end
    local refusal, answer = how.without_alpn and REFUSAL, target:said(c, where)
    local first = answer and protocol_in(answer)
    local list, stray, word = { first }, nil, nil
    if first then
      list, stray, word = enumerate.exhaust(everything.protocols(), function(left)
        local said, why, reason = target:ask({ versions = { version }, alpn = left }, where)
        if said == nil then return nil, why, reason end
        refusal = not said and why
        return said and protocol_in(said) or false
      end, list)
    end
    if not list then return nil, stray, word end
    fact("alpn", list)
    fact("alpn_refusal", refusal == REFUSAL and "alert" or refusal or "ignored")
    if stray then report("unoffered", stray) end
    for _, protocol in ipairs(list) do report("selects", protocol) end
  end,
}
