--- Notes on records: data.
-- @module wolfssl.trace.notes.records
return {
  fields = {
    type = "What the record carries. In TLS 1.3 every protected record says application_data here, "
      .. "and the true type is encrypted with the content.",
    legacy_record_version = "A version number that once told the record's format. It is kept at "
      .. "TLS 1.2 (1.0 in a first ClientHello) because old middleboxes refuse anything else; "
      .. "nobody may decide anything by it.",
    length = "How many bytes follow. At most 2^14 of plaintext; protection may add 256 in TLS 1.3 "
      .. "and 2048 before.",
    fragment = "The content: one message, several, or part of one; when protected, ciphertext with "
      .. "its tag or MAC.",
    version = "The version of DTLS.",
    epoch = "DTLS: counts the changes of keys, so that late datagrams find theirs.",
    sequence_number = "DTLS: the number of the record within its epoch. TLS counts silently, "
      .. "because TCP keeps the order.",
  },
  content_types = {
    change_cipher_spec = "type 20: from here on the sender uses the keys just agreed",
    alert = "type 21: a warning, an error or the end of the connection",
    handshake = "type 22: a message of the handshake",
    application_data = "type 23: what the connection is for; in TLS 1.3 also everything encrypted",
    heartbeat = "type 24: a keep-alive of RFC 6520",
    tls12_cid = "type 25: a DTLS record with a connection ID",
    ack = "type 26: an acknowledgement of DTLS 1.3",
    return_routability_check = "type 27: a check of the peer's address in DTLS",
  },
  layers = {
    { "TCP", "Carries bytes in order and without loss. It protects nothing: who forwards the "
      .. "packets can read, change and forge them." },
    { "TLS record layer", "Cuts the bytes into records of a type, a version and a length, and, "
      .. "once there are keys, encrypts each and protects it against change." },
    { "handshake", "Type 22: agrees on version, algorithms and keys, and shows who is who." },
    { "change_cipher_spec", "Type 20: one byte that says: encrypted from now on. TLS 1.3 sends it "
      .. "for the sake of middleboxes only." },
    { "alert", "Type 21: errors and the end of the connection." },
    { "application_data", "Type 23: HTTP, mail, whatever the connection is for." },
  },
}
