--- The small registries: one table each, none worth a file.
-- @module wolfssl.tls.registry.code_points
local registry = require "wolfssl.tls.registry"
local rows = registry.rows
local M = {}

-- RFC 8446 section 6
M.alert_level = rows("alert level", 1, { { 1, "warning" }, { 2, "fatal" } })

-- RFC 3749, RFC 3943
M.compression_method = rows("compression method", 1, {
  { 0, "null" }, { 1, "DEFLATE" }, { 64, "LZS" },
})

-- RFC 8446 section 4.2.9
M.psk_key_exchange_mode = rows("PSK key exchange mode", 1, {
  { 0, "psk_ke" }, { 1, "psk_dhe_ke" },
}, nil, true)

-- RFC 8446 section 4.6.3
M.key_update_request = rows("key update request", 1, {
  { 0, "update_not_requested" }, { 1, "update_requested" },
})

-- RFC 8422 section 5.1.2
M.ec_point_format = rows("EC point format", 1, {
  { 0, "uncompressed" }, { 1, "ansiX962_compressed_prime" }, { 2, "ansiX962_compressed_char2" },
})

-- RFC 8422 section 5.4
M.ec_curve_type = rows("EC curve type", 1, {
  { 1, "explicit_prime" }, { 2, "explicit_char2" }, { 3, "named_curve" },
})

-- RFC 4492 section 5.4
M.ec_basis_type = rows("EC basis type", 1, {
  { 1, "ec_basis_trinomial" }, { 2, "ec_basis_pentanomial" },
})

-- RFC 9147 section 9
M.connection_id_usage = rows("connection ID usage", 1, {
  { 0, "cid_immediate" }, { 1, "cid_spare" },
})

-- RFC 5246 section 7.4.4, RFC 8422 section 5.5, RFC 9189
M.client_certificate_type = rows("client certificate type", 1, {
  { 1, "rsa_sign" }, { 2, "dss_sign" }, { 3, "rsa_fixed_dh" }, { 4, "dss_fixed_dh" },
  { 5, "rsa_ephemeral_dh" }, { 6, "dss_ephemeral_dh" }, { 20, "fortezza_dms" },
  { 21, "gost_sign94" }, { 22, "gost_sign01" }, { 64, "ecdsa_sign" },
  { 65, "rsa_fixed_ecdh" }, { 66, "ecdsa_fixed_ecdh" }, { 67, "gost_sign256" },
  { 68, "gost_sign512" },
})

-- RFC 7250, RFC 6091, RFC 8902
M.certificate_type = rows("certificate type", 1, {
  { 0, "X509" }, { 1, "OpenPGP" }, { 2, "RawPublicKey" }, { 3, "1609Dot2" },
})

-- RFC 6066 section 8, RFC 6961
M.certificate_status_type = rows("certificate status type", 1, {
  { 1, "ocsp" }, { 2, "ocsp_multi" },
})

-- RFC 8879 section 7.3
M.certificate_compression_algorithm = rows("certificate compression algorithm", 2, {
  { 1, "zlib" }, { 2, "brotli" }, { 3, "zstd" },
}, nil, true)

-- RFC 6066 section 3
M.name_type = rows("name type", 1, { { 0, "host_name" } })

-- RFC 6066 section 4
M.max_fragment_length = rows("maximum fragment length", 1, {
  { 1, "2^9" }, { 2, "2^10" }, { 3, "2^11" }, { 4, "2^12" },
})

-- RFC 6066 section 5
M.cert_chain_type = rows("certificate chain type", 1, {
  { 0, "individual_certs" }, { 1, "pkipath" },
})

-- RFC 6066 section 6
M.ca_identifier_type = rows("CA identifier type", 1, {
  { 0, "pre_agreed" }, { 1, "key_sha1_hash" }, { 2, "x509_name" }, { 3, "cert_sha1_hash" },
})

-- RFC 6520
M.heartbeat_mode = rows("heartbeat mode", 1, {
  { 1, "peer_allowed_to_send" }, { 2, "peer_not_allowed_to_send" },
})
M.heartbeat_message_type = rows("heartbeat message type", 1, {
  { 1, "heartbeat_request" }, { 2, "heartbeat_response" },
})

-- RFC 4681
M.user_mapping_type = rows("user mapping type", 1, { { 64, "upn_domain_hint" } })

-- RFC 4680, RFC 5878
M.supplemental_data_type = rows("supplemental data type", 2, {
  { 0, "user_mapping_data" }, { 16386, "authz_data" },
})
M.authz_data_format = rows("authorization data format", 1, {
  { 0, "x509_attr_cert" }, { 1, "saml_assertion" }, { 2, "x509_attr_cert_url" },
  { 3, "saml_assertion_url" }, { 64, "keynote_assertion_list" },
  { 65, "keynote_assertion_list_url" }, { 66, "dtcp_authorization" },
})

