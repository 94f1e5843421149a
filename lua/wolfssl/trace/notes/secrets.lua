--- Notes on secrets: data. Rows in the order in which they are derived: `name`, `title`,
-- `operation`, `inputs`, `label`, `context` (what is hashed into it), `purpose`, and `after`: the
-- message with which both sides can compute it.
-- @module wolfssl.trace.notes.secrets
-- @see RFC 8446 section 7.1
-- @see RFC 5246 section 6.3 and 8.1
local M = {}

local HELLOS = "the messages from ClientHello to ServerHello"
local TO_SERVER_FINISHED = "the messages from ClientHello to the server's Finished"
local FIRST = "ClientHello"

--- TLS 1.3. `only`: rows that are left out where there is no pre-shared key ("psk", and by its
-- kind "resumption" or "external") or no early data ("early").
M.tls13 = {
  { name = "psk", title = "pre-shared key", operation = "known", only = "psk",
    inputs = { "an earlier connection, or an agreement outside of TLS" },
    purpose = "a key that both sides had before this handshake", after = "client client_hello" },
  { name = "early_secret", title = "early secret", operation = "extract",
    inputs = { "zeros", "psk" }, without_psk = { "zeros", "zeros in place of a pre-shared key" },
    purpose = "the first of three secrets; without a pre-shared key it is no secret at all",
    after = "client client_hello" },
  { name = "resumption_binder_key", title = "binder key", operation = "expand",
    only = "resumption", inputs = { "early_secret" }, label = "res binder", context = "nothing",
    purpose = "makes the binders: proof that the client has the key",
    after = "client client_hello" },
  { name = "external_binder_key", title = "binder key", operation = "expand", only = "external",
    inputs = { "early_secret" }, label = "ext binder", context = "nothing",
    purpose = "makes the binders: proof that the client has the key",
    after = "client client_hello" },
  { name = "client_early_traffic_secret", title = "client early traffic secret",
    operation = "expand", only = "early", inputs = { "early_secret" }, label = "c e traffic",
    context = FIRST, purpose = "encrypts early data (0-RTT)", after = "client client_hello" },
  { name = "early_exporter_master_secret", title = "early exporter master secret",
    operation = "expand", only = "early", inputs = { "early_secret" }, label = "e exp master",
    context = FIRST, purpose = "keys for the application, before the handshake is over",
    after = "client client_hello" },
  { name = "shared_secret", title = "shared secret of the key exchange", operation = "agreement",
    inputs = { "one's own private key", "the other's public key" },
    purpose = "what only the two ends of the key exchange can compute",
    after = "server server_hello" },
  { name = "derived_from_early_secret", title = "salt of the next step", operation = "expand",
    inputs = { "early_secret" }, label = "derived", context = "nothing",
    purpose = "leads from the early secret to the handshake secret",
    after = "server server_hello" },
  { name = "handshake_secret", title = "handshake secret", operation = "extract",
    inputs = { "derived_from_early_secret", "shared_secret" },
    purpose = "the second secret: pre-shared key and key exchange together",
    after = "server server_hello" },
  { name = "client_handshake_traffic_secret", title = "client handshake traffic secret",
    operation = "expand", inputs = { "handshake_secret" }, label = "c hs traffic",
    context = HELLOS, keys = true, purpose = "encrypts the client's handshake messages",
    after = "server server_hello" },
  { name = "server_handshake_traffic_secret", title = "server handshake traffic secret",
    operation = "expand", inputs = { "handshake_secret" }, label = "s hs traffic",
    context = HELLOS, keys = true, purpose = "encrypts the server's handshake messages",
    after = "server server_hello" },
  { name = "server_handshake_traffic_secret.finished_key", title = "server finished key",
    operation = "expand", inputs = { "server_handshake_traffic_secret" }, label = "finished",
    purpose = "makes the server's Finished", after = "server finished" },
  { name = "derived_from_handshake_secret", title = "salt of the next step",
    operation = "expand", inputs = { "handshake_secret" }, label = "derived", context = "nothing",
    purpose = "leads from the handshake secret to the master secret",
    after = "server server_hello" },
  { name = "master_secret", title = "master secret", operation = "extract",
    inputs = { "derived_from_handshake_secret", "zeros" }, purpose = "the third secret",
    after = "server server_hello" },
  { name = "client_application_traffic_secret_0", title = "client application traffic secret",
    operation = "expand", inputs = { "master_secret" }, label = "c ap traffic",
    context = TO_SERVER_FINISHED, keys = true, purpose = "encrypts what the client has to say",
    after = "server finished" },
  { name = "server_application_traffic_secret_0", title = "server application traffic secret",
    operation = "expand", inputs = { "master_secret" }, label = "s ap traffic",
    context = TO_SERVER_FINISHED, keys = true, purpose = "encrypts what the server has to say",
    after = "server finished" },
  { name = "exporter_master_secret", title = "exporter master secret", operation = "expand",
    inputs = { "master_secret" }, label = "exp master", context = TO_SERVER_FINISHED,
    purpose = "keys for the application's own use (exporters, channel bindings)",
    after = "server finished" },
  { name = "client_handshake_traffic_secret.finished_key", title = "client finished key",
    operation = "expand", inputs = { "client_handshake_traffic_secret" }, label = "finished",
    purpose = "makes the client's Finished", after = "client finished" },
  { name = "resumption_master_secret", title = "resumption master secret", operation = "expand",
    inputs = { "master_secret" }, label = "res master",
    context = "the messages from ClientHello to the client's Finished",
    purpose = "the pre-shared keys of later connections come from it", after = "client finished" },
}

