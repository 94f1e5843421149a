/*
** psk.c - external pre-shared keys (RFC 8446 section 2.2; RFC 4279, RFC 5489). wolfSSL asks for a key in the middle
** of a handshake and cannot wait, so the key is at the connection by then: the context's, or one that a handler gave
** while the gate held the message that names it. Always with (EC)DHE.
*/

#include "connection.h"

#include <string.h>

#define SHORTEST_KEY 16 /* RFC 9257 section 6: 128 bits of entropy */

static lw_Span psk_identity (const lw_Psk *psk) {
  lw_Span identity = {(const unsigned char *)psk->identity, psk->identity_length};
  return identity;
}

static void psk_free (lw_Psk *psk) {
  if (psk != NULL)
    lw_free_secret(psk, sizeof *psk);
}

/* -------------------------------------------------------------------- keys of a context, in order */

static int psk_compare (lw_Span a, lw_Span b) {
  if (a.length != b.length)
    return a.length < b.length ? -1 : 1;
  return memcmp(a.data, b.data, a.length);
}

/* Where it is, or would be. */
static size_t psk_place (const lw_Context *x, lw_Span identity) {
  size_t low = 0, high = x->psks_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (psk_compare(psk_identity(x->psks[middle]), identity) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static int psk_is (const lw_Psk *psk, lw_Span identity) {
  return psk != NULL && psk_compare(psk_identity(psk), identity) == 0;
}

static const lw_Psk *psk_find (const lw_Connection *c, lw_Span identity) {
  const lw_Context *x = c->context;
  size_t i = psk_place(x, identity);
  if (psk_is(c->given_psk, identity))
    return c->given_psk;
  return i < x->psks_count && psk_is(x->psks[i], identity) ? x->psks[i] : NULL;
}

/* Takes over psk; 0: out of memory. */
static int psk_insert (lw_Context *x, lw_Psk *psk) {
  size_t i = psk_place(x, psk_identity(psk)), size = (x->psks_count + 1) * sizeof *x->psks;
  if (x->psks_count == x->psks_size) {
    size_t wider = x->psks_size == 0 ? 1 : 2 * x->psks_size;
    lw_Psk **list = (lw_Psk **)lw_alloc(wider * sizeof *list);
    if (list == NULL)
      return 0;
    if (x->psks != NULL)
      memcpy(list, x->psks, size - sizeof *list);
    lw_free(x->psks);
    x->psks = list;
    x->psks_size = wider;
  }
  memmove(x->psks + i + 1, x->psks + i, (x->psks_count - i) * sizeof *x->psks);
  x->psks[i] = psk;
  x->psks_count++;
  return 1;
}

void lw_psk_freeall (lw_Context *x) {
  for (size_t i = 0; i < x->psks_count; i++)
    psk_free(x->psks[i]);
  lw_free(x->psks);
}

void lw_psk_forget (lw_Connection *c) {
  psk_free(c->given_psk);
  c->given_psk = NULL;
}

/* -------------------------------------------------------------------- a server's choice */

/* The server's favourite among the suites of TLS 1.3 with the hash of the key; 0: none is offered. */
static unsigned psk_suite (const lw_Context *x, const lw_Hello *h, const lw_Psk *psk) {
  for (size_t i = 0; i < x->suites_length; i += 2) {
    const lw_Suite *suite = lw_suite(lw_read16(x->suites + i));
    if (suite != NULL && suite->value >> 8 == 0x13 && suite->hash == psk->hash &&
        lw_hello_has(h->suites, suite->value))
      return suite->value;
  }
  return 0;
}

int lw_psk_offered (const lw_Hello *h) {
  return h->has_pre_shared_key && h->has_key_share &&
         memchr(h->psk_modes.data, 1 /* psk_dhe_ke */, h->psk_modes.length) != NULL;
}

static int psk_hassuite (const lw_Context *x, const lw_Hello *h) {
  for (size_t i = 0; i < x->suites_length; i += 2) {
    const lw_Suite *suite = lw_suite(lw_read16(x->suites + i));
    if (suite != NULL && suite->auth == LW_AUTH_PSK && lw_hello_has(h->suites, suite->value))
      return 1;
  }
  return 0;
}

int lw_psk_possible (const lw_Context *x, const lw_Hello *h, unsigned version) {
  return x->psk && (version == 0x0304 ? lw_psk_offered(h) : psk_hassuite(x, h));
}

static void psk_choose (lw_Connection *c, const lw_Hello *h) {
  lw_Span list = h->psks, identity;
  while (c->psk == NULL && lw_hello_identity(&list, &identity)) {
    const lw_Psk *psk = psk_find(c, identity);
    unsigned suite = psk == NULL ? 0 : psk_suite(c->context, h, psk);
    if (suite != 0) {
      c->psk = psk;
      c->psk_suite = (uint16_t)suite;
    }
  }
}

static int psk_nokey (lw_Connection *c) {
  if (c->server)
    lw_connection_fail(c, LW_PEER_INCOMPATIBLE,
                       c->gate->offered.has_pre_shared_key ? LW_UNKNOWN_PSK_IDENTITY
                                                           : LW_HANDSHAKE_FAILURE,
                       "the client names no pre-shared key that is known here");
  else
    lw_connection_fail(c, LW_REJECTED, -1, "there is no pre-shared key for this connection");
  return 0;
}

/* RFC 8446 section 4.2.11: without an acceptable key the certificate must do. */
static int psk_serverstart (lw_Connection *c) {
  const lw_Hello *h = &c->gate->offered;
  int tls13 = c->gate->version == 0x0304;
  if (tls13 && lw_psk_offered(h))
    psk_choose(c, h);
  if (tls13 && c->psk == NULL && c->no_certificate)
    return psk_nokey(c);
  if (tls13 ? c->psk == NULL : !psk_hassuite(c->context, h))
    return 1;
  if (c->context->peer.verify == LW_VERIFY_REQUIRED) /* the key will do as well */
    wolfSSL_set_verify(c->ssl, WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_EXCEPT_PSK,
                       lw_verify_callback);
  /* Nothing is kept of it: it costs no more than a resumption, and the identity stays known. */
  wolfSSL_NoTicketTLSv12(c->ssl);
  if (tls13)
    wolfSSL_no_ticket_TLSv13(c->ssl);
  return 1;
}

int lw_psk_start (lw_Connection *c) {
  if (!c->context->psk)
    return 1;
  if (c->server)
    return psk_serverstart(c);
  if (c->psk == NULL && c->context->psks_count > 0)
    c->psk = c->context->psks[0];
  return c->psk != NULL || !c->context->psk_only ? 1 : psk_nokey(c);
}

/* What a key may be found under: wolfSSL ends an identity at a zero byte. */
static int psk_canbe (lw_Span identity) {
  return identity.length >= 1 && identity.length <= LW_MAX_PSK_IDENTITY &&
         memchr(identity.data, 0, identity.length) == NULL;
}

/* TLS 1.2: the identity stands at the front of a ClientKeyExchange. */
int lw_psk_named (lw_Connection *c, const unsigned char *body, size_t length) {
  lw_Span identity;
  if (length < 2 || lw_read16(body) > length - 2) {
    lw_connection_fail(c, LW_DECODE_ERROR, LW_DECODE_ALERT, "ClientKeyExchange: psk_identity");
    return -1;
  }
  identity.data = body + 2;
  identity.length = lw_read16(body);
  if (!psk_canbe(identity)) {
    psk_nokey(c);
    return -1;
  }
  c->gate->named_psk = 1;
  return 0;
}

/* -------------------------------------------------------------------- wolfSSL's questions */

static unsigned psk_give (const lw_Psk *psk, unsigned char *key, unsigned max) {
  if (psk->key_length > max)
    return 0;
  memcpy(key, psk->key, psk->key_length);
  return psk->key_length;
}

/* Asked for each suite and each identity; the suite that is named back must be the one in question. */
static unsigned psk_server13 (WOLFSSL *ssl, const char *identity, unsigned char *key, unsigned max,
                              const char **suite) {
  const lw_Connection *c = lw_current();
  (void)ssl;
  if (c == NULL || c->psk == NULL || strcmp(identity, c->psk->identity) != 0)
    return 0;
  *suite = wolfSSL_get_cipher_name_from_suite((unsigned char)(c->psk_suite >> 8),
                                              (unsigned char)c->psk_suite);
  return psk_give(c->psk, key, max);
}

/* wolfSSL also asks here what psk_server13 has denied. */
static unsigned psk_server12 (WOLFSSL *ssl, const char *identity, unsigned char *key,
                              unsigned max) {
  lw_Connection *c = lw_current();
  lw_Span named = {(const unsigned char *)identity, strlen(identity)};
  (void)ssl;
  if (c == NULL || c->facts.version != 0x0303)
    return 0;
  c->psk = psk_find(c, named);
  if (c->psk != NULL)
    return psk_give(c->psk, key, max);
  lw_connection_fail(c, LW_PEER_INCOMPATIBLE, LW_UNKNOWN_PSK_IDENTITY,
                     "the client names a pre-shared key that is not known here");
  return 0;
}

static unsigned psk_client12 (WOLFSSL *ssl, const char *hint, char *identity, unsigned identity_max,
                              unsigned char *key, unsigned max) {
  const lw_Connection *c = lw_current();
  (void)ssl;
  (void)hint;
  if (c == NULL || c->psk == NULL || c->psk->identity_length > identity_max)
    return 0;
  memcpy(identity, c->psk->identity, c->psk->identity_length + 1u);
  return psk_give(c->psk, key, max);
}

static int psk_namedhash (const char *suite) {
  return suite != NULL && strstr(suite, "SHA384") != NULL ? WC_HASH_TYPE_SHA384
                                                          : WC_HASH_TYPE_SHA256;
}

/* A session goes first: where it is offered the key is not. */
static unsigned psk_client13 (WOLFSSL *ssl, const char *hint, char *identity, unsigned identity_max,
                              unsigned char *key, unsigned max, const char *suite) {
  const lw_Connection *c = lw_current();
  if (c == NULL || c->psk == NULL || c->session != NULL || psk_namedhash(suite) != c->psk->hash)
    return 0;
  return psk_client12(ssl, hint, identity, identity_max, key, max);
}

static void psk_installserver (const lw_Context *x, WOLFSSL_CTX *ctx) {
  wolfSSL_CTX_set_psk_server_callback(ctx, psk_server12);
  if (x->max_version == 0x0304)
    wolfSSL_CTX_set_psk_server_tls13_callback(ctx, psk_server13);
}

static void psk_installclient (const lw_Context *x, WOLFSSL_CTX *ctx) {
  wolfSSL_CTX_set_psk_client_callback(ctx, psk_client12);
  if (x->max_version == 0x0304)
    wolfSSL_CTX_set_psk_client_cs_callback(ctx, psk_client13);
}

/* -------------------------------------------------------------------- as Lua sees it */

static int psk_checkhash (lua_State *L, int arg) {
  static const char *const names[] = {"sha256", "sha384", NULL};
  return luaL_checkoption(L, arg, "sha256", names) == 0 ? WC_HASH_TYPE_SHA256 : WC_HASH_TYPE_SHA384;
}

/* From three arguments. */
static lw_Psk *psk_check (lua_State *L, int arg) {
  size_t identity_length, length;
  const char *identity = luaL_checklstring(L, arg, &identity_length);
  const char *key = luaL_checklstring(L, arg + 1, &length);
  int hash = psk_checkhash(L, arg + 2);
  lw_Psk *psk;
  luaL_argcheck(L, identity_length >= 1 && identity_length <= LW_MAX_PSK_IDENTITY, arg,
                "the identity of a pre-shared key has 1 to 255 bytes");
  luaL_argcheck(L, memchr(identity, 0, identity_length) == NULL, arg,
                "wolfSSL cannot have a zero byte in an identity");
  luaL_argcheck(L, length >= SHORTEST_KEY && length <= LW_MAX_PSK_KEY, arg + 1,
                "a pre-shared key has 16 to 64 bytes");
  psk = (lw_Psk *)lw_alloc_zero(sizeof *psk);
  if (psk == NULL)
    luaL_error(L, "out of memory");
  memcpy(psk->identity, identity, identity_length);
  memcpy(psk->key, key, length);
  psk->identity_length = (unsigned char)identity_length;
  psk->key_length = (unsigned char)length;
  psk->hash = (unsigned char)hash;
  return psk;
}

/***
Allows pre-shared keys.
@function context:use_psk
@tparam boolean only a client: the server must know the key; a certificate will not do, and no name is needed
*/
int lw_context_usepsk (lua_State *L) {
  lw_Context *x = lw_context_settable(L);
  luaL_checktype(L, 2, LUA_TBOOLEAN);
  x->psk = 1;
  x->psk_only = !x->server && lua_toboolean(L, 2);
  for (size_t i = 0; i < LW_MAX_IDENTITIES && x->ctx[i] != NULL; i++)
    (x->server ? psk_installserver : psk_installclient)(x, x->ctx[i]);
  return 0;
}

/***
Adds a key: a server's, or the one of a client.
@function context:add_psk
@tparam string identity 1 to 255 bytes, none of them zero
@tparam string key 16 to 64 bytes
@tparam[opt="sha256"] string hash `"sha256"` or `"sha384"`: of the suites of TLS 1.3 that it goes with
*/
int lw_context_addpsk (lua_State *L) {
  lw_Context *x = lw_context_settable(L);
  lw_Psk *psk = psk_check(L, 2);
  if (!psk_insert(x, psk)) {
    psk_free(psk);
    return luaL_error(L, "out of memory");
  }
  return 0;
}

static void psk_pushwanted (lua_State *L, const lw_Connection *c, lw_Span identity) {
  if (!psk_canbe(identity) || psk_find(c, identity) != NULL)
    return;
  lua_pushlstring(L, (const char *)identity.data, identity.length);
  lua_rawseti(L, -2, (int)lua_rawlen(L, -2) + 1);
}

/* In the held ClientKeyExchange, behind the headers of record and message; other messages do not belong there. */
static int psk_heldname (const lw_Connection *c, lw_Span *identity) {
  const unsigned char *p = lw_bytes_data(&c->in);
  if (c->gate->examined < 11 || p[5] != 16 || c->gate->examined - 11 < lw_read16(p + 9))
    return 0;
  identity->data = p + 11;
  identity->length = lw_read16(p + 9);
  return 1;
}

static int psk_pushnamed (lua_State *L, const lw_Connection *c) {
  lw_Span identity;
  if (!psk_heldname(c, &identity))
    return 0;
  lua_newtable(L);
  psk_pushwanted(L, c, identity);
  return 1;
}

static int psk_pushoffered (lua_State *L, const lw_Connection *c) {
  const lw_Hello *h = &c->gate->offered;
  lw_Span list = h->psks, identity;
  int tls13 = c->gate->version == 0x0304;
  if (!tls13 && psk_hassuite(c->context, h))
    return 0; /* it comes later */
  lua_newtable(L);
  while (tls13 && lw_psk_offered(h) && lw_hello_identity(&list, &identity))
    psk_pushwanted(L, c, identity);
  return 1;
}

/***
The identities that the held message names and that no key is known for.
@function connection:wanted_psks
@treturn[1] {string,...} identities; empty where none is needed
@treturn[2] nil, when the held message cannot name one
*/
int lw_connection_wantedpsks (lua_State *L) {
  const lw_Connection *c = lw_connection_check(L, 1);
  if (!c->held || !c->context->psk || c->gate == NULL || c->gate->unguarded)
    return 0;
  if (c->gate->named_psk)
    return psk_pushnamed(L, c);
  return c->ssl == NULL ? psk_pushoffered(L, c) : 0;
}

/***
Gives the connection a key of its own: a client before its handshake, a server while the message is held that names it.
@function connection:set_psk
@tparam string identity 1 to 255 bytes, none of them zero
@tparam string key 16 to 64 bytes
@tparam[opt="sha256"] string hash `"sha256"` or `"sha384"`
*/
int lw_connection_setpsk (lua_State *L) {
  lw_Connection *c = lw_connection_check(L, 1);
  lw_Psk *psk;
  luaL_argcheck(L, c->context->psk, 1, "its context has no option for pre-shared keys");
  luaL_argcheck(L, c->server ? c->psk == NULL && !c->open : c->ssl == NULL, 1,
                "its key is chosen already");
  psk = psk_check(L, 2);
  psk_free(c->given_psk);
  c->given_psk = psk;
  if (!c->server)
    c->psk = psk;
  return 0;
}
