--- Whether a server says that it closes, and answers who does: what follows is cut off otherwise.
-- @module wolfssl.probe.probes.close_notify
-- @see RFC 8446 section 6.1
local probe = require "wolfssl.probe"
local reply = require "wolfssl.probe.reply"

local REQUEST = "GET / HTTP/1.0\r\n\r\n"   -- most who are asked for this close then
local ENDS = { ["alert close_notify"] = true, closed = false }

-- How it ends the connection by itself: true, false, or "unknown" when it does not.
local function ending(target, version)
  local c, message, code = target:connect()
  if not c then return nil, message, code end
  if not c:handshake { hello = reply.hello(target, { versions = { version } }) } then
    return "unknown"
  end
  c:write(REQUEST)
  local said = ENDS[reply.last(c, nil, target.patience)]
  c:abort()
  if said == nil then return "unknown" end
  return said
end

return probe.define {
  name = "close_notify", summary = "Does the server say that it closes the connection?",
  findings = {
    cuts_off = { severity = "warning", reference = "RFC 8446 section 6.1",
      message = "it closes without close_notify: a truncated answer looks whole" },
  },
  needs = { "versions" },
  facts = {
    close_notify = "`sent_on_close`: whether close_notify comes before it closes, \"unknown\" when "
      .. "it does not close behind an HTTP request; `answers`: what follows our close_notify: "
      .. "close_notify or the name of another alert, truncated, timeout, or unknown without a "
      .. "handshake",
  },
  run = function(target, report, fact)
    local version = target:newest()
    if not version then return end
    local c, how, code = target:sample(version)
    if not c then return nil, how, code end
    local sent, message, why = "unknown", nil, nil
    if how.agreed then sent, message, why = ending(target, version) end
    if sent == nil then return nil, message, why end
    if sent == false then report "cuts_off" end
    fact("close_notify", { sent_on_close = sent, answers = how.ending or "unknown" })
  end,
}
