--- ecjpake_key_kp_pair: the first round of J-PAKE, two key pairs with proofs.
-- @module wolfssl.tls.extension.ecjpake_key_kp_pair
-- @see draft-cragie-tls-ecjpake section 7.2
local key_exchange = require "wolfssl.tls.message.key_exchange"
local wire = require "wolfssl.tls.wire"

local ECJPAKEKeyKPPair = wire.struct {
  { "first", key_exchange.ECJPAKEKeyKP }, { "second", key_exchange.ECJPAKEKeyKP },
}

return { CH = ECJPAKEKeyKPPair, SH12 = ECJPAKEKeyKPPair }
