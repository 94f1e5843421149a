--- The facts about certificates, records, endings and faults, see `farm.model.facts`.

local description = require "farm.model.description"
local same = require "farm.same"
local shown = require "farm.model.shown"

local DAY = 86400
local TLS13 = "TLS 1.3"

local FACTS = {}

-- ------------------------------------------------------------------------------- certificates

function FACTS.certificate(s)
  local list = {}
  for i, chain in ipairs(s.chains) do list[i] = shown.leaf(chain) end
  return list
end

function FACTS.chain(s, began)
  if not s.chains[1] then return false end
  local expiry = math.huge
  for _, chain in ipairs(s.chains) do
    expiry = math.min(expiry, shown.certificate(chain[1]).not_after)
  end
  local facts = { trusted = true, host = true, errors = {}, order_ok = true, root_sent = false,
    missing_intermediate = false, superfluous = 0,
    expires_in_days = same.between(math.floor((expiry - os.time()) / DAY),
      math.floor((expiry - began) / DAY)) }
  for name, value in pairs(s.verdict or {}) do facts[name] = value end
  return facts
end

function FACTS.staple(s)
  local facts = { present = false, valid = false, errors = {} }
  for name, value in pairs(s.staple or {}) do facts[name] = value end
  return facts
end

-- ---------------------------------------------------------------------------------- behaviour

-- A Certificate message: RFC 5246 section 7.4.2, RFC 8446 section 4.4.2, where each certificate has
-- extensions, and the leaf its staple with RFC 6066's type and length.
local function certificate_size(s)
  local tls13 = s.versions[1] == TLS13
  local size = 4 + (tls13 and 1 or 0) + 3
  for _, der in ipairs(s.chains[1]) do size = size + 3 + #der + (tls13 and 2 or 0) end
  return size + (tls13 and s.staple_size and 4 + 4 + s.staple_size or 0)
end

-- ServerDHParams with a generator of one byte: RFC 5246 section 7.4.3.
local function exchange_size(s)
  local prime = s.dhe(description.finite(s)[1]).bits / 8
  return 4 + 2 + prime + 2 + 1 + 2 + prime
end

function FACTS.record_fragmentation(s)
  local most, limit = s.max_fragment_length, s.record_size_limit
  return { largest = s.chains[1] and certificate_size(s) or exchange_size(s),
    max_fragment_length = most, record_size_limit = limit,
    kept = (most or limit) and true or "not applicable" }
end

-- The largest that is tried.
function FACTS.large_hello()
  return { tolerated = 65000, refused = false, answer = false }
end

function FACTS.close_notify(s)
  if s.unopened then return { answers = "unknown", sent_on_close = "unknown" } end
  if description.completes(s) then return s.ending end
  return { answers = "certificate_required", sent_on_close = "unknown" }
end

function FACTS.alerts(s)
  local facts = { bad_record = "not applicable" }
  if description.completes(s) then facts.bad_record = "alert bad_record_mac" end
  for name, word in pairs(s.alerts) do facts[name] = word end
  return facts
end

-- ------------------------------------------------------------------------------------- faults

local VARIANTS = { "right", "wrong_version", "no_zero", "wrong_start", "short_secret" }

function FACTS.ccs_injection(s)
  return description.older(s) and "not vulnerable" or "not applicable"
end

function FACTS.heartbleed(s)
  return s.heartbeat and description.older(s) and "not vulnerable" or "not applicable"
end

function FACTS.ticketbleed(s)
  local ticket = description.older(s) and description.completes(s) and s.ticket_lifetime
  return ticket and "not vulnerable" or "not applicable"
end

-- Who wants a certificate first refuses what comes instead, whatever is in the block.
function FACTS.robot(s)
  if not description.has_suite(s, "key_exchange", "RSA") then
    return { verdict = "not applicable", oracle = {} }
  end
  local asked, oracle = s.request.requested == "required", {}
  for _, variant in ipairs(VARIANTS) do
    oracle[variant] = (asked and "alert handshake_failure" or "alert bad_record_mac") .. ", closed"
  end
  return { verdict = asked and "unknown" or "not vulnerable", oracle = oracle }
end

return FACTS
