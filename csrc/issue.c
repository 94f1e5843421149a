/*
** issue.c - key objects: making, loading and writing private keys. Certificates are put together in
** wolfssl/issue.lua, which needs from C only a key that signs.
*/

#include <string.h>

#include "crypto.h"

#define LEAST_RSA_BITS 1024
#define USUAL_RSA_BITS 2048

/* ------------------------------------------------------------------ the object */

static int key_close (lua_State *L);
static int key_tostring (lua_State *L);
static int key_algorithm (lua_State *L);
static int key_der (lua_State *L);
static int key_pem (lua_State *L);
static int key_public (lua_State *L);
static int key_sign (lua_State *L);

static const luaL_Reg key_methods[] = {
    {"algorithm", key_algorithm}, {"der", key_der},   {"pem", key_pem},
    {"public", key_public},       {"sign", key_sign}, {NULL, NULL}};

static const lw_Class key_class = {"wolfssl.key", key_methods, key_close, key_tostring, NULL};

lw_Key *lw_key_check (lua_State *L, int arg) {
  return (lw_Key *)lw_check(L, arg, &key_class);
}

static int key_close (lua_State *L) {
  void **box = (void **)lua_touserdata(L, 1);
  lw_key_free((lw_Key *)*box);
  *box = NULL;
  return 0;
}

static int key_tostring (lua_State *L) {
  const lw_Key *k = lw_key_check(L, 1);
  lua_pushfstring(L, "%s: %s", key_class.name, k->curve != NULL ? k->curve->name : k->type->name);
  return 1;
}

static const char *key_code (int error, const lw_Fault *fault) {
  if (error == NOT_COMPILED_IN)
    return LW_NOT_COMPILED_IN;
  return fault == NULL || lw_out_of_memory(error) ? LW_INTERNAL : LW_DECODE_ERROR;
}

int lw_key_failure (lua_State *L, const char *what, int error, const lw_Fault *fault) {
  if (fault == NULL || fault->reason == NULL) {
    const char *reason = lw_reason(lw_out_of_memory(error) ? MEMORY_E : error);
    lw_failure(L, key_code(error, fault), "%s: %s", what, reason);
    lua_pushnil(L);
    return 4;
  }
  lw_failure(L, LW_DECODE_ERROR, "%s: %s at offset %d", what, fault->reason, (int)fault->offset);
  lw_push_place(L, fault->path, fault->offset);
  return 4;
}

lw_Key *lw_key_push (lua_State *L) {
  void **box = lw_newbox(L, &key_class);
  *box = lw_key_new();
  if (*box == NULL)
    lw_key_failure(L, "private key", MEMORY_E, NULL);
  return (lw_Key *)*box;
}

/* ------------------------------------------------------------------ making and loading */

/***
Makes a private key.
@function key
@tparam string kind "rsa", "ed25519", "ed448", or a curve: "secp256r1", "secp384r1", "secp521r1",
"secp224r1", "secp256k1", "brainpoolP256r1", "brainpoolP384r1", "brainpoolP512r1"
@tparam[opt=2048] integer bits of an RSA modulus, 1024 or more; fewer than 2048 are for tests
@return key object | nil, message, code ("not_compiled_in")
*/
static int issue_key (lua_State *L) {
  const char *kind = luaL_checkstring(L, 1);
  lua_Integer bits = luaL_optinteger(L, 2, USUAL_RSA_BITS);
  lw_Key *k;
  int error;
  luaL_argcheck(L, lua_isnoneornil(L, 2) || strcmp(kind, "rsa") == 0, 2,
                "only RSA keys have a choice");
  luaL_argcheck(L, bits >= LEAST_RSA_BITS && bits <= RSA_MAX_SIZE && bits % 8 == 0, 2,
                "a multiple of 8 expected, from 1024 to the most that wolfSSL was built for");
  k = lw_key_push(L);
  if (k == NULL)
    return 4;
  error = lw_key_generate(k, kind, (int)bits);
  if (error == BAD_FUNC_ARG && k->type == NULL)
    return luaL_argerror(L, 1, lua_pushfstring(L, "unknown kind of key '%s'", kind));
  return error == 0 ? 1 : lw_key_failure(L, kind, error, NULL);
}

