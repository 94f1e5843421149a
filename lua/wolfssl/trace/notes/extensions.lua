--- Notes on extensions: data. `about`: what it is for, or a table by code of the message (CH, SH,
-- SH12, HRR, EE, CT, CR, NST); `section`; `fields`: by path below the data.
-- @module wolfssl.trace.notes.extensions
local ALPN_LIST = "Protocols, in order of preference."
local GROUP = "The group: a curve, a finite field, or a post-quantum method."
local SHARE = "The public half of a key pair that was made for this handshake only."
local SCHEMES = "Signature algorithms, in order of preference."
local STATUS_FIELDS = {
  status_type = "What kind of answer; OCSP is the only one in use.",
  request = "Details of the request.",
  ["request.responder_id_list"] = "Responders that the client trusts; empty: any that the "
    .. "authority names.",
  ["request.request_extensions"] = "Further wishes to the responder, in DER; usually empty.",
}

local KEY_KP = {
  x = "The public key.", zkp = "Schnorr's proof that its owner has the private key.",
  ["zkp.v"] = "What the prover commits himself to.", ["zkp.r"] = "His answer.",
}

local TRANS_ITEM = {
  log_id = "Which log, told by its OID.", timestamp = "When the log said so.",
  signature = "The log's signature.", sct_extensions = "Further statements.",
  ["sct_extensions.type"] = "Which one.", ["sct_extensions.data"] = "Its bytes.",
  tree_head = "All that the log held at that time, in one hash.",
  ["tree_head.timestamp"] = "When.", ["tree_head.tree_size"] = "How many entries it had.",
  ["tree_head.root_hash"] = "The hash.", ["tree_head.sth_extensions"] = "Further statements.",
  ["tree_head.sth_extensions.type"] = "Which one.",
  ["tree_head.sth_extensions.data"] = "Its bytes.",
  tree_size = "How many entries the log had.", leaf_index = "Which of them this is.",
  tree_size_1 = "How many entries the log had before.",
  tree_size_2 = "How many it has now.",
  consistency_path = "Hashes by which to compute that nothing was taken back.",
  inclusion_path = "Hashes by which to compute that the certificate is in it.",
}

local function with(prefix, fields, more)
  local all = more or {}
  for path, text in pairs(fields) do all[prefix and prefix .. "." .. path or path] = text end
  return all
end

