/*
** conninfo.c - what was negotiated, who the peer is, and what can be derived from the session.
*/

#include "connection.h"
#include "crypto.h"

#include <string.h>

/* In TLS 1.3 an EC or EdDSA key has one scheme only. */
static void conninfo_ownscheme (lw_Connection *c) {
  if (c->server && c->facts.version == 0x0304 && c->facts.scheme == 0 && !c->facts.resumed &&
      !c->facts.psk)
    c->facts.scheme = lw_connection_scheme(c);
}

static int conninfo_usespsk (const lw_Connection *c) {
  const lw_Suite *suite = lw_suite(c->facts.suite);
  if (c->facts.version == 0x0304)
    return c->server ? c->gate->resumes : c->facts.psk;
  return suite != NULL && suite->auth == LW_AUTH_PSK;
}

void lw_conninfo_gather (lw_Connection *c) {
  char *name = NULL;
  unsigned short size = 0;
  c->facts.resumed = wolfSSL_session_reused(c->ssl) != 0;
  c->facts.psk = !c->facts.resumed && conninfo_usespsk(c);
  conninfo_ownscheme(c);
  if (lw_connection_alpn(c).length == 0)
    return;
  if (wolfSSL_ALPN_GetProtocol(c->ssl, &name, &size) == WOLFSSL_SUCCESS && name != NULL &&
      !lw_copy(&c->facts.alpn, name, size))
    lw_connection_fail(c, LW_INTERNAL, LW_INTERNAL_ALERT, "out of memory");
}

static void conninfo_code (lua_State *L, const char *name, unsigned value) {
  if (value != 0) {
    lua_pushinteger(L, (lua_Integer)value);
    lua_setfield(L, -2, name);
  }
}

static void conninfo_flag (lua_State *L, const char *name, int value) {
  lua_pushboolean(L, value);
  lua_setfield(L, -2, name);
}

static void conninfo_text (lua_State *L, const char *name, const char *value) {
  if (value != NULL) {
    lua_pushstring(L, value);
    lua_setfield(L, -2, name);
  }
}

static void conninfo_count (lua_State *L, const char *name, uint64_t value) {
  lw_pushinteger(L, (int64_t)value);
  lua_setfield(L, -2, name);
}

static void conninfo_alert (lua_State *L, const char *name, int description) {
  if (description >= 0) {
    lua_pushinteger(L, description);
    lua_setfield(L, -2, name);
  }
}

/***
What is known of the connection by now, in numbers; `info` of `wolfssl.connection` gives names to them.
@function connection:facts
@treturn table `version`, `cipher_suite`, `group`, `signature_scheme` (of the server's signature),
  `client_signature_scheme`, `alpn`, `server_name`, `resumed`, `extended_master_secret`, `psk` (an
  external pre-shared key was used), `psk_identity`, `late_certificate` (a server: `"requested"`, `"shown"` or `"declined"`), `open`, `identity` (a
  server: index of the context's certificate that it chose), `alert_sent`, `alert_received` (descriptions), and the counts of
  bytes `ciphertext_received`, `ciphertext_sent`, `plaintext_received`, `plaintext_sent`
*/
static int conninfo_facts (lua_State *L) {
  static const char *const late[] = {NULL, "requested", "shown", "declined"};
  const lw_Connection *c = lw_connection_check(L, 1);
  const lw_Facts *f = &c->facts;
  lua_createtable(L, 0, 16);
  conninfo_code(L, "version", f->version);
  conninfo_code(L, "cipher_suite", f->suite);
  conninfo_code(L, "group", f->group);
  conninfo_code(L, "signature_scheme", f->scheme);
  conninfo_code(L, "client_signature_scheme", f->client_scheme);
  conninfo_text(L, "alpn", f->alpn);
  conninfo_text(L, "server_name", f->server_name);
  conninfo_flag(L, "resumed", f->resumed);
  conninfo_flag(L, "extended_master_secret", f->extended_master_secret);
  conninfo_flag(L, "psk", c->facts.psk);
  if (c->psk != NULL && (c->facts.psk || !c->open))
    conninfo_text(L, "psk_identity", c->psk->identity);
  conninfo_text(L, "late_certificate", late[c->late]);
  conninfo_flag(L, "open", c->open && c->code == NULL);
  if (c->server && c->ssl != NULL && !c->facts.psk &&
      lw_connection_chain(c) == &c->context->chain[c->identity])
    conninfo_count(L, "identity", (uint64_t)c->identity + 1);
  conninfo_alert(L, "alert_sent", c->alert_sent);
  conninfo_alert(L, "alert_received", c->alert_received);
  conninfo_count(L, "ciphertext_received", c->received);
  conninfo_count(L, "ciphertext_sent", c->sent);
  conninfo_count(L, "plaintext_received", c->plain_received);
  conninfo_count(L, "plaintext_sent", c->plain_sent);
  return 1;
}

