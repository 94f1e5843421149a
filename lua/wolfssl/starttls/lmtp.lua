--- LMTP: SMTP with another hello.
-- @module wolfssl.starttls.lmtp
-- @see RFC 2033

local smtp = require "wolfssl.starttls.smtp"

return function(talk, options) return smtp(talk, options, "LHLO") end
