--- Which cipher suites a server takes, and in whose order.
-- @module wolfssl.probe.probes.suites
-- @see RFC 9325 section 4.2
local enumerate = require "wolfssl.probe.enumerate"
local probe = require "wolfssl.probe"

local MILD = { ["64-bit block"] = true }   -- collisions take gigabytes: RFC 9325 section 4.1

local function judge(suite, report)
  for _, word in ipairs(suite.weaknesses) do
    report(MILD[word] and "weak" or "broken", suite.name, word)
  end
  if suite.key_exchange and not suite.forward_secrecy then
    report("no_forward_secrecy", suite.name)
  end
end

return probe.define {
  name = "suites", summary = "Which cipher suites a server takes, and in whose order.",
  needs = { "versions" },
  findings = {
    broken = { severity = "error", message = "%s is taken: %s",
      reference = "RFC 9325 section 4.1" },
    weak = { severity = "warning", message = "%s is taken: %s",
      reference = "RFC 9325 section 4.1" },
    unoffered = { severity = "error", reference = "RFC 5246 section 7.4.1.3",
      message = "%s is chosen in %s though the client did not offer it" },
    no_forward_secrecy = { severity = "warning", reference = "RFC 9325 section 4.1",
      message = "%s is taken: whoever gets the key can read what was said before" },
  },
  facts = { suites = "by the name of a version: {list = suites that are taken, order = whose order "
    .. "counts: \"server\", \"client\", or \"none\" where there is no choice}" },
  run = function(target, report, fact)
    local by_version, judged = {}, {}
    for _, version in ipairs(target.facts.versions) do
      local list, order, stray = enumerate.suites(target, version)
      if not list then return nil, order, stray end
      by_version[version.name] = { list = list, order = order }
      for _, suite in ipairs(list) do
        if not judged[suite] then judge(suite, report) end
        judged[suite] = true
      end
      if stray then report("unoffered", stray.name, version.name) end
    end
    fact("suites", by_version)
  end,
}