/* One of certificates that follow each other. */
lw_Span lw_chain_nth (const lw_Bytes *chain, size_t place) {
  lw_Span all, none = {NULL, 0};
  lw_Der reader;
  lw_Item item;
  all.data = lw_bytes_data(chain);
  all.length = lw_bytes_length(chain);
  reader = lw_der_reader(all, "chain", NULL);
  for (size_t i = 0; all.length > 0 && reader.at < reader.end && lw_der_any(&reader, &item); i++)
    if (i == place)
      return item.der;
  return none;
}

static int chain_isone (lw_Span entry) {
  lw_Der reader = lw_der_reader(entry, "chain", NULL);
  lw_Item item;
  return entry.length > 0 && lw_der_any(&reader, &item) && lw_der_end(&reader);
}

/* What is no item would move the places of those behind it. */
static lw_Span chain_form (lw_Span entry) {
  static const unsigned char nothing[] = {0x30, 0};
  lw_Span s = {nothing, sizeof nothing};
  return chain_isone(entry) ? entry : s;
}

int lw_chain_keep (lw_Bytes *chain, const WOLFSSL_BUFFER_INFO *entry) {
  lw_Span der = {entry->buffer, entry->length};
  der = chain_form(der);
  return lw_bytes_append(chain, der.data, der.length);
}

int lw_chain_has (const lw_Bytes *chain, size_t place, const WOLFSSL_BUFFER_INFO *entry) {
  lw_Span der = {entry->buffer, entry->length}, kept = lw_chain_nth(chain, place);
  der = chain_form(der);
  return kept.length == der.length && memcmp(kept.data, der.data, der.length) == 0;
}

lw_Span lw_conninfo_peer (const lw_Connection *c, size_t place) {
  WOLFSSL_X509_CHAIN *chain = c->ssl == NULL ? NULL : wolfSSL_get_peer_chain(c->ssl);
  lw_Span der = {NULL, 0};
  if (lw_bytes_length(&c->peer_chain) > 0)
    return lw_chain_nth(&c->peer_chain, place);
  if (chain != NULL && place < (size_t)wolfSSL_get_chain_count(chain)) {
    der.data = wolfSSL_get_chain_cert(chain, (int)place);
    der.length = (size_t)wolfSSL_get_chain_length(chain, (int)place);
  }
  return der;
}

static lw_Span conninfo_local (const lw_Connection *c, size_t place) {
  static const lw_Bytes none;
  if (c->facts.psk)
    return lw_chain_nth(&none, place);
  return lw_chain_nth(lw_connection_chain(c), place);
}

/* Those that can be decoded: others were never accepted. */
size_t lw_conninfo_pushall (lua_State *L, const lw_Connection *c,
                            lw_Span (*get)(const lw_Connection *, size_t)) {
  lw_Span der;
  lua_newtable(L);
  lw_certificate_box(L);
  for (size_t i = 0; (der = get(c, i)).data != NULL; i++) {
    int pushed = lw_certificate_fill(L, der);
    if (pushed == 1)
      lua_rawseti(L, -2, (int)lua_rawlen(L, -2) + 1);
    else
      lua_pop(L, pushed);
    lw_certificate_box(L);
  }
  lua_pop(L, 1);
  return lua_rawlen(L, -1);
}

/***
The peer's certificates as it sent them, the leaf first; also when they were refused. A resumed connection has those
of the first one.
@function connection:peer_certificates
@treturn {userdata,...} certificates; empty when there are none, and while an answer to `request_certificate` has begun
  that may prove to be somebody else's
*/
static int conninfo_peercertificates (lua_State *L) {
  const lw_Connection *c = lw_connection_check(L, 1);
  if (lw_after_unproven(c))
    lua_newtable(L);
  else
    lw_conninfo_pushall(L, c, lw_conninfo_peer);
  return 1;
}

