--- Whether a server notices that somebody made its client fall back to an older version.
-- @module wolfssl.probe.probes.downgrade
-- @see RFC 7507
-- @see RFC 8446 section 4.1.3
local probe = require "wolfssl.probe"
local suites = require "wolfssl.probe.suites"

-- What the last bytes of a server's random say when it could do better.
local TLS12, OLDER = "DOWNGRD\1", "DOWNGRD\0"

-- A hello of a client that failed with something newer.
local function fallen_back(target, version)
  local list = suites.list(0x0301, version.value)
  list[#list + 1] = "TLS_FALLBACK_SCSV"
  return target:ask({ versions = { version.name }, cipher_suites = list }, "server_hello")
end

return probe.define {
  name = "downgrade", summary = "Does the server notice a downgrade?", needs = { "versions" },
  findings = {
    noticed = { severity = "info", message = "refuses a fallback to %s", reference = "RFC 7507" },
    unnoticed = { severity = "warning", reference = "RFC 7507",
      message = "takes a fallback to %s, though it speaks %s" },
    no_sentinel = { severity = "warning", reference = "RFC 8446 section 4.1.3",
      message = "its random does not say that it could speak TLS 1.3" },
  },
  facts = {
    fallback_scsv = "whether a fallback that its client admits to is refused; absent where one "
      .. "version is all there is",
    downgrade_sentinel = "whether the random of an older version says that the server could speak "
      .. "TLS 1.3; absent where it cannot, or nothing older",
  },
  run = function(target, report, fact)
    local newest, older = target.facts.versions[1], target.facts.versions[2]
    if not older or older.value == 0x0300 then return end
    local answer, how, code = fallen_back(target, older)
    if answer == nil then return nil, how, code end
    fact("fallback_scsv", not answer)
    if answer then report("unnoticed", older.name, newest.name) end
    if how == "alert inappropriate_fallback" then report("noticed", older.name) end
    if newest.name ~= "TLS 1.3" then return end
    local c, message, word = target:sample(older.name)
    if not c then return nil, message, word end
    local hello = target:said(c, "server_hello")
    if not hello then return end
    local told = hello.body.random:sub(-8) == (older.name == "TLS 1.2" and TLS12 or OLDER)
    fact("downgrade_sentinel", told)
    if not told then report "no_sentinel" end
  end,
}
