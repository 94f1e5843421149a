/*
** identity.c - a certificate chain and its key: a context's, for all its connections, or that of one connection.
*/

#include "connection.h"
#include "crypto.h"

#include <string.h>

#define KEY_ROOM (3 * LW_MAXKEYDER) /* for a key in PEM, and in DER before */

static void identity_fits (const lw_X509 *leaf, const lw_Key *key, lw_Auth *auth,
                           uint16_t *scheme) {
  *auth = leaf->key.type == LW_KEY_RSA || leaf->key.type == LW_KEY_RSA_PSS ? LW_AUTH_RSA
                                                                           : LW_AUTH_ECDSA;
  switch (leaf->key.type) {
  case LW_KEY_ED25519:
    *scheme = 0x0807;
    break;
  case LW_KEY_ED448:
    *scheme = 0x0808;
    break;
  case LW_KEY_EC:
    *scheme = key->bits > 384 ? 0x0603 : key->bits > 256 ? 0x0503 : 0x0403;
    break;
  default:
    *scheme = 0;
  }
}

/* A block of KEY_ROOM bytes, to be freed as a secret. In PEM: wolfSSL 5.5.4 writes to NULL when it has no memory for its copy of a key in DER. */
static unsigned char *identity_pem (lw_Key *key, int *length) {
  unsigned char *pem = (unsigned char *)lw_alloc(KEY_ROOM), *der;
  *length = MEMORY_E;
  if (pem == NULL)
    return NULL;
  der = pem + 2 * LW_MAXKEYDER;
  *length = key->type->write_private(key, der);
  if (*length > 0)
    *length = wc_DerToPem(der, (word32)*length, pem, 2 * LW_MAXKEYDER, PKCS8_PRIVATEKEY_TYPE);
  return pem;
}

static int identity_loadkey (WOLFSSL_CTX *ctx, lw_Key *key) {
  int length;
  unsigned char *pem = identity_pem(key, &length);
  int result = length > 0
                   ? wolfSSL_CTX_use_PrivateKey_buffer(ctx, pem, length, WOLFSSL_FILETYPE_PEM)
                   : length;
  lw_free_secret(pem, KEY_ROOM);
  return result;
}

/* The keys are compared in the one form that both can be written in. 1, 0, or an error. */
static int identity_samekey (lw_Key *public, lw_Key *key, unsigned char *room) {
  unsigned char *theirs = room + LW_MAXKEYDER;
  int length = key->type->write_public(key, room), their_length;
  if (length <= 0 || public->type != key->type)
    return length < 0 ? length : 0;
  their_length = public->type->write_public(public, theirs);
  if (their_length < 0)
    return their_length;
  return length == their_length && memcmp(room, theirs, (size_t)length) == 0;
}

static int identity_belongs (const lw_X509 *leaf, lw_Key *key) {
  unsigned char *room = (unsigned char *)lw_alloc(2 * LW_MAXKEYDER);
  lw_Key *public = lw_key_new();
  lw_Fault fault = {NULL, NULL, 0};
  int result = MEMORY_E;
  if (room != NULL && public != NULL) {
    int error = lw_key_read_public(public, leaf->key.der, &fault);
    result = error == 0 ? identity_samekey(public, key, room) : lw_out_of_memory(error) ? error : 0;
  }
  if (public != NULL)
    lw_key_free(public);
  lw_free(room);
  return result;
}

static int identity_failure (lua_State *L, const char *what, int error) {
  return lw_failure(L, lw_out_of_memory(error) ? LW_INTERNAL : LW_DECODE_ERROR,
                    "wolfSSL cannot use the %s: %s", what, lw_reason(error));
}

static void identity_checklist (lua_State *L, int arg) {
  luaL_checktype(L, arg, LUA_TTABLE);
  luaL_argcheck(L, lua_rawlen(L, arg) > 0, arg, "is empty");
  for (int i = 1; i <= (int)lua_rawlen(L, arg); i++) {
    lua_rawgeti(L, arg, i);
    luaL_argcheck(L, lw_certificate_test(L, -1) != NULL, arg, "must be a list of certificates");
    lua_pop(L, 1);
  }
}

/* Is the key that of the first certificate in the list at arg? False: the error is on the stack. */
static int identity_check (lua_State *L, int arg, lw_Key *key, lw_Auth *auth, uint16_t *scheme) {
  const lw_X509 *leaf;
  int result;
  identity_checklist(L, arg);
  lua_rawgeti(L, arg, 1);
  leaf = lw_certificate_test(L, -1);
  result = identity_belongs(leaf, key);
  if (result == 1)
    identity_fits(leaf, key, auth, scheme);
  else if (result == 0)
    lw_failure(L, LW_DECODE_ERROR, "the private key does not belong to the certificate");
  else
    identity_failure(L, "private key", result);
  return result == 1;
}

/* Puts the list at arg, which was checked, into chain. Raises when there is no memory: then it is empty. */
static void identity_take (lua_State *L, int arg, lw_Bytes *chain) {
  lw_bytes_free(chain);
  for (int i = 1; i <= (int)lua_rawlen(L, arg); i++) {
    const lw_X509 *certificate;
    lua_rawgeti(L, arg, i);
    certificate = lw_certificate_test(L, -1);
    if (!lw_bytes_append(chain, certificate->der.data, certificate->der.length)) {
      lw_bytes_free(chain);
      luaL_error(L, "out of memory");
    }
    lua_pop(L, 1);
  }
}