/***
Our own certificates as they were configured, the leaf first.
@function connection:local_certificates
@treturn {userdata,...} certificates; empty when there are none
*/
static int conninfo_localcertificates (lua_State *L) {
  lw_conninfo_pushall(L, lw_connection_check(L, 1), conninfo_local);
  return 1;
}

/* -------------------------------------------------------------------- exporter, channel bindings */

static int conninfo_needopen (lua_State *L, const lw_Connection *c) {
  if (c->code != NULL)
    return lw_failure(L, c->code, "%s", lw_connection_message(c));
  if (!c->open || c->close_sent)
    return lw_failure(L, LW_CLOSED, "the connection is not open");
  return 0;
}

static int conninfo_pushexport (lua_State *L, lw_Connection *c, const char *label,
                                size_t label_length, const char *context, size_t context_length,
                                size_t length) {
  unsigned char out[1024];
  int good;
  lw_enter(c);
  good = wolfSSL_export_keying_material(c->ssl, out, length, label, label_length,
                                        (const unsigned char *)context, context_length,
                                        context != NULL) == WOLFSSL_SUCCESS;
  lw_leave();
  if (!good)
    return lw_failure(L, LW_INTERNAL, "wolfSSL cannot export keying material");
  lua_pushlstring(L, (const char *)out, length);
  lw_wipe(out, sizeof out);
  return 1;
}

/***
Keying material for the application.
@function connection:export
@tparam string label
@tparam integer length 1 to 1024
@tparam[opt] string context TLS 1.2: none is not the same as an empty one
@treturn[1] string keying material
@treturn[2] nil
@treturn[2] string message
@treturn[2] string code
@see RFC 5705
@see RFC 8446 section 7.5
*/
static int conninfo_export (lua_State *L) {
  lw_Connection *c = lw_connection_check(L, 1);
  size_t label_length, context_length = 0;
  const char *label = luaL_checklstring(L, 2, &label_length);
  lua_Integer length = luaL_checkinteger(L, 3);
  const char *context = luaL_optlstring(L, 4, NULL, &context_length);
  int failed = conninfo_needopen(L, c);
  luaL_argcheck(L, label_length >= 1 && label_length <= 249, 2, "must have 1 to 249 bytes");
  luaL_argcheck(L, length >= 1 && length <= 1024, 3, "must be 1 to 1024");
  luaL_argcheck(L, context_length < 65536, 4, "is too long");
  if (failed)
    return failed;
  return conninfo_pushexport(L, c, label, label_length, context, context_length, (size_t)length);
}

static int conninfo_needmastersecret (lua_State *L, const lw_Connection *c) {
  if (c->facts.extended_master_secret)
    return 0;
  return lw_failure(L, LW_PEER_INCOMPATIBLE,
                    "without extended_master_secret this binding can be forged (RFC 7627)");
}

/* RFC 9266 */
static int conninfo_exporterbinding (lua_State *L, lw_Connection *c) {
  static const char label[] = "EXPORTER-Channel-Binding";
  int failed = conninfo_needmastersecret(L, c);
  return failed ? failed : conninfo_pushexport(L, c, label, sizeof label - 1, "", 0, 32);
}

/* RFC 5929 section 3: the first Finished: the client's, or the server's when it resumed. */
static int conninfo_uniquebinding (lua_State *L, lw_Connection *c) {
  unsigned char finished[64];
  size_t length;
  int failed = conninfo_needmastersecret(L, c);
  if (failed)
    return failed;
  if (c->facts.version != 0x0303)
    return lw_failure(L, LW_PEER_INCOMPATIBLE, "TLS 1.3 has no tls-unique (RFC 8446 appendix C.5)");
  if ((c->facts.resumed != 0) == (c->server != 0))
    length = wolfSSL_get_finished(c->ssl, finished, sizeof finished);
  else
    length = wolfSSL_get_peer_finished(c->ssl, finished, sizeof finished);
  if (length == 0 || length > sizeof finished)
    return lw_failure(L, LW_INTERNAL, "wolfSSL has no Finished message any more");
  lua_pushlstring(L, (const char *)finished, length);
  return 1;
}

