--- NNTP.
-- @module wolfssl.starttls.nntp
-- @see RFC 4642

local LINE = "^%d%d%d "

return function(talk)
  return talk:follow {
    { last = LINE, ok = "^20[01] ", line = LINE },
    "STARTTLS\r\n",
    { last = LINE, ok = "^382 ", line = LINE },
  }
end
