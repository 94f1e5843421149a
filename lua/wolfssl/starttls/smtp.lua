--- SMTP.
-- @module wolfssl.starttls.smtp
-- @see RFC 3207

local LINE, LAST = "^%d%d%d", { "^%d%d%d ", "^%d%d%d$" }

return function(talk, options, hello)
  local name = options.client_name or "localhost"
  if name:find "[%c ]" then error("STARTTLS: 'client_name' is no name", 0) end
  return talk:follow {
    { last = LAST, ok = "^220", line = LINE },
    ("%s %s\r\n"):format(hello or "EHLO", name),
    { last = LAST, ok = "^250", line = LINE, offers = "STARTTLS" },
    "STARTTLS\r\n",
    { last = LAST, ok = "^220", line = LINE },
  }
end
