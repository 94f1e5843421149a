--- IRC (https://ircv3.net/specs/extensions/tls). Servers may say other things first.
-- @module wolfssl.starttls.irc

local ANSWER = { "^:?%S+ 670 ", "^:?%S+ 691 ", "^:?%S+ 421 ", "^:?%S+ 451 ", "^ERROR " }

return function(talk)
  return talk:follow { "STARTTLS\r\n", { last = ANSWER, ok = "^:?%S+ 670 ", line = "^[%w:@]" } }
end