/* RFC 5929 section 4.1: the hash of the certificate's signature, SHA-256 in place of MD5 and SHA-1. */
static const lw_Hash *conninfo_leafhash (const lw_X509 *x) {
  static const char *const stronger[] = {"sha384", "sha512"};
  char text[LW_OID_TEXT];
  const char *name = lw_oid_name(lw_oid_text(x->signature_algorithm.oid, text));
  lw_Pss pss;
  if (lw_x509_pss(&x->signature_algorithm, &pss))
    name = lw_oid_name(lw_oid_text(pss.hash, text));
  if (name == NULL || strstr(name, "ed25519") != NULL || strstr(name, "ed448") != NULL)
    return NULL;
  for (int i = 0; i < 2; i++)
    if (strstr(name, stronger[i]) != NULL)
      return lw_hash_find(stronger[i]);
  return lw_hash_find("sha256");
}

static int conninfo_endpointbinding (lua_State *L, lw_Connection *c) {
  lw_Span leaf = c->server ? conninfo_local(c, 0) : lw_conninfo_peer(c, 0);
  lw_X509 *x = (lw_X509 *)lw_alloc(sizeof *x);
  lw_Fault fault = {NULL, NULL, 0};
  unsigned char digest[LW_MAXDIGEST];
  const lw_Hash *hash = NULL;
  int done = 0;
  if (x != NULL && leaf.length > 0 && lw_x509_read(x, leaf, &fault))
    hash = conninfo_leafhash(x);
  lw_free(x);
  if (hash != NULL)
    done = wc_Hash(hash->type, leaf.data, (word32)leaf.length, digest, hash->size) == 0;
  if (!done)
    return lw_failure(L, LW_PEER_INCOMPATIBLE,
                      leaf.length == 0
                          ? "there is no server certificate"
                          : "the certificate's signature has no hash (RFC 5929 section 4.1)");
  lua_pushlstring(L, (const char *)digest, hash->size);
  return 1;
}

/***
The verify_data of a Finished message, for LuaSec's sake: what may serve as a channel binding is
`channel_binding`'s to say.
@function connection:finished
@tparam string whose "local" or "peer"
@treturn[1] string bytes
@treturn[2] nil
@treturn[2] string message
@treturn[2] string code
*/
static int conninfo_finished (lua_State *L) {
  static const char *const sides[] = {"local", "peer", NULL};
  unsigned char bytes[64];
  lw_Connection *c = lw_connection_check(L, 1);
  int peer = luaL_checkoption(L, 2, NULL, sides), failed = conninfo_needopen(L, c);
  size_t length;
  if (failed)
    return failed;
  length = peer ? wolfSSL_get_peer_finished(c->ssl, bytes, sizeof bytes)
                : wolfSSL_get_finished(c->ssl, bytes, sizeof bytes);
  if (length == 0 || length > sizeof bytes)
    return lw_failure(L, LW_INTERNAL, "wolfSSL has no Finished message any more");
  lua_pushlstring(L, (const char *)bytes, length);
  return 1;
}

/***
What ties an authentication to this connection (SCRAM-…-PLUS and the like).
@function connection:channel_binding
@tparam string kind `"tls-exporter"`, `"tls-unique"` (TLS 1.2) or `"tls-server-end-point"`
@treturn[1] string bytes
@treturn[2] nil, when that kind is not defined or not safe here
@treturn[2] string message
@treturn[2] string code
@see RFC 5929
@see RFC 9266
*/
static int conninfo_channelbinding (lua_State *L) {
  static const char *const kinds[] = {"tls-exporter", "tls-unique", "tls-server-end-point", NULL};
  lw_Connection *c = lw_connection_check(L, 1);
  int kind = luaL_checkoption(L, 2, NULL, kinds), failed = conninfo_needopen(L, c);
  if (failed)
    return failed;
  switch (kind) {
  case 0:
    return conninfo_exporterbinding(L, c);
  case 1:
    return conninfo_uniquebinding(L, c);
  default:
    return conninfo_endpointbinding(L, c);
  }
}

const luaL_Reg lw_conninfo_methods[] = {
    {"facts", conninfo_facts},
    {"peer_certificates", conninfo_peercertificates},
    {"local_certificates", conninfo_localcertificates},
    {"verdict", lw_connection_verdict},
    {"examine", lw_connection_examine},
    {"use_trust", lw_connection_usetrust},
    {"export", conninfo_export},
    {"channel_binding", conninfo_channelbinding},
    {"finished", conninfo_finished},
    {NULL, NULL},
};
