--- What `ssl.config` tells, and what each word of a configuration means here. A word that is not
-- listed is refused.
-- @module wolfssl.luasec.config

local M = {}

local TLS12, TLS13 = "TLS 1.2", "TLS 1.3"

--- Lowest and highest version, by protocol.
M.versions = {
  any = { TLS12, TLS13 }, sslv23 = { TLS12, TLS13 }, tlsv1_2 = { TLS12, TLS12 },
  tlsv1_3 = { TLS13, TLS13 },
}

--- Protocols that LuaSec knows and that are not there.
M.too_old = { sslv3 = true, tlsv1 = true, tlsv1_1 = true }

-- These are done.
local DONE = { "cipher_server_preference", "disable_tlsext_ca_names", "ignore_unexpected_eof",
  "no_ticket", "no_tlsv1_2", "no_tlsv1_3" }

-- These are always so, or stand for work-arounds that no version from TLS 1.2 on has a use for.
local ALWAYS = {
  "all", "cleanse_plaintext", "cookie_exchange", "cryptopro_tlsext_bug",
  "dont_insert_empty_fragments", "enable_middlebox_compat", "ephemeral_rsa",
  "microsoft_big_sslv3_buffer", "microsoft_sess_id_bug", "msie_sslv2_rsa_padding",
  "netscape_ca_dn_bug", "netscape_challenge_bug", "netscape_demo_cipher_change_bug",
  "netscape_reuse_cipher_change_bug", "no_compression", "no_dtlsv1", "no_dtlsv1_2",
  "no_query_mtu", "no_renegotiation", "no_session_resumption_on_renegotiation", "no_sslv2",
  "no_sslv3", "no_tlsv1", "no_tlsv1_1", "pkcs1_check_1", "pkcs1_check_2",
  "safari_ecdhe_ecdsa_bug", "single_dh_use", "single_ecdh_use", "ssleay_080_client_dh_bug",
  "sslref2_reuse_cert_type_bug", "tls_block_padding_bug", "tls_d5_bug", "tls_rollback_bug",
  "no_anti_replay",
}

M.options = {}
for _, list in ipairs { DONE, ALWAYS } do
  for _, name in ipairs(list) do M.options[name] = true end
end

--- Flags of `verify`, as bits.
M.verify = { none = 0, peer = 1, fail_if_no_peer_cert = 2, client_once = 4 }

--- Flags of `verifyext`.
M.verifyext = {
  lsec_continue = true, lsec_ignore_purpose = true, crl_check = true, crl_check_chain = true,
}

--- IANA names of groups by OpenSSL's names of curves.
M.groups = {
  X25519 = "x25519", ["P-256"] = "secp256r1", prime256v1 = "secp256r1", secp256r1 = "secp256r1",
  ["P-384"] = "secp384r1", secp384r1 = "secp384r1", ["P-521"] = "secp521r1",
  secp521r1 = "secp521r1", X448 = "x448", ffdhe2048 = "ffdhe2048",
}

local function set_of(names)
  local set = {}
  for name in pairs(names) do set[name] = true end
  return set
end

--- What `require "ssl.config"` returns.
M.public = {
  protocols = { tlsv1_2 = true, tlsv1_3 = true },
  options = set_of(M.options),
  algorithms = { ec = true },
  capabilities = { alpn = true, curves_list = true, ecdh_auto = true, psk = true },
  curves = set_of(M.groups),
}

return M
