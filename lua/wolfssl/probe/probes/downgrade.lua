--- Whether a server notices that somebody made its client fall back to an older version.
-- @module wolfssl.probe.probes.downgrade
-- @see RFC 7507
-- @see RFC 8446 section 4.1.3
local probe = require "wolfssl.probe"
local suites = require "wolfssl.probe.suites"

local TLS13 = 0x0304
local NAMES = { [0x0302] = "TLS 1.1", [0x0303] = "TLS 1.2" }

-- A hello of a client that failed with something newer.
local function fallen_back(target, version)
  local list = suites.list(0x0301, version)
  list[#list + 1] = "TLS_FALLBACK_SCSV"
  return target:hello { versions = { NAMES[version] }, cipher_suites = list }
end

return probe.define {
  name = "downgrade", summary = "Does the server notice a downgrade?",
  findings = {
    noticed = { severity = "info", message = "refuses a fallback to %s", reference = "RFC 7507" },
    unnoticed = { severity = "warning", reference = "RFC 7507",
      message = "takes a fallback to %s, though it speaks %s" },
    no_sentinel = { severity = "warning", reference = "RFC 8446 section 4.1.3",
      message = "its random does not say that it could speak TLS 1.3" },
  },
  run = function(target, report)
    local answer, c, code = target:hello()
    if not answer then return nil, c, code end
    local newest = c:version()
    local older = newest and NAMES[math.min(newest - 1, 0x0303)] and newest - 1
    if not older then return end
    answer, c, code = fallen_back(target, older)
    if not answer then return nil, c, code end
    if answer.description then
      if answer.description.name == "inappropriate_fallback" then
        report("noticed", NAMES[older])
      end
    else
      report("unnoticed", NAMES[older], newest == TLS13 and "TLS 1.3" or NAMES[newest])
    end
    if newest < TLS13 then return end
    answer = target:hello { versions = { "TLS 1.2" } }
    if answer and answer.body and answer.body.random:sub(-8) ~= "DOWNGRD\1" then
      report "no_sentinel"
    end
  end,
}