/***
Sets the certificate that is shown to the peer.
@function context:use_certificate
@tparam integer index of the identity, from 1
@tparam {userdata,...} chain certificates, the leaf first
@tparam userdata key
@treturn[1] boolean true
@treturn[2] nil
@treturn[2] string message
@treturn[2] string code
*/
int lw_context_usecertificate (lua_State *L) {
  lw_Context *x = lw_context_settable(L);
  lua_Integer identity = luaL_checkinteger(L, 2);
  lw_Key *key = lw_key_check(L, 4);
  lw_Bytes *chain;
  WOLFSSL_CTX *ctx;
  int result;
  luaL_argcheck(L, identity >= 1 && identity <= LW_MAX_IDENTITIES && x->ctx[identity - 1] != NULL,
                2, "no such identity");
  chain = &x->chain[identity - 1];
  ctx = x->ctx[identity - 1];
  if (!identity_check(L, 3, key, &x->auth[identity - 1], &x->scheme[identity - 1]))
    return 3;
  identity_take(L, 3, chain);
  result = wolfSSL_CTX_use_certificate_chain_buffer_format(
      ctx, lw_bytes_data(chain), (long)lw_bytes_length(chain), WOLFSSL_FILETYPE_ASN1);
  if (result != WOLFSSL_SUCCESS)
    return identity_failure(L, "certificate chain", result);
  result = identity_loadkey(ctx, key);
  if (result != WOLFSSL_SUCCESS)
    return identity_failure(L, "private key", result);
  if ((size_t)identity > x->identities)
    x->identities = (size_t)identity;
  lua_pushboolean(L, 1);
  return 1;
}

/* -------------------------------------------------------------------- of one connection */

void lw_identity_free (lw_Answers *a) {
  lw_bytes_free(&a->chain);
  lw_free_secret(a->key, KEY_ROOM);
  a->key = NULL;
}

/* wolfSSL's error, or 1. */
static int identity_use (lw_Connection *c) {
  lw_Answers *a = c->answers;
  int result = wolfSSL_use_certificate_chain_buffer_format(
      c->ssl, lw_bytes_data(&a->chain), (long)lw_bytes_length(&a->chain), WOLFSSL_FILETYPE_ASN1);
  if (result == WOLFSSL_SUCCESS)
    result = wolfSSL_use_PrivateKey_buffer(c->ssl, a->key, a->key_length, WOLFSSL_FILETYPE_PEM);
  lw_free_secret(a->key, KEY_ROOM);
  a->key = NULL;
  return result;
}

int lw_identity_apply (lw_Connection *c) {
  return c->answers == NULL || c->answers->key == NULL || identity_use(c) == WOLFSSL_SUCCESS;
}

/* A signature of EdDSA in TLS 1.2 is over all messages, which wolfSSL's clients keep when they have such a key from the
   beginning. */
static int identity_toolate (const lw_Connection *c, uint16_t scheme) {
  return !c->server && c->ssl != NULL && c->facts.version == 0x0303 && scheme >> 8 == 8 &&
         c->context->scheme[0] >> 8 != 8;
}

/* The keys for what a client will send may be there already: its CertificateVerify is now worth a look. */
static void identity_peek (lw_Connection *c) {
  if (!c->server && c->gate != NULL && c->secrets[LW_CLIENT_HANDSHAKE].length > 0)
    c->gate->peek[0].ready = 1;
}

static int identity_isopen (const lw_Connection *c) {
  return c->server ? c->ssl == NULL : !c->open || c->held;
}

/***
Sets the certificate that this connection shows to its peer, in the place of its context's: of a server before it has
answered the ClientHello, of a client before it answers a CertificateRequest.
@function connection:use_certificate
@tparam {userdata,...} chain certificates, the leaf first
@tparam userdata key
@treturn[1] boolean true
@treturn[2] nil: it has the one that it had
@treturn[2] string message
@treturn[2] string code
*/
int lw_connection_usecertificate (lua_State *L) {
  lw_Connection *c = lw_connection_check(L, 1);
  lw_Key *key = lw_key_check(L, 3);
  lw_Answers *a = lw_answers(c);
  lw_Auth auth;
  uint16_t scheme;
  int result = WOLFSSL_SUCCESS;
  luaL_argcheck(L, identity_isopen(c), 1, "its certificate is chosen");
  if (a == NULL)
    return luaL_error(L, "out of memory");
  if (!identity_check(L, 2, key, &auth, &scheme))
    return 3;
  if (identity_toolate(c, scheme))
    return lw_failure(
        L, LW_NOT_COMPILED_IN,
        "wolfSSL cannot sign with an EdDSA key that comes during a handshake of TLS 1.2");
  lw_identity_free(a);
  a->auth = auth;
  a->scheme = scheme;
  identity_take(L, 2, &a->chain);
  a->key = identity_pem(key, &a->key_length);
  if (a->key_length <= 0)
    result = a->key_length;
  else if (c->ssl != NULL)
    result = identity_use(c);
  if (result != WOLFSSL_SUCCESS) {
    lw_identity_free(a);
    return identity_failure(L, "certificate", result);
  }
  identity_peek(c);
  lua_pushboolean(L, 1);
  return 1;
}