local CURRENT = {
  server_name = {
    about = {
      CH = "Which host the client wants (SNI), so that a server with many names can show the right "
        .. "certificate. Everyone on the way can read it.",
      SH12 = "Empty: the server has used the name.", EE = "Empty: the server has used the name.",
      CR = "Which host the certificate is for.",
    },
    section = "RFC 6066 section 3",
    fields = {
      server_name_list = "The names; in practice exactly one.",
      ["server_name_list.name_type"] = "What kind of name.",
      ["server_name_list.name"] = "The name of the host.",
    },
  },
  max_fragment_length = {
    about = "Asks for short records: for devices with little memory.",
    section = "RFC 6066 section 4",
    fields = { max_fragment_length = "The longest content of a record." },
  },
  status_request = {
    about = {
      CH = "Asks the server to enclose the authority's answer whether the certificate still holds "
        .. "(OCSP stapling).",
      SH12 = "Empty: a CertificateStatus message is going to follow.",
      CT = "The answer of the authority's OCSP responder on this certificate.",
      CR = "The client is to enclose an OCSP answer with its certificate.",
    },
    section = "RFC 6066 section 8",
    fields = with("certificate_status_request", STATUS_FIELDS, with(nil, STATUS_FIELDS, {
      certificate_status_request = "The request; normally empty here.",
      response = "The OCSP response, in DER.",
    })),
  },
  supported_groups = {
    about = {
      CH = "Groups for (EC)DHE that the client supports, in order of preference.",
      EE = "Groups that the server would like better next time.",
    },
    section = "RFC 8446 section 4.2.7", fields = { named_group_list = "The groups." },
  },
  ec_point_formats = {
    about = "How points of curves may be written. Only one form is left in use.",
    section = "RFC 8422 section 5.1.2", fields = { ec_point_format_list = "The forms." },
  },
  signature_algorithms = {
    about = {
      CH = "Signatures that the client can check: in the handshake, and in certificates unless "
        .. "signature_algorithms_cert says otherwise.",
      CR = "Signatures that the server can check.",
    },
    section = "RFC 8446 section 4.2.3",
    fields = { supported_signature_algorithms = SCHEMES },
  },
  signature_algorithms_cert = {
    about = "Signatures that may stand in certificates, where they differ from those of the "
      .. "handshake.",
    section = "RFC 8446 section 4.2.3",
    fields = { supported_signature_algorithms = SCHEMES },
  },
  application_layer_protocol_negotiation = {
    about = {
      CH = "What the client would like to speak inside (ALPN), such as h2 for HTTP/2.",
      SH12 = "What is going to be spoken inside.", EE = "What is going to be spoken inside.",
    },
    section = "RFC 7301 section 3.1", fields = { protocol_name_list = ALPN_LIST },
  },
  signed_certificate_timestamp = {
    about = {
      CH = "Empty: the client would like proof that the certificate was made public "
        .. "(Certificate Transparency).",
      CR = "Empty: the server would like proof that the certificate was made public.",
      SH12 = "Receipts of public logs for the certificate.",
      CT = "Receipts of public logs for this certificate.",
    },
    section = "RFC 6962 section 3.3",
    fields = {
      sct_list = "The receipts: each a log's promise to show the certificate to everyone.",
      ["sct_list.sct_version"] = "The version of the receipt.",
      ["sct_list.id"] = "Which log: the hash of its public key.",
      ["sct_list.timestamp"] = "When the log took the certificate up.",
      ["sct_list.extensions"] = "Further statements; none are defined.",
      ["sct_list.algorithm"] = "How the log signs.",
      ["sct_list.signature"] = "The log's signature over the time and the certificate.",
      ["sct_list.content"] = "A later version of the receipt: its bytes.",
    },
  },
  padding = {
    about = "Makes the ClientHello longer: some servers choke on certain lengths.",
    section = "RFC 7685 section 3", fields = { padding = "Zeros." },
  },
  encrypt_then_mac = {
    about = "CBC suites shall encrypt first and then authenticate: the other order made padding "
      .. "attacks possible.",
    section = "RFC 7366 section 2",
  },
  extended_master_secret = {
    about = "The master secret shall depend on all messages before it, not on the randoms alone: "
      .. "otherwise two connections could be made to share one (triple handshake attack).",
    section = "RFC 7627 section 5.1",
  },
  compress_certificate = {
    about = "Ways of compressing the Certificate message that the sender can undo.",
    section = "RFC 8879 section 3", fields = { algorithms = "The ways." },
  },
  record_size_limit = {
    about = "The longest content of a record that the sender wants to receive.",
    section = "RFC 8449 section 4", fields = { record_size_limit = "Bytes." },
  },
  delegated_credential = {
    about = {
      CH = "The client accepts short-lived keys that the certificate's owner signed.",
      CR = "The server accepts short-lived keys that the certificate's owner signed.",
      CT = "A short-lived key, signed with the key of the certificate.",
    },
    section = "RFC 9345 section 4",
    fields = {
      supported_signature_algorithms = SCHEMES, cred = "The credential.",
      ["cred.valid_time"] = "How long it is good, counted from the certificate's begin.",
      ["cred.dc_cert_verify_algorithm"] = "How CertificateVerify is going to be signed.",
      ["cred.asn1_subject_public_key_info"] = "The short-lived public key, in DER.",
      algorithm = "How the credential is signed.", signature = "The signature.",
    },
  },
  session_ticket = {
    about = {
      CH = "The ticket of an earlier session; empty: I could keep one.",
      SH12 = "Empty: the server is going to send a ticket.",
    },
    section = "RFC 5077 section 3.2",
    fields = { ticket = "The ticket, which only the server can read." },
  },
  pre_shared_key = {
    about = {
      CH = "Keys that both sides know already, mostly from tickets. Always the last extension, "
        .. "because it authenticates all before it.",
      SH = "Which of the keys the server takes.",
    },
    section = "RFC 8446 section 4.2.11",
    fields = {
      identities = "The names of the keys.",
      ["identities.identity"] = "A name: a ticket, or what was agreed on otherwise.",
      ["identities.obfuscated_ticket_age"] = "How old the ticket is, in milliseconds, hidden by "
        .. "adding ticket_age_add.",
      binders = "One code for each key over this ClientHello: proof that the client has the key.",
      selected_identity = "Its number, counted from 0.",
    },
  },
  psk_key_exchange_modes = {
    about = "How keys known before may be used.", section = "RFC 8446 section 4.2.9",
    fields = { ke_modes = "With a fresh key exchange, or without." },
  },
  early_data = {
    about = {
      CH = "Application data follow at once, under a key known before (0-RTT). An attacker can "
        .. "play them again.",
      EE = "The server has taken the early data.",
      NST = "With this ticket early data may be sent.",
    },
    section = "RFC 8446 section 4.2.10",
    fields = { max_early_data_size = "How much, in bytes." },
  },
  supported_versions = {
    about = {
      CH = "The versions that the client really supports.",
      SH = "The version that holds from now on.", HRR = "The version that is going to hold.",
    },
    section = "RFC 8446 section 4.2.1",
    fields = {
      versions = "In order of preference.", selected_version = "The server's choice.",
    },
  },
  cookie = {
    about = {
      HRR = "Bytes that the client gives back in its second ClientHello, so that the server need "
        .. "not remember the first.",
      CH = "What HelloRetryRequest had in it, given back.",
    },
    section = "RFC 8446 section 4.2.2", fields = { cookie = "Only the server knows what it says." },
  },
  certificate_authorities = {
    about = "Authorities that the sender trusts, so that the peer can choose its certificate.",
    section = "RFC 8446 section 4.2.4", fields = { authorities = "Their names, in DER." },
  },
  oid_filters = {
    about = "What the client's certificate must contain.", section = "RFC 8446 section 4.2.5",
    fields = {
      filters = "One condition each.",
      ["filters.certificate_extension_oid"] = "An extension of the certificate, by its OID in DER.",
      ["filters.certificate_extension_values"] = "What it must hold, in DER.",
    },
  },
  post_handshake_auth = {
    about = "The server may ask for a client certificate later, too.",
    section = "RFC 8446 section 4.2.6",
  },
  key_share = {
    about = {
      CH = "The client's public keys, one for each group that it hopes the server takes.",
      SH = "The server's public key. With its own private key each side computes the same secret; "
        .. "who sees only the public keys cannot.",
      HRR = "The group for which the client shall send a key.",
    },
    section = "RFC 8446 section 4.2.8",
    fields = {
      client_shares = "The shares, in order of preference.",
      ["client_shares.group"] = GROUP, ["client_shares.key_exchange"] = SHARE,
      server_share = "The server's share.",
      ["server_share.group"] = GROUP, ["server_share.key_exchange"] = SHARE,
      selected_group = "The group that the server wants.",
    },
  },
  quic_transport_parameters = {
    about = "Settings of QUIC.", section = "RFC 9001 section 8.2",
    fields = {
      transport_parameters = "The settings.", ["transport_parameters.id"] = "Which one.",
      ["transport_parameters.value"] = "Its value.",
    },
  },
  ticket_request = {
    about = { CH = "How many tickets the client would like.", EE = "How many are going to come." },
    section = "RFC 9149 section 3",
    fields = {
      new_session_count = "After a full handshake.", resumption_count = "After a resumption.",
      expected_count = "How many.",
    },
  },
  encrypted_client_hello = {
    about = {
      CH = "The true ClientHello, with the host's name, encrypted to a key that the server "
        .. "publishes in DNS; or random bytes that look like it.",
      HRR = "Tells the client, and nobody else, that the server could decrypt it.",
      EE = "The server could not decrypt it: these keys hold now.",
    },
    section = "RFC 9849 section 5",
    fields = {
      type = "Whether this is the ClientHello outside or inside.", body = "The encrypted part.",
      ["body.cipher_suite"] = "How it is encrypted (HPKE).",
      ["body.cipher_suite.kdf_id"] = "The key derivation.",
      ["body.cipher_suite.aead_id"] = "The encryption.",
      ["body.config_id"] = "Which of the server's keys was used.",
      ["body.enc"] = "The client's share of the HPKE key exchange.",
      ["body.payload"] = "The ClientHello inside, encrypted.",
      confirmation = "Eight bytes that only who knows the inner ClientHello can compute.",
      retry_configs = "The server's keys as they are now.",
      ["retry_configs.version"] = "Version of the format.",
      ["retry_configs.contents"] = "One configuration.",
      ["retry_configs.contents.key_config"] = "The key.",
      ["retry_configs.contents.key_config.config_id"] = "Its number.",
      ["retry_configs.contents.key_config.kem_id"] = "Its kind.",
      ["retry_configs.contents.key_config.public_key"] = "The public key.",
      ["retry_configs.contents.key_config.cipher_suites"] = "Algorithms to be used with it.",
      ["retry_configs.contents.key_config.cipher_suites.kdf_id"] = "The key derivation.",
      ["retry_configs.contents.key_config.cipher_suites.aead_id"] = "The encryption.",
      ["retry_configs.contents.maximum_name_length"] = "The longest name, for padding.",
      ["retry_configs.contents.public_name"] = "The name to be shown outside.",
      ["retry_configs.contents.extensions"] = "Extensions of the configuration.",
      ["retry_configs.contents.extensions.type"] = "Which one.",
      ["retry_configs.contents.extensions.data"] = "Its bytes.",
    },
  },
  encrypted_server_name = {
    about = { CH = "Which host the client wants, encrypted (ESNI): ECH has taken its place.",
      EE = "That the server could decrypt the name." },
    section = "draft-ietf-tls-esni-02 section 5",
    fields = {
      suite = "How it is encrypted.", group = GROUP, key_exchange = SHARE,
      record_digest = "Which of the server's published keys was used.",
      encrypted_sni = "The name, encrypted.", nonce = "A number out of the encrypted part.",
    },
  },
  trust_anchors = {
    about = {
      CH = "Authorities that the client trusts, so that the server can choose a chain. Empty: the "
        .. "client only says that it knows this extension.",
      CR = "Authorities that the server trusts.",
      EE = "Authorities for which the server has chains, should this one not do.",
      CT = "Empty: the chain was chosen by what was asked for.",
    },
    section = "draft-ietf-tls-trust-anchor-ids section 4",
    fields = { trust_anchor_ids = "Their short names: OIDs without the common beginning." },
  },
  ech_outer_extensions = {
    about = "Inside an encrypted ClientHello: extensions that are the same outside.",
    section = "RFC 9849 section 5.1", fields = { outer_extensions = "Which ones." },
  },
  renegotiation_info = {
    about = {
      CH = "Ties a renegotiation to the handshake before it; empty in the first. Without it an "
        .. "attacker could put his own request in front of the client's.",
      SH12 = "The server does the same.",
    },
    section = "RFC 5746 section 3.2",
    fields = { renegotiated_connection = "verify_data of the handshake before; empty in the "
      .. "first." },
  },
  connection_id = {
    about = "DTLS: a name for the connection, so that it outlives a change of address.",
    section = "RFC 9146 section 3", fields = { cid = "The name to send to the peer." },
  },
}

