--- Notes on messages: data. `title`: one line; `why`: what the message is for; `section`: where it
-- is specified; `fields`: by path below the body.
-- @module wolfssl.trace.notes.messages
local LEGACY_VERSION = {
  tls12 = "The highest version that the client supports. (TLS 1.3 moved this into the extension "
    .. "supported_versions.)",
  tls13 = "Stays at TLS 1.2 for ever, because many servers answered unknown numbers with an error. "
    .. "What the client really supports is in the extension supported_versions.",
}
local RANDOM = "32 bytes that make this handshake unlike any other: they go into the keys, so that "
  .. "old messages cannot be played again. The first four were once the time in seconds; today all "
  .. "of them are random."
local SESSION_ID = {
  tls12 = "The name of an earlier session that the client would like to resume; empty when there "
    .. "is none, or when a ticket stands for it.",
  tls13 = "Has no meaning any more: sessions are resumed with pre_shared_key. Clients put random "
    .. "bytes here so that middleboxes take the handshake for a resumed one of TLS 1.2.",
}
local SESSION_ID_ECHO = {
  tls12 = "The name of this session. The one that the client sent: it is resumed. A new one: the "
    .. "server keeps the session under this name. Empty: it keeps none.",
  tls13 = "What the client sent, given back: for middleboxes.",
}
local EXTENSIONS = "What was added to TLS since 1999, each with its type and length, so that "
  .. "whoever does not know one can skip it."
local COMPRESSION = "Only null, in any version: compressing secret and chosen text together tells "
  .. "the secret by the length."

