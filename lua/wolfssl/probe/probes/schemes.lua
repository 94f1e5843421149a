--- Which signature schemes a server signs with.
-- @module wolfssl.probe.probes.schemes
-- @see RFC 8446 section 4.2.3
local enumerate = require "wolfssl.probe.enumerate"
local probe = require "wolfssl.probe"

local BROKEN = { MD5 = true, SHA1 = true }

return probe.define {
  name = "schemes", summary = "Which signature schemes a server signs with.",
  needs = { "versions", "suites" },
  findings = {
    unoffered = { severity = "error", reference = "RFC 8446 section 4.2.3",
      message = "signs with %s in %s though the client did not offer it" },
    broken = { severity = "warning", message = "signs with %s", reference = "RFC 9155" },
  },
  facts = { schemes = "by the name of a version, TLS 1.3 or TLS 1.2: schemes it signs with" },
  run = function(target, report, fact)
    local by_version = {}
    for _, version in ipairs { "TLS 1.3", "TLS 1.2" } do
      if target:newest(version) == version then
        local list, stray, code = enumerate.schemes(target, version)
        if not list then return nil, stray, code end
        by_version[version] = list
        for _, scheme in ipairs(list) do
          if BROKEN[scheme.hash] then report("broken", scheme.name) end
        end
        if stray then report("unoffered", stray.name, version) end
      end
    end
    fact("schemes", by_version)
  end,
}
