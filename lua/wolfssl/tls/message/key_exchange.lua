--- The parameters that ServerKeyExchange and ClientKeyExchange share.
-- @module wolfssl.tls.message.key_exchange
-- @see RFC 5246 section 7.4.3
-- @see RFC 8422 section 5.4
-- @see RFC 5054 section 2.8
-- @see RFC 8492 section 4.5
-- @see draft-cragie-tls-ecjpake section 6
local code_points = require "wolfssl.tls.registry.code_points"
local named_group = require "wolfssl.tls.registry.named_group"
local wire = require "wolfssl.tls.wire"

local M = {}

M.dh_value = wire.opaque(1, 65535)
M.ec_point = wire.opaque(1, 255)

M.ServerDHParams = wire.struct {
  { "dh_p", M.dh_value }, { "dh_g", M.dh_value }, { "dh_ys", M.dh_value },
}

local ECCurve = wire.struct { { "a", wire.opaque(1, 255) }, { "b", wire.opaque(1, 255) } }

local function explicit(fields)
  for _, field in ipairs {
    { "curve", ECCurve }, { "base", M.ec_point }, { "order", wire.opaque(1, 255) },
    { "cofactor", wire.opaque(1, 255) },
  } do
    fields[#fields + 1] = field
  end
  return wire.struct(fields)
end

local Trinomial = wire.struct { { "k", wire.opaque(1, 255) } }
local Pentanomial = wire.struct {
  { "k1", wire.opaque(1, 255) }, { "k2", wire.opaque(1, 255) }, { "k3", wire.opaque(1, 255) },
}

local function known_type(value) return type(value) == "table" and not value.unknown end

M.ECParameters = wire.struct {
  { "curve_type", wire.check(wire.enum(code_points.ec_curve_type), known_type,
    "a curve type without a format") },
  { "parameters", wire.select("curve_type", code_points.ec_curve_type, {
    explicit_prime = explicit { { "prime_p", wire.opaque(1, 255) } },
    explicit_char2 = explicit {
      { "m", wire.uint16 },
      { "basis", wire.check(wire.enum(code_points.ec_basis_type), known_type,
        "a basis type without a format") },
      { "polynomial", wire.select("basis", code_points.ec_basis_type, {
        ec_basis_trinomial = Trinomial, ec_basis_pentanomial = Pentanomial,
      }, wire.rest()) },
    },
    named_curve = wire.struct { { "namedcurve", wire.enum(named_group) } },
  }, wire.rest()) },
}

local curve_params = { "curve_params", M.ECParameters }

M.ServerECDHParams = wire.struct {
  curve_params,
  { "public", M.ec_point },
}

M.ServerRSAParams = wire.struct {
  { "rsa_modulus", M.dh_value }, { "rsa_exponent", M.dh_value },
}

M.ServerSRPParams = wire.struct {
  { "srp_n", M.dh_value }, { "srp_g", M.dh_value }, { "srp_s", wire.opaque(1, 255) },
  { "srp_b", M.dh_value },
}

local element = { "element", M.ec_point }
local scalar = { "scalar", wire.opaque(1, 255) }

M.ServerPWDParams = wire.struct { { "salt", wire.opaque(1, 255) }, curve_params, element, scalar }

M.ClientPWDParams = wire.struct { element, scalar }

-- A public key of J-PAKE, and Schnorr's proof that its owner has the private one.
M.ECJPAKEKeyKP = wire.struct {
  { "x", M.ec_point },
  { "zkp", wire.struct { { "v", M.ec_point }, { "r", wire.opaque(1, 255) } } },
}

M.ServerECJPAKEParams = wire.struct { curve_params, { "ecjpake_key_kp", M.ECJPAKEKeyKP } }

return M