return {
  header = {
    msg_type = "Which handshake message this is.",
    body = "Three bytes of length, then the message itself. Messages may be cut over several "
      .. "records, or share one; so they carry their own length.",
  },
  client_hello = {
    title = "ClientHello: the client asks for TLS and says what it can do",
    why = {
      tls12 = "The client opens. It lists what it supports, in order of preference, and leaves the "
        .. "choice to the server. Nothing is encrypted yet.",
      tls13 = "The client opens. It lists what it supports, and guesses which key exchange the "
        .. "server will like: its key shares are in here already, which saves a round trip.",
    },
    section = { tls12 = "RFC 5246 section 7.4.1.2", tls13 = "RFC 8446 section 4.1.2" },
    fields = {
      legacy_version = LEGACY_VERSION, random = RANDOM, legacy_session_id = SESSION_ID,
      legacy_cookie = "DTLS: what the server gave in HelloVerifyRequest, to show that the client "
        .. "can be reached at its address.",
      cipher_suites = "The combinations of algorithms that the client accepts, the favourite "
        .. "first. The server picks one.",
      legacy_compression_methods = COMPRESSION, extensions = EXTENSIONS,
    },
  },
  server_hello = {
    title = "ServerHello: the server chooses",
    why = {
      tls12 = "Out of what the client offers the server takes a version, a cipher suite and the "
        .. "extensions it agrees to.",
      tls13 = "The server takes a version and a cipher suite, and adds its half of the key "
        .. "exchange. Both sides can now compute keys, and everything after this is encrypted.",
    },
    section = { tls12 = "RFC 5246 section 7.4.1.3", tls13 = "RFC 8446 section 4.1.3" },
    fields = {
      legacy_version = {
        tls12 = "The version that holds from now on.",
        tls13 = "Stays at TLS 1.2; the choice is in the extension supported_versions.",
      },
      random = "32 bytes of the server's, for the same purpose. A server that supports TLS 1.3 but "
        .. "is made to choose less ends them with \"DOWNGRD\", so that the client notices when "
        .. "someone cut its offer.",
      legacy_session_id_echo = SESSION_ID_ECHO,
      cipher_suite = "The server's choice among the suites offered.",
      legacy_compression_method = COMPRESSION, extensions = "Answers to the client's extensions. "
        .. "The server may not bring up any of its own.",
    },
  },
  hello_retry_request = {
    title = "HelloRetryRequest: the server wants another key share",
    why = "The client supports a group that suits the server, but guessed wrong and sent no key "
      .. "share for it. The server asks for a second ClientHello. It has the form of a ServerHello "
      .. "with a certain random. This costs one round trip.",
    section = "RFC 8446 section 4.1.4",
    fields = {
      legacy_version = "Stays at TLS 1.2.",
      random = "SHA-256 of \"HelloRetryRequest\": how this message is told from a ServerHello.",
      legacy_session_id_echo = "What the client sent, given back.",
      cipher_suite = "The suite that the ServerHello is going to choose, too.",
      legacy_compression_method = COMPRESSION,
      extensions = "What the client shall do otherwise, and perhaps a cookie to give back.",
    },
  },
  hello_request = {
    title = "HelloRequest: the server would like to negotiate anew",
    why = "Asks the client to begin another handshake on this connection (renegotiation). TLS 1.3 "
      .. "has no renegotiation.",
    section = "RFC 5246 section 7.4.1.1",
  },
  hello_verify_request = {
    title = "HelloVerifyRequest: prove that you can be reached",
    why = "DTLS: the server answers an unknown address with a cookie only, so that nobody can make "
      .. "it flood a third party.",
    section = "RFC 6347 section 4.2.1",
    fields = {
      server_version = "Has no meaning for the negotiation.",
      cookie = "The client puts it into its second ClientHello.",
    },
  },
  encrypted_extensions = {
    title = "EncryptedExtensions: the answers that nobody else needs to see",
    why = "Answers to extensions of the ClientHello that are not needed to compute keys. This is "
      .. "the first encrypted message.",
    section = "RFC 8446 section 4.3.1",
    fields = { extensions = EXTENSIONS },
  },
  certificate = {
    title = "Certificate: who I am, and who says so",
    why = {
      tls12 = "The sender shows its certificate, and those of the authorities between it and a "
        .. "root that the peer trusts. All of it can be read by everyone on the way.",
      tls13 = "The sender shows its certificate, and those of the authorities between it and a "
        .. "root that the peer trusts. Encrypted: an eavesdropper does not see who it is.",
    },
    section = { tls12 = "RFC 5246 section 7.4.2", tls13 = "RFC 8446 section 4.4.2" },
    fields = {
      certificate_request_context = "Which request this answers; empty during the handshake.",
      certificate_list = "The sender's own certificate first, then each one's issuer. The root is "
        .. "usually left out: who trusts it has it. An empty list means: I have none.",
      ["certificate_list.cert_data"] = "One X.509 certificate, in DER.",
      ["certificate_list.extensions"] = "What belongs to this certificate, such as a stapled OCSP "
        .. "response.",
    },
  },
  compressed_certificate = {
    title = "CompressedCertificate: the Certificate message, compressed",
    why = "Certificates hold no secrets, so that compressing them is safe.",
    section = "RFC 8879 section 4",
    fields = {
      algorithm = "How it is compressed.",
      uncompressed_length = "The length of the message when unpacked; more is refused.",
      compressed_certificate_message = "The compressed Certificate message. It is kept as it is.",
    },
  },
  certificate_url = {
    title = "CertificateURL: where my certificate can be fetched",
    why = "A client with little memory sends addresses in place of certificates. Hardly ever used.",
    section = "RFC 6066 section 5",
    fields = {
      type = "One address for each certificate, or one for the whole chain.",
      url_and_hash_list = "The addresses.",
      ["url_and_hash_list.url"] = "Where to fetch it.",
      ["url_and_hash_list.padding"] = "Always 1.",
      ["url_and_hash_list.sha1_hash"] = "The SHA-1 hash of what is found there.",
    },
  },
  certificate_status = {
    title = "CertificateStatus: the authority says that the certificate still holds",
    why = "A recent, signed answer of the authority's OCSP responder, fetched by the server ahead "
      .. "of time (\"stapling\"), so that the client need not ask and tell where it goes.",
    section = "RFC 6066 section 8",
    fields = { status_type = "What kind of answer.", response = "The OCSP response, in DER." },
  },
  server_key_exchange = {
    title = "ServerKeyExchange: the server's half of the key exchange, signed",
    why = "In (EC)DHE the server makes a key pair for this connection only, and sends the public "
      .. "half. It signs it together with both randoms, so that nobody can put in his own. With "
      .. "RSA key exchange the message is not sent: there the key in the certificate is enough.",
    section = "RFC 5246 section 7.4.3, RFC 8422 section 5.4",
    fields = {
      psk_identity_hint = "Helps the client to find the right shared key.",
      params = "The server's public value, and what it refers to.",
      ["params.dh_p"] = "The prime modulus of the Diffie-Hellman group.",
      ["params.dh_g"] = "The generator of the group.",
      ["params.dh_ys"] = "The server's public value: g to the power of its secret, modulo p.",
      ["params.curve_params"] = "The elliptic curve.",
      ["params.curve_params.curve_type"] = "How the curve is given.",
      ["params.curve_params.parameters"] = "Which curve it is.",
      ["params.curve_params.parameters.namedcurve"] = "The curve, out of those that the client "
        .. "listed in supported_groups.",
      ["params.curve_params.parameters.prime_p"] = "The prime of the field.",
      ["params.curve_params.parameters.m"] = "The degree of the field of characteristic two.",
      ["params.curve_params.parameters.basis"] = "How elements of the field are written.",
      ["params.curve_params.parameters.polynomial"] = "The polynomial of the field.",
      ["params.curve_params.parameters.polynomial.k"] = "Its middle exponent.",
      ["params.curve_params.parameters.polynomial.k1"] = "Its first exponent.",
      ["params.curve_params.parameters.polynomial.k2"] = "Its second exponent.",
      ["params.curve_params.parameters.polynomial.k3"] = "Its third exponent.",
      ["params.curve_params.parameters.curve"] = "The coefficients of the curve's equation.",
      ["params.curve_params.parameters.curve.a"] = "The coefficient a.",
      ["params.curve_params.parameters.curve.b"] = "The coefficient b.",
      ["params.curve_params.parameters.base"] = "The base point.",
      ["params.curve_params.parameters.order"] = "How many multiples the base point has.",
      ["params.curve_params.parameters.cofactor"] = "The size of the curve, divided by the order.",
      ["params.public"] = "The server's public point: its secret times the base point.",
      ["params.rsa_modulus"] = "Export suites of 1999: the modulus of a short RSA key.",
      ["params.rsa_exponent"] = "The exponent of that key.",
      ["params.srp_n"] = "SRP: the prime modulus.", ["params.srp_g"] = "SRP: the generator.",
      ["params.srp_s"] = "SRP: the salt of the password.",
      ["params.srp_b"] = "SRP: the server's public value.",
      ["params.salt"] = "TLS-PWD: the salt of the password.",
      ["params.element"] = "TLS-PWD: the point to which the server commits itself.",
      ["params.scalar"] = "TLS-PWD: the number to which the server commits itself.",
      ["params.ecjpake_key_kp"] = "J-PAKE: the server's key of the second round.",
      ["params.ecjpake_key_kp.x"] = "The public key.",
      ["params.ecjpake_key_kp.zkp"] = "Schnorr's proof that its owner has the private key.",
      ["params.ecjpake_key_kp.zkp.v"] = "What the prover commits himself to.",
      ["params.ecjpake_key_kp.zkp.r"] = "His answer.",
      signed_params = "The server's signature over client random, server random and the "
        .. "parameters: this is where it proves that it has the certificate's private key.",
      ["signed_params.algorithm"] = "How it is signed; one that the client listed.",
      ["signed_params.signature"] = "The signature.",
    },
  },
  certificate_request = {
    title = "CertificateRequest: the server wants to know who the client is",
    why = "This makes it mutual TLS: the server asks the client for a certificate, too, and says "
      .. "what kinds it accepts.",
    section = { tls12 = "RFC 5246 section 7.4.4", tls13 = "RFC 8446 section 4.3.2" },
    fields = {
      certificate_request_context = "Marks the request, so that the answer can refer to it; empty "
        .. "during the handshake.",
      extensions = "What the certificate must be like.",
      certificate_types = "Kinds of keys that the certificate may have.",
      supported_signature_algorithms = "Signatures that the server can check.",
      certificate_authorities = "Names of authorities that the server trusts, in DER. Empty: "
        .. "the client may try any.",
    },
  },
  server_hello_done = {
    title = "ServerHelloDone: it is the client's turn",
    why = "The server has said all it has to say and waits. The message is empty.",
    section = "RFC 5246 section 7.4.5",
  },
  client_key_exchange = {
    title = "ClientKeyExchange: the client's half of the key exchange",
    why = "With this message both sides have what they need for the premaster secret.",
    section = "RFC 5246 section 7.4.7, RFC 8422 section 5.7",
    fields = {
      encrypted_pre_master_secret = "The premaster secret: the version and 46 random bytes of the "
        .. "client's, encrypted to the server's RSA key. Who ever gets that key can read it, now "
        .. "or in years.",
      dh_yc = "The client's public Diffie-Hellman value: g to the power of its secret, modulo p.",
      ecdh_yc = "The client's public point: its secret times the base point.",
      psk_identity = "Which shared key the client means.",
      srp_a = "SRP: the client's public value.",
      ticket = "Kerberos: the ticket for the service.",
      authenticator = "Kerberos: proof that the client has the ticket's key; usually empty.",
      element = "TLS-PWD: the point to which the client commits itself.",
      scalar = "TLS-PWD: the number to which the client commits itself.",
      ecjpake_key_kp = "J-PAKE: the client's key of the second round.",
      ["ecjpake_key_kp.x"] = "The public key.",
      ["ecjpake_key_kp.zkp"] = "Schnorr's proof that its owner has the private key.",
      ["ecjpake_key_kp.zkp.v"] = "What the prover commits himself to.",
      ["ecjpake_key_kp.zkp.r"] = "His answer.",
      gost_key_transport = "GOST: the premaster secret, wrapped so that only the server's key "
        .. "opens it, in DER.",
      ["gost_key_transport.key_exp"] = "The premaster secret, encrypted and with a check value.",
      ["gost_key_transport.ephemeral_public_key"] = "The client's key for this handshake: with "
        .. "the server's key it gives the key that wraps.",
      ["gost_key_transport.ephemeral_public_key.algorithm"] = "Which curve and hash the key is "
        .. "for.",
      ["gost_key_transport.ephemeral_public_key.subject_public_key"] = "The point itself.",
      ["gost_key_transport.ukm"] = "Key material of the user, that no two handshakes wrap alike: "
        .. "made from the randoms of both hellos.",
      ["gost_key_transport.key_blob"] = "The wrapped secret and how it was wrapped.",
      ["gost_key_transport.key_blob.session_encrypted_key"] = "The wrapped secret.",
      ["gost_key_transport.key_blob.session_encrypted_key.encrypted_key"] = "The premaster "
        .. "secret, encrypted.",
      ["gost_key_transport.key_blob.session_encrypted_key.mask_key"] = "What the secret was "
        .. "masked with; unused in TLS.",
      ["gost_key_transport.key_blob.session_encrypted_key.mac_key"] = "The check value of the "
        .. "secret.",
      ["gost_key_transport.key_blob.transport_parameters"] = "How it was wrapped.",
      ["gost_key_transport.key_blob.transport_parameters.encryption_param_set"] = "The S-boxes "
        .. "of the cipher, by their object identifier.",
      ["gost_key_transport.key_blob.transport_parameters.ephemeral_public_key"] = "The client's "
        .. "key for this handshake: with the server's key it gives the key that wraps.",
      ["gost_key_transport.key_blob.transport_parameters.ephemeral_public_key.algorithm"] =
        "Which curve and hash the key is for.",
      ["gost_key_transport.key_blob.transport_parameters.ephemeral_public_key"
        .. ".subject_public_key"] = "The point itself.",
      ["gost_key_transport.key_blob.transport_parameters.ukm"] = "Key material of the user, that "
        .. "no two handshakes wrap alike: made from the randoms of both hellos.",
      ["gost_key_transport.proxy_key_blobs"] = "The same for proxies on the way, each with its "
        .. "certificate.",
    },
  },
  certificate_verify = {
    title = "CertificateVerify: I hold the key that belongs to my certificate",
    why = {
      tls12 = "Anyone can show a certificate. Here the client signs all messages so far with its "
        .. "private key, and so proves that the certificate is its own.",
      tls13 = "Anyone can show a certificate. Here its owner signs the hash of all messages so "
        .. "far with the private key. That ties the identity to this very connection.",
    },
    section = { tls12 = "RFC 5246 section 7.4.8", tls13 = "RFC 8446 section 4.4.3" },
    fields = {
      algorithm = "How it is signed; one that the peer listed.",
      signature = "The signature.",
    },
  },
  finished = {
    title = "Finished: a check over everything that was said",
    why = {
      tls12 = "The first message under the new keys. It holds a code over all handshake messages "
        .. "before it, made with the master secret. If anyone changed a single byte on the way, "
        .. "the two sides hashed different messages, and the code is wrong.",
      tls13 = "A code over all handshake messages before it, made with a key that only the two "
        .. "sides can have. If anyone changed a single byte on the way, the two sides hashed "
        .. "different messages, and the code is wrong.",
    },
    section = { tls12 = "RFC 5246 section 7.4.9", tls13 = "RFC 8446 section 4.4.4" },
    fields = { verify_data = {
      tls12 = "12 bytes of PRF(master secret, \"client finished\" or \"server finished\", hash of "
        .. "all messages before).",
      tls13 = "HMAC(finished key, hash of all messages before). The finished key comes from the "
        .. "sender's handshake traffic secret.",
    } },
  },
  new_session_ticket = {
    title = "NewSessionTicket: next time it goes faster",
    why = {
      tls12 = "The server's memory of this session, encrypted with a key that only the server "
        .. "has. The client keeps it and shows it next time; so the server need not remember.",
      tls13 = "Names a key for the next connection, which is derived from this one. The client "
        .. "shows the ticket next time and is spared certificates and signatures.",
    },
    section = { tls12 = "RFC 5077 section 3.3", tls13 = "RFC 8446 section 4.6.1" },
    fields = {
      ticket_lifetime = "How long the ticket is good, in seconds; at most seven days.",
      ticket_lifetime_hint = "How long the server is going to accept it, in seconds; 0: not said.",
      ticket_age_add = "A random number that hides the ticket's age from eavesdroppers.",
      ticket_nonce = "Makes the key of each ticket another one.",
      ticket = "The ticket itself. Only the server can read it.",
      extensions = EXTENSIONS,
    },
  },
  end_of_early_data = {
    title = "EndOfEarlyData: no more early data",
    why = "The last message under the early key: from here on the client uses its handshake key.",
    section = "RFC 8446 section 4.5",
  },
  key_update = {
    title = "KeyUpdate: the sender goes on under a new key",
    why = "After much data, or time, the key is replaced by one derived from it. The old one is "
      .. "erased, so that whoever gets the new one cannot read what was before.",
    section = "RFC 8446 section 4.6.3",
    fields = { request_update = "Whether the other side shall do the same." },
  },
  client_certificate_request = {
    title = "ClientCertificateRequest: a request inside exported authenticators",
    why = "Never sent in a handshake: applications use it to authenticate later.",
    section = "RFC 9261 section 4",
    fields = {
      certificate_request_context = "Marks the request, so that the answer can refer to it.",
      extensions = "What the certificate must be like.",
    },
  },
  supplemental_data = {
    title = "SupplementalData: application data that the handshake needs",
    why = "Carries statements about the user, such as a login name. Hardly ever used.",
    section = "RFC 4680 section 2",
    fields = {
      supp_data = "The statements.", ["supp_data.supp_data_type"] = "What kind.",
      ["supp_data.supp_data"] = "The statement itself.",
    },
  },
  next_protocol = {
    title = "NextProtocol: the protocol that the client chose",
    why = "The older way, before ALPN, to agree on what is spoken inside TLS.",
    section = "draft-agl-tls-nextprotoneg section 3",
    fields = {
      selected_protocol = "The protocol.",
      padding = "Hides the length of the name.",
    },
  },
  channel_id = {
    title = "ChannelID: the client proves that it has the same key as last time",
    why = "An abandoned way of tying cookies to a key of the browser's.",
    section = "draft-balfanz-tls-channelid",
  },
  ekt_key = {
    title = "EKTKey: a key for encrypted media",
    why = "Gives the participants of a conference the key under which their media keys travel.",
    section = "RFC 8870 section 5.2.2",
    fields = {
      ekt_key_value = "The key.", srtp_master_salt = "The salt for SRTP.",
      ekt_spi = "The number of the key.", ekt_ttl = "How long it is good, in seconds.",
    },
  },
  request_connection_id = {
    title = "RequestConnectionId: give me names for this connection",
    why = "DTLS 1.3: asks for connection IDs, to change them when the network changes.",
    section = "RFC 9147 section 9",
    fields = { num_cids = "How many." },
  },
  new_connection_id = {
    title = "NewConnectionId: names for this connection",
    why = "DTLS 1.3: connection IDs that the peer is to use.",
    section = "RFC 9147 section 9",
    fields = { cids = "The names.", usage = "Whether to use them at once." },
  },
  message_hash = {
    title = "message_hash: stands for the first ClientHello",
    why = "Never sent: after a HelloRetryRequest the transcript begins with the hash of the first "
      .. "ClientHello, so that the server need not remember it.",
    section = "RFC 8446 section 4.4.1",
    fields = { hash = "The hash of the first ClientHello." },
  },
  sslv2_client_hello = {
    title = "A ClientHello in the format of SSL 2.0",
    why = "The format of 1995. It cannot carry extensions; RFC 6176 forbids it.",
    section = "RFC 5246 appendix E.2",
  },
  alert = {
    title = "Alert",
    why = "Says that something is wrong, or that the sender is done.",
    section = { tls12 = "RFC 5246 section 7.2", tls13 = "RFC 8446 section 6" },
    fields = {
      level = {
        tls12 = "Whether the connection may go on.",
        tls13 = "Without meaning in TLS 1.3: all alerts but close_notify and user_canceled are "
          .. "fatal.",
      },
      description = "What it is about.",
    },
  },
  change_cipher_spec = {
    title = {
      tls12 = "ChangeCipherSpec: from here on encrypted",
      tls13 = "ChangeCipherSpec: for middleboxes only",
    },
    why = {
      tls12 = "The sender's next record is the first under the keys just agreed. It is a content "
        .. "type of its own (20), not a handshake message.",
      tls13 = "Means nothing in TLS 1.3: it makes the handshake look like TLS 1.2 to middleboxes "
        .. "that would block it otherwise. Receivers drop it.",
    },
    section = { tls12 = "RFC 5246 section 7.1", tls13 = "RFC 8446 section 5, appendix D.4" },
    fields = { type = "Always 1." },
  },
  application_data = {
    title = "Application data",
    why = "What the connection is for. Each record is encrypted and protected against change; it "
      .. "also counts records silently, so that none can be dropped, repeated or swapped.",
    section = { tls12 = "RFC 5246 section 10", tls13 = "RFC 8446 section 5.2" },
  },
  heartbeat = {
    title = "Heartbeat: are you there?",
    why = "Asks for an echo. Known for Heartbleed: OpenSSL once trusted the length inside.",
    section = "RFC 6520 section 4",
    fields = {
      type = "Request or response.", payload = "What the peer is to send back.",
      padding = "Random bytes, to be ignored.",
    },
  },
  unreadable = {
    title = "Encrypted, and we cannot open it",
    why = "A protected record that could not be opened.",
  },
  problem = {
    title = "Bytes that make no sense",
    why = "What came is not what the protocol allows, or it is incomplete.",
  },
}
