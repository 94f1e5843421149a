--- Whether what is recorded today stays secret when there are quantum computers.
-- @module wolfssl.probe.policies.post_quantum
local policy = require "wolfssl.probe.policy"

local TLS13 = 0x0304

local function names(list)
  local parts = {}
  for i, item in ipairs(list) do parts[i] = item.name end
  return table.concat(parts, ", ")
end

return policy.define {
  name = "post-quantum", summary = "Is the key exchange safe from quantum computers?",
  rules = {
    { name = "tls13", facts = { "versions" }, reference = "RFC 8446",
      check = function(versions)
        for _, version in ipairs(versions) do
          if version.value == TLS13 then return true, "TLS 1.3 is spoken" end
        end
        return false, "hybrid key exchange needs TLS 1.3, which is not spoken"
      end },
    { name = "hybrid", facts = { "hybrid_groups" },
      reference = "draft-ietf-tls-ecdhe-mlkem",
      check = function(hybrids)
        if #hybrids == 0 then return false, "no group is a hybrid with ML-KEM" end
        return true, names(hybrids)
      end },
    { name = "preferred", facts = { "hybrid_groups", "groups" },
      check = function(hybrids, groups)
        local first = groups["TLS 1.3"] and groups["TLS 1.3"][1]
        if not first then return false, "no group of TLS 1.3 is known" end
        for _, hybrid in ipairs(hybrids) do
          if hybrid.value == first.value then return true, first.name .. " comes first" end
        end
        return false, first.name .. " is chosen before any hybrid"
      end },
  },
}
