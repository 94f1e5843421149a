--- server_key_exchange: its form follows from the key exchange of the suite.
-- @module wolfssl.tls.message.server_key_exchange
-- @see RFC 5246 section 7.4.3
-- @see RFC 8422 section 5.4
-- @see RFC 4279
-- @see RFC 5489
-- @see RFC 5054
-- @see RFC 8492 section 4.5.1
-- @see draft-cragie-tls-ecjpake section 7.3
local negotiated = require "wolfssl.tls.message.negotiated"
local signature_scheme = require "wolfssl.tls.registry.signature_scheme"
local wire = require "wolfssl.tls.wire"

local key_exchange = require "wolfssl.tls.message.key_exchange"

local psk_identity_hint = { "psk_identity_hint", wire.opaque(0, 65535) }
local dh = { "params", key_exchange.ServerDHParams }
local ecdh = { "params", key_exchange.ServerECDHParams }
local rsa = { "params", key_exchange.ServerRSAParams }
local srp = { "params", key_exchange.ServerSRPParams }

local signed_params = { "signed_params", negotiated.by_version {
  tls12 = wire.struct {
    { "algorithm", wire.enum(signature_scheme) },
    { "signature", wire.opaque(0, 65535) },
  },
  tls11 = wire.struct { { "signature", wire.opaque(0, 65535) } },
} }

local signed = {
  DHE = wire.struct { dh, signed_params },
  ECDHE = wire.struct { ecdh, signed_params },
  RSA = wire.struct { rsa, signed_params },
  SRP = wire.struct { srp, signed_params },
}

local unsigned = {
  DHE = wire.struct { dh },
  ECDHE = wire.struct { ecdh },
  PSK = wire.struct { psk_identity_hint },
  RSA_PSK = wire.struct { psk_identity_hint },
  DHE_PSK = wire.struct { psk_identity_hint, dh },
  ECDHE_PSK = wire.struct { psk_identity_hint, ecdh },
  SRP = wire.struct { srp },
  ECCPWD = wire.struct { { "params", key_exchange.ServerPWDParams } },
  ECJPAKE = wire.struct { { "params", key_exchange.ServerECJPAKEParams } },
}

-- Whoever is authenticated by the secret itself needs no signature.
local BARE = { anon = true, PSK = true, SRP = true, ECCPWD = true, ECJPAKE = true }

local cases = { negotiated.bytes }
for _, forms in ipairs { signed, unsigned } do
  for _, form in pairs(forms) do cases[#cases + 1] = form end
end

local function choose(_, context)
  local suite, version = negotiated.suite(context), negotiated.version(context)
  if not suite or not version then return negotiated.bytes end
  local bare = BARE[suite.authentication] or suite.key_exchange == "RSA_PSK"
  return (bare and unsigned or signed)[suite.key_exchange] or negotiated.bytes
end

return wire.choice(cases, choose)
