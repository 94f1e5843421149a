--- IMAP.
-- @module wolfssl.starttls.imap
-- @see RFC 9051 section 6.2.1

return function(talk)
  return talk:follow {
    { last = "^%* ", ok = "^%* OK", line = "^%* " },
    "a STARTTLS\r\n",
    { last = "^a ", ok = "^a OK", line = "^[a%*] " },
  }
end
