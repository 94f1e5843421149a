/*
** cipher.c - the ciphers of TLS records: authenticated ones, and bare CBC for the older suites.
*/

#include <string.h>

#include "crypto.h"

#define NONCE 12

/* One record: in and out have the length of the plaintext, the tag stands apart. */
typedef struct Box {
  lw_Span key, nonce, aad, in;
  unsigned char *out, *tag;
  word32 tagsize;
} Box;

typedef struct Aead {
  const char *name;
  unsigned key, tag;
  int (*seal)(Box *b);
  int (*open)(Box *b);
} Aead;

static word32 size_of (lw_Span s) {
  return (word32)s.length;
}

/* ------------------------------------------------------------------ AES-GCM, RFC 5288 */

static int gcm_seal (Box *b) {
  Aes aes;
  int error = wc_AesInit(&aes, NULL, INVALID_DEVID);
  if (error != 0)
    return error;
  error = wc_AesGcmSetKey(&aes, b->key.data, size_of(b->key));
  if (error == 0)
    error = wc_AesGcmEncrypt(&aes, b->out, b->in.data, size_of(b->in), b->nonce.data, NONCE, b->tag,
                             b->tagsize, b->aad.data, size_of(b->aad));
  wc_AesFree(&aes);
  lw_wipe(&aes, sizeof(aes));
  return error;
}

static int gcm_open (Box *b) {
  Aes aes;
  int error = wc_AesInit(&aes, NULL, INVALID_DEVID);
  if (error != 0)
    return error;
  error = wc_AesGcmSetKey(&aes, b->key.data, size_of(b->key));
  if (error == 0)
    error = wc_AesGcmDecrypt(&aes, b->out, b->in.data, size_of(b->in), b->nonce.data, NONCE, b->tag,
                             b->tagsize, b->aad.data, size_of(b->aad));
  wc_AesFree(&aes);
  lw_wipe(&aes, sizeof(aes));
  return error;
}

/* ------------------------------------------------------------------ AES-CCM, RFC 6655 */

#if defined(HAVE_AESCCM)

static int ccm_seal (Box *b) {
  Aes aes;
  int error = wc_AesInit(&aes, NULL, INVALID_DEVID);
  if (error != 0)
    return error;
  error = wc_AesCcmSetKey(&aes, b->key.data, size_of(b->key));
  if (error == 0)
    error = wc_AesCcmEncrypt(&aes, b->out, b->in.data, size_of(b->in), b->nonce.data, NONCE, b->tag,
                             b->tagsize, b->aad.data, size_of(b->aad));
  wc_AesFree(&aes);
  lw_wipe(&aes, sizeof(aes));
  return error;
}

static int ccm_open (Box *b) {
  Aes aes;
  int error = wc_AesInit(&aes, NULL, INVALID_DEVID);
  if (error != 0)
    return error;
  error = wc_AesCcmSetKey(&aes, b->key.data, size_of(b->key));
  if (error == 0)
    error = wc_AesCcmDecrypt(&aes, b->out, b->in.data, size_of(b->in), b->nonce.data, NONCE, b->tag,
                             b->tagsize, b->aad.data, size_of(b->aad));
  wc_AesFree(&aes);
  lw_wipe(&aes, sizeof(aes));
  return error;
}

#else

static int ccm_seal (Box *b) {
  (void)b;
  return NOT_COMPILED_IN;
}

#define ccm_open ccm_seal

#endif

/* ------------------------------------------------------------------ ChaCha20-Poly1305, RFC 8439 */

#if defined(HAVE_CHACHA) && defined(HAVE_POLY1305)

static int chacha_seal (Box *b) {
  return wc_ChaCha20Poly1305_Encrypt(b->key.data, b->nonce.data, b->aad.data, size_of(b->aad),
                                     b->in.data, size_of(b->in), b->out, b->tag);
}

static int chacha_open (Box *b) {
  return wc_ChaCha20Poly1305_Decrypt(b->key.data, b->nonce.data, b->aad.data, size_of(b->aad),
                                     b->in.data, size_of(b->in), b->tag, b->out);
}

#else

static int chacha_seal (Box *b) {
  (void)b;
  return NOT_COMPILED_IN;
}

