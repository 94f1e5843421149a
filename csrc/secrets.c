/*
** secrets.c - traffic secrets out of wolfSSL's key schedule. Distribution builds have no key log callback, but
** they let an application compute HKDF-Expand-Label itself, and that sees every secret with its label.
*/

#include "connection.h"

#include <string.h>

#include <wolfssl/error-ssl.h>
#include <wolfssl/wolfcrypt/kdf.h>

typedef struct Label {
  char label[12]; /* RFC 8446 section 7.1 */
  unsigned char length;
  unsigned char secret;
} Label;

static const Label labels[] = {
    {"c hs traffic", 12, LW_CLIENT_HANDSHAKE}, {"s hs traffic", 12, LW_SERVER_HANDSHAKE},
    {"c ap traffic", 12, LW_CLIENT_TRAFFIC},   {"s ap traffic", 12, LW_SERVER_TRAFFIC},
    {"exp master", 10, LW_EXPORTER},
};

/* The names of NSS's key log, in the order of the secrets of TLS 1.3. */
static const char *const names[LW_SECRETS] = {
    "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    "SERVER_HANDSHAKE_TRAFFIC_SECRET",
    "CLIENT_TRAFFIC_SECRET_0",
    "SERVER_TRAFFIC_SECRET_0",
    "EXPORTER_SECRET",
};

static void secrets_set (lw_Secret *s, const unsigned char *data, size_t length) {
  if (length <= sizeof s->data) {
    memcpy(s->data, data, length);
    s->length = (unsigned char)length;
  }
}

/* RFC 8446 section 7.2: whose secret moves on shows in what it is made from. */
static int secrets_isours (const lw_Connection *c, const unsigned char *from, size_t length) {
  const lw_Secret *s = &c->secrets[c->server ? LW_SERVER_TRAFFIC : LW_CLIENT_TRAFFIC];
  if (c->updated != NULL && c->updated[LW_OURS].length > 0)
    s = &c->updated[LW_OURS];
  return s->length == length && memcmp(s->data, from, length) == 0;
}

static int secrets_update (lw_Connection *c, int ours, const unsigned char *data, size_t length) {
  if (c->updated == NULL) {
    c->updated = (lw_Secret *)lw_alloc_zero(2 * sizeof *c->updated);
    if (c->updated == NULL)
      return MEMORY_E;
  }
  secrets_set(&c->updated[ours ? LW_OURS : LW_PEERS], data, length);
  if (ours) {
    c->out_sequence = 0;
    return 0;
  }
  if (c->in_sequence == 0) { /* no record came since the last one: RFC 8446 section 5.1 */
    lw_connection_fail(c, LW_PEER_MISBEHAVED, LW_UNEXPECTED_MESSAGE,
                       "two KeyUpdates in one record");
    return SANITY_MSG_E;
  }
  c->in_sequence = 0;
  c->key_updates++;
  return 0;
}

static int secrets_is (const unsigned char *label, size_t length, const char *name) {
  return strlen(name) == length && memcmp(label, name, length) == 0;
}

static int secrets_expand (unsigned char *okm, word32 okm_length, const unsigned char *prk,
                           word32 prk_length, const unsigned char *protocol, word32 protocol_length,
                           const unsigned char *label, word32 label_length,
                           const unsigned char *info, word32 info_length, int digest, int side) {
  lw_Connection *c = lw_current();
  int ours = c != NULL && secrets_isours(c, prk, prk_length); /* which the new one may overwrite */
  int result =
      wc_Tls13_HKDF_Expand_Label(okm, okm_length, prk, prk_length, protocol, protocol_length, label,
                                 label_length, info, info_length, digest);
  (void)side;
  if (result != 0 || c == NULL)
    return result;
  if (label_length <= 3) { /* "key", "iv" */
    lw_peek_key(c, prk, prk_length, label, label_length, okm, okm_length);
    return 0;
  }
  for (const Label *l = labels; l < labels + sizeof labels / sizeof labels[0]; l++)
    if (l->length == label_length && memcmp(l->label, label, label_length) == 0)
      secrets_set(&c->secrets[l->secret], okm, okm_length);
  if (secrets_is(label, label_length, "traffic upd"))
    return secrets_update(c, ours, okm, okm_length);
  else if (secrets_is(label, label_length, "finished"))
    lw_after_finished(c);
  return 0;
}

static int secrets_sessionkey (WOLFSSL *ssl, void *context) {
  lw_Connection *c = lw_current();
  unsigned char *master, *server_random, *client_random;
  unsigned master_length, server_length, client_length;
  (void)context;
  if (c != NULL && wolfSSL_get_keys(ssl, &master, &master_length, &server_random, &server_length,
                                    &client_random, &client_length) == WOLFSSL_SUCCESS)
    secrets_set(&c->secrets[LW_MASTER], master, master_length);
  return PROTOCOLCB_UNAVAILABLE; /* wolfSSL goes on by itself */
}

void lw_secrets_install (WOLFSSL_CTX *ctx) {
  wolfSSL_CTX_SetHKDFExpandLabelCb(ctx, secrets_expand);
  wolfSSL_CTX_SetHKDFExtractCb(ctx, lw_inner_extract);
  wolfSSL_CTX_SetGenSessionKeyCb(ctx, secrets_sessionkey);
}

static void secrets_hex (const unsigned char *data, size_t length, char *hex) {
  static const char digits[] = "0123456789abcdef";
  for (size_t i = 0; i < length; i++) {
    hex[2 * i] = digits[data[i] >> 4];
    hex[2 * i + 1] = digits[data[i] & 15];
  }
  hex[2 * length] = '\0';
}

/***
The secrets known so far, as lines of an NSS key log (`SSLKEYLOGFILE`): whoever has them can read the
connection.
@function connection:secrets
@tparam[opt] boolean inner also what `connection:keep_inner_secrets` has kept, under the labels
`"PMS_CLIENT_RANDOM"` (premaster secret), `"PRE_SHARED_KEY"` and `"SHARED_SECRET"`
@treturn {string,...} lines without line ends, in the order in which they arose
*/
int lw_connection_secrets (lua_State *L) {
  lw_Connection *c = lw_connection_check(L, 1);
  unsigned char client_random[32];
  char random[2 * 32 + 1], secret[2 * 48 + 1];
  int n = 0;
  lua_settop(L, 2);
  lua_newtable(L);
  if (c->ssl == NULL || wolfSSL_get_client_random(c->ssl, client_random, 32) != 32)
    return 1;
  secrets_hex(client_random, 32, random);
  for (int i = 0; i < LW_SECRETS; i++) {
    if (c->secrets[i].length == 0)
      continue;
    secrets_hex(c->secrets[i].data, c->secrets[i].length, secret);
    lua_pushfstring(L, "%s %s %s", c->facts.version == 0x0303 ? "CLIENT_RANDOM" : names[i], random,
                    secret);
    lw_wipe(secret, sizeof secret);
    lua_rawseti(L, -2, ++n);
  }
  if (lua_toboolean(L, 2))
    lw_inner_lines(L, c, random);
  return 1;
}
