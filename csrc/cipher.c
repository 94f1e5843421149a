/*
** cipher.c - the ciphers of TLS records: authenticated ones, and bare CBC for the older suites.
*/

#include <string.h>

#include "crypto.h"

#define NONCE 12

static word32 size_of (lw_Span s) {
  return (word32)s.length;
}

typedef struct Aead {
  const char *name;
  unsigned key, tag;
  int (*seal)(lw_Box *b);
  int (*open)(lw_Box *b);
} Aead;

static const Aead aeads[] = {{"aes-128-gcm", 16, 16, lw_gcm_seal, lw_gcm_open},
                             {"aes-256-gcm", 32, 16, lw_gcm_seal, lw_gcm_open},
                             {"chacha20-poly1305", 32, 16, lw_chacha_seal, lw_chacha_open},
                             {"aes-128-ccm", 16, 16, lw_ccm_seal, lw_ccm_open},
                             {"aes-256-ccm", 32, 16, lw_ccm_seal, lw_ccm_open},
                             {"aes-128-ccm-8", 16, 8, lw_ccm_seal, lw_ccm_open},
                             {"aes-256-ccm-8", 32, 8, lw_ccm_seal, lw_ccm_open},
                             {NULL, 0, 0, NULL, NULL}};

static const Aead *aead_check (lua_State *L, lw_Box *b) {
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
  b->tag_length = a->tag;
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
  lw_Box b;
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
  lw_Box b;
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

static int aes_cbc_encrypt (lw_Box *b) {
  return wc_AesCbcEncryptWithKey(b->out, b->in.data, size_of(b->in), b->key.data, size_of(b->key),
                                 b->nonce.data);
}

static int aes_cbc_decrypt (lw_Box *b) {
  return wc_AesCbcDecryptWithKey(b->out, b->in.data, size_of(b->in), b->key.data, size_of(b->key),
                                 b->nonce.data);
}

#if !defined(NO_DES3)

static int des3_cbc_encrypt (lw_Box *b) {
  return wc_Des3_CbcEncryptWithKey(b->out, b->in.data, size_of(b->in), b->key.data, b->nonce.data);
}

static int des3_cbc_decrypt (lw_Box *b) {
  return wc_Des3_CbcDecryptWithKey(b->out, b->in.data, size_of(b->in), b->key.data, b->nonce.data);
}

#else

static int des3_cbc_encrypt (lw_Box *b) {
  (void)b;
  return NOT_COMPILED_IN;
}

#define des3_cbc_decrypt des3_cbc_encrypt

#endif

typedef struct Cbc {
  const char *name;
  unsigned key, block;
  int (*encrypt)(lw_Box *b);
  int (*decrypt)(lw_Box *b);
} Cbc;

static const Cbc cbcs[] = {{"aes-128-cbc", 16, 16, aes_cbc_encrypt, aes_cbc_decrypt},
                           {"aes-256-cbc", 32, 16, aes_cbc_encrypt, aes_cbc_decrypt},
                           {"3des-ede-cbc", 24, 8, des3_cbc_encrypt, des3_cbc_decrypt},
                           {NULL, 0, 0, NULL, NULL}};

static const Cbc *cbc_check (lua_State *L, lw_Box *b) {
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

static int cbc_result (lua_State *L, const Cbc *c, const lw_Box *b, int error) {
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
  lw_Box b;
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
  lw_Box b;
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
