--- FTP.
-- @module wolfssl.starttls.ftp
-- @see RFC 4217 section 4

return function(talk)
  return talk:follow {
    { last = "^%d%d%d ", ok = "^220" },
    "AUTH TLS\r\n",
    { last = "^%d%d%d ", ok = "^234" },
  }
end
