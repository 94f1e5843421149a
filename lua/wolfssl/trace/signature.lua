--- The signatures of a handshake: CertificateVerify and ServerKeyExchange.
-- @module wolfssl.trace.signature
-- @see RFC 8446 section 4.4.3
-- @see RFC 5246 section 7.4.3 and 7.4.8
-- @see RFC 4346 section 7.4.3
local crypto = require "wolfssl.trace.crypto"
local spki = require "wolfssl.trace.spki"

local M = {}

local TLS12, TLS13 = 0x0303, 0x0304

local HASHES = { MD5 = true, SHA1 = true, SHA224 = true, SHA256 = true, SHA384 = true,
  SHA512 = true }

-- What TLS 1.3 has for certificates only.
local function fit_for_tls13(scheme)
  return scheme.algorithm ~= "rsa_pkcs1" and scheme.hash ~= "SHA1" and not scheme.tls12_only
end

local function supported(scheme)
  if scheme.name:find("legacy") or scheme.name:find("brainpool") then return false end
  if scheme.algorithm == "ecdsa" then return HASHES[scheme.hash] and scheme.hash ~= "MD5" end
  if scheme.algorithm == "rsa_pkcs1" then return HASHES[scheme.hash] end
  return scheme.algorithm == "rsa_pss" or scheme.algorithm == "eddsa"
end

-- The name of a scheme for wolfCrypt: TLS 1.2 does not tie the hash to a curve.
local function name_of(scheme, version)
  if not supported(scheme) then
    return nil, ("signature scheme %s is not supported"):format(scheme.name)
  end
  if version >= TLS13 and not fit_for_tls13(scheme) then
    return nil, ("TLS 1.3 does not allow %s here"):format(scheme.name)
  end
  if scheme.algorithm == "ecdsa" and version < TLS13 then
    return "ecdsa_" .. scheme.hash:lower()
  end
  return scheme.name
end

-- RFC 4346 section 7.4.3: the key decides.
local function name_by_key(public_key)
  local algorithm = spki.algorithm(public_key)
  if algorithm == "rsa" then return "rsa_pkcs1_md5_sha1" end
  if algorithm == "ecdsa" then return "ecdsa_sha1" end
  return nil, ("signatures of %s keys are not supported"):format(algorithm or "unknown")
end

-- Checks any signature: true; false and why; nil and why it could not be checked.
local function check(version, signed, public_key, data)
  if not public_key then return nil, "the signer's certificate is not known" end
  local name, message
  if version < TLS12 then
    name, message = name_by_key(public_key)
  else
    name, message = name_of(signed.algorithm, version)
  end
  if not name then return nil, message end
  local ok, text, code = crypto.verify(name, public_key, data, signed.signature)
  if ok then return true end
  if code == "peer_misbehaved" then return false, text end
  return nil, text
end

--- Checks a CertificateVerify of TLS 1.3.
-- @tparam string side "client" or "server", who signed
-- @tparam table body decoded message, `{algorithm =, signature =}`
-- @tparam ?string public_key SubjectPublicKeyInfo of the signer
-- @tparam string transcript_hash of the messages before this one
-- @return true; false, message; or nil, message when it could not be checked
function M.certificate_verify13(side, body, public_key, transcript_hash)
  local data = (" "):rep(64) .. "TLS 1.3, " .. side .. " CertificateVerify\0" .. transcript_hash
  return check(TLS13, body, public_key, data)
end

--- Checks a CertificateVerify of TLS 1.0 to 1.2.
-- @tparam number version
-- @tparam table body decoded message
-- @tparam ?string public_key SubjectPublicKeyInfo of the client
-- @tparam string messages all handshake messages before this one
-- @return true; false, message; or nil, message when it could not be checked
function M.certificate_verify12(version, body, public_key, messages)
  return check(version, body, public_key, messages)
end

--- Checks the signature in a ServerKeyExchange.
-- @tparam number version
-- @tparam string bytes the message with its header
-- @tparam table body decoded message
-- @tparam ?string public_key SubjectPublicKeyInfo of the server
-- @tparam string randoms client random and server random
-- @return true; false, message; or nil, message when it could not be checked or is not signed
function M.server_key_exchange(version, bytes, body, public_key, randoms)
  local signed = body.signed_params
  if not signed then return nil, "the parameters are not signed" end
  local tail = 2 + #signed.signature + (version >= TLS12 and 2 or 0)
  return check(version, signed, public_key, randoms .. bytes:sub(5, -tail - 1))
end

return M
