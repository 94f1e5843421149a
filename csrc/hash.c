/*
** hash.c - digests and HMAC, in one call or step by step.
*/

#include <string.h>

#include "crypto.h"

static const lw_Hash hashes[] = {
    {"md5", WC_HASH_TYPE_MD5, WC_MGF1NONE, 16},
    {"sha1", WC_HASH_TYPE_SHA, WC_MGF1SHA1, 20},
    {"sha224", WC_HASH_TYPE_SHA224, WC_MGF1SHA224, 28},
    {"sha256", WC_HASH_TYPE_SHA256, WC_MGF1SHA256, 32},
    {"sha384", WC_HASH_TYPE_SHA384, WC_MGF1SHA384, 48},
    {"sha512", WC_HASH_TYPE_SHA512, WC_MGF1SHA512, 64},
    {"md5sha1", WC_HASH_TYPE_MD5_SHA, WC_MGF1NONE, 36}, /* TLS 1.0 and 1.1 signatures */
    {NULL, WC_HASH_TYPE_NONE, WC_MGF1NONE, 0}};

const lw_Hash *lw_hash_find (const char *name) {
  const lw_Hash *h;
  for (h = hashes; h->name != NULL; h++) {
    if (strcmp(h->name, name) == 0)
      return h;
  }
  return NULL;
}

const lw_Hash *lw_hash_check (lua_State *L, int arg) {
  const char *name = luaL_checkstring(L, arg);
  const lw_Hash *h = lw_hash_find(name);
  if (h == NULL)
    luaL_argerror(L, arg, lua_pushfstring(L, "unknown hash '%s'", name));
  return h;
}

lw_Span lw_checkspan (lua_State *L, int arg) {
  lw_Span s;
  s.data = (const unsigned char *)luaL_checklstring(L, arg, &s.length);
  luaL_argcheck(L, s.length <= LW_MAXSIZE, arg, "string of 2 GiB or more");
  return s;
}

lw_Span lw_checkexactly (lua_State *L, int arg, size_t length, const char *what) {
  lw_Span s = lw_checkspan(L, arg);
  if (s.length != length)
    luaL_argerror(
        L, arg,
        lua_pushfstring(L, "%s of %d bytes expected, got %d", what, (int)length, (int)s.length));
  return s;
}

static int hash_failure (lua_State *L, const lw_Hash *h, int error) {
  return lw_failure(L, LW_INTERNAL, "%s: %s", h->name, lw_reason(error));
}

/***
Digest of a string.
@function digest
@tparam string hash "md5", "sha1", "sha224", "sha256", "sha384", "sha512", or "md5sha1" (both, joined)
@tparam string data
@treturn string the digest, binary
@see RFC 6234
*/
static int hash_digest (lua_State *L) {
  unsigned char out[LW_MAXDIGEST];
  const lw_Hash *h = lw_hash_check(L, 1);
  lw_Span data = lw_checkspan(L, 2);
  int error = wc_Hash(h->type, data.data, (word32)data.length, out, h->size);
  if (error != 0)
    return hash_failure(L, h, error);
  lua_pushlstring(L, (const char *)out, h->size);
  return 1;
}

/* ------------------------------------------------------------------ HMAC */

int lw_hmac (const lw_Hash *h, lw_Span key, lw_Span data, unsigned char *out) {
  Hmac hmac;
  int error = wc_HmacInit(&hmac, NULL, INVALID_DEVID);
  if (error != 0)
    return error;
  error = wc_HmacSetKey(&hmac, (int)h->type, key.data, (word32)key.length);
  if (error == 0)
    error = wc_HmacUpdate(&hmac, data.data, (word32)data.length);
  if (error == 0)
    error = wc_HmacFinal(&hmac, out);
  wc_HmacFree(&hmac);
  lw_wipe(&hmac, sizeof(hmac));
  return error;
}

const lw_Hash *lw_hash_checksingle (lua_State *L, int arg) {
  const lw_Hash *h = lw_hash_check(L, arg);
  luaL_argcheck(L, h->type != WC_HASH_TYPE_MD5_SHA, arg, "md5sha1 is two hashes; one expected");
  return h;
}

/***
Keyed digest of a string.
@function hmac
@tparam string hash as for digest, except "md5sha1"
@tparam string key
@tparam string data
@treturn string the code, binary
@see RFC 2104
*/
static int hash_hmac (lua_State *L) {
  unsigned char out[LW_MAXDIGEST];
  const lw_Hash *h = lw_hash_checksingle(L, 1);
  int error = lw_hmac(h, lw_checkspan(L, 2), lw_checkspan(L, 3), out);
  if (error != 0)
    return hash_failure(L, h, error);
  lua_pushlstring(L, (const char *)out, h->size);
  lw_wipe(out, sizeof(out));
  return 1;
}

/* ------------------------------------------------------------------ hash objects */

typedef struct Hasher {
  const lw_Hash *hash;
  wc_HashAlg state;
} Hasher;

