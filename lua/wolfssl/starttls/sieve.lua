--- ManageSieve.
-- @module wolfssl.starttls.sieve
-- @see RFC 5804 section 2.2

local LAST = { "^OK%f[%W]", "^NO%f[%W]", "^BYE%f[%W]" }

return function(talk)
  return talk:follow {
    { last = LAST, ok = "^OK", offers = "STARTTLS" },
    "STARTTLS\r\n",
    { last = LAST, ok = "^OK" },
  }
end
