--- What is said in plain text before TLS begins, in protocols that have a STARTTLS.
--
--     local transport = assert(blocking.connect(host, 587))
--     assert(starttls.start("smtp", transport, { timeout = 10 }))
--     local stream = context:wrap(transport, { server_name = host })
--
-- It works over any transport (see `wolfssl.transport.fd`). What a server sends behind its go-ahead
-- was not protected and belongs to no TLS record: it is refused, never handed on as if it were
-- (CVE-2011-0411 and its children).
-- @module wolfssl.starttls
local M = {}

local PORTS = {
  ftp = 21, imap = 143, irc = 6667, ldap = 389, lmtp = 24, mysql = 3306, nntp = 119, pop3 = 110,
  postgres = 5432, sieve = 4190, smtp = 25, xmpp = 5222, xmpp_server = 5269,
}

--- All protocols, sorted.
M.protocols = {}
for name in pairs(PORTS) do M.protocols[#M.protocols + 1] = name end
table.sort(M.protocols)

--- The port that IANA has for a protocol; for SMTP that of servers among themselves.
-- @tparam string protocol
-- @treturn ?int
function M.port(protocol)
  return PORTS[protocol]
end

--- Raises for a protocol that is not among them.
-- @tparam string protocol
-- @tparam[opt=3] int level where the error is, as of `error`: 3 is the caller of the caller
function M.check(protocol, level)
  if not PORTS[protocol] then
    error(("STARTTLS: one of %s expected, got '%s'"):format(table.concat(M.protocols, ", "),
      tostring(protocol)), level or 3)
  end
end

--- Talks until the server is ready for a ClientHello.
-- @tparam string protocol one of `protocols`
-- @tparam table transport
-- @tparam ?table options `timeout`: seconds for all of it; `server_name`: whom an XMPP server must
--   be; `client_name`: who says hello in SMTP and LMTP, default "localhost"
-- @treturn[1] boolean true: the next bytes are TLS
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code: `peer_incompatible` when the server will not; `decode_error` when it
--   speaks something else; `peer_misbehaved` when it says too much; `timeout`, `truncated`,
--   `network_error`
function M.start(protocol, transport, options)
  M.check(protocol)
  options = options or {}
  local talk = require("wolfssl.starttls.dialogue").new(protocol, transport, options.timeout)
  local ok, message, code = require("wolfssl.starttls." .. protocol)(talk, options)
  if ok then ok, message, code = talk:finish() end
  if ok then return true end
  return nil, ("STARTTLS (%s): %s"):format(protocol, message), code
end

return M
