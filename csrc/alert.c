/*
** alert.c - alerts of our own, and what else needs the keys of the moment. wolfSSL often fails without one and has no function to send one, so the record
** is made here, under the keys that hold at that moment. RFC 8446 sections 5.2 and 6, RFC 5246 section 6.2.3.
*/

#include "connection.h"
#include "crypto.h"

#include <string.h>

#include <wolfssl/wolfcrypt/kdf.h>

typedef struct Keys {
  const lw_Suite *suite;
  unsigned char key[32], iv[12];
} Keys;

typedef struct Name {
  int description;
  const char *name;
} Name;

static const Name names[] = {
    {0, "close_notify"},
    {10, "unexpected_message"},
    {20, "bad_record_mac"},
    {21, "decryption_failed"},
    {22, "record_overflow"},
    {30, "decompression_failure"},
    {40, "handshake_failure"},
    {41, "no_certificate"},
    {42, "bad_certificate"},
    {43, "unsupported_certificate"},
    {44, "certificate_revoked"},
    {45, "certificate_expired"},
    {46, "certificate_unknown"},
    {47, "illegal_parameter"},
    {48, "unknown_ca"},
    {49, "access_denied"},
    {50, "decode_error"},
    {51, "decrypt_error"},
    {60, "export_restriction"},
    {70, "protocol_version"},
    {71, "insufficient_security"},
    {80, "internal_error"},
    {86, "inappropriate_fallback"},
    {90, "user_canceled"},
    {100, "no_renegotiation"},
    {109, "missing_extension"},
    {110, "unsupported_extension"},
    {111, "certificate_unobtainable"},
    {112, "unrecognized_name"},
    {113, "bad_certificate_status_response"},
    {114, "bad_certificate_hash_value"},
    {115, "unknown_psk_identity"},
    {116, "certificate_required"},
    {120, "no_application_protocol"},
};

const char *lw_alert_name (int description) {
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (names[i].description == description)
      return names[i].name;
  return NULL;
}

static int alert_derive (unsigned char *out, word32 length, const lw_Secret *s, const char *label,
                         int hash) {
  static const unsigned char prefix[] = "tls13 ";
  return wc_Tls13_HKDF_Expand_Label(out, length, s->data, s->length, prefix, 6,
                                    (const unsigned char *)label, (word32)strlen(label), NULL, 0,
                                    hash) == 0;
}

/* Until the handshake is over a client writes with its handshake keys; a server's flight is already out, unless there is
   a request in it. */
const lw_Secret *lw_record_secret (const lw_Connection *c) {
  if (c->updated != NULL && c->updated[LW_OURS].length > 0)
    return &c->updated[LW_OURS];
  if (c->server)
    return &c->secrets[c->open || c->request == NULL ? LW_SERVER_TRAFFIC : LW_SERVER_HANDSHAKE];
  return &c->secrets[c->open ? LW_CLIENT_TRAFFIC : LW_CLIENT_HANDSHAKE];
}

static int alert_keys13 (Keys *k, const lw_Secret *secret) {
  int hash = k->suite->hash == WC_HASH_TYPE_SHA384 ? WC_SHA384 : WC_SHA256;
  return secret->length > 0 && alert_derive(k->key, k->suite->key_length, secret, "key", hash) &&
         alert_derive(k->iv, sizeof k->iv, secret, "iv", hash);
}

static int alert_keys12 (const lw_Connection *c, Keys *k) {
  const unsigned char *key =
      c->server ? wolfSSL_GetServerWriteKey(c->ssl) : wolfSSL_GetClientWriteKey(c->ssl);
  const unsigned char *iv =
      c->server ? wolfSSL_GetServerWriteIV(c->ssl) : wolfSSL_GetClientWriteIV(c->ssl);
  if (key == NULL || iv == NULL)
    return 0;
  memcpy(k->key, key, k->suite->key_length);
  memcpy(k->iv, iv, k->suite->cipher == LW_CHACHA20 ? 12 : 4);
  return 1;
}

