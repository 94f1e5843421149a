--- The prime of finite-field Diffie-Hellman in TLS 1.2 or older.
-- @module wolfssl.probe.probes.dhe
-- @see RFC 7919
-- @see RFC 3526
local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local crypto = require "wolfssl.trace.crypto"
local everything = require "wolfssl.probe.everything"
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

local function suites_of(known)
  local list = {}
  for _, suite in ipairs(known and known.list or {}) do
    local kind = cipher_suite:entry(suite.value).key_exchange
    if kind == "DHE" and #list < 64 then list[#list + 1] = suite.value end
  end
  return list
end

return probe.define {
  name = "dhe", summary = "How strong is Diffie-Hellman without curves?",
  needs = { "versions", "suites" },
  findings = {
    broken = { severity = "error", message = "keys are agreed on with a prime of %d bits",
      reference = "RFC 9325 section 4.1" },
    weak = { severity = "warning", message = "keys are agreed on with a prime of %d bits",
      reference = "RFC 9325 section 4.2" },
  },
  facts = { dhe = "{bits of the prime; group = its name, absent for one of the server's own}; "
    .. "absent where no suite with DHE is taken, or only in TLS 1.3" },
  run = function(target, report, fact)
    local version = target:newest "TLS 1.2"
    local suites = suites_of(target.facts.suites[version])
    if not suites[1] then return end
    local answer, how, code = target:ask({ versions = { version }, cipher_suites = suites,
      groups = everything.groups(0x0303) }, "server_key_exchange", "server_hello_done")
    if answer == nil then return nil, how, code end
    local params = answer and type(answer.body) == "table" and answer.body.params
    if not params then return end
    local prime = params.dh_p:gsub("^%z+", "")
    local bits = bits_of(prime)
    fact("dhe", { bits = bits, group = group_of(prime) })
    if bits < LEAST then report(bits <= BROKEN and "broken" or "weak", bits) end
  end,
}
