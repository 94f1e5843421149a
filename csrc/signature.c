/*
** signature.c - signature schemes: which key, which hash, which padding.
*/

#include <string.h>

#include "crypto.h"

/* RFC 8446 section 4.2.3; below the line what TLS 1.2 and certificates use besides */
static const lw_Scheme schemes[] = {
    {"rsa_pkcs1_sha256", "rsa", NULL, "sha256", LW_PKCS1, 0},
    {"rsa_pkcs1_sha384", "rsa", NULL, "sha384", LW_PKCS1, 0},
    {"rsa_pkcs1_sha512", "rsa", NULL, "sha512", LW_PKCS1, 0},
    {"ecdsa_secp256r1_sha256", "ecdsa", "secp256r1", "sha256", LW_NOPADDING, 0},
    {"ecdsa_secp384r1_sha384", "ecdsa", "secp384r1", "sha384", LW_NOPADDING, 0},
    {"ecdsa_secp521r1_sha512", "ecdsa", "secp521r1", "sha512", LW_NOPADDING, 0},
    {"rsa_pss_rsae_sha256", "rsa", NULL, "sha256", LW_PSS, 0},
    {"rsa_pss_rsae_sha384", "rsa", NULL, "sha384", LW_PSS, 0},
    {"rsa_pss_rsae_sha512", "rsa", NULL, "sha512", LW_PSS, 0},
    {"ed25519", "ed25519", NULL, NULL, LW_NOPADDING, 0},
    {"ed448", "ed448", NULL, NULL, LW_NOPADDING, 0},
    {"rsa_pss_pss_sha256", "rsa", NULL, "sha256", LW_PSS, 1},
    {"rsa_pss_pss_sha384", "rsa", NULL, "sha384", LW_PSS, 1},
    {"rsa_pss_pss_sha512", "rsa", NULL, "sha512", LW_PSS, 1},
    {"rsa_pkcs1_sha1", "rsa", NULL, "sha1", LW_PKCS1, 0},
    {"ecdsa_sha1", "ecdsa", NULL, "sha1", LW_NOPADDING, 0},
    /* -------- */
    {"rsa_pkcs1_md5_sha1", "rsa", NULL, "md5sha1", LW_PKCS1, 0},
    {"rsa_pkcs1_md5", "rsa", NULL, "md5", LW_PKCS1, 0},
    {"rsa_pkcs1_sha224", "rsa", NULL, "sha224", LW_PKCS1, 0},
    {"ecdsa_sha224", "ecdsa", NULL, "sha224", LW_NOPADDING, 0},
    {"ecdsa_sha256", "ecdsa", NULL, "sha256", LW_NOPADDING, 0},
    {"ecdsa_sha384", "ecdsa", NULL, "sha384", LW_NOPADDING, 0},
    {"ecdsa_sha512", "ecdsa", NULL, "sha512", LW_NOPADDING, 0},
    {NULL, NULL, NULL, NULL, LW_NOPADDING, 0}};

const lw_Scheme *lw_scheme_find (const char *name) {
  const lw_Scheme *s;
  for (s = schemes; s->name != NULL; s++) {
    if (strcmp(s->name, name) == 0)
      return s;
  }
  return NULL;
}

const lw_Scheme *lw_scheme_check (lua_State *L, int arg) {
  const char *name = luaL_checkstring(L, arg);
  const lw_Scheme *s = lw_scheme_find(name);
  if (s == NULL)
    luaL_argerror(L, arg, lua_pushfstring(L, "unknown signature scheme '%s'", name));
  return s;
}

int lw_key_fits (const lw_Key *k, const lw_Scheme *s) {
  if (strcmp(k->type->name, s->type) != 0 || k->pss != s->restricted)
    return 0;
  return s->curve == NULL || strcmp(k->curve->name, s->curve) == 0;
}

int lw_signature_push (lua_State *L, lw_Key *k, const lw_Scheme *s, int arg, lw_Span data) {
  unsigned char out[LW_MAXSIGNATURE];
  word32 length;
  int error;
  if (!lw_key_fits(k, s))
    return luaL_argerror(L, arg,
                         lua_pushfstring(L, "%s does not fit this %s key", s->name,
                                         k->curve != NULL ? k->curve->name : k->type->name));
  error = lw_key_sign(k, s, data, out, &length);
  if (error != 0)
    return lw_key_failure(L, s->name, error, NULL);
  lua_pushlstring(L, (const char *)out, length);
  return 1;
}

/***
Signs data with a private key.
@function sign
@tparam string scheme a name of RFC 8446 section 4.2.3 ("rsa_pss_rsae_sha256", "ecdsa_secp256r1_sha256",
"ed25519" …), "ecdsa_sha224" … "ecdsa_sha512" for a key on any curve (TLS 1.2), "rsa_pkcs1_md5_sha1"
(TLS 1.0 and 1.1), "rsa_pkcs1_md5" or "rsa_pkcs1_sha224"; a scheme that does not fit the key raises
@param key key object, or a private key in PEM or DER
@tparam string data
@treturn string signature | nil, message, code
*/
static int signature_sign (lua_State *L) {
  const lw_Scheme *s = lw_scheme_check(L, 1);
  lw_Span data = lw_checkspan(L, 3);
  lw_Key *k = lw_key_get(L, 2);
  return k == NULL ? 4 : lw_signature_push(L, k, s, 1, data);
}

