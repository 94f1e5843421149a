/*
** inner.c - what the key schedule begins with: the premaster secret of TLS 1.2; the pre-shared key and the shared
** secret of TLS 1.3. wolfSSL gives none of them away, but each is an input of something that it lets others compute:
** HKDF-Extract for TLS 1.3, and HMAC, which is the PRF of TLS 1.2, for a connection with a device of its own. Kept only
** where somebody has asked, to show how keys come about.
*/

#define HAVE_ANONYMOUS_INLINE_AGGREGATES \
  1 /* as a wolfSSL has it that was built with C11, not C99 */

#include "certificate.h"
#include "connection.h"

#include <stdint.h>
#include <string.h>

#include <wolfssl/wolfcrypt/hmac.h>
#include <wolfssl/wolfcrypt/kdf.h>

#define LONGEST 1024 /* Diffie-Hellman of 4096 bits together with a pre-shared key */

typedef struct Input {
  unsigned char data[LONGEST];
  size_t length; /* 0: not known */
} Input;

struct lw_Inner {
  int extracts; /* of this handshake so far */
  Input psk, shared, premaster;
};

static void inner_set (Input *s, const unsigned char *data, size_t length) {
  if (length <= sizeof s->data) {
    memcpy(s->data, data, length);
    s->length = length;
  }
}

static int inner_iszero (const unsigned char *data, size_t length) {
  while (length > 0 && data[length - 1] == 0)
    length--;
  return length == 0;
}

/* ------------------------------------------------------------------ TLS 1.3
**
** RFC 8446 section 7.1: without a salt the pre-shared key goes in, or zeros; the next time the shared secret.
*/

static void inner_extract (struct lw_Inner *inner, size_t salt_length, const unsigned char *input,
                           size_t length) {
  if (salt_length == 0) {
    inner->extracts = 0;
    inner_set(&inner->psk, input, inner_iszero(input, length) ? 0 : length);
  }
  else if (++inner->extracts == 1)
    inner_set(&inner->shared, input, inner_iszero(input, length) ? 0 : length);
}

int lw_inner_extract (unsigned char *prk, const unsigned char *salt, word32 salt_length,
                      unsigned char *input, word32 length, int digest, void *context) {
  lw_Connection *c = lw_current();
  (void)context;
  if (c != NULL && c->inner != NULL)
    inner_extract(c->inner, salt_length, input, length); /* now: prk can be where the input is */
  return wc_Tls13_HKDF_Extract(prk, salt, (int)salt_length, input, (int)length, digest);
}

/* ------------------------------------------------------------------ TLS 1.2 */

#if defined(WOLF_CRYPTO_CB)

#include <wolfssl/wolfcrypt/cryptocb.h>

static const unsigned char probe[] = "probe";
static int ready; /* what wolfSSL tells its devices looks as we think: written once per process */

/* The address tells the devices of several builds in one process apart. */
static int inner_device (void) {
  return (int)(((uintptr_t)&ready >> 1) & 0x3fffffff) | 0x40000000;
}

static int inner_begins (const unsigned char *data, size_t length, const char *label) {
  return length > strlen(label) && memcmp(data, label, strlen(label)) == 0;
}

/* RFC 5246 section 8.1, RFC 7627 section 4: the key of this HMAC is the premaster secret. */
static int inner_watch (int id, wc_CryptoInfo *info, void *context) {
  lw_Connection *c = lw_current();
  (void)id;
  (void)context;
  if (info->algo_type != WC_ALGO_TYPE_HMAC)
    return CRYPTOCB_UNAVAILABLE;
  if (info->hmac.in == probe && info->hmac.inSz == sizeof probe)
    ready = 1;
  else if (c != NULL && c->inner != NULL && c->inner->premaster.length == 0 && !c->open &&
           info->hmac.in != NULL &&
           (inner_begins(info->hmac.in, info->hmac.inSz, "master secret") ||
            inner_begins(info->hmac.in, info->hmac.inSz, "extended master secret")))
    inner_set(&c->inner->premaster, info->hmac.hmac->keyRaw, info->hmac.hmac->keyLen);
  return CRYPTOCB_UNAVAILABLE; /* wolfSSL computes all by itself */
}

void lw_inner_start (void) {
  Hmac hmac;
  if (wc_CryptoCb_RegisterDevice(inner_device(), inner_watch, NULL) != 0 ||
      wc_HmacInit(&hmac, NULL, inner_device()) != 0)
    return;
  if (wc_HmacSetKey(&hmac, WC_SHA256, probe, sizeof probe) == 0)
    wc_HmacUpdate(&hmac, probe, sizeof probe);
  wc_HmacFree(&hmac);
}

void lw_inner_attach (lw_Connection *c) {
  if (ready && c->inner != NULL && c->ssl != NULL)
    wolfSSL_SetDevId(c->ssl, inner_device());
}

#else

void lw_inner_start (void) {
}

void lw_inner_attach (lw_Connection *c) {
  (void)c;
}

#endif

/* ------------------------------------------------------------------ in Lua */

void lw_inner_free (lw_Connection *c) {
  lw_free_secret(c->inner, sizeof *c->inner);
}

/***
From now on keeps what the key schedule begins with, for `connection:secrets(true)`; best before the first byte.
@function connection:keep_inner_secrets
*/
static int inner_keep (lua_State *L) {
  lw_Connection *c = lw_connection_check(L, 1);
  if (c->inner == NULL) {
    c->inner = (struct lw_Inner *)lw_alloc_zero(sizeof *c->inner);
    if (c->inner == NULL)
      return luaL_error(L, "out of memory");
    lw_inner_attach(c);
  }
  return 0;
}

const luaL_Reg lw_inner_methods[] = {{"keep_inner_secrets", inner_keep}, {NULL, NULL}};

static void inner_line (lua_State *L, const char *label, const char *random, const Input *s) {
  lw_Span secret;
  if (s->length == 0)
    return;
  secret.data = s->data;
  secret.length = s->length;
  lua_pushfstring(L, "%s %s ", label, random);
  lw_push_hex(L, secret);
  lua_concat(L, 2);
  lua_rawseti(L, -2, (int)lua_rawlen(L, -2) + 1);
}

/* Appends to the list on the top. Wireshark knows the first label, nobody but this module the others. */
void lw_inner_lines (lua_State *L, const lw_Connection *c, const char *random) {
  if (c->inner == NULL)
    return;
  inner_line(L, "PMS_CLIENT_RANDOM", random, &c->inner->premaster);
  inner_line(L, "PRE_SHARED_KEY", random, &c->inner->psk);
  inner_line(L, "SHARED_SECRET", random, &c->inner->shared);
}