-- RFC 7924
M.cached_information_type = rows("cached information type", 1, {
  { 1, "cert" }, { 2, "cert_req" },
})

-- RFC 5764 section 4.1.2, RFC 7714, RFC 8723
M.srtp_protection_profile = rows("SRTP protection profile", 2, {
  { 0x0001, "SRTP_AES128_CM_HMAC_SHA1_80" }, { 0x0002, "SRTP_AES128_CM_HMAC_SHA1_32" },
  { 0x0005, "SRTP_NULL_HMAC_SHA1_80" }, { 0x0006, "SRTP_NULL_HMAC_SHA1_32" },
  { 0x0007, "SRTP_AEAD_AES_128_GCM" }, { 0x0008, "SRTP_AEAD_AES_256_GCM" },
  { 0x0009, "DOUBLE_AEAD_AES_128_GCM_AEAD_AES_128_GCM" },
  { 0x000A, "DOUBLE_AEAD_AES_256_GCM_AEAD_AES_256_GCM" },
  { 0x000B, "SRTP_ARIA_128_CTR_HMAC_SHA1_80" }, { 0x000C, "SRTP_ARIA_128_CTR_HMAC_SHA1_32" },
  { 0x000D, "SRTP_ARIA_256_CTR_HMAC_SHA1_80" }, { 0x000E, "SRTP_ARIA_256_CTR_HMAC_SHA1_32" },
  { 0x000F, "SRTP_AEAD_ARIA_128_GCM" }, { 0x0010, "SRTP_AEAD_ARIA_256_GCM" },
})

-- RFC 8472 section 3
M.token_binding_key_parameters = rows("token binding key parameters", 1, {
  { 0, "rsa2048_pkcs1.5" }, { 1, "rsa2048_pss" }, { 2, "ecdsap256" },
})

-- RFC 6962 section 3.2
M.sct_version = rows("SCT version", 1, { { 0, "v1" } })

-- RFC 9162 section 4.5
M.trans_item_type = rows("transparency item type", 2, {
  { 1, "x509_entry_v2" }, { 2, "precert_entry_v2" }, { 3, "x509_sct_v2" }, { 4, "precert_sct_v2" },
  { 5, "signed_tree_head_v2" }, { 6, "consistency_proof_v2" }, { 7, "inclusion_proof_v2" },
})

-- RFC 8870
M.ekt_cipher = rows("EKT cipher", 1, { { 0, "AESKW128" }, { 1, "AESKW256" } })

-- RFC 9849 section 5, RFC 9180 section 7
M.ech_client_hello_type = rows("ECH ClientHello type", 1, { { 0, "outer" }, { 1, "inner" } })
M.hpke_kdf = rows("HPKE KDF", 2, {
  { 1, "HKDF-SHA256" }, { 2, "HKDF-SHA384" }, { 3, "HKDF-SHA512" },
}, nil, true)
M.hpke_aead = rows("HPKE AEAD", 2, {
  { 1, "AES-128-GCM" }, { 2, "AES-256-GCM" }, { 3, "ChaCha20Poly1305" }, { 0xFFFF, "export-only" },
}, nil, true)
M.hpke_kem = rows("HPKE KEM", 2, {
  { 0x0010, "DHKEM(P-256, HKDF-SHA256)" }, { 0x0011, "DHKEM(P-384, HKDF-SHA384)" },
  { 0x0012, "DHKEM(P-521, HKDF-SHA512)" }, { 0x0020, "DHKEM(X25519, HKDF-SHA256)" },
  { 0x0021, "DHKEM(X448, HKDF-SHA512)" },
}, nil, true)

-- RFC 9000 section 18.2 and later registrations
M.quic_transport_parameter = rows("QUIC transport parameter", 8, {
  { 0x00, "original_destination_connection_id" }, { 0x01, "max_idle_timeout" },
  { 0x02, "stateless_reset_token" }, { 0x03, "max_udp_payload_size" },
  { 0x04, "initial_max_data" }, { 0x05, "initial_max_stream_data_bidi_local" },
  { 0x06, "initial_max_stream_data_bidi_remote" }, { 0x07, "initial_max_stream_data_uni" },
  { 0x08, "initial_max_streams_bidi" }, { 0x09, "initial_max_streams_uni" },
  { 0x0A, "ack_delay_exponent" }, { 0x0B, "max_ack_delay" },
  { 0x0C, "disable_active_migration" }, { 0x0D, "preferred_address" },
  { 0x0E, "active_connection_id_limit" }, { 0x0F, "initial_source_connection_id" },
  { 0x10, "retry_source_connection_id" }, { 0x11, "version_information" },
  { 0x20, "max_datagram_frame_size" }, { 0x2AB2, "grease_quic_bit" },
})

return M
