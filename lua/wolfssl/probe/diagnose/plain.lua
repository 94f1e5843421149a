--- Servers that do not begin with TLS: what their first bytes say that they speak.
-- @module wolfssl.probe.diagnose.plain
local starttls = require "wolfssl.starttls"

local M = {}

-- Pattern of the first bytes, the protocol in words, protocols with a STARTTLS that may be it.
local GREETINGS = {
  { "^HTTP/%d", "HTTP" }, { "^<[!%w]", "HTTP" },
  { "^SSH%-", "SSH" },
  { "^RFB ", "VNC" },
  { "^220[ %-].*FTP", "FTP", { "ftp" } },
  { "^220[ %-].*LMTP", "LMTP", { "lmtp" } },
  { "^220[ %-]", "SMTP", { "smtp", "ftp", "lmtp" } },
  { "^[45]%d%d[ %-]", "SMTP or FTP", { "smtp", "ftp" } },
  { "^%* OK", "IMAP", { "imap" } }, { "^%* BYE", "IMAP", { "imap" } },
  { "^%+OK", "POP3", { "pop3" } },
  { "^%-ERR", "Redis or POP3", { "pop3" } },
  { '^"IMPLEMENTATION"', "ManageSieve", { "sieve" } },
  { "^20[01] ", "NNTP", { "nntp" } },
  { "^<%?xml", "XMPP", { "xmpp", "xmpp_server" } },
  { "^<stream", "XMPP", { "xmpp", "xmpp_server" } },
  { "^:%S+ NOTICE", "IRC", { "irc" } }, { "^NOTICE ", "IRC", { "irc" } },
  { "^...%z[\10\255]", "MySQL", { "mysql" } },
  { "^E%z%z%z", "PostgreSQL", { "postgres" } },
  { "^0", "LDAP", { "ldap" } },
}

--- What bytes are.
-- @tparam string bytes
-- @treturn string protocol in words, "something else than TLS" when nobody knows
-- @treturn {string,...} protocols of `wolfssl.starttls` to try
function M.name(bytes)
  for _, row in ipairs(GREETINGS) do
    if bytes:find(row[1]) then return row[2], row[3] or {} end
  end
  return "something else than TLS", {}
end

--- Protocols that have a STARTTLS, and this port.
-- @tparam int port
-- @treturn {string,...}
function M.by_port(port)
  local list = {}
  for _, protocol in ipairs(starttls.protocols) do
    if starttls.port(protocol) == port or protocol == "smtp" and port == 587 then
      list[#list + 1] = protocol
    end
  end
  return list
end

--- The first bytes, fit for a terminal.
-- @tparam string bytes
-- @treturn string
function M.quoted(bytes)
  local line = bytes:match "^[^\r\n]*":sub(1, 60)
  return '"' .. line:gsub("[^ -~]", "?") .. '"'
end

return M