static int signature_check (lua_State *L, const lw_Key *k, const lw_Scheme *s, int error) {
  if (error == 0) {
    lua_pushboolean(L, 1);
    return 1;
  }
  if (error != SIG_VERIFY_E)
    return lw_key_failure(L, s->name, error, NULL);
  return lw_failure(L, LW_PEER_MISBEHAVED, "%s signature by this %s key is wrong", s->name,
                    k->type->name);
}

/***
Checks a signature.
@function verify
@tparam string scheme as for sign
@tparam string spki SubjectPublicKeyInfo of the signer, DER
@tparam string data
@tparam string signature
@return true | nil, message, code: "peer_misbehaved" when the signature is wrong or the scheme does not
fit the key, "decode_error" when the key cannot be read, "not_compiled_in"
*/
static int signature_verify (lua_State *L) {
  const lw_Scheme *s = lw_scheme_check(L, 1);
  lw_Span spki = lw_checkspan(L, 2), data = lw_checkspan(L, 3), signature = lw_checkspan(L, 4);
  lw_Fault fault = {NULL, NULL, 0};
  lw_Key *k = lw_key_push(L);
  int error;
  if (k == NULL)
    return 4;
  error = lw_key_read_public(k, spki, &fault);
  if (error != 0)
    return lw_key_failure(L, "public key", error, &fault);
  if (!lw_key_fits(k, s))
    return lw_failure(L, LW_PEER_MISBEHAVED, "%s does not fit this %s key", s->name,
                      k->curve != NULL ? k->curve->name : k->type->name);
  return signature_check(L, k, s, lw_key_verify(k, s, data, signature));
}

/* PKCS #1 v1.5, blinded */
static int rsa_decrypt (lw_Key *k, lw_Span data, unsigned char *out, size_t size) {
  WC_RNG rng;
  int error = wc_InitRng(&rng);
  if (error != 0)
    return error;
  error = wc_RsaSetRNG(&k->of.rsa, &rng);
  if (error == 0)
    error = wc_RsaPrivateDecrypt(data.data, (word32)data.length, out, (word32)size, &k->of.rsa);
  wc_RsaSetRNG(&k->of.rsa, NULL);
  wc_FreeRng(&rng);
  return error;
}

/***
Decrypts what was encrypted for an RSA key (PKCS #1 v1.5): the premaster secret of a recorded handshake with
RSA key exchange. Never put it on a server: whoever learns whether it succeeds can decrypt with the key.
@function rsa_decrypt
@param key key object, or a private key in PEM or DER; one that is not RSA raises
@tparam string ciphertext
@treturn string | nil, message, "decode_error"
@see RFC 8017 section 7.2
*/
static int signature_rsa_decrypt (lua_State *L) {
  unsigned char out[LW_MAXSIGNATURE];
  lw_Span data = lw_checkspan(L, 2);
  lw_Key *k = lw_key_get(L, 1);
  int length;
  if (k == NULL)
    return 4;
  luaL_argcheck(L, k->type == &lw_key_rsa, 1, "not an RSA key");
  length = rsa_decrypt(k, data, out, sizeof(out));
  if (length < 0)
    return lw_failure(L, lw_out_of_memory(length) ? LW_INTERNAL : LW_DECODE_ERROR,
                      "RSA decryption: %s", lw_reason(length));
  lua_pushlstring(L, (const char *)out, (size_t)length);
  lw_wipe(out, sizeof(out));
  return 1;
}

#define LEAST_PADDING 11 /* RFC 8017 section 7.2.1 */

/***
Encrypts for an RSA key (PKCS #1 v1.5): the premaster secret of RSA key exchange, for those who speak TLS by
hand.
@function rsa_encrypt
@tparam string spki SubjectPublicKeyInfo, DER; of another key than RSA, or one that is too short:
"peer_misbehaved"
@tparam string data not empty, at least 11 bytes shorter than the modulus
@treturn string | nil, message, code
@see RFC 8017 section 7.2
*/
static int signature_rsa_encrypt (lua_State *L) {
  unsigned char out[LW_MAXSIGNATURE];
  lw_Span spki = lw_checkspan(L, 1), data = lw_checkspan(L, 2);
  lw_Fault fault = {NULL, NULL, 0};
  lw_Key *k;
  WC_RNG rng;
  int result;
  luaL_argcheck(L, data.length > 0, 2, "some bytes expected");
  k = lw_key_push(L);
  if (k == NULL)
    return 4;
  result = lw_key_read_public(k, spki, &fault);
  if (result != 0)
    return lw_key_failure(L, "public key", result, &fault);
  if (k->type != &lw_key_rsa)
    return lw_failure(L, LW_PEER_MISBEHAVED, "RSA key exchange with this %s key", k->type->name);
  if (data.length + LEAST_PADDING > (size_t)wc_RsaEncryptSize(&k->of.rsa))
    return lw_failure(L, LW_PEER_MISBEHAVED, "this RSA key is too short for %d bytes",
                      (int)data.length);
  result = wc_InitRng(&rng);
  if (result == 0) {
    result =
        wc_RsaPublicEncrypt(data.data, (word32)data.length, out, sizeof(out), &k->of.rsa, &rng);
    wc_FreeRng(&rng);
  }
  if (result < 0)
    return lw_key_failure(L, "RSA encryption", result, NULL);
  lua_pushlstring(L, (const char *)out, (size_t)result);
  return 1;
}

static const luaL_Reg signature_functions[] = {{"sign", signature_sign},
                                               {"verify", signature_verify},
                                               {"rsa_decrypt", signature_rsa_decrypt},
                                               {"rsa_encrypt", signature_rsa_encrypt},
                                               {NULL, NULL}};

void lw_open_signature (lua_State *L) {
  luaL_setfuncs(L, signature_functions, 0);
}