#define chacha_open chacha_seal

#endif

/* ------------------------------------------------------------------ AEAD for Lua */

static const Aead aeads[] = {{"aes-128-gcm", 16, 16, gcm_seal, gcm_open},
                             {"aes-256-gcm", 32, 16, gcm_seal, gcm_open},
                             {"chacha20-poly1305", 32, 16, chacha_seal, chacha_open},
                             {"aes-128-ccm", 16, 16, ccm_seal, ccm_open},
                             {"aes-256-ccm", 32, 16, ccm_seal, ccm_open},
                             {"aes-128-ccm-8", 16, 8, ccm_seal, ccm_open},
                             {"aes-256-ccm-8", 32, 8, ccm_seal, ccm_open},
                             {NULL, 0, 0, NULL, NULL}};

static const Aead *aead_check (lua_State *L, Box *b) {
  const char *name = luaL_checkstring(L, 1);
  const Aead *a;
  for (a = aeads; a->name != NULL && strcmp(a->name, name) != 0; a++)
    continue;
  if (a->name == NULL)
    luaL_argerror(L, 1, lua_pushfstring(L, "unknown cipher '%s'", name));
  b->key = lw_checkexactly(L, 2, a->key, "key");
  b->nonce = lw_checkexactly(L, 3, NONCE, "nonce");
  b->aad = lw_checkspan(L, 4);
  b->in = lw_checkspan(L, 5);
  b->tagsize = a->tag;
  return a;
}

static int cipher_failure (lua_State *L, const char *name, int error) {
  return lw_failure(L, error == NOT_COMPILED_IN ? LW_NOT_COMPILED_IN : LW_INTERNAL, "%s: %s", name,
                    lw_reason(error));
}

/***
Encrypts and authenticates.
@function seal
@tparam string cipher "aes-128-gcm", "aes-256-gcm", "chacha20-poly1305", "aes-128-ccm", "aes-256-ccm",
"aes-128-ccm-8" or "aes-256-ccm-8"
@tparam string key
@tparam string nonce 12 bytes
@tparam string aad additional data, authenticated only
@tparam string plaintext
@treturn string ciphertext with the tag behind it (8 bytes for "-8", else 16)
@see RFC 5116
*/
static int cipher_seal (lua_State *L) {
  Box b;
  const Aead *a = aead_check(L, &b);
  int error;
  b.out = (unsigned char *)lua_newuserdata(L, b.in.length + a->tag);
  b.tag = b.out + b.in.length;
  error = a->seal(&b);
  if (error != 0)
    return cipher_failure(L, a->name, error);
  lua_pushlstring(L, (const char *)b.out, b.in.length + a->tag);
  return 1;
}

static int is_forgery (int error) {
  return error == AES_GCM_AUTH_E || error == AES_CCM_AUTH_E || error == MAC_CMP_FAILED_E;
}

/***
Decrypts what seal made.
@function open
@tparam string cipher
@tparam string key
@tparam string nonce
@tparam string aad
@tparam string ciphertext with its tag
@treturn string plaintext | nil, message, "decode_error" when it was made with another key, nonce or aad,
or was changed
*/
static int cipher_open (lua_State *L) {
  unsigned char tag[16];
  Box b;
  const Aead *a = aead_check(L, &b);
  int error;
  if (b.in.length < a->tag)
    return lw_failure(L, LW_DECODE_ERROR, "%s: too short to hold a tag", a->name);
  b.in.length -= a->tag;
  memcpy(tag, b.in.data + b.in.length, a->tag);
  b.tag = tag;
  b.out = (unsigned char *)lua_newuserdata(L, b.in.length + 1);
  error = a->open(&b);
  if (is_forgery(error))
    return lw_failure(L, LW_DECODE_ERROR, "%s: authentication failed", a->name);
  if (error != 0)
    return cipher_failure(L, a->name, error);
  lua_pushlstring(L, (const char *)b.out, b.in.length);
  lw_wipe(b.out, b.in.length);
  return 1;
}

/* ------------------------------------------------------------------ CBC, without any padding */