/***
Reads a private key.
@function load_key
@tparam string bytes PEM (the first private key in it) or DER; PKCS #8, PKCS #1 or SEC 1; encrypted
PKCS #8 (PBES2) or encrypted in the old OpenSSL way
@tparam[opt] string password
@return key object | nil, message, "decode_error", {path=, offset=} where known
@see RFC 7468
*/
static int issue_load (lua_State *L) {
  lw_Key *k;
  lw_Span bytes = lw_checkspan(L, 1), password = {NULL, 0};
  if (!lua_isnoneornil(L, 2))
    password = lw_checkspan(L, 2);
  lua_settop(L, 2);
  k = lw_key_push(L);
  return k != NULL && lw_keyfile_load(L, k, bytes, password) ? 1 : 4;
}

lw_Key *lw_key_get (lua_State *L, int arg) {
  static const lw_Span no_password = {NULL, 0};
  lw_Key *k;
  if (lua_type(L, arg) != LUA_TSTRING)
    return lw_key_check(L, arg);
  k = lw_key_push(L);
  if (k == NULL || !lw_keyfile_load(L, k, lw_checkspan(L, arg), no_password))
    return NULL;
  return k;
}

/* ------------------------------------------------------------------ methods */

/***
What kind of key it is.
@function key:algorithm
@treturn string "rsa", "ecdsa", "ed25519" or "ed448"
@treturn integer size in bits
@treturn ?string name of the curve ("ecdsa" only)
*/
static int key_algorithm (lua_State *L) {
  const lw_Key *k = lw_key_check(L, 1);
  lua_pushstring(L, k->type->name);
  lw_pushinteger(L, k->bits);
  lua_pushstring(L, k->curve == NULL ? NULL : k->curve->name);
  return 3;
}

/***
The private key, not encrypted.
@function key:der
@treturn string PKCS #8 PrivateKeyInfo, DER
@see RFC 5958 section 2
*/
static int key_der (lua_State *L) {
  unsigned char der[LW_MAXKEYDER];
  lw_Key *k = lw_key_check(L, 1);
  int length = k->type->write_private(k, der);
  if (length <= 0)
    return lw_key_failure(L, "private key", length, NULL);
  lua_pushlstring(L, (const char *)der, (size_t)length);
  lw_wipe(der, sizeof(der));
  return 1;
}

/***
The private key, not encrypted.
@function key:pem
@treturn string "-----BEGIN PRIVATE KEY-----" …
@see RFC 7468 section 10
*/
static int key_pem (lua_State *L) {
  unsigned char der[LW_MAXKEYDER], pem[2 * LW_MAXKEYDER];
  lw_Key *k = lw_key_check(L, 1);
  int length = k->type->write_private(k, der);
  if (length > 0)
    length = wc_DerToPem(der, (word32)length, pem, sizeof(pem), PKCS8_PRIVATEKEY_TYPE);
  lw_wipe(der, sizeof(der));
  if (length <= 0)
    return lw_key_failure(L, "private key", length, NULL);
  lua_pushlstring(L, (const char *)pem, (size_t)length);
  lw_wipe(pem, sizeof(pem));
  return 1;
}

/***
The public half.
@function key:public
@treturn string SubjectPublicKeyInfo, DER
@see RFC 5280 section 4.1.2.7
*/
static int key_public (lua_State *L) {
  unsigned char der[LW_MAXKEYDER];
  lw_Key *k = lw_key_check(L, 1);
  int length = k->type->write_public(k, der);
  if (length <= 0)
    return lw_key_failure(L, "public key", length, NULL);
  lua_pushlstring(L, (const char *)der, (size_t)length);
  return 1;
}

/***
Signs data. The same as crypto.sign(scheme, key, data).
@function key:sign
@tparam string scheme
@tparam string data
@treturn string the signature
*/
static int key_sign (lua_State *L) {
  lw_Key *k = lw_key_check(L, 1);
  return lw_signature_push(L, k, lw_scheme_check(L, 2), 2, lw_checkspan(L, 3));
}

/* ------------------------------------------------------------------ */

static const luaL_Reg issue_functions[] = {
    {"key", issue_key}, {"load_key", issue_load}, {NULL, NULL}};

void lw_open_issue (lua_State *L) {
  lw_register(L, &key_class);
  lua_newtable(L);
  luaL_setfuncs(L, issue_functions, 0);
  lua_setfield(L, -2, "issue");
}
