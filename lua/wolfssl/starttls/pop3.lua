--- POP3.
-- @module wolfssl.starttls.pop3
-- @see RFC 2595 section 4

local REPLY = { last = "", ok = "^%+OK", line = "^[+-]" }

return function(talk)
  return talk:follow { REPLY, "STLS\r\n", REPLY }
end
