/*
** kdf.c - key derivation: HKDF with TLS 1.3's labels, and the PRF of TLS 1.0 to 1.2.
*/

#include <string.h>

#include "crypto.h"

#define MOST_OUTPUT (1 << 16)

static int kdf_result (lua_State *L, int error, unsigned char *out, size_t length) {
  if (error == 0)
    lua_pushlstring(L, (const char *)out, length);
  lw_wipe(out, length);
  return error == 0 ? 1 : lw_failure(L, LW_INTERNAL, "key derivation: %s", lw_reason(error));
}

static size_t kdf_checklength (lua_State *L, int arg, size_t most) {
  lua_Integer length = luaL_checkinteger(L, arg);
  if (length < 0 || (size_t)length > most)
    luaL_argerror(L, arg, lua_pushfstring(L, "0 to %d bytes expected", (int)most));
  return (size_t)length;
}

/* ------------------------------------------------------------------ HKDF */

/***
First step of HKDF: a pseudorandom key out of input keying material.
@function hkdf_extract
@tparam string hash
@tparam string salt "" counts as a hash of zeros
@tparam string ikm
@treturn string as long as the hash
@see RFC 5869 section 2.2
*/
static int kdf_extract (lua_State *L) {
  unsigned char out[LW_MAXDIGEST];
  const lw_Hash *h = lw_hash_checksingle(L, 1);
  return kdf_result(L, lw_hmac(h, lw_checkspan(L, 2), lw_checkspan(L, 3), out), out, h->size);
}

static int kdf_pushexpanded (lua_State *L, const lw_Hash *h, lw_Span prk, lw_Span info,
                             size_t length) {
  unsigned char *out = (unsigned char *)lua_newuserdata(L, length + 1);
  int error = length == 0 ? 0
                          : wc_HKDF_Expand((int)h->type, prk.data, (word32)prk.length, info.data,
                                           (word32)info.length, out, (word32)length);
  return kdf_result(L, error, out, length);
}

/***
Second step of HKDF: output keying material of any length.
@function hkdf_expand
@tparam string hash
@tparam string prk
@tparam string info
@tparam integer length at most 255 hashes
@treturn string
@see RFC 5869 section 2.3
*/
static int kdf_expand (lua_State *L) {
  const lw_Hash *h = lw_hash_checksingle(L, 1);
  return kdf_pushexpanded(L, h, lw_checkspan(L, 2), lw_checkspan(L, 3),
                          kdf_checklength(L, 4, 255 * (size_t)h->size));
}

#define PREFIX "tls13 "
#define MAXLABEL (255 - (sizeof(PREFIX) - 1))

static unsigned char *put_vector (unsigned char *at, const char *prefix, lw_Span bytes) {
  size_t n = strlen(prefix);
  *at++ = (unsigned char)(n + bytes.length);
  memcpy(at, prefix, n);
  memcpy(at + n, bytes.data, bytes.length);
  return at + n + bytes.length;
}

/***
HKDF-Expand-Label.
@function hkdf_expand_label
@tparam string hash
@tparam string secret
@tparam string label without "tls13 "
@tparam string context at most 255 bytes
@tparam integer length
@treturn string
@see RFC 8446 section 7.1
*/
static int kdf_expand_label (lua_State *L) {
  unsigned char block[2 + 1 + 255 + 1 + 255];
  const lw_Hash *h = lw_hash_checksingle(L, 1);
  lw_Span secret = lw_checkspan(L, 2), label = lw_checkspan(L, 3), context = lw_checkspan(L, 4);
  size_t length = kdf_checklength(L, 5, 255 * (size_t)h->size);
  lw_Span info = {block, 0};
  luaL_argcheck(L, label.length <= MAXLABEL, 3, "label of more than 249 bytes");
  luaL_argcheck(L, context.length <= 255, 4, "context of more than 255 bytes");
  block[0] = (unsigned char)(length >> 8);
  block[1] = (unsigned char)length;
  info.length = (size_t)(put_vector(put_vector(block + 2, PREFIX, label), "", context) - block);
  return kdf_pushexpanded(L, h, secret, info, length);
}