static int hasher_update (lua_State *L);
static int hasher_copy (lua_State *L);
static int hasher_digest (lua_State *L);
static int hasher_close (lua_State *L);

static const luaL_Reg hasher_methods[] = {
    {"update", hasher_update}, {"copy", hasher_copy}, {"digest", hasher_digest}, {NULL, NULL}};

static const lw_Class hasher_class = {"wolfssl.hash", hasher_methods, hasher_close, NULL, NULL};

static void hasher_free (Hasher *hasher) {
  wc_HashFree(&hasher->state, hasher->hash->type);
  lw_free_secret(hasher, sizeof(*hasher));
}

static int hasher_close (lua_State *L) {
  void **box = (void **)lua_touserdata(L, 1);
  hasher_free((Hasher *)*box);
  *box = NULL;
  return 0;
}

static int hasher_clone (Hasher *to, Hasher *from) {
  to->hash = from->hash;
  switch (from->hash->type) {
  case WC_HASH_TYPE_MD5:
    return wc_Md5Copy(&from->state.md5, &to->state.md5);
  case WC_HASH_TYPE_SHA:
    return wc_ShaCopy(&from->state.sha, &to->state.sha);
  case WC_HASH_TYPE_SHA224:
    return wc_Sha224Copy(&from->state.sha224, &to->state.sha224);
  case WC_HASH_TYPE_SHA256:
    return wc_Sha256Copy(&from->state.sha256, &to->state.sha256);
  case WC_HASH_TYPE_SHA384:
    return wc_Sha384Copy(&from->state.sha384, &to->state.sha384);
  case WC_HASH_TYPE_SHA512:
    return wc_Sha512Copy(&from->state.sha512, &to->state.sha512);
  default:
    return HASH_TYPE_E;
  }
}

static int hasher_begin (Hasher *hasher, const lw_Hash *h) {
  hasher->hash = h;
  return wc_HashInit(&hasher->state, h->type);
}

/* Fills the box at the top with a new hash, or with a copy of another one. */
static int hasher_open (lua_State *L, void **box, const lw_Hash *h, Hasher *from) {
  int error;
  Hasher *hasher = (Hasher *)lw_alloc_zero(sizeof(Hasher));
  if (hasher == NULL)
    return lw_failure(L, LW_INTERNAL, "%s: out of memory", h->name);
  error = from == NULL ? hasher_begin(hasher, h) : hasher_clone(hasher, from);
  if (error != 0) {
    lw_free(hasher);
    return hash_failure(L, h, error);
  }
  *box = hasher;
  return 1;
}

/***
A hash that takes its input piece by piece.
@function hash
@tparam string hash as for digest, except "md5sha1"
@return an object with methods *update(data)*, which returns the object, *copy()* and *digest()*, which
returns the digest so far and lets the hash go on
*/
static int hasher_new (lua_State *L) {
  const lw_Hash *h = lw_hash_checksingle(L, 1);
  return hasher_open(L, lw_newbox(L, &hasher_class), h, NULL);
}

static Hasher *hasher_check (lua_State *L) {
  return (Hasher *)lw_check(L, 1, &hasher_class);
}

/***
@function hash:update
@tparam string data
@return the hash itself
*/
static int hasher_update (lua_State *L) {
  Hasher *hasher = hasher_check(L);
  lw_Span data = lw_checkspan(L, 2);
  int error = wc_HashUpdate(&hasher->state, hasher->hash->type, data.data, (word32)data.length);
  if (error != 0)
    return hash_failure(L, hasher->hash, error);
  lua_settop(L, 1);
  return 1;
}

/***
@function hash:copy
@return another hash that has seen the same data
*/
static int hasher_copy (lua_State *L) {
  Hasher *hasher = hasher_check(L);
  return hasher_open(L, lw_newbox(L, &hasher_class), hasher->hash, hasher);
}

/***
@function hash:digest
@treturn string the digest of all data up to here, binary
*/
static int hasher_digest (lua_State *L) {
  unsigned char out[LW_MAXDIGEST];
  Hasher *hasher = hasher_check(L);
  const lw_Hash *h = hasher->hash;
  Hasher copy;
  int error;
  memset(&copy, 0, sizeof(copy));
  error = hasher_clone(&copy, hasher);
  if (error == 0) {
    error = wc_HashFinal(&copy.state, h->type, out);
    wc_HashFree(&copy.state, h->type);
  }
  lw_wipe(&copy, sizeof(copy));
  if (error != 0)
    return hash_failure(L, h, error);
  lua_pushlstring(L, (const char *)out, h->size);
  return 1;
}

static const luaL_Reg hash_functions[] = {
    {"digest", hash_digest}, {"hmac", hash_hmac}, {"hash", hasher_new}, {NULL, NULL}};

void lw_open_hash (lua_State *L) {
  lw_register(L, &hasher_class);
  luaL_setfuncs(L, hash_functions, 0);
}
