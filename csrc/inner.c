/*
** inner.c - what the key schedule begins with: the premaster secret of TLS 1.2; the pre-shared key and the shared
** secret of TLS 1.3. wolfSSL gives none of them away, but each is an input of something that it lets others compute:
** HKDF-Extract for TLS 1.3, and HMAC, which is the PRF of TLS 1.2, for a connection with a device of its own. Kept only
** where somebody has asked, to show how keys come about.
*/

#include "certificate.h"
#include "transcript.h"

#include <string.h>

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

static int inner_begins (const unsigned char *data, size_t length, const char *label) {
  return length > strlen(label) && memcmp(data, label, strlen(label)) == 0;
}

/* RFC 5246 section 8.1, RFC 7627 section 4: the key of this HMAC is the premaster secret. */
void lw_inner_hmac (lw_Connection *c, const unsigned char *data, size_t length,
                    const unsigned char *key, size_t key_length) {
  if (c->inner != NULL && c->inner->premaster.length == 0 && !c->open &&
      (inner_begins(data, length, "master secret") ||
       inner_begins(data, length, "extended master secret")))
    inner_set(&c->inner->premaster, key, key_length);
}

void lw_inner_attach (lw_Connection *c) {
  if (c->inner != NULL && c->ssl != NULL && lw_device_hears(LW_HMAC))
    lw_device_attach(c->ssl);
}

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
