--- The promises of certificate transparency logs that come with the first certificate.
-- @module wolfssl.probe.probes.scts
-- @see RFC 6962 section 3.3
local chains = require "wolfssl.probe.chains"
local ocsp = require "wolfssl.probe.ocsp"
local probe = require "wolfssl.probe"

local function hex(bytes)
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

-- Log ids by way, in hexadecimal. Only those of version 1 have one.
local function by_way(chain)
  local leaf, ways = chain.certificates[1], { certificate = {}, extension = {}, staple = {} }
  for _, sct in ipairs(leaf and leaf:signed_certificate_timestamps() or {}) do
    table.insert(ways.certificate, sct.log_id or false)
  end
  for _, sct in ipairs(chain.scts or {}) do
    table.insert(ways.extension, sct.id and hex(sct.id) or false)
  end
  local said = chain.staple and ocsp.read(chain.staple)
  for _, sct in ipairs(said and said.scts or {}) do
    table.insert(ways.staple, sct.id and hex(sct.id) or false)
  end
  return ways
end

local function summary(ways)
  local told, seen = { count = 0, logs = {}, by = {} }, {}
  for _, way in ipairs { "certificate", "extension", "staple" } do
    if ways[way][1] ~= nil then told.by[#told.by + 1] = way end
    for _, log in ipairs(ways[way]) do
      told.count = told.count + 1
      if log and not seen[log] then told.logs[#told.logs + 1] = log end
      seen[log] = true
    end
  end
  return told
end

return probe.define {
  name = "scts", summary = "Do certificate transparency logs vouch for the certificate?",
  findings = {
    logged = { severity = "info", message = "%d timestamps of %d logs, by way of %s",
      reference = "RFC 6962 section 3.3" },
  },
  needs = { "certificate" },
  facts = {
    scts = "with the first certificate: `count`, `logs` (ids in hexadecimal, each once), `by`: "
      .. "list of the ways they came, of certificate, extension, staple",
  },
  run = function(target, report, fact)
    local list, message, code = chains.of(target)
    if not list then return nil, message, code end
    local told = list[1] and summary(by_way(list[1])) or { count = 0, logs = {}, by = {} }
    target.witness = list[1] and list[1].witness
    if told.count > 0 then
      report("logged", told.count, #told.logs, table.concat(told.by, " and "))
    end
    fact("scts", told)
    return true
  end,
}