/* ------------------------------------------------------------------ the PRF of TLS 1.0 to 1.2 */

/* One HMAC over two strings; the state is keyed already and can be used again. */
static int prf_hmac (Hmac *hmac, lw_Span first, lw_Span second, unsigned char *out) {
  int error = wc_HmacUpdate(hmac, first.data, (word32)first.length);
  if (error == 0)
    error = wc_HmacUpdate(hmac, second.data, (word32)second.length);
  return error != 0 ? error : wc_HmacFinal(hmac, out);
}

/* P_hash (RFC 5246 section 5), XORed onto out */
static int prf_loop (const lw_Hash *h, Hmac *hmac, lw_Span seed, unsigned char *out,
                     size_t length) {
  static const lw_Span nothing = {(const unsigned char *)"", 0};
  unsigned char a[LW_MAXDIGEST], block[LW_MAXDIGEST];
  lw_Span chain = {a, h->size};
  size_t done, i;
  int error = prf_hmac(hmac, seed, nothing, a);
  for (done = 0; done < length && error == 0; done += h->size) {
    error = prf_hmac(hmac, chain, seed, block);
    for (i = 0; error == 0 && i < h->size && done + i < length; i++)
      out[done + i] ^= block[i];
    if (error == 0)
      error = prf_hmac(hmac, chain, nothing, a);
  }
  lw_wipe(a, sizeof(a));
  lw_wipe(block, sizeof(block));
  return error;
}

static int prf_single (const lw_Hash *h, lw_Span secret, lw_Span seed, unsigned char *out,
                       size_t length) {
  Hmac hmac;
  int error = wc_HmacInit(&hmac, NULL, INVALID_DEVID);
  if (error != 0)
    return error;
  error = wc_HmacSetKey(&hmac, (int)h->type, secret.data, (word32)secret.length);
  if (error == 0)
    error = prf_loop(h, &hmac, seed, out, length);
  wc_HmacFree(&hmac);
  lw_wipe(&hmac, sizeof(hmac));
  return error;
}

/* RFC 2246 section 5: MD5 with one half of the secret, SHA-1 with the other */
static int prf_double (lw_Span secret, lw_Span seed, unsigned char *out, size_t length) {
  lw_Span half = {secret.data, (secret.length + 1) / 2};
  int error = prf_single(lw_hash_find("md5"), half, seed, out, length);
  half.data = secret.data + secret.length - half.length;
  return error != 0 ? error : prf_single(lw_hash_find("sha1"), half, seed, out, length);
}

/***
The pseudorandom function of TLS 1.0 to 1.2.
@function prf
@tparam string hash of the cipher suite in TLS 1.2; "md5sha1" in TLS 1.0 and 1.1
@tparam string secret
@tparam string label "master secret" …
@tparam string seed
@tparam integer length at most 65536
@treturn string
@see RFC 5246 section 5
*/
static int kdf_prf (lua_State *L) {
  const lw_Hash *h = lw_hash_check(L, 1);
  lw_Span secret = lw_checkspan(L, 2), seed;
  size_t length = kdf_checklength(L, 5, MOST_OUTPUT);
  unsigned char *out;
  int error;
  luaL_checkstring(L, 3);
  luaL_checkstring(L, 4);
  lua_settop(L, 4);
  lua_concat(L, 2);
  seed = lw_checkspan(L, 3);
  out = (unsigned char *)lua_newuserdata(L, length + 1);
  memset(out, 0, length);
  error = h->type == WC_HASH_TYPE_MD5_SHA ? prf_double(secret, seed, out, length)
                                          : prf_single(h, secret, seed, out, length);
  return kdf_result(L, error, out, length);
}

static const luaL_Reg kdf_functions[] = {{"hkdf_extract", kdf_extract},
                                         {"hkdf_expand", kdf_expand},
                                         {"hkdf_expand_label", kdf_expand_label},
                                         {"prf", kdf_prf},
                                         {NULL, NULL}};

void lw_open_kdf (lua_State *L) {
  luaL_setfuncs(L, kdf_functions, 0);
}
