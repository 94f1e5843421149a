--- Whether a server staples OCSP responses, and whether they hold.
-- @module wolfssl.probe.probes.staple
-- @see RFC 6066 section 8
-- @see RFC 6960
-- @see RFC 7633
local chains = require "wolfssl.probe.chains"
local ocsp = require "wolfssl.probe.ocsp"
local probe = require "wolfssl.probe"
local verify = require "wolfssl.verify"

local ABOUT_STAPLES = { no_staple = true, bad_staple = true, status_unknown = true, revoked = true }

local function octets(hex)
  return (hex:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

-- What is wrong with it, or with its being left out.
local function errors_of(target, chain)
  local verdict, message, code = verify.chain(chain,
    { trust = target.trust, staple = chain.staple or false })
  if not verdict then return nil, message, code end
  local list = {}
  for _, e in ipairs(verdict.errors) do
    if e.depth == 0 and ABOUT_STAPLES[e.code] then
      list[#list + 1] = { code = e.code, reason = e.reason }
    end
  end
  return list
end

local function described(chain, errors)
  if not chain.staple then return { present = false, valid = false, errors = errors } end
  local leaf = chain.certificates[1]
  local said = ocsp.read(chain.staple, leaf and octets(leaf:serial())) or { status = "unreadable" }
  return { present = true, status = said.status, this_update = said.this_update or false,
    next_update = said.next_update or false, errors = errors,
    valid = #errors == 0 and said.status == "good" }
end

local function report_on(report, kind, told)
  for _, e in ipairs(told.errors) do report(e.code, kind, e.reason) end
  if told.present and #told.errors == 0 then report("stapled", kind, told.status) end
end

return probe.define {
  name = "staple", summary = "Does the server staple OCSP responses, and do they hold?",
  findings = {
    stapled = { severity = "info", message = "%s: a staple says %s",
      reference = "RFC 6066 section 8" },
    no_staple = { severity = "error", message = "%s: %s", reference = "RFC 7633" },
    bad_staple = { severity = "error", message = "%s: %s", reference = "RFC 6960 section 3.2" },
    status_unknown = { severity = "error", message = "%s: %s", reference = "RFC 6960 section 2.2" },
    revoked = { severity = "error", message = "%s: %s", reference = "RFC 6960 section 2.2" },
  },
  needs = { "certificate" },
  facts = {
    staple = "with the first certificate: `present`; `valid`: it can be believed and says good; "
      .. "`errors`: list of {code, reason}; where present `status` (good, revoked, unknown, "
      .. "try_later …, unreadable), `this_update`, `next_update` (Unix seconds, or false)",
  },
  run = function(target, report, fact)
    local list, message, code = chains.of(target)
    if not list then return nil, message, code end
    local first
    for i, chain in ipairs(list) do
      local errors, text, why = errors_of(target, chain)
      if not errors then return nil, text, why end
      local told = described(chain, errors)
      target.witness = chain.witness
      report_on(report, chain.kind, told)
      if i == 1 then first = told end
    end
    target.witness = list[1] and list[1].witness
    fact("staple", first or { present = false, valid = false, errors = {} })
    return true
  end,
}
