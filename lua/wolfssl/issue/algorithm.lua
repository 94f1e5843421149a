--- Signature algorithms of certificates: identifiers (RFC 3279, RFC 4055, RFC 5758, RFC 8410).
-- @module wolfssl.issue.algorithm

local der = require "wolfssl.issue.der"

local M = {}

local hash_oid = {
  sha1 = "1.3.14.3.2.26", sha224 = "2.16.840.1.101.3.4.2.4", sha256 = "2.16.840.1.101.3.4.2.1",
  sha384 = "2.16.840.1.101.3.4.2.2", sha512 = "2.16.840.1.101.3.4.2.3",
}

local rsa_oid = {
  md5 = "1.2.840.113549.1.1.4", sha1 = "1.2.840.113549.1.1.5", sha224 = "1.2.840.113549.1.1.14",
  sha256 = "1.2.840.113549.1.1.11", sha384 = "1.2.840.113549.1.1.12",
  sha512 = "1.2.840.113549.1.1.13",
}

local ecdsa_oid = {
  sha1 = "1.2.840.10045.4.1", sha224 = "1.2.840.10045.4.3.1", sha256 = "1.2.840.10045.4.3.2",
  sha384 = "1.2.840.10045.4.3.3", sha512 = "1.2.840.10045.4.3.4",
}

local pss_salt = { sha256 = 32, sha384 = 48, sha512 = 64 }

-- RFC 4055 section 3.1: hash, mask generation function, salt length
local function pss(hash)
  local hash_algorithm = der.sequence(der.oid(hash_oid[hash]), der.null)
  return der.sequence(der.oid("1.2.840.113549.1.1.10"), der.sequence(
    der.explicit(0, hash_algorithm),
    der.explicit(1, der.sequence(der.oid("1.2.840.113549.1.1.8"), hash_algorithm)),
    der.explicit(2, der.integer(pss_salt[hash]))))
end

local function unfit(signature, kind)
  error(("signature: '%s' does not fit the issuer's %s key"):format(tostring(signature), kind), 0)
end

local function rsa(signature)
  local hash = signature:match("^rsa_pss_(.*)$")
  if pss_salt[hash] then return pss(hash), "rsa_pss_rsae_" .. hash end
  if not rsa_oid[signature] then unfit(signature, "rsa") end
  return der.sequence(der.oid(rsa_oid[signature]), der.null), "rsa_pkcs1_" .. signature
end

local function ecdsa(signature)
  if not ecdsa_oid[signature] then unfit(signature, "ecdsa") end
  return der.sequence(der.oid(ecdsa_oid[signature])), "ecdsa_" .. signature
end

local edwards_oid = { ed25519 = "1.3.101.112", ed448 = "1.3.101.113" }

--- Chooses an algorithm for a key.
-- @param key key object
-- @tparam[opt] string signature hash, or "rsa_pss_sha256", "rsa_pss_sha384", "rsa_pss_sha512";
-- default: a hash of the strength of the key
-- @treturn string AlgorithmIdentifier, DER
-- @treturn string scheme for key:sign
function M.choose(key, signature)
  local kind, bits = key:algorithm()
  if edwards_oid[kind] then
    if signature then unfit(signature, kind) end
    return der.sequence(der.oid(edwards_oid[kind])), kind
  end
  if signature ~= nil and type(signature) ~= "string" then unfit(signature, kind) end
  if kind == "rsa" then return rsa(signature or "sha256") end
  return ecdsa(signature or bits > 384 and "sha512" or bits > 256 and "sha384" or "sha256")
end

return M
