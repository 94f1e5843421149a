--- Early ChangeCipherSpec: whether the server takes keys into use that nobody agreed on.
-- @module wolfssl.probe.probes.ccs_injection
-- @see RFC 5246 section 7.1
local fault = require "wolfssl.probe.fault"
local reply = require "wolfssl.probe.reply"

-- Behind ChangeCipherSpec a record that no key opens: who complains of its protection has changed
-- keys, who complains of the order has not.
local UNREADABLE = { content_type = "handshake", content = ("\0"):rep(64) }
local CHANGED = { ["alert bad_record_mac"] = true, ["alert decryption_failed"] = true,
  ["alert decrypt_error"] = true, ["alert record_overflow"] = true }

local function verdict(target, version)
  local word, c, message = reply.to_hello(target, { versions = { version } })
  if not word then return nil, c, message end
  if word ~= "server_hello" then return "not applicable" end
  if reply.last(c, { server_hello_done = true }) ~= "server_hello_done" then
    return "not applicable"
  end
  c:change_cipher_spec { hold = true }
  c:send(UNREADABLE, { secret = false })
  word = reply.last(c, nil, target.patience)
  if word == "timeout" then return "unknown" end
  return CHANGED[word] and "vulnerable" or "not vulnerable"
end

return fault {
  name = "ccs_injection", summary = "Does the server take a ChangeCipherSpec that comes too early?",
  message = "a ChangeCipherSpec before the key exchange puts keys into use",
  reference = "CVE-2014-0224",
  fact = "\"vulnerable\", \"not vulnerable\", \"unknown\" when it says nothing, or \"not "
    .. "applicable\" without TLS 1.2 or before",
  verdict = verdict,
}
