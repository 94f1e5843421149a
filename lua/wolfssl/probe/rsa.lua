--- RSA without padding: what encrypts a block that no library would make.
-- @module wolfssl.probe.rsa
-- @see RFC 8017 section 5.1.1
local crypto = require "wolfssl.trace.crypto"
local element = require("wolfssl.trace.der").element

local M = {}

local RSA_ENCRYPTION = "\6\9\42\134\72\134\247\13\1\1\1"   -- 1.2.840.113549.1.1.1

-- The elements of a SEQUENCE, as strings of their contents.
local function members(der)
  local _, pos, after = element(der, 1, #der)
  local list = {}
  while pos and pos < after do
    local _, first, behind = element(der, pos, after - 1)
    if not first then return nil end
    list[#list + 1], pos = der:sub(first, behind - 1), behind
  end
  return list
end

--- Modulus and public exponent.
-- @tparam string spki SubjectPublicKeyInfo, DER
-- @treturn string modulus, big-endian, without leading zeros; nil when it is no RSA key
-- @treturn string exponent
-- @see RFC 8017 appendix A.1.1
function M.public_key(spki)
  local outer = members(spki)
  if not (outer and outer[2]) or outer[1]:sub(1, #RSA_ENCRYPTION) ~= RSA_ENCRYPTION then
    return nil
  end
  local key = members(outer[2]:sub(2))   -- behind the count of unused bits
  if not (key and key[2]) then return nil end
  return (key[1]:gsub("^%z+", "")), key[2]
end

--- A block to the power of the exponent, in the modulus: what a Diffie-Hellman share is, too.
-- @tparam string modulus
-- @tparam string exponent
-- @tparam string block as long as the modulus
-- @treturn[1] string as long as the modulus
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
function M.power(modulus, exponent, block)
  local result, message, code = crypto.dh_shared(modulus, "\2", exponent, block)
  if not result then return nil, message, code end
  return ("\0"):rep(#modulus - #result) .. result
end

return M
