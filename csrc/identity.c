/*
** identity.c - a certificate chain and its key, which a context shows to its peers.
*/

#include "connection.h"
#include "crypto.h"

#include <string.h>

static void identity_fits (lw_Context *x, size_t i, const lw_X509 *leaf, const lw_Key *key) {
  x->auth[i] = leaf->key.type == LW_KEY_RSA || leaf->key.type == LW_KEY_RSA_PSS ? LW_AUTH_RSA
                                                                                : LW_AUTH_ECDSA;
  switch (leaf->key.type) {
  case LW_KEY_ED25519:
    x->scheme[i] = 0x0807;
    break;
  case LW_KEY_ED448:
    x->scheme[i] = 0x0808;
    break;
  case LW_KEY_EC:
    x->scheme[i] = key->bits > 384 ? 0x0603 : key->bits > 256 ? 0x0503 : 0x0403;
    break;
  default:
    x->scheme[i] = 0;
  }
}

/* In PEM: wolfSSL 5.5.4 writes to NULL when it has no memory for its copy of a key in DER. */
static int identity_loadkey (WOLFSSL_CTX *ctx, lw_Key *key) {
  size_t size = 3 * LW_MAXKEYDER;
  unsigned char *der = (unsigned char *)lw_alloc(size), *pem;
  int length, result;
  if (der == NULL)
    return MEMORY_E;
  pem = der + LW_MAXKEYDER;
  length = key->type->write_private(key, der);
  if (length > 0)
    length = wc_DerToPem(der, (word32)length, pem, 2 * LW_MAXKEYDER, PKCS8_PRIVATEKEY_TYPE);
  result = length > 0 ? wolfSSL_CTX_use_PrivateKey_buffer(ctx, pem, length, WOLFSSL_FILETYPE_PEM)
                      : length;
  lw_free_secret(der, size);
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

/* True, or false and the error on the stack. */
static int identity_leaf (lua_State *L, lw_Context *x, size_t identity, lw_Key *key) {
  const lw_X509 *leaf = lw_certificate_test(L, -1);
  int result = identity_belongs(leaf, key);
  if (result == 1)
    identity_fits(x, identity, leaf, key);
  else if (result == 0)
    lw_failure(L, LW_DECODE_ERROR, "the private key does not belong to the certificate");
  else
    identity_failure(L, "private key", result);
  return result == 1;
}

static int identity_append (lua_State *L, lw_Context *x, size_t identity, int index) {
  const lw_X509 *certificate = lw_certificate_test(L, index);
  if (certificate == NULL)
    return luaL_argerror(L, 3, "must be a list of certificates");
  if (!lw_bytes_append(&x->chain[identity], certificate->der.data, certificate->der.length))
    return luaL_error(L, "out of memory");
  return 0;
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
  luaL_checktype(L, 3, LUA_TTABLE);
  luaL_argcheck(L, identity >= 1 && identity <= LW_MAX_IDENTITIES && x->ctx[identity - 1] != NULL,
                2, "no such identity");
  chain = &x->chain[identity - 1];
  ctx = x->ctx[identity - 1];
  lw_bytes_free(chain);
  for (int i = 1; i <= (int)lua_rawlen(L, 3); i++) {
    lua_rawgeti(L, 3, i);
    identity_append(L, x, (size_t)identity - 1, -1);
    if (i == 1 && !identity_leaf(L, x, (size_t)identity - 1, key))
      return 3;
    lua_pop(L, 1);
  }
  luaL_argcheck(L, lw_bytes_length(chain) > 0, 3, "is empty");
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
