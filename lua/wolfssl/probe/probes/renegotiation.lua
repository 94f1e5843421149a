--- Renegotiation in TLS 1.2: whether it is bound to the connection, and who may begin it.
-- @module wolfssl.probe.probes.renegotiation
-- @see RFC 5746
local probe = require "wolfssl.probe"

local HELLO = { versions = { "TLS 1.2" } }

local function sent_by_us(c, name)
  for _, entry in ipairs(c:entries()) do
    if entry.from == "client" and entry.name == name then return entry.message end
  end
end

-- A second ClientHello, inside; true when the server goes along.
local function renegotiates(c, verify_data)
  local ok = c:send(c:client_hello { versions = { "TLS 1.2" }, add = {
    { extension_type = "renegotiation_info",
      extension_data = { renegotiated_connection = verify_data } },
  } })
  return ok and c:expect "server_hello" ~= nil
end

return probe.define {
  name = "renegotiation", summary = "Is renegotiation secure, and can a client begin it?",
  findings = {
    insecure = { severity = "error", reference = "RFC 5746",
      message = "renegotiation is not bound to the connection: no renegotiation_info" },
    by_client = { severity = "warning", reference = "RFC 5746 section 4.4",
      message = "a client can begin a renegotiation, which costs the server more than the client" },
  },
  run = function(target, report)
    local answer, c, code = target:hello(HELLO)
    if not answer then return nil, c, code end
    if not answer.body then return end   -- no TLS 1.2, no renegotiation
    if not probe.extension(answer, "renegotiation_info") then report "insecure" end
    c:abort()
    local message
    c, message, code = target:connect()
    if not c then return nil, message, code end
    if not c:handshake { hello = HELLO } then return end
    if renegotiates(c, sent_by_us(c, "finished").body.verify_data) then report "by_client" end
  end,
}
