--- The primes of finite-field Diffie-Hellman in TLS 1.2 and older.
-- @module wolfssl.probe.probes.dhe
-- @see RFC 7919
-- @see RFC 3526
local crypto = require "wolfssl.trace.crypto"
local primes = require "wolfssl.probe.enumerate.primes"
local probe = require "wolfssl.probe"

local LEAST, BROKEN = 2048, 1024

-- Primes that many share, by the first bytes of their SHA-256.
local GROUPS = {
  ["9cd3b7f336872f46"] = "ffdhe2048", ["0eaf67db3a839156"] = "ffdhe3072",
  ["4648414224ac881b"] = "ffdhe4096", ["227ac9066b3ddd9e"] = "ffdhe6144",
  ["770b14efaf6f0499"] = "ffdhe8192",
  ["b52ba6a3026520a6"] = "modp768", ["3f35a3f5f6c4376a"] = "modp1024",
  ["64fcc83ec403930b"] = "modp1536", ["d66436f79bbd6b2e"] = "modp2048",
  ["48cf8b092fbce435"] = "modp3072", ["4ee95187682bcb23"] = "modp4096",
  ["d1bfe6d0925ce7e4"] = "modp6144", ["39ab4feab950a312"] = "modp8192",
}

local function group_of(prime)
  local digest = crypto.digest("sha256", prime):sub(1, 8)
  return GROUPS[digest:gsub(".", function(c) return ("%02x"):format(c:byte()) end)]
end

local function bits_of(number)
  local bits, first = #number * 8 - 8, number:byte() or 0
  while first > 0 do bits, first = bits + 1, math.floor(first / 2) end
  return bits
end

-- The weakest first; of one length, in the order in which they were heard.
local function described(heard)
  local list = {}
  for i, one in ipairs(heard) do
    list[i] = { bits = bits_of(one.prime), group = group_of(one.prime), suites = one.suites,
      witness = one.witness, number = i }
  end
  table.sort(list, function(a, b)
    if a.bits ~= b.bits then return a.bits < b.bits end
    return a.number < b.number
  end)
  return list
end

local function stated(list)
  local plain = {}
  for i, one in ipairs(list) do
    local suites = {}
    for k, suite in ipairs(one.suites) do suites[k] = suite end
    plain[i] = { bits = one.bits, group = one.group, suites = suites }
  end
  return plain
end

return probe.define {
  name = "dhe", summary = "How strong is Diffie-Hellman without curves?",
  needs = { "versions", "suites" },
  findings = {
    broken = { severity = "error", message = "%s agrees on keys with a prime of %d bits",
      reference = "RFC 9325 section 4.1" },
    weak = { severity = "warning", message = "%s agrees on keys with a prime of %d bits",
      reference = "RFC 9325 section 4.2" },
  },
  facts = { dhe = "{bits of the weakest prime; group = its name, absent for one of the server's "
    .. "own; primes = {bits, group, suites} of each, the weakest first}; absent where no suite "
    .. "with DHE is taken, or only in TLS 1.3" },
  run = function(target, report, fact)
    local list = described(primes.of(target))
    local weakest = list[1]
    if not weakest then return end
    target.witness = weakest.witness
    fact("dhe", { bits = weakest.bits, group = weakest.group, primes = stated(list) })
    for _, one in ipairs(list) do
      target.witness = one.witness
      if one.bits < LEAST then
        report(one.bits <= BROKEN and "broken" or "weak", one.suites[1].name, one.bits)
      end
    end
  end,
}
