--- By protocol, how a server begins TLS: strings are said, tables hold a pattern to hear, and how
-- many bytes that are where the client goes on at once.
return {
  smtp = { "220-mail\r\n220 example\r\n", { "^EHLO localhost\r\n$" },
    "250-example\r\n250-STARTTLS\r\n250 HELP\r\n", { "^STARTTLS\r\n$" }, "220 go\r\n" },
  lmtp = { "220 example\r\n", { "^LHLO localhost\r\n$" }, "250-example\r\n250 starttls\r\n",
    { "^STARTTLS\r\n$" }, "220 go\r\n" },
  imap = { "* OK ready\r\n", { "^a STARTTLS\r\n$" }, "* CAPABILITY x\r\na OK go\r\n" },
  pop3 = { "+OK ready\r\n", { "^STLS\r\n$" }, "+OK go\r\n" },
  ftp = { "220-a\r\n b\r\n220 c\r\n", { "^AUTH TLS\r\n$" }, "234 go\r\n" },
  nntp = { "201 ready\r\n", { "^STARTTLS\r\n$" }, "382 go\r\n" },
  sieve = { '"IMPLEMENTATION" "x"\r\n"STARTTLS"\r\nOK "ready"\r\n', { "^STARTTLS\r\n$" },
    'OK "go"\r\n' },
  irc = { { "^STARTTLS\r\n$" }, ":irc.example NOTICE * :hello\r\n:irc.example 670 * :go\r\n" },
  xmpp = {
    { "^<%?xml version='1%.0'%?><stream:stream to='a&#38;b%.example' xmlns='jabber:client'" },
    "<stream:stream><stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'>"
    .. "<required/></starttls></stream:features>",
    { "^<starttls xmlns='urn:ietf:params:xml:ns:xmpp%-tls'/>$" },
    "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>" },
  xmpp_server = { { "xmlns='jabber:server'" },
    "<stream:features><starttls xmlns='x'/></stream:features>", { "^<starttls" },
    "<proceed xmlns='x'></proceed>" },
  postgres = { { "^%z%z%z\8\4\210\22\47$" }, "S" },
  mysql = { "\60\0\0\0\0108.0.1\0" .. ("c"):rep(4) .. ("s"):rep(8) .. "\0\255\255\45"
    .. ("x"):rep(60 - 7 - 12 - 4), { "^\32%z%z\1%z\138", 36 } },
  ldap = { { "^\48\29\2\1\1\119\24\128\0221%.3%.6%.1%.4%.1%.1466%.20037$" },
    "\48\12\2\1\1\120\7\10\1\0\4\0\4\0" },
}
