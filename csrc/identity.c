/*
** identity.c - a certificate chain and its key, which a context shows to its peers.
*/

#include "crypto.h"

#include <string.h>

static void identity_fits (lw_Context *x, size_t i, const lw_X509 *leaf, const lw_Key *key) {
  x->auth[i] = leaf->key.type == LW_KEY_RSA || leaf->key.type == LW_KEY_RSA_PSS ? LW_AUTH_RSA : LW_AUTH_ECDSA;
  switch (leaf->key.type) {
    case LW_KEY_ED25519: x->scheme[i] = 0x0807; break;
    case LW_KEY_ED448: x->scheme[i] = 0x0808; break;
    case LW_KEY_EC: x->scheme[i] = key->bits > 384 ? 0x0603 : key->bits > 256 ? 0x0503 : 0x0403; break;
    default: x->scheme[i] = 0;
  }
}

static int identity_loadkey (WOLFSSL_CTX *ctx, lw_Key *key) {
  unsigned char *der = (unsigned char *)lw_alloc(LW_MAXKEYDER);
  int length, result = MEMORY_E;
  if (der == NULL)
    return result;
  length = key->type->write_private(key, der);
  result = length < 0 ? length : wolfSSL_CTX_use_PrivateKey_buffer(ctx, der, length, WOLFSSL_FILETYPE_ASN1);
  lw_free_secret(der, LW_MAXKEYDER);
  return result;
}

/* Compared in the one form that both can be written in. */
static int identity_belongs (const lw_X509 *leaf, lw_Key *key) {
  unsigned char *mine = (unsigned char *)lw_alloc(2 * LW_MAXKEYDER);
  lw_Key *public = lw_key_new();
  lw_Fault fault = {NULL, NULL, 0};
  int same = 0;
  if (mine != NULL && public != NULL && lw_key_read_public(public, leaf->key.der, &fault) == 0 &&
      public->type == key->type) {
    int length = key->type->write_public(key, mine);
    same = length > 0 && length == public->type->write_public(public, mine + LW_MAXKEYDER) &&
           memcmp(mine, mine + LW_MAXKEYDER, (size_t)length) == 0;
  }
  if (public != NULL)
    lw_key_free(public);
  lw_free(mine);
  return same;
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
  luaL_argcheck(L, identity >= 1 && identity <= LW_MAX_IDENTITIES && x->ctx[identity - 1] != NULL, 2,
                "no such identity");
  chain = &x->chain[identity - 1];
  ctx = x->ctx[identity - 1];
  lw_bytes_free(chain);
  for (int i = 1; i <= (int)lua_rawlen(L, 3); i++) {
    lua_rawgeti(L, 3, i);
    identity_append(L, x, (size_t)identity - 1, -1);
    if (i == 1) {
      const lw_X509 *leaf = lw_certificate_test(L, -1);
      if (!identity_belongs(leaf, key))
        return lw_failure(L, LW_DECODE_ERROR, "the private key does not belong to the certificate");
      identity_fits(x, (size_t)identity - 1, leaf, key);
    }
    lua_pop(L, 1);
  }
  luaL_argcheck(L, lw_bytes_length(chain) > 0, 3, "is empty");
  result = wolfSSL_CTX_use_certificate_chain_buffer_format(
      ctx, lw_bytes_data(chain), (long)lw_bytes_length(chain), WOLFSSL_FILETYPE_ASN1);
  if (result != WOLFSSL_SUCCESS)
    return lw_failure(L, LW_DECODE_ERROR, "wolfSSL cannot use the certificate chain: %s", lw_reason(result));
  result = identity_loadkey(ctx, key);
  if (result != WOLFSSL_SUCCESS)
    return lw_failure(L, LW_DECODE_ERROR, "wolfSSL cannot use the private key: %s", lw_reason(result));
  if ((size_t)identity > x->identities)
    x->identities = (size_t)identity;
  lua_pushboolean(L, 1);
  return 1;
}