static int alert_encrypt (const Keys *k, lw_Box *b) {
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

static lw_Span alert_span (const unsigned char *data, size_t length) {
  lw_Span s;
  s.data = data;
  s.length = length;
  return s;
}

static void alert_sequence (uint64_t number, unsigned char eight[8]) {
  for (int i = 0; i < 8; i++)
    eight[i] = (unsigned char)(number >> (8 * (7 - i)));
}

static void alert_nonce (uint64_t number, const Keys *k, unsigned char nonce[12]) {
  unsigned char sequence[8];
  alert_sequence(number, sequence);
  memcpy(nonce, k->iv, 12);
  for (int i = 0; i < 8; i++)
    nonce[4 + i] ^= sequence[i];
}

static void alert_header (unsigned char *header, unsigned char type, size_t length) {
  header[0] = type;
  header[1] = header[2] = 3;
  header[3] = (unsigned char)(length >> 8);
  header[4] = (unsigned char)length;
}

size_t lw_record_seal (const lw_Connection *c, const lw_Secret *secret, uint64_t sequence,
                       lw_Span inner, unsigned char *record) {
  unsigned char nonce[12];
  size_t length = inner.length + c->suite->overhead;
  Keys k;
  lw_Box b;
  int good;
  memset(&k, 0, sizeof k);
  k.suite = c->suite;
  if (!alert_keys13(&k, secret))
    return 0;
  alert_header(record, 23, length);
  alert_nonce(sequence, &k, nonce);
  b.nonce = alert_span(nonce, sizeof nonce);
  b.aad = alert_span(record, 5);
  b.in = inner;
  b.out = record + 5;
  good = alert_encrypt(&k, &b);
  lw_wipe(&k, sizeof k);
  return good ? 5 + length : 0;
}

static size_t alert_record13 (const lw_Connection *c, const unsigned char *alert,
                              unsigned char *record) {
  unsigned char inner[3] = {alert[0], alert[1], 21};
  return lw_record_seal(c, lw_record_secret(c), c->out_sequence, alert_span(inner, sizeof inner),
                        record);
}

size_t lw_record_keyupdate (const lw_Connection *c, int request,
                            unsigned char record[LW_SMALL_RECORD]) {
  unsigned char inner[6] = {24, 0, 0, 1, (unsigned char)request, 22};
  return lw_record_seal(c, lw_record_secret(c), c->out_sequence, alert_span(inner, sizeof inner),
                        record);
}

static int alert_decrypt (const Keys *k, lw_Box *b) {
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

size_t lw_record_unseal (const lw_Connection *c, const lw_Secret *secret, uint64_t sequence,
                         const unsigned char *record, size_t length, unsigned char *plain) {
  unsigned char nonce[12], tag[16];
  size_t size = length - 5 - c->suite->overhead;
  Keys k;
  lw_Box b;
  int good;
  memset(&k, 0, sizeof k);
  k.suite = c->suite;
  if (!alert_keys13(&k, secret))
    return 0;
  alert_nonce(sequence, &k, nonce);
  memcpy(tag, record + 5 + size, c->suite->overhead);
  b.key = alert_span(k.key, k.suite->key_length);
  b.nonce = alert_span(nonce, sizeof nonce);
  b.aad = alert_span(record, 5);
  b.in = alert_span(record + 5, size);
  b.out = plain;
  b.tag = tag;
  b.tag_length = c->suite->overhead;
  good = alert_decrypt(&k, &b);
  lw_wipe(&k, sizeof k);
  return good ? size : 0;
}

size_t lw_record_open (const lw_Connection *c, const unsigned char *record, size_t length,
                       unsigned char *plain) {
  const lw_Secret *secret = c->updated != NULL && c->updated[LW_PEERS].length > 0
                                ? &c->updated[LW_PEERS]
                                : &c->secrets[c->server ? LW_CLIENT_TRAFFIC : LW_SERVER_TRAFFIC];
  return lw_record_unseal(c, secret, c->in_sequence, record, length, plain);
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

/* GCM and CCM carry an explicit nonce. wolfSSL's are random, so ours is. */
static int alert_nonce12 (const lw_Connection *c, const Keys *k, unsigned char nonce[12]) {
  if (k->suite->cipher == LW_CHACHA20) {
    alert_nonce(c->out_sequence, k, nonce);
    return 1;
  }
  memcpy(nonce, k->iv, 4);
  return lw_random(nonce + 4, 8);
}

static size_t alert_record12 (const lw_Connection *c, Keys *k, const unsigned char *alert,
                              unsigned char *record) {
  unsigned char nonce[12], aad[13];
  size_t explicit_nonce = k->suite->cipher == LW_CHACHA20 ? 0 : 8;
  lw_Box b;
  if (k->suite->cipher == LW_CBC)
    return lw_record_cbc(c, alert, record);
  if (!alert_keys12(c, k) || !alert_nonce12(c, k, nonce))
    return 0;
  alert_sequence(c->out_sequence, aad);
  alert_header(aad + 8, 21, 2);
  alert_header(record, 21, 2 + (size_t)k->suite->overhead);
  memcpy(record + 5, nonce + 12 - explicit_nonce, explicit_nonce);
  b.nonce = alert_span(nonce, sizeof nonce);
  b.aad = alert_span(aad, sizeof aad);
  b.in = alert_span(alert, 2);
  b.out = record + 5 + explicit_nonce;
  return alert_encrypt(k, &b) ? 7 + (size_t)k->suite->overhead : 0;
}

static size_t alert_plain (const unsigned char *alert, unsigned char *record) {
  alert_header(record, 21, 2);
  memcpy(record + 5, alert, 2);
  return 7;
}

void lw_alert_send (lw_Connection *c, int level, int description) {
  unsigned char alert[2], record[LW_SMALL_RECORD];
  Keys k;
  size_t length = 0;
  alert[0] = (unsigned char)level;
  alert[1] = (unsigned char)description;
  memset(&k, 0, sizeof k);
  k.suite = c->suite;
  if (!c->out_protected)
    length = alert_plain(alert, record);
  else if (k.suite != NULL && c->ssl != NULL)
    length = c->facts.version == 0x0304 ? alert_record13(c, alert, record)
                                        : alert_record12(c, &k, alert, record);
  lw_wipe(&k, sizeof k);
  if (length > 0 && lw_bytes_append(&c->out, record, length)) {
    lw_watch(c, 0, record, length);
    c->sent += length;
    c->out_sequence++;
    c->alert_sent = (int16_t)description;
  }
}
