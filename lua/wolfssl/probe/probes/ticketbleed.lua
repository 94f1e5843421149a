--- Ticketbleed: whether the server answers a ticket with a longer session id than came with it.
--
-- The id is one byte shorter than ids can be, so that no more than one byte is given away.
-- @module wolfssl.probe.probes.ticketbleed
-- @see RFC 5077 section 3.4
local crypto = require "wolfssl.trace.crypto"
local fault = require "wolfssl.probe.fault"
local reply = require "wolfssl.probe.reply"

local SIZE = 31

local function verdict(target, version)
  local c, how, code = target:sample(version)
  if not c then return nil, how, code end
  local ticket = c:tickets()[1]
  if not ticket or ticket.body.ticket == "" then
    target:said(c, "server_hello")
    return "not applicable"
  end
  local id = crypto.random(SIZE)
  local word, again, message = reply.to_hello(target, { versions = { version }, session_id = id,
    session_ticket = ticket.body.ticket })
  if not word then return nil, again, message end
  if word ~= "server_hello" then return "not applicable" end
  local echo = message.body.legacy_session_id_echo
  return #echo > SIZE and echo:sub(1, SIZE) == id and "vulnerable" or "not vulnerable"
end

return fault {
  name = "ticketbleed", summary = "Does the server give away memory to a ticket?",
  message = "its session id is longer than the client's, by bytes of its memory",
  reference = "CVE-2016-9244",
  fact = "\"vulnerable\", \"not vulnerable\", or \"not applicable\" without tickets in TLS 1.2 and "
    .. "before",
  verdict = verdict,
}
