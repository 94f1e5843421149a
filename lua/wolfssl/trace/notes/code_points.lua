--- Notes on code points whose name does not say it all, by title of the registry: data.
-- @module wolfssl.trace.notes.code_points
return {
  ["compression method"] = {
    null = "no compression: the only one that is safe. The length of compressed data gives away "
      .. "what is in it (CRIME, 2012), so TLS 1.3 forbids all others and servers refuse them",
    DEFLATE = "compression: leaks secrets through lengths (CRIME); never to be chosen",
    LZS = "compression: leaks secrets through lengths (CRIME); never to be chosen",
  },
  ["alert level"] = {
    warning = "by itself no end of the connection; what it is about may be one",
    fatal = "the connection ends here; its keys are forgotten",
  },
  ["handshake type"] = {
    client_hello = "type 1", server_hello = "type 2", new_session_ticket = "type 4",
    end_of_early_data = "type 5", encrypted_extensions = "type 8", certificate = "type 11",
    server_key_exchange = "type 12", certificate_request = "type 13",
    server_hello_done = "type 14", certificate_verify = "type 15",
    client_key_exchange = "type 16", finished = "type 20", certificate_status = "type 22",
    key_update = "type 24",
  },
  ["PSK key exchange mode"] = {
    psk_ke = "the shared key alone: no forward secrecy",
    psk_dhe_ke = "the shared key and a fresh (EC)DHE: forward secrecy stays",
  },
  ["key update request"] = {
    update_not_requested = "only the sender's key changes",
    update_requested = "the receiver is to change its key, too",
  },
  ["EC point format"] = {
    uncompressed = "both coordinates in full; the only one in use",
    ansiX962_compressed_prime = "deprecated", ansiX962_compressed_char2 = "deprecated",
  },
  ["EC curve type"] = {
    named_curve = "a curve that both sides know by its name",
    explicit_prime = "a curve given by its equation: not to be trusted (RFC 8422)",
    explicit_char2 = "a curve given by its equation: not to be trusted (RFC 8422)",
  },
  ["client certificate type"] = {
    rsa_sign = "a certificate with an RSA key that signs",
    dss_sign = "a certificate with a DSA key",
    ecdsa_sign = "a certificate with an ECDSA or EdDSA key",
  },
  ["certificate status type"] = {
    ocsp = "a signed answer of the authority on one certificate",
    ocsp_multi = "one for each certificate of the chain",
  },
  ["name type"] = { host_name = "a DNS name; no other type was ever defined" },
  ["certificate type"] = {
    X509 = "an X.509 certificate", OpenPGP = "an OpenPGP key",
    RawPublicKey = "a bare key, known by other means",
    ["1609Dot2"] = "a certificate for road traffic (IEEE 1609.2)",
  },
  ["maximum fragment length"] = {
    ["2^9"] = "512 bytes", ["2^10"] = "1024 bytes", ["2^11"] = "2048 bytes",
    ["2^12"] = "4096 bytes",
  },
  ["heartbeat mode"] = {
    peer_allowed_to_send = "the peer may send heartbeats",
    peer_not_allowed_to_send = "the peer may not",
  },
  ["certificate compression algorithm"] = {
    zlib = "RFC 1950", brotli = "RFC 7932", zstd = "RFC 8878",
  },
  ["protocol version"] = {
    ["SSL 2.0"] = "broken; forbidden by RFC 6176", ["SSL 3.0"] = "broken; forbidden by RFC 7568",
    ["TLS 1.0"] = "deprecated by RFC 8996", ["TLS 1.1"] = "deprecated by RFC 8996",
    ["TLS 1.2"] = "RFC 5246, 2008", ["TLS 1.3"] = "RFC 8446, 2018",
  },
}
