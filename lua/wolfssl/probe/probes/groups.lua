--- Which groups a server agrees on keys in, and how it asks for a share of one.
-- @module wolfssl.probe.probes.groups
-- @see RFC 8446 section 4.2.7
local enumerate = require "wolfssl.probe.enumerate"
local probe = require "wolfssl.probe"

local LEAST_BITS = 250
local AGAINST_QUANTA = { hybrid = true, kem = true }

-- TLS 1.3, and the newest before it that has groups.
local function versions_of(target)
  local list, older = {}, target:newest "TLS 1.2"
  if target:newest() == "TLS 1.3" then list[1] = "TLS 1.3" end
  if older and older ~= "SSL 3.0" then list[#list + 1] = older end
  return list
end

local function judge(versions, by_version, report)
  local seen, hybrids = {}, {}
  for _, version in ipairs(versions) do
    for _, group in ipairs(by_version[version]) do
      if not seen[group.value] and (group.kind == "ec" or group.kind == "x")
          and group.bits < LEAST_BITS then
        report("weak", group.name, group.bits)
      end
      if AGAINST_QUANTA[group.kind] then hybrids[#hybrids + 1] = group end
      seen[group.value] = true
    end
  end
  return hybrids
end

return probe.define {
  name = "groups", summary = "Which groups a server agrees on keys in.",
  needs = { "versions", "suites" },
  findings = {
    weak = { severity = "warning", message = "%s is taken, of %d bits",
      reference = "RFC 9325 section 4.2.1" },
    unoffered = { severity = "error", reference = "RFC 8446 section 4.2.7",
      message = "%s is chosen in %s though the client did not offer it" },
    post_quantum = { severity = "info", message = "agrees on keys in %s",
      reference = "draft-ietf-tls-ecdhe-mlkem" },
    not_post_quantum = { severity = "info", reference = "draft-ietf-tls-ecdhe-mlkem",
      message = "takes no group with ML-KEM: what is recorded today a quantum computer may read" },
  },
  facts = {
    groups = "by the name of a version, TLS 1.3 and the newest before it: groups that are taken, "
      .. "those of ECDHE alone before TLS 1.3",
    hybrid_groups = "those of them with ML-KEM, or its drafts; empty for none",
    hello_retry = "what TLS 1.3 answers to a hello without a share: {retries, cookie: booleans, "
      .. "group = the one asked for}; absent where TLS 1.3 is not spoken",
  },
  run = function(target, report, fact)
    local versions, by_version = versions_of(target), {}
    if versions[1] == "TLS 1.3" then
      local retry, message, code = enumerate.retry(target)
      if not retry then return nil, message, code end
      fact("hello_retry", retry)
    end
    for _, version in ipairs(versions) do
      local list, stray, code = enumerate.groups(target, version)
      if not list then return nil, stray, code end
      by_version[version] = list
      if stray then report("unoffered", stray.name, version) end
    end
    fact("groups", by_version)
    local hybrids = judge(versions, by_version, report)
    fact("hybrid_groups", hybrids)
    for _, group in ipairs(hybrids) do report("post_quantum", group.name) end
    if not hybrids[1] and target:newest() then report "not_post_quantum" end
  end,
}