static int aes_cbc_encrypt (Box *b) {
  return wc_AesCbcEncryptWithKey(b->out, b->in.data, size_of(b->in), b->key.data, size_of(b->key),
                                 b->nonce.data);
}

static int aes_cbc_decrypt (Box *b) {
  return wc_AesCbcDecryptWithKey(b->out, b->in.data, size_of(b->in), b->key.data, size_of(b->key),
                                 b->nonce.data);
}

#if !defined(NO_DES3)

static int des3_cbc_encrypt (Box *b) {
  return wc_Des3_CbcEncryptWithKey(b->out, b->in.data, size_of(b->in), b->key.data, b->nonce.data);
}

static int des3_cbc_decrypt (Box *b) {
  return wc_Des3_CbcDecryptWithKey(b->out, b->in.data, size_of(b->in), b->key.data, b->nonce.data);
}

#else

static int des3_cbc_encrypt (Box *b) {
  (void)b;
  return NOT_COMPILED_IN;
}

#define des3_cbc_decrypt des3_cbc_encrypt

#endif

typedef struct Cbc {
  const char *name;
  unsigned key, block;
  int (*encrypt)(Box *b);
  int (*decrypt)(Box *b);
} Cbc;

static const Cbc cbcs[] = {{"aes-128-cbc", 16, 16, aes_cbc_encrypt, aes_cbc_decrypt},
                           {"aes-256-cbc", 32, 16, aes_cbc_encrypt, aes_cbc_decrypt},
                           {"3des-ede-cbc", 24, 8, des3_cbc_encrypt, des3_cbc_decrypt},
                           {NULL, 0, 0, NULL, NULL}};

static const Cbc *cbc_check (lua_State *L, Box *b) {
  const char *name = luaL_checkstring(L, 1);
  const Cbc *c;
  for (c = cbcs; c->name != NULL && strcmp(c->name, name) != 0; c++)
    continue;
  if (c->name == NULL)
    luaL_argerror(L, 1, lua_pushfstring(L, "unknown cipher '%s'", name));
  b->key = lw_checkexactly(L, 2, c->key, "key");
  b->nonce = lw_checkexactly(L, 3, c->block, "initialization vector");
  b->in = lw_checkspan(L, 4);
  luaL_argcheck(L, b->in.length % c->block == 0, 4, "not a whole number of blocks");
  b->out = (unsigned char *)lua_newuserdata(L, b->in.length + 1);
  return c;
}

static int cbc_result (lua_State *L, const Cbc *c, const Box *b, int error) {
  if (error == 0)
    lua_pushlstring(L, (const char *)b->out, b->in.length);
  lw_wipe(b->out, b->in.length);
  return error == 0 ? 1 : cipher_failure(L, c->name, error);
}

/***
Encrypts whole blocks; padding and MAC are the caller's.
@function cbc_encrypt
@tparam string cipher "aes-128-cbc", "aes-256-cbc" or "3des-ede-cbc"
@tparam string key
@tparam string iv one block
@tparam string plaintext whole blocks
@treturn string | nil, message, "not_compiled_in"
@see RFC 5246 section 6.2.3.2
*/
static int cipher_cbc_encrypt (lua_State *L) {
  Box b;
  const Cbc *c = cbc_check(L, &b);
  return cbc_result(L, c, &b, b.in.length == 0 ? 0 : c->encrypt(&b));
}

/***
Decrypts whole blocks; padding and MAC are the caller's.
@function cbc_decrypt
@tparam string cipher
@tparam string key
@tparam string iv
@tparam string ciphertext
@treturn string | nil, message, "not_compiled_in"
*/
static int cipher_cbc_decrypt (lua_State *L) {
  Box b;
  const Cbc *c = cbc_check(L, &b);
  return cbc_result(L, c, &b, b.in.length == 0 ? 0 : c->decrypt(&b));
}

static const luaL_Reg cipher_functions[] = {{"seal", cipher_seal},
                                            {"open", cipher_open},
                                            {"cbc_encrypt", cipher_cbc_encrypt},
                                            {"cbc_decrypt", cipher_cbc_decrypt},
                                            {NULL, NULL}};

void lw_open_cipher (lua_State *L) {
  luaL_setfuncs(L, cipher_functions, 0);
}
