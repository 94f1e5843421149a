--- A cipher suite split into what its name stands for, in words.
-- @module wolfssl.trace.explain.suite
local M = {}

local EXCHANGES = {
  RSA = "RSA: the client encrypts the premaster secret to the server's key",
  DH = "static Diffie-Hellman: the server's value is in its certificate",
  DHE = "ephemeral Diffie-Hellman: new values for each connection",
  ECDH = "static elliptic-curve Diffie-Hellman: the server's point is in its certificate",
  ECDHE = "ephemeral elliptic-curve Diffie-Hellman: new values for each connection",
  PSK = "a key that both sides have had before",
  RSA_PSK = "a key shared before, with a secret encrypted to the server's RSA key",
  DHE_PSK = "a key shared before, with ephemeral Diffie-Hellman",
  ECDHE_PSK = "a key shared before, with ephemeral elliptic-curve Diffie-Hellman",
}

local AUTHENTICATIONS = {
  RSA = "certificate with an RSA key", DSS = "certificate with a DSA key",
  ECDSA = "certificate with an elliptic-curve key", anon = "none: anyone may be the server",
  PSK = "by the key shared before", ["NULL"] = "none",
}

local CIPHERS = { CHACHA20 = "ChaCha20", ["NULL"] = "none" }

local function encryption(suite)
  local name = CIPHERS[suite.cipher] or suite.cipher
  if suite.cipher == "NULL" or suite.cipher == "CHACHA20" then return name end
  local mode = suite.mode and " in " .. suite.mode .. " mode" or ""
  return ("%s-%.0f%s"):format(name, suite.bits, mode)
end

local function integrity(suite)
  if suite.mode == "POLY1305" then return "Poly1305, part of the AEAD" end
  if suite.aead then
    return ("part of the AEAD, tag of %.0f bytes"):format(suite.tag_length)
  end
  return suite.mac and "HMAC-" .. suite.mac or "none"
end

local function note(suite)
  if #(suite.weaknesses or {}) > 0 then
    return "weak: " .. table.concat(suite.weaknesses, ", ")
  end
  if not suite.key_exchange then return "TLS 1.3" end
  if not suite.forward_secrecy then
    return "no forward secrecy: who gets the key later reads old connections"
  end
  if not suite.aead then return "MAC, then encrypt: the older construction" end
  return "forward secrecy, AEAD"
end

local SIGNALS = {
  TLS_EMPTY_RENEGOTIATION_INFO_SCSV =
    "no suite: says that the client supports secure renegotiation (RFC 5746)",
  TLS_FALLBACK_SCSV =
    "no suite: says that the client tries again with an older version (RFC 7507)",
}

local BY_EXTENSIONS = "settled by the extensions, not by the suite"

--- Takes a suite apart.
-- @tparam table suite registry entry
-- @treturn table `{name, value, key_exchange, authentication, encryption, mac, note}`; only the
-- first two and `note` for what is no suite
function M.split(suite)
  local parts = { name = suite.name, value = ("%04x"):format(suite.value) }
  if suite.signalling or not suite.cipher then
    parts.note = SIGNALS[suite.name] or suite.grease and "no suite: keeps servers used to values "
      .. "that they do not know (RFC 8701)" or "not known here"
    return parts
  end
  parts.key_exchange = suite.key_exchange and (EXCHANGES[suite.key_exchange] or suite.key_exchange)
    or BY_EXTENSIONS
  parts.authentication = suite.key_exchange
    and (AUTHENTICATIONS[suite.authentication] or suite.authentication) or BY_EXTENSIONS
  parts.encryption, parts.mac, parts.note = encryption(suite), integrity(suite), note(suite)
  return parts
end

--- A suite in one line.
-- @tparam table suite registry entry
-- @treturn string
function M.line(suite)
  local parts = M.split(suite)
  if not parts.encryption then return parts.note end
  local exchange = suite.key_exchange
    and ("key exchange %s, authentication %s, "):format(suite.key_exchange, suite.authentication)
    or ""
  return ("%sencryption %s, MAC %s, hash %s"):format(exchange, parts.encryption, parts.mac,
    suite.hash)
end

return M
