/*
** record.c - protected records that are sealed or opened beside wolfSSL: under the keys of the moment, or any secret of
** TLS 1.3. RFC 8446 section 5.2, RFC 5246 section 6.2.3; CBC suites are in cbc.c.
*/

#include "crypto.h"
#include "transcript.h"

#include <string.h>

#include <wolfssl/wolfcrypt/kdf.h>

typedef lw_RecordKeys Keys;

static int record_derive (unsigned char *out, word32 length, const lw_Secret *s, const char *label,
                          int hash) {
  static const unsigned char prefix[] = "tls13 ";
  return wc_Tls13_HKDF_Expand_Label(out, length, s->data, s->length, prefix, 6,
                                    (const unsigned char *)label, (word32)strlen(label), NULL, 0,
                                    hash) == 0;
}

/* Until the handshake is over a client writes with its handshake keys; a server's flight is already out, unless there
   is a request in it. */
const lw_Secret *lw_record_secret (const lw_Connection *c) {
  if (c->updated != NULL && c->updated[LW_OURS].length > 0)
    return &c->updated[LW_OURS];
  if (c->server)
    return &c->secrets[c->open || c->request == NULL ? LW_SERVER_TRAFFIC : LW_SERVER_HANDSHAKE];
  return &c->secrets[c->open ? LW_CLIENT_TRAFFIC : LW_CLIENT_HANDSHAKE];
}

int lw_record_keys (Keys *k, const lw_Connection *c, const lw_Secret *secret) {
  const lw_Suite *suite = c->suite;
  int hash = suite->hash == WC_HASH_TYPE_SHA384 ? WC_SHA384 : WC_SHA256;
  memset(k, 0, sizeof *k);
  k->suite = suite;
  return secret->length > 0 && record_derive(k->key, suite->key_length, secret, "key", hash) &&
         record_derive(k->iv, sizeof k->iv, secret, "iv", hash);
}

static int record_keys12 (Keys *k, const lw_Connection *c) {
  const unsigned char *key =
      c->server ? wolfSSL_GetServerWriteKey(c->ssl) : wolfSSL_GetClientWriteKey(c->ssl);
  const unsigned char *iv =
      c->server ? wolfSSL_GetServerWriteIV(c->ssl) : wolfSSL_GetClientWriteIV(c->ssl);
  memset(k, 0, sizeof *k);
  k->suite = c->suite;
  if (key == NULL || iv == NULL)
    return 0;
  memcpy(k->key, key, k->suite->key_length);
  memcpy(k->iv, iv, k->suite->cipher == LW_CHACHA20 ? 12 : 4);
  return 1;
}

static int record_encrypt (const Keys *k, lw_Box *b) {
  b->key.data = k->key;
  b->key.length = k->suite->key_length;
  b->tag_length = k->suite->cipher == LW_AES_CCM_8 ? 8 : 16;
  b->tag = b->out + b->in.length;
  switch (k->suite->cipher) {
  case LW_AES_GCM:
    return lw_gcm_seal(b) == 0;
  case LW_AES_CCM:
  case LW_AES_CCM_8:
    return lw_ccm_seal(b) == 0;
  case LW_CHACHA20:
    return lw_chacha_seal(b) == 0;
  default:
    return 0;
  }
}

static lw_Span record_span (const unsigned char *data, size_t length) {
  lw_Span s;
  s.data = data;
  s.length = length;
  return s;
}

static void record_sequence (uint64_t number, unsigned char eight[8]) {
  for (int i = 0; i < 8; i++)
    eight[i] = (unsigned char)(number >> (8 * (7 - i)));
}

static void record_nonce (uint64_t number, const Keys *k, unsigned char nonce[12]) {
  unsigned char sequence[8];
  record_sequence(number, sequence);
  memcpy(nonce, k->iv, 12);
  for (int i = 0; i < 8; i++)
    nonce[4 + i] ^= sequence[i];
}

void lw_record_header (unsigned char header[5], unsigned char type, size_t length) {
  header[0] = type;
  header[1] = header[2] = 3;
  header[3] = (unsigned char)(length >> 8);
  header[4] = (unsigned char)length;
}

size_t lw_record_sealwith (const Keys *k, uint64_t sequence, lw_Span inner, unsigned char *record) {
  unsigned char nonce[12];
  size_t length = inner.length + k->suite->overhead;
  lw_Box b;
  lw_record_header(record, 23, length);
  record_nonce(sequence, k, nonce);
  b.nonce = record_span(nonce, sizeof nonce);
  b.aad = record_span(record, 5);
  b.in = inner;
  b.out = record + 5;
  return record_encrypt(k, &b) ? 5 + length : 0;
}

size_t lw_record_seal (const lw_Connection *c, const lw_Secret *secret, uint64_t sequence,
                       lw_Span inner, unsigned char *record) {
  Keys k;
  size_t length =
      lw_record_keys(&k, c, secret) ? lw_record_sealwith(&k, sequence, inner, record) : 0;
  lw_wipe(&k, sizeof k);
  return length;
}

