--- Renegotiation in TLS 1.2 and older: whether it is bound to the connection, and who may begin it.
-- @module wolfssl.probe.probes.renegotiation
-- @see RFC 5746
local probe = require "wolfssl.probe"
local reply = require "wolfssl.probe.reply"

local function verify_data(c)
  for _, entry in ipairs(c:entries()) do
    if entry.from == "client" and entry.name == "finished" then
      return entry.message.body.verify_data
    end
  end
end

-- A second ClientHello, inside; true when the server goes along.
local function renegotiates(c, hello)
  hello.add = { { extension_type = "renegotiation_info",
    extension_data = { renegotiated_connection = verify_data(c) } } }
  c:send(c:client_hello(hello))
  return c:expect "server_hello" ~= nil
end

return probe.define {
  name = "renegotiation", summary = "Is renegotiation secure, and can a client begin it?",
  needs = { "versions" },
  findings = {
    insecure = { severity = "error", reference = "RFC 5746",
      message = "renegotiation is not bound to the connection: no renegotiation_info" },
    by_client = { severity = "warning", reference = "RFC 5746 section 4.4",
      message = "a client can begin a renegotiation, which costs the server more than the client" },
  },
  facts = {
    secure_renegotiation = "whether renegotiation_info is answered; absent where there is nothing "
      .. "but TLS 1.3, which has no renegotiation",
    client_renegotiation = "whether a client can begin one; absent as above, and where no "
      .. "handshake is completed",
  },
  run = function(target, report, fact)
    local version = target:newest "TLS 1.2"
    if not version then return end
    local c, message, code = target:sample(version)
    if not c then return nil, message, code end
    local hello = target:said(c, "server_hello")
    if not hello then return end
    local secure = probe.extension(hello, "renegotiation_info") ~= nil
    fact("secure_renegotiation", secure)
    if not secure then report "insecure" end
    c, message, code = target:connect()
    if not c then return nil, message, code end
    local usual = reply.hello(target, { versions = { version } })
    if not c:handshake { hello = usual } then return end
    local goes_along = renegotiates(c, usual)
    fact("client_renegotiation", goes_along)
    if goes_along then report "by_client" end
  end,
}
