--- Whether the certificates that a server shows can be trusted, and how well its chains are made.
-- @module wolfssl.probe.probes.chain
-- @see RFC 5280 section 6
-- @see RFC 8446 section 4.4.2
local chains = require "wolfssl.probe.chains"
local probe = require "wolfssl.probe"
local verify = require "wolfssl.verify"

local DAY = 86400
local SOON = 14    -- days, but not of a certificate that lives
local PART = 1 / 4 -- no longer than that anyway

local UNTRUSTED = { self_signed = true, unknown_issuer = true, not_pinned = true }
local OWN = { expired = true, not_yet_valid = true, wrong_name = true, weak_key = true,
  weak_signature = true }

-- Where each certificate of the path stands in what was sent; the anchor may be elsewhere.
local function places(chain, path)
  local at, list = {}, {}
  for i, certificate in ipairs(chain.certificates) do
    if certificate then at[certificate:fingerprint "sha256"] = i end
  end
  for _, certificate in ipairs(path) do list[#list + 1] = at[certificate:fingerprint "sha256"] end
  return list
end

local function is_ascending(list)
  for i = 2, #list do
    if list[i] < list[i - 1] then return false end
  end
  return true
end

-- How the chain was put together: in order, with what is needed and nothing else.
local function shape(chain, verdict)
  local used = places(chain, verdict.path)
  local root, leaf = false, chain.certificates[1]
  for i = 2, #chain do
    local certificate = chain.certificates[i]
    root = root or certificate and certificate:is_self_issued() or false
  end
  return { order_ok = is_ascending(used), superfluous = #chain - #used, root_sent = root,
    missing_intermediate = not verdict.anchored and #used == 1 and leaf ~= false
      and not leaf:is_self_issued() }
end

local function has_error(verdict, code)
  for _, e in ipairs(verdict.errors) do
    if e.code == code then return true end
  end
  return false
end

local function report_on(report, chain, verdict, made)
  for _, e in ipairs(verdict.errors) do
    report(UNTRUSTED[e.code] and "untrusted" or OWN[e.code] and e.code or "invalid", chain.kind,
      e.depth, e.reason)
  end
  for _, name in ipairs { "missing_intermediate", "root_sent" } do
    if made[name] then report(name, chain.kind) end
  end
  if not made.order_ok then report("disorder", chain.kind) end
  if made.superfluous > 0 and not made.root_sent then
    report("superfluous", chain.kind, made.superfluous)
  end
end

local function days_left(leaf, now)
  return math.floor((leaf:not_after() - now) / DAY)
end

local function expires_soon(leaf, now)
  local left = leaf:not_after() - now
  return left > 0 and left < SOON * DAY and left < (leaf:not_after() - leaf:not_before()) * PART
end

-- What holds for all chains: the worst of each.
local function merge(all, chain, verdict, made, now)
  all.trusted = all.trusted and verdict.ok
  all.host = all.host and not has_error(verdict, "wrong_name")
  all.order_ok = all.order_ok and made.order_ok
  for _, name in ipairs { "missing_intermediate", "root_sent" } do
    all[name] = all[name] or made[name]
  end
  all.superfluous = math.max(all.superfluous, made.superfluous)
  for _, e in ipairs(verdict.errors) do
    all.errors[#all.errors + 1] = { kind = chain.kind, depth = e.depth, code = e.code,
      reason = e.reason }
  end
  local leaf = chain.certificates[1]
  if leaf then all.expires_in_days = math.min(all.expires_in_days, days_left(leaf, now)) end
end

local function judge(target, chain)
  return verify.chain(chain, { trust = target.trust, host = target.server_name,
    purpose = "server_auth" })
end

return probe.define {
  name = "chain", summary = "Can its certificates be trusted, and are the chains well made?",
  findings = {
    untrusted = { severity = "error", message = "%s, certificate %d: %s",
      reference = "RFC 5280 section 6" },
    expired = { severity = "error", message = "%s, certificate %d: %s",
      reference = "RFC 5280 section 4.1.2.5" },
    not_yet_valid = { severity = "error", message = "%s, certificate %d: %s",
      reference = "RFC 5280 section 4.1.2.5" },
    expires_soon = { severity = "warning", message = "%s: expires in %d days" },
    wrong_name = { severity = "error", message = "%s, certificate %d: %s", reference = "RFC 9525" },
    weak_key = { severity = "error", message = "%s, certificate %d: %s" },
    weak_signature = { severity = "error", message = "%s, certificate %d: %s",
      reference = "RFC 9155" },
    invalid = { severity = "error", message = "%s, certificate %d: %s",
      reference = "RFC 5280 section 6" },
    missing_intermediate = { severity = "error", reference = "RFC 8446 section 4.4.2",
      message = "%s: the issuer's certificate was not sent, and nobody knows it" },
    disorder = { severity = "warning", message = "%s: the certificates are not in order",
      reference = "RFC 5246 section 7.4.2" },
    superfluous = { severity = "info", message = "%s: certificates sent that nobody needs: %d" },
    root_sent = { severity = "info", message = "%s: the root is sent, which who trusts it has" },
  },
  needs = { "certificate" },
  facts = {
    chain = "what holds for all its chains: `trusted`, `host` (the name is right), `errors` (list "
      .. "of {kind, depth, code, reason}), `order_ok`, `missing_intermediate`, `root_sent`, "
      .. "`superfluous` (how many, at most), `expires_in_days` (of the first to expire, or false); "
      .. "false when it shows none",
  },
  run = function(target, report, fact)
    local list, message, code = chains.of(target)
    if not list then return nil, message, code end
    if not list[1] then
      fact("chain", false)
      return true
    end
    local now = os.time()
    local all = { trusted = true, host = true, errors = {}, order_ok = true, root_sent = false,
      missing_intermediate = false, superfluous = 0, expires_in_days = math.huge }
    for _, chain in ipairs(list) do
      local verdict, text, why = judge(target, chain)
      if not verdict then return nil, text, why end
      local made, leaf = shape(chain, verdict), chain.certificates[1]
      target.witness = chain.witness
      report_on(report, chain, verdict, made)
      if leaf and expires_soon(leaf, now) then
        report("expires_soon", chain.kind, days_left(leaf, now))
      end
      merge(all, chain, verdict, made, now)
    end
    if all.expires_in_days == math.huge then all.expires_in_days = false end
    target.witness = list[1].witness
    fact("chain", all)
    return true
  end,
}
