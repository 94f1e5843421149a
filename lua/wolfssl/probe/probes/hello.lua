--- Whether a server speaks TLS at all, and what it makes of an ordinary hello.
-- @module wolfssl.probe.probes.hello
local probe = require "wolfssl.probe"

-- What failed connections tell: the server was there, and this is what it did.
local SILENT = { truncated = "it hangs up", network_error = "it resets the connection",
  timeout = "it says nothing", decode_error = "it says something else",
  peer_incompatible = "it refuses STARTTLS", peer_misbehaved = "it says something else" }

-- Old servers are afraid of what is new.
local HELLOS = { {}, { versions = { "TLS 1.2", "TLS 1.1", "TLS 1.0" } } }

local function offer(target, options)
  local before = #target.conversations
  local answer, c, code = target:hello(options)
  if answer then return answer, c end
  if #target.conversations == before and code ~= "peer_incompatible" then return nil, c, code end
  return false, SILENT[code] or c, code
end

return probe.define {
  name = "hello", summary = "Does the server speak TLS?",
  findings = {
    no_tls = { severity = "warning", message = "no TLS is spoken here: %s" },
    modest = { severity = "warning", reference = "RFC 8446 section 4.2.1",
      message = "breaks off at a hello that offers TLS 1.3: %s" },
  },
  facts = {
    hello = "tls: whether it is spoken; version, cipher_suite, group that it chooses of a usual "
      .. "hello, or the alert; answer: what it did in place of an answer",
  },
  run = function(target, report, fact)
    local first, answer, c, code
    for _, options in ipairs(HELLOS) do
      answer, c, code = offer(target, options)
      if answer == nil then return nil, c, code end
      if answer or code == "timeout" or code == "decode_error" then break end
      first = first or c
    end
    if not answer then
      fact("hello", { tls = false, answer = c })
      report("no_tls", c)
      return true
    end
    if first then report("modest", first) end
    local known = c:summary()
    fact("hello", { tls = true, version = known.version, cipher_suite = known.cipher_suite,
      group = known.group, alert = answer.description, answer = first })
    return true
  end,
}
