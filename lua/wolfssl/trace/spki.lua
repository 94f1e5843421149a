--- The public key out of a certificate: as much DER as checking a signature needs.
-- @module wolfssl.trace.spki
-- @see RFC 5280 section 4.1
-- @see RFC 7250 (raw public keys)
local der_element = require("wolfssl.trace.der").element

local M = {}

local SEQUENCE, OID, CONTEXT_0 = 0x30, 0x06, 0xA0

local ALGORITHMS = {
  ["\42\134\72\134\247\13\1\1\1"] = "rsa",            -- 1.2.840.113549.1.1.1
  ["\42\134\72\134\247\13\1\1\10"] = "rsa_pss",       -- 1.2.840.113549.1.1.10
  ["\42\134\72\206\61\2\1"] = "ecdsa",                -- 1.2.840.10045.2.1
  ["\42\134\72\206\56\4\1"] = "dsa",                  -- 1.2.840.10040.4.1
  ["\43\101\112"] = "ed25519", ["\43\101\113"] = "ed448",  -- 1.3.101.112 and 113
}

local CURVES = {
  ["\42\134\72\206\61\3\1\1"] = "secp192r1", ["\43\129\4\0\33"] = "secp224r1",
  ["\42\134\72\206\61\3\1\7"] = "secp256r1", ["\43\129\4\0\34"] = "secp384r1",
  ["\43\129\4\0\35"] = "secp521r1", ["\43\129\4\0\10"] = "secp256k1",
  ["\43\36\3\3\2\8\1\1\7"] = "brainpoolP256r1",
  ["\43\36\3\3\2\8\1\1\11"] = "brainpoolP384r1",
  ["\43\36\3\3\2\8\1\1\13"] = "brainpoolP512r1",
}

-- The position behind `count` elements.
local function skip(der, pos, limit, count)
  for _ = 1, count do
    local tag, _, after = der_element(der, pos, limit)
    if not tag then return nil end
    pos = after
  end
  return pos
end

-- version [0], serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo
local function in_certificate(der, tbs, limit)
  local tag, start, after = der_element(der, tbs, limit)
  if tag ~= SEQUENCE then return nil end
  local before = der_element(der, start, after - 1) == CONTEXT_0 and 6 or 5
  local pos = skip(der, start, after - 1, before)
  if not pos then return nil end
  local key_tag, _, behind = der_element(der, pos, after - 1)
  return key_tag == SEQUENCE and der:sub(pos, behind - 1) or nil
end

local function is_spki(der, pos, limit)
  local tag, start, after = der_element(der, pos, limit)
  return tag == SEQUENCE and der_element(der, start, after - 1) == OID
end

--- Finds the SubjectPublicKeyInfo.
-- @tparam string der a certificate, or a raw public key, which is returned as it is
-- @treturn string DER; nil when there is none
function M.find(der)
  local tag, start, after = der_element(der, 1, #der)
  if tag ~= SEQUENCE then return nil end
  if is_spki(der, start, after - 1) then return der end
  return in_certificate(der, start, after - 1)
end

-- What AlgorithmIdentifier says: an OID, and where its parameters are.
local function identifier(spki)
  local _, outer, after = der_element(spki, 1, #spki)
  local _, inner = der_element(spki, outer or 1, (after or 1) - 1)
  local tag, start, behind = der_element(spki, inner or 1, #spki)
  if tag == OID then return spki:sub(start, behind - 1), behind end
end

--- The kind of a public key.
-- @tparam string spki
-- @treturn string "rsa", "rsa_pss", "ecdsa", "dsa", "ed25519", "ed448"; nil for another
function M.algorithm(spki)
  return ALGORITHMS[identifier(spki)]
end

--- The curve of an ECDSA key.
-- @tparam string spki
-- @treturn string name of a group of TLS; nil for another key or curve
function M.curve(spki)
  local oid, behind = identifier(spki)
  if ALGORITHMS[oid] ~= "ecdsa" then return nil end
  local tag, start, after = der_element(spki, behind, #spki)
  return tag == OID and CURVES[spki:sub(start, after - 1)] or nil
end

return M
