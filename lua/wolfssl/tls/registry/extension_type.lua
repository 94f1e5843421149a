--- TLS ExtensionType, with the document that defines each.
--
-- Four of them stay bytes in `wolfssl.tls.extension`: TLMSP, TLMSP_proxying and TLMSP_delegate,
-- because the one implementation in public (of 2019) is older than what ETSI published and knows
-- only the first; sequence_number_encryption_algorithms, because its draft expired and nobody is
-- known to send it.
-- @module wolfssl.tls.registry.extension_type
-- @see RFC 8446 section 4.2
local registry = require "wolfssl.tls.registry"

return registry.rows("extension type", 2, {
  { 0, "server_name", "RFC 6066" }, { 1, "max_fragment_length", "RFC 6066" },
  { 2, "client_certificate_url", "RFC 6066" }, { 3, "trusted_ca_keys", "RFC 6066" },
  { 4, "truncated_hmac", "RFC 6066" }, { 5, "status_request", "RFC 6066" },
  { 6, "user_mapping", "RFC 4681" }, { 7, "client_authz", "RFC 5878" },
  { 8, "server_authz", "RFC 5878" }, { 9, "cert_type", "RFC 6091" },
  { 10, "supported_groups", "RFC 8422" }, { 11, "ec_point_formats", "RFC 8422" },
  { 12, "srp", "RFC 5054" }, { 13, "signature_algorithms", "RFC 8446" },
  { 14, "use_srtp", "RFC 5764" }, { 15, "heartbeat", "RFC 6520" },
  { 16, "application_layer_protocol_negotiation", "RFC 7301" },
  { 17, "status_request_v2", "RFC 6961" }, { 18, "signed_certificate_timestamp", "RFC 6962" },
  { 19, "client_certificate_type", "RFC 7250" }, { 20, "server_certificate_type", "RFC 7250" },
  { 21, "padding", "RFC 7685" }, { 22, "encrypt_then_mac", "RFC 7366" },
  { 23, "extended_master_secret", "RFC 7627" }, { 24, "token_binding", "RFC 8472" },
  { 25, "cached_info", "RFC 7924" }, { 26, "tls_lts", "draft-gutmann-tls-lts" },
  { 27, "compress_certificate", "RFC 8879" }, { 28, "record_size_limit", "RFC 8449" },
  { 29, "pwd_protect", "RFC 8492" }, { 30, "pwd_clear", "RFC 8492" },
  { 31, "password_salt", "RFC 8492" }, { 32, "ticket_pinning", "RFC 8672" },
  { 33, "tls_cert_with_extern_psk", "RFC 8773" }, { 34, "delegated_credential", "RFC 9345" },
  { 35, "session_ticket", "RFC 5077" }, { 36, "TLMSP", "ETSI TS 103 523-2" },
  { 37, "TLMSP_proxying", "ETSI TS 103 523-2" }, { 38, "TLMSP_delegate", "ETSI TS 103 523-2" },
  { 39, "supported_ekt_ciphers", "RFC 8870" }, { 41, "pre_shared_key", "RFC 8446" },
  { 42, "early_data", "RFC 8446" }, { 43, "supported_versions", "RFC 8446" },
  { 44, "cookie", "RFC 8446" }, { 45, "psk_key_exchange_modes", "RFC 8446" },
  { 47, "certificate_authorities", "RFC 8446" }, { 48, "oid_filters", "RFC 8446" },
  { 49, "post_handshake_auth", "RFC 8446" }, { 50, "signature_algorithms_cert", "RFC 8446" },
  { 51, "key_share", "RFC 8446" }, { 52, "transparency_info", "RFC 9162" },
  { 53, "connection_id_deprecated", "RFC 9146" }, { 54, "connection_id", "RFC 9146" },
  { 55, "external_id_hash", "RFC 8844" }, { 56, "external_session_id", "RFC 8844" },
  { 57, "quic_transport_parameters", "RFC 9001" }, { 58, "ticket_request", "RFC 9149" },
  { 59, "dnssec_chain", "RFC 9102" },
  { 60, "sequence_number_encryption_algorithms",
    "draft-pismenny-tls-dtls-plaintext-sequence-number" },
  { 61, "rrc", "RFC 9853" }, { 62, "tls_flags", "draft-ietf-tls-tlsflags" },
  { 64768, "ech_outer_extensions", "RFC 9849" }, { 65037, "encrypted_client_hello", "RFC 9849" },
  { 65281, "renegotiation_info", "RFC 5746" },
  -- deployed without a registration
  { 40, "key_share_draft", "draft-ietf-tls-tls13-22" },
  { 256, "ecjpake_key_kp_pair", "draft-cragie-tls-ecjpake" },
  { 13172, "next_protocol_negotiation", "draft-agl-tls-nextprotoneg" },
  { 17513, "application_settings_old", "draft-vvv-tls-alps" },
  { 17613, "application_settings", "draft-vvv-tls-alps" },
  { 30031, "channel_id_old", "draft-balfanz-tls-channelid" },
  { 30032, "channel_id", "draft-balfanz-tls-channelid" },
  { 51764, "trust_anchors", "draft-ietf-tls-trust-anchor-ids" },
  { 65445, "quic_transport_parameters_draft", "draft-ietf-quic-tls" },
  { 65486, "encrypted_server_name", "draft-ietf-tls-esni-02" },
}, "reference", true)