--- How the premaster secret of TLS 1.2 comes about, by key exchange: `inputs`.
M.premaster = {
  RSA = { "46 random bytes of the client's, behind the version",
    "encrypted to the server's RSA key" },
  DHE = { "one's own secret exponent", "the other's public value" },
  ECDHE = { "one's own secret number", "the other's public point" },
  PSK = { "zeros as long as the shared key", "the shared key" },
  DHE_PSK = { "the shared secret of Diffie-Hellman", "the shared key" },
  ECDHE_PSK = { "the shared secret of elliptic-curve Diffie-Hellman", "the shared key" },
  RSA_PSK = { "a premaster secret as with RSA", "the shared key" },
}

local EXCHANGED = "client client_key_exchange"

--- TLS 1.2 and older.
M.tls12 = {
  { name = "premaster_secret", title = "premaster secret", operation = "agreement",
    purpose = "what the key exchange gives; its length depends on it", after = EXCHANGED },
  { name = "master_secret", title = "master secret", operation = "prf",
    inputs = { "premaster_secret" }, label = "master secret", length = 48,
    context = "client random, server random",
    purpose = "48 bytes that everything else comes from", after = EXCHANGED },
  { name = "key_block", title = "key block", operation = "prf", inputs = { "master_secret" },
    label = "key expansion", context = "server random, client random",
    purpose = "as many bytes as all keys need together", after = EXCHANGED },
  { name = "client_write_MAC_key", title = "client write MAC key",
    purpose = "protects what the client sends against change" },
  { name = "server_write_MAC_key", title = "server write MAC key",
    purpose = "protects what the server sends against change" },
  { name = "client_write_key", title = "client write key",
    purpose = "encrypts what the client sends" },
  { name = "server_write_key", title = "server write key",
    purpose = "encrypts what the server sends" },
  { name = "client_write_IV", title = "client write IV",
    purpose = "the part of the client's nonces that is not on the wire" },
  { name = "server_write_IV", title = "server write IV",
    purpose = "the part of the server's nonces that is not on the wire" },
}
for i = 4, #M.tls12 do
  local row = M.tls12[i]
  row.operation, row.inputs, row.after = "cut", { "key_block" }, EXCHANGED
end

--- What the operations are.
M.operations = {
  known = "was known before",
  agreement = "is what the key exchange gives",
  extract = "HKDF-Extract: salt and secret become a new secret of even quality",
  expand = "HKDF-Expand-Label: a secret, a label and a hash become a secret for one purpose",
  prf = "PRF: a secret, a label and a seed become as many bytes as are needed",
  cut = "cut out of the key block",
}

return M
