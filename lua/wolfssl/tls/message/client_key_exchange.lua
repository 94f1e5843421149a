--- client_key_exchange: its form follows from the key exchange of the suite.
-- @module wolfssl.tls.message.client_key_exchange
-- @see RFC 5246 section 7.4.7
-- @see RFC 8422 section 5.7
-- @see RFC 4279
-- @see RFC 5489
-- @see RFC 5054
-- @see RFC 2712 section 3
-- @see RFC 8492 section 4.5.2
-- @see RFC 9189 section 4.2.4
-- @see draft-cragie-tls-ecjpake section 7.4
local negotiated = require "wolfssl.tls.message.negotiated"
local wire = require "wolfssl.tls.wire"

local gost = require "wolfssl.tls.message.gost_key_transport"
local key_exchange = require "wolfssl.tls.message.key_exchange"

local psk_identity = { "psk_identity", wire.opaque(0, 65535) }
local encrypted = { "encrypted_pre_master_secret", wire.opaque(0, 65535) }
local dh_yc = { "dh_yc", key_exchange.dh_value }
local ecdh_yc = { "ecdh_yc", key_exchange.ec_point }

local forms = {
  RSA = wire.struct { encrypted },
  DHE = wire.struct { dh_yc },
  DH = wire.struct { { "dh_yc", wire.optional(key_exchange.dh_value) } },
  ECDHE = wire.struct { ecdh_yc },
  ECDH = wire.struct { { "ecdh_yc", wire.optional(key_exchange.ec_point) } },
  PSK = wire.struct { psk_identity },
  RSA_PSK = wire.struct { psk_identity, encrypted },
  DHE_PSK = wire.struct { psk_identity, dh_yc },
  ECDHE_PSK = wire.struct { psk_identity, ecdh_yc },
  SRP = wire.struct { { "srp_a", key_exchange.dh_value } },
  KRB5 = wire.struct {
    { "ticket", wire.opaque(0, 65535) }, { "authenticator", wire.opaque(0, 65535) }, encrypted,
  },
  ECCPWD = key_exchange.ClientPWDParams,
  ECJPAKE = wire.struct { { "ecjpake_key_kp", key_exchange.ECJPAKEKeyKP } },
  GOST = wire.struct { { "gost_key_transport", gost.TLSGostKeyTransportBlob } },
}

local gost_omac = wire.struct { { "gost_key_transport", gost.GostKeyTransport } }

-- RFC 6101 section 5.6.7.1: SSL 3.0 has no length here.
local ssl3_rsa = wire.struct { { "encrypted_pre_master_secret", wire.rest() } }

local cases = { negotiated.bytes, ssl3_rsa, gost_omac }
for _, form in pairs(forms) do cases[#cases + 1] = form end

return wire.choice(cases, function(_, context)
  local suite = negotiated.suite(context)
  if not suite then return negotiated.bytes end
  if suite.key_exchange == "RSA" and negotiated.version(context) == 0x0300 then return ssl3_rsa end
  if suite.key_exchange == "GOST" and suite.mode == "CTR_OMAC" then return gost_omac end
  return forms[suite.key_exchange] or negotiated.bytes
end)
