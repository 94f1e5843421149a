--- finished.
-- @module wolfssl.tls.message.finished
-- @see RFC 8446 section 4.4.4
-- @see RFC 5246 section 7.4.9
-- @see RFC 6101 section 5.6.9
local negotiated = require "wolfssl.tls.message.negotiated"
local wire = require "wolfssl.tls.wire"

local HASH_LENGTHS = { SHA256 = 32, SHA384 = 48, SHA512 = 64, SM3 = 32 }

local forms = { any = wire.struct { { "verify_data", wire.rest(1) } } }
local cases = { forms.any }
for _, length in ipairs { 12, 32, 36, 48, 64 } do
  forms[length] = wire.struct { { "verify_data", wire.fixed(length) } }
  cases[#cases + 1] = forms[length]
end

return wire.choice(cases, function(_, context)
  local version, suite = negotiated.version(context), negotiated.suite(context)
  if not version then return forms.any end
  if version == 0x0300 then return forms[36] end
  if version >= 0x0304 then return suite and forms[HASH_LENGTHS[suite.hash]] or forms.any end
  return suite and suite.key_exchange == "GOST" and forms.any or forms[12]
end)
