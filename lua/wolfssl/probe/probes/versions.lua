--- Which versions a server speaks.
-- @module wolfssl.probe.probes.versions
local enumerate = require "wolfssl.probe.enumerate"
local probe = require "wolfssl.probe"

local OLD = { [0x0300] = "ssl3", [0x0301] = "tls10", [0x0302] = "tls11" }

return probe.define {
  name = "versions", summary = "Which versions a server speaks, and which it should not.",
  findings = {
    spoken = { severity = "info", message = "speaks %s" },
    ssl3 = { severity = "error", message = "SSL 3.0 is spoken", reference = "RFC 7568" },
    tls10 = { severity = "warning", message = "TLS 1.0 is spoken", reference = "RFC 8996" },
    tls11 = { severity = "warning", message = "TLS 1.1 is spoken", reference = "RFC 8996" },
    no_tls13 = { severity = "info", message = "TLS 1.3 is not spoken", reference = "RFC 8446" },
  },
  facts = { versions = "versions that are spoken, the newest first" },
  run = function(target, report, fact)
    local list, message, code = enumerate.versions(target)
    if not list then return nil, message, code end
    fact("versions", list)
    local newest = list[1] and list[1].value or 0
    for _, version in ipairs(list) do
      if OLD[version.value] then report(OLD[version.value]) else report("spoken", version.name) end
    end
    if newest < 0x0304 then report "no_tls13" end
    return true
  end,
}
