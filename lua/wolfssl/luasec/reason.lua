--- Errors in the words of LuaSec and OpenSSL, as far as programs look at them; others keep ours.
-- @module wolfssl.luasec.reason

local M = {}

local ALERTS = {
  [10] = "sslv3 alert unexpected message", [20] = "sslv3 alert bad record mac",
  [21] = "tlsv1 alert decryption failed", [22] = "tlsv1 alert record overflow",
  [30] = "sslv3 alert decompression failure", [40] = "sslv3 alert handshake failure",
  [41] = "sslv3 alert no certificate", [42] = "sslv3 alert bad certificate",
  [43] = "sslv3 alert unsupported certificate", [44] = "sslv3 alert certificate revoked",
  [45] = "sslv3 alert certificate expired", [46] = "sslv3 alert certificate unknown",
  [47] = "sslv3 alert illegal parameter", [48] = "tlsv1 alert unknown ca",
  [49] = "tlsv1 alert access denied", [50] = "tlsv1 alert decode error",
  [51] = "tlsv1 alert decrypt error", [60] = "tlsv1 alert export restriction",
  [70] = "tlsv1 alert protocol version", [71] = "tlsv1 alert insufficient security",
  [80] = "tlsv1 alert internal error", [86] = "tlsv1 alert inappropriate fallback",
  [90] = "tlsv1 alert user cancelled", [100] = "tlsv1 alert no renegotiation",
  [109] = "tlsv13 alert missing extension", [110] = "tlsv1 unsupported extension",
  [111] = "tlsv1 certificate unobtainable", [112] = "tlsv1 unrecognized name",
  [113] = "tlsv1 bad certificate status response", [114] = "tlsv1 bad certificate hash value",
  [115] = "tlsv1 unknown psk identity", [116] = "tlsv13 alert certificate required",
  [120] = "tlsv1 alert no application protocol",
}

local FINDINGS = {
  expired = "certificate has expired", not_yet_valid = "certificate is not yet valid",
  self_signed = "self-signed certificate",
  unknown_issuer = "unable to get local issuer certificate",
  bad_signature = "certificate signature failure",
  weak_signature = "CA signature digest algorithm too weak", leaf_is_ca = "self-signed certificate",
  weak_key = "EE certificate key too weak", path_length = "path length constraint exceeded",
  chain_too_long = "certificate chain too long", not_a_ca = "invalid CA certificate",
  name_constraint = "permitted subtree violation", policy = "no explicit policy",
  purpose = "unsuitable certificate purpose", key_usage = "unsuitable certificate purpose",
  critical_extension = "unhandled critical extension", wrong_name = "hostname mismatch",
  revoked = "certificate revoked", no_crl = "unable to get certificate CRL",
  bad_crl = "CRL has expired", not_pinned = "unable to get local issuer certificate",
}

--- What is wrong with a certificate.
-- @tparam {code=string,reason=string} finding of a verdict
-- @treturn string
function M.of_finding(finding)
  return FINDINGS[finding.code] or finding.reason
end

local CODES = {
  certificate_invalid = "certificate verify failed", closed = "closed",
  truncated = "unexpected eof while reading",
}

-- What we have refused, by the alert that was sent, and by our own words.
local REFUSED = { [70] = "unsupported protocol", [120] = "no application protocol" }
local WORDS = {
  ["no cipher suite in common"] = "no shared cipher",
  ["no certificate of this server fits the client's signature algorithms"] = "no shared cipher",
  ["no group in common"] = "no suitable key share",
}

--- Why a call failed.
-- @tparam string message
-- @tparam string code of `wolfssl.errors`
-- @tparam ?table detail
-- @tparam ?int alert that was sent
-- @treturn string
function M.of(message, code, detail, alert)
  if code == "alert_received" then return ALERTS[detail.value] or message end
  local missing = message:match("^peer did not return a certificate")
  return missing or CODES[code] or REFUSED[alert] or WORDS[message] or message
end

return M