local RARE = {
  client_certificate_url = {
    about = "The client would like to send addresses in place of certificates.",
    section = "RFC 6066 section 5",
  },
  trusted_ca_keys = {
    about = { CH = "Authorities that the client trusts.", SH12 = "Empty: the server heeds it." },
    section = "RFC 6066 section 6",
    fields = {
      trusted_authorities_list = "The authorities.",
      ["trusted_authorities_list.identifier_type"] = "How the authority is named.",
      ["trusted_authorities_list.identifier"] = "Its name or hash.",
    },
  },
  truncated_hmac = {
    about = "MACs of 10 bytes, to save bandwidth. Too short; not to be used.",
    section = "RFC 6066 section 7",
  },
  user_mapping = {
    about = "Hints at which account the client's certificate belongs to.",
    section = "RFC 4681 section 3", fields = { user_mapping_types = "Kinds of hints." },
  },
  client_authz = {
    about = "Kinds of statements on what the client may do.", section = "RFC 5878 section 3",
    fields = { authz_format_list = "The kinds." },
  },
  server_authz = {
    about = "Kinds of statements on what the server may do.", section = "RFC 5878 section 3",
    fields = { authz_format_list = "The kinds." },
  },
  cert_type = {
    about = "Kinds of certificates: X.509 or OpenPGP.", section = "RFC 6091 section 3.1",
    fields = { certificate_types = "Kinds that the client accepts.",
      certificate_type = "The kind that is used." },
  },
  srp = {
    about = "The user's name for a login with a password (SRP).",
    section = "RFC 5054 section 2.8.1", fields = { srp_i = "The name." },
  },
  use_srtp = {
    about = "Keys for encrypted media are wanted (WebRTC).", section = "RFC 5764 section 4.1.1",
    fields = {
      srtp_protection_profiles = "How the media are protected.",
      srtp_mki = "A name for the key.",
    },
  },
  heartbeat = {
    about = "Whether the peer may ask for echoes.", section = "RFC 6520 section 2",
    fields = { mode = "Whether it may." },
  },
  status_request_v2 = {
    about = {
      CH = "Asks for OCSP answers on the whole chain.",
      SH12 = "Empty: a CertificateStatus message is going to follow.",
    },
    section = "RFC 6961 section 2.2",
    fields = with("certificate_status_req_list", STATUS_FIELDS, {
      certificate_status_req_list = "The kinds of answers that will do.",
    }),
  },
  client_certificate_type = {
    about = "What the client may show: a certificate, or a bare key.",
    section = "RFC 7250 section 3",
    fields = { client_certificate_types = "What it could show.",
      client_certificate_type = "What it is to show." },
  },
  server_certificate_type = {
    about = "What the server may show: a certificate, or a bare key.",
    section = "RFC 7250 section 3",
    fields = { server_certificate_types = "What the client can check.",
      server_certificate_type = "What the server is going to show." },
  },
  token_binding = {
    about = "Ties cookies and tokens to a key of the client's. Abandoned by browsers.",
    section = "RFC 8472 section 2",
    fields = {
      token_binding_version = "The version.", ["token_binding_version.major"] = "Major version.",
      ["token_binding_version.minor"] = "Minor version.", key_parameters_list = "Kinds of keys.",
    },
  },
  cached_info = {
    about = "What the client still has from last time, so that the server need not send it.",
    section = "RFC 7924 section 3",
    fields = {
      cached_info = "The things.", ["cached_info.type"] = "What kind.",
      ["cached_info.hash_value"] = "Its hash.",
    },
  },
  tls_lts = {
    about = "A profile of TLS 1.2 for devices that live for decades.",
    section = "draft-gutmann-tls-lts section 3.1",
  },
  pwd_protect = {
    about = "The user's name for a login with a password, encrypted.",
    section = "RFC 8492 section 4", fields = { pwd_name = "The name, encrypted." },
  },
  pwd_clear = {
    about = "The user's name for a login with a password.",
    section = "RFC 8492 section 4", fields = { pwd_name = "The name." },
  },
  password_salt = {
    about = "The salt of the password.", section = "RFC 8492 section 4",
    fields = { salt = "Random bytes that make equal passwords look different." },
  },
  ecjpake_key_kp_pair = {
    about = "A login with a short password (J-PAKE), as Thread's devices do it: the first round.",
    section = "draft-cragie-tls-ecjpake section 7.2",
    fields = with("first", KEY_KP, with("second", KEY_KP, {
      first = "A public key, with proof that its owner has the private one.",
      second = "Another.",
    })),
  },
  ticket_pinning = {
    about = { CH = "Proof that this is the server of last time.", EE = "The server's proof." },
    section = "RFC 8672 section 3",
    fields = {
      ticket = "What the server gave last time, or gives for next time.",
      proof = "That the server could read the ticket.", lifetime = "How long the ticket is good.",
    },
  },
  tls_cert_with_extern_psk = {
    about = "A certificate and a key shared before, both: safe also against quantum computers.",
    section = "RFC 8773 section 5.1",
  },
  supported_ekt_ciphers = {
    about = "How keys of encrypted conferences travel.", section = "RFC 8870 section 5.2",
    fields = { supported_ciphers = "Ways that are supported.", selected_cipher = "The choice." },
  },
  transparency_info = {
    about = {
      CH = "The client would like proof that the certificate was made public.",
      CR = "The server would like proof that the certificate was made public.",
      SH12 = "Proof that the certificate was made public.",
      CT = "Proof that the certificate was made public.",
    },
    section = "RFC 9162 section 6.3",
    fields = with("trans_item_list.data", TRANS_ITEM, {
      trans_item_list = "The proofs.", ["trans_item_list.versioned_type"] = "What it is.",
      ["trans_item_list.data"] = "Its content.",
    }),
  },
  external_id_hash = {
    about = "Ties the connection to an identity that was agreed on outside of TLS.",
    section = "RFC 8844 section 3.2", fields = { binding_hash = "Hash of the identity." },
  },
  external_session_id = {
    about = "Ties the connection to a call that was agreed on outside of TLS.",
    section = "RFC 8844 section 4.2", fields = { session_id = "The name of the call." },
  },
  dnssec_chain = {
    about = {
      CH = "Asks for the server's key as DNS has it (DANE).",
      SH12 = "Signed DNS records that name the server's key.",
      CT = "Signed DNS records that name the server's key.",
    },
    section = "RFC 9102 section 2.2",
    fields = {
      port_number = "The server's port.",
      ext_support_lifetime = "For how many hours the server is going to support this.",
      authentication_chain = "The DNS records.",
    },
  },
  rrc = {
    about = "DTLS: the peer's address may be checked when it changes.",
    section = "RFC 9853 section 4",
  },
  tls_flags = {
    about = "Extensions that need no more than a bit each.",
    section = "draft-ietf-tls-tlsflags section 2", fields = { flags = "The bits." },
  },
  next_protocol_negotiation = {
    about = { CH = "The older way, before ALPN, to agree on what is spoken inside.",
      SH12 = "Protocols that the server offers." },
    section = "draft-agl-tls-nextprotoneg section 3", fields = { protocols = "The protocols." },
  },
  application_settings = {
    about = { CH = "Protocols whose settings the client has ready (ALPS).",
      EE = "The server's settings." },
    section = "draft-vvv-tls-alps section 4",
    fields = { supported_protocols = ALPN_LIST, settings = "The settings." },
  },
  channel_id = {
    about = "An abandoned way of tying cookies to a key of the browser's.",
    section = "draft-balfanz-tls-channelid",
  },
}

-- Older code points of the same extension.
local ALIASES = {
  key_share_draft = "key_share", connection_id_deprecated = "connection_id",
  quic_transport_parameters_draft = "quic_transport_parameters",
  application_settings_old = "application_settings", channel_id_old = "channel_id",
}

local M = {}
for _, part in ipairs { CURRENT, RARE } do
  for name, note in pairs(part) do M[name] = note end
end
for alias, name in pairs(ALIASES) do M[alias] = M[name] end

return M
