--- Likely causes of a failure, by alert, and by what the side itself says: data.
-- @module wolfssl.trace.notes.failures
local CHAIN = "the server does not send the intermediate certificates"
local NO_COMMON = "an old client, or a server that was configured too strictly"

return {
  alerts = {
    handshake_failure = { "no cipher suite in common", "no group or signature algorithm in common",
      "the server wants a client certificate (TLS 1.2)",
      "the server has no certificate for the name asked for" },
    protocol_version = { "no version in common: the server has none of those that the client "
      .. "offers", NO_COMMON },
    insufficient_security = { "the server wants stronger suites than the client offers",
      "the server's Diffie-Hellman group is too small for the client" },
    bad_certificate = { "the certificate is damaged, or its signature is wrong",
      "the certificate is for another name", "the certificate's key or signature is too weak" },
    unsupported_certificate = { "a kind of key that the peer does not support",
      "the certificate is not for this purpose (server or client)" },
    certificate_revoked = { "the authority has revoked the certificate: its key may be stolen" },
    certificate_expired = { "the certificate was not renewed in time",
      "the clock of the side that complains is wrong" },
    certificate_unknown = { "the certificate was refused by a rule of the application's",
      "the certificate is for another name" },
    unknown_ca = { "the chain ends at an authority that the peer does not trust",
      CHAIN, "a company's own root that is not installed on this machine",
      "someone in between shows a certificate of his own" },
    certificate_required = { "the client showed no certificate, and the server insists" },
    access_denied = { "the certificate is good, but its owner may not come in" },
    illegal_parameter = { "one side sent something that contradicts itself: a bug, or tampering" },
    decode_error = { "one side sent a malformed message: a bug, or tampering" },
    decrypt_error = { "a signature or Finished did not verify: wrong key, or tampering",
      "the certificate and the private key do not belong together",
      "the two sides have different pre-shared keys" },
    bad_record_mac = { "a record was changed on the way",
      "the two sides have different keys: the handshake was tampered with" },
    unexpected_message = { "a message out of order: a bug, or tampering",
      "something that is not TLS answers on this port" },
    record_overflow = { "a record was too long: a bug, or no TLS at all" },
    missing_extension = { "one side left out an extension that must be there" },
    unsupported_extension = { "the server answered an extension that nobody asked for" },
    unrecognized_name = { "the server does not know the name that the client asked for" },
    no_application_protocol = { "no application protocol (ALPN) in common" },
    unknown_psk_identity = { "the server does not know the pre-shared key that the client named" },
    inappropriate_fallback = { "the client tried again with an older version, though the server "
      .. "supports a newer one: perhaps someone disturbed the first attempt" },
    internal_error = { "a fault of the side that sent it; its log may say more" },
    user_canceled = { "somebody gave up" },
    no_renegotiation = { "one side wanted to negotiate anew, and the other would not" },
    no_certificate = { "the client has no certificate" },
    ech_required = { "the server's key for encrypted hellos has changed" },
    bad_certificate_status_response = { "the OCSP response that the server enclosed is out of "
      .. "date, signed by somebody else, or for another certificate" },
    certificate_unobtainable = { "the client sent an address in place of its certificate, and "
      .. "nothing could be fetched from there" },
    bad_certificate_hash_value = { "what was fetched from the client's address is another "
      .. "certificate than it announced" },
    decompression_failure = { "compressed data do not decompress: a bug, or tampering" },
    decryption_failed = { "a record does not decrypt: a bug, or tampering; who says so today gives "
      .. "attackers a hint" },
    export_restriction = { "the peer still obeys the export law of the 1990s" },
    general_error = { "a fault for which there is no other word; the sender's log may say more" },
    too_many_cids_requested = { "the peer wanted more names for the connection than are allowed" },
  },
  codes = {
    certificate_invalid = { CHAIN, "the certificate is expired, for another name, or from an "
      .. "authority that is not trusted" },
    truncated = { "the other side closed the connection without a word",
      "something in between cut it" },
    timeout = { "the network or the other side is too slow, or drops packets" },
    peer_incompatible = { NO_COMMON },
    decode_error = { "the other side does not speak TLS on this port" },
    network_error = { "the network broke" },
  },
  findings = {
    expired = "The certificate has expired. It must be renewed; a wrong clock has the same effect.",
    not_yet_valid = "The certificate is not valid yet. Mostly a clock is wrong.",
    self_signed = "The certificate is signed by itself, and nobody vouches for it.",
    unknown_issuer = "No authority that is trusted stands behind the certificate: an intermediate "
      .. "certificate is missing, or the root is not installed.",
    bad_signature = "A signature in the chain is wrong: a certificate was changed or put together "
      .. "wrongly.",
    wrong_name = "The certificate is good, but for somebody else: another host answers, or the "
      .. "name is missing in the certificate.",
    weak_signature = "A signature in the chain is of a kind that can be forged.",
    weak_key = "A key in the chain is too short.",
    not_a_ca = "A certificate that is no authority signed another one.",
    purpose = "The certificate is for another purpose.",
    revoked = "The authority has revoked the certificate.",
  },
}
