--- Ticketbleed: whether the server answers a ticket with a longer session id than came with it.
--
-- The id is one byte shorter than ids can be, so that no more than one byte is given away.
-- @module wolfssl.probe.probes.ticketbleed
-- @see RFC 5077 section 3.4
local crypto = require "wolfssl.trace.crypto"
local probe = require "wolfssl.probe"
local reply = require "wolfssl.probe.reply"

local SIZE = 31

local function verdict(target, version)
  local c, how, code = target:sample(version)
  if not c then return nil, how, code end
  local ticket = c:tickets()[1]
  if not ticket or ticket.body.ticket == "" then return "not applicable" end
  local id = crypto.random(SIZE)
  local word, again, message = reply.to_hello(target, { versions = { version }, session_id = id,
    session_ticket = ticket.body.ticket })
  if not word then return nil, again, message end
  if word ~= "server_hello" then return "not applicable" end
  local echo = message.body.legacy_session_id_echo
  return #echo > SIZE and echo:sub(1, SIZE) == id and "vulnerable" or "not vulnerable"
end

return probe.define {
  name = "ticketbleed", summary = "Does the server give away memory to a ticket?",
  findings = {
    vulnerable = { severity = "error", reference = "CVE-2016-9244",
      message = "its session id is longer than the client's, by bytes of its memory" },
  },
  needs = { "versions" },
  facts = {
    ticketbleed = "\"vulnerable\", \"not vulnerable\", or \"not applicable\" without tickets in "
      .. "TLS 1.2 and before",
  },
  run = function(target, report, fact)
    if not target:newest() then return true end
    local version, said, message, code = target:newest "TLS 1.2", "not applicable", nil, nil
    if version then said, message, code = verdict(target, version) end
    if not said then return nil, message, code end
    if said == "vulnerable" then report "vulnerable" end
    fact("ticketbleed", said)
    return true
  end,
}