size_t lw_record_keyupdate (const lw_Connection *c, int request,
                            unsigned char record[LW_SMALL_RECORD]) {
  unsigned char inner[6] = {24, 0, 0, 1, (unsigned char)request, 22};
  return lw_record_seal(c, lw_record_secret(c), c->out_sequence, record_span(inner, sizeof inner),
                        record);
}

static int record_decrypt (const Keys *k, lw_Box *b) {
  switch (k->suite->cipher) {
  case LW_AES_GCM:
    return lw_gcm_open(b) == 0;
  case LW_AES_CCM:
  case LW_AES_CCM_8:
    return lw_ccm_open(b) == 0;
  default:
    return lw_chacha_open(b) == 0;
  }
}

size_t lw_record_unsealwith (const Keys *k, uint64_t sequence, lw_Span record,
                             unsigned char *plain) {
  unsigned char nonce[12], tag[16];
  size_t size = record.length - 5 - k->suite->overhead;
  lw_Box b;
  record_nonce(sequence, k, nonce);
  memcpy(tag, record.data + 5 + size, k->suite->overhead);
  b.key = record_span(k->key, k->suite->key_length);
  b.nonce = record_span(nonce, sizeof nonce);
  b.aad = record_span(record.data, 5);
  b.in = record_span(record.data + 5, size);
  b.out = plain;
  b.tag = tag;
  b.tag_length = k->suite->overhead;
  return record_decrypt(k, &b) ? size : 0;
}

size_t lw_record_unseal (const lw_Connection *c, const lw_Secret *secret, uint64_t sequence,
                         const unsigned char *record, size_t length, unsigned char *plain) {
  Keys k;
  size_t size = lw_record_keys(&k, c, secret)
                    ? lw_record_unsealwith(&k, sequence, record_span(record, length), plain)
                    : 0;
  lw_wipe(&k, sizeof k);
  return size;
}

const lw_Secret *lw_record_peers (const lw_Connection *c) {
  return c->updated != NULL && c->updated[LW_PEERS].length > 0
             ? &c->updated[LW_PEERS]
             : &c->secrets[c->server ? LW_CLIENT_TRAFFIC : LW_SERVER_TRAFFIC];
}

size_t lw_record_open (const lw_Connection *c, const unsigned char *record, size_t length,
                       unsigned char *plain) {
  return lw_record_unseal(c, lw_record_peers(c), c->in_sequence, record, length, plain);
}

int lw_record_isfirst (const lw_Connection *c, const unsigned char *record, size_t length) {
  unsigned char *plain;
  size_t opened;
  if (length <= 5 + (size_t)c->suite->overhead)
    return 0;
  plain = (unsigned char *)lw_alloc(length);
  opened = plain == NULL
               ? 0
               : lw_record_unseal(c, &c->secrets[LW_CLIENT_HANDSHAKE], 0, record, length, plain);
  lw_free_secret(plain, length);
  return opened > 0;
}

static size_t record_alert13 (const lw_Connection *c, const unsigned char *alert,
                              unsigned char *record) {
  unsigned char inner[3] = {alert[0], alert[1], 21};
  return lw_record_seal(c, lw_record_secret(c), c->out_sequence, record_span(inner, sizeof inner),
                        record);
}

/* GCM and CCM carry an explicit nonce. wolfSSL's are random, so ours is. */
static int record_nonce12 (const lw_Connection *c, const Keys *k, unsigned char nonce[12]) {
  if (k->suite->cipher == LW_CHACHA20) {
    record_nonce(c->out_sequence, k, nonce);
    return 1;
  }
  memcpy(nonce, k->iv, 4);
  return lw_random(nonce + 4, 8);
}

static size_t record_seal12 (const lw_Connection *c, const Keys *k, const unsigned char *alert,
                             unsigned char *record) {
  unsigned char nonce[12], aad[13];
  size_t explicit_nonce = k->suite->cipher == LW_CHACHA20 ? 0 : 8;
  lw_Box b;
  if (!record_nonce12(c, k, nonce))
    return 0;
  record_sequence(c->out_sequence, aad);
  lw_record_header(aad + 8, 21, 2);
  lw_record_header(record, 21, 2 + (size_t)k->suite->overhead);
  memcpy(record + 5, nonce + 12 - explicit_nonce, explicit_nonce);
  b.nonce = record_span(nonce, sizeof nonce);
  b.aad = record_span(aad, sizeof aad);
  b.in = record_span(alert, 2);
  b.out = record + 5 + explicit_nonce;
  return record_encrypt(k, &b) ? 7 + (size_t)k->suite->overhead : 0;
}

static size_t record_alert12 (const lw_Connection *c, const unsigned char *alert,
                              unsigned char *record) {
  Keys k;
  size_t length = record_keys12(&k, c) ? record_seal12(c, &k, alert, record) : 0;
  lw_wipe(&k, sizeof k);
  return length;
}

size_t lw_record_alert (const lw_Connection *c, const unsigned char alert[2],
                        unsigned char record[LW_SMALL_RECORD]) {
  if (c->suite == NULL || c->ssl == NULL)
    return 0;
  if (c->facts.version == 0x0304)
    return record_alert13(c, alert, record);
  return c->suite->cipher == LW_CBC ? lw_record_cbc(c, alert, record)
                                    : record_alert12(c, alert, record);
}
