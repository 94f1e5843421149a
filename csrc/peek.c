/*
** peek.c - the signature schemes of a TLS 1.3 handshake. They stand in encrypted CertificateVerify messages, and
** wolfSSL does not tell them; so the few bytes that matter are decrypted here. That is no check of anything: the
** records go to wolfSSL, which authenticates them.
*/

#include "transcript.h"

#include <string.h>

#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/chacha.h>

enum { HANDSHAKE = 22, CERTIFICATE = 11, CERTIFICATE_REQUEST = 13, CERTIFICATE_VERIFY = 15 };

#define SHORTEST \
  2500 /* a Certificate that wolfSSL might not read: shorter ones have no ten certificates */

/* A place in the keystream of one record. */
typedef struct Stream {
  const lw_Suite *suite;
  const unsigned char *key;
  unsigned char nonce[12];
  unsigned char block[64];
  size_t number; /* of the block, from 0 */
  int filled;
} Stream;

/* Is there a CertificateVerify to come in that direction, and is its scheme not known already? */
static int peek_expects (const lw_Connection *c, int from_server) {
  if (from_server)
    return !c->server || lw_connection_scheme(c) == 0;
  return c->server ? c->context->peer.verify != LW_VERIFY_NONE : c->context->identities > 0;
}

void lw_peek_key (lw_Connection *c, const unsigned char *secret, size_t length,
                  const unsigned char *label, size_t label_length, const unsigned char *value,
                  size_t value_length) {
  for (int i = 0; i < 2 && c->gate != NULL; i++) {
    const lw_Secret *s = &c->secrets[LW_CLIENT_HANDSHAKE + i];
    lw_Peek *peek = &c->gate->peek[i];
    if (s->length != length || memcmp(s->data, secret, length) != 0)
      continue;
    if (label_length == 3 && value_length <= sizeof peek->key)
      memcpy(peek->key, value, value_length);
    else if (label_length == 2 && memcmp(label, "iv", 2) == 0 && value_length == sizeof peek->iv) {
      memcpy(peek->iv, value, value_length);
      peek->ready = peek_expects(c, i);
    }
  }
}

/* GCM counts its blocks from 2 in 32 bits, CCM from 1 in 24. */
static int peek_aes (Stream *s) {
  unsigned char counter[16];
  size_t n = s->number + (s->suite->cipher == LW_AES_GCM ? 2 : 1);
  Aes *aes = (Aes *)lw_alloc(sizeof *aes);
  int good;
  if (aes == NULL)
    return 0;
  memset(counter, 0, sizeof counter);
  counter[0] = 2; /* CCM: length of the length, less one */
  memcpy(counter + (s->suite->cipher == LW_AES_GCM ? 0 : 1), s->nonce, sizeof s->nonce);
  for (int i = 15; n > 0; i--, n >>= 8)
    counter[i] = (unsigned char)n;
  memset(s->block, 0, 16);
  good = wc_AesInit(aes, NULL, INVALID_DEVID) == 0 &&
         wc_AesSetKeyDirect(aes, s->key, s->suite->key_length, counter, AES_ENCRYPTION) == 0 &&
         wc_AesCtrEncrypt(aes, s->block, s->block, 16) == 0;
  wc_AesFree(aes);
  lw_free_secret(aes, sizeof *aes);
  return good;
}

static int peek_chacha (Stream *s) {
  ChaCha chacha;
  int good;
  memset(s->block, 0, 64);
  good = wc_Chacha_SetKey(&chacha, s->key, 32) == 0 &&
         wc_Chacha_SetIV(&chacha, s->nonce, (word32)s->number + 1) == 0 &&
         wc_Chacha_Process(&chacha, s->block, s->block, 64) == 0;
  lw_wipe(&chacha, sizeof chacha);
  return good;
}

/* The plaintext of one byte, or -1. */
static int peek_byte (Stream *s, const unsigned char *body, size_t at) {
  size_t size = s->suite->cipher == LW_CHACHA20 ? 64 : 16;
  if (!s->filled || s->number != at / size) {
    s->number = at / size;
    s->filled = s->suite->cipher == LW_CHACHA20 ? peek_chacha(s) : peek_aes(s);
    if (!s->filled)
      return -1;
  }
  return body[at] ^ s->block[at % size];
}

static size_t peek_length (const lw_Peek *peek) {
  return (size_t)peek->head[1] << 16 | (size_t)peek->head[2] << 8 | peek->head[3];
}

/* -------------------------------------------------------------------- a long Certificate */

enum { CONTEXT, LIST, ENTRY, EXTENSIONS }; /* its fields: RFC 8446 section 4.4.2 */

static const unsigned widths[] = {1, 3, 3, 2};

static int peek_islong (const lw_Peek *peek) {
  return peek->head[0] == CERTIFICATE && peek_length(peek) >= SHORTEST &&
         peek_length(peek) <= LW_LARGEST_CHAIN;
}

/* Its header ends at `at`. One that is cut wolfSSL does not read. */
static void peek_begin (lw_Peek *peek, size_t at) {
  lw_Parade *p = &peek->parade;
  memset(p, 0, sizeof *p);
  p->state = LW_PASSING;
  p->at = at - 3;
  p->length = p->left = peek_length(peek);
  peek->skip = 0;
}

static void peek_passed (lw_Peek *peek, size_t n) {
  lw_Parade *p = &peek->parade;
  p->left -= n;
  if (p->left == 0) {
    p->state = LW_PASSED;
    peek->have = 0;
    peek->skip = 0;
  }
}

/* The length of the field is in the head. */
static void peek_field (lw_Peek *peek) {
  lw_Parade *p = &peek->parade;
  size_t n = 0;
  for (unsigned i = 0; i < peek->have; i++)
    n = n << 8 | peek->head[i];
  peek->have = 0;
  peek->skip = p->field == LIST ? 0 : n;
  if (peek->skip > p->left)
    peek->skip = p->left;
  p->count += p->field == ENTRY;
  p->field = p->field == EXTENSIONS ? ENTRY : p->field + 1;
}

static void peek_parade (lw_Peek *peek, unsigned char byte) {
  peek->head[peek->have++] = byte;
  if (peek->have == widths[peek->parade.field])
    peek_field(peek);
  peek_passed(peek, 1);
}

/* -------------------------------------------------------------------- messages */

/* Takes the next byte of a message's head; 0: it cannot be had. */
static int peek_head (lw_Peek *peek, Stream *s, const unsigned char *body, size_t at,
                      uint16_t *scheme) {
  int byte = peek_byte(s, body, at);
  if (byte < 0)
    return 0;
  if (peek->parade.state == LW_PASSING) {
    peek_parade(peek, (unsigned char)byte);
    return 1;
  }
  peek->head[peek->have++] = (unsigned char)byte;
  if (peek->have == 4 && at >= 3 && peek_islong(peek)) {
    peek_begin(peek, at);
    peek->have = 0;
  }
  else if (peek->have == 4 && peek->head[0] != CERTIFICATE_VERIFY) {
    if (peek->head[0] == CERTIFICATE_REQUEST && at >= 3)
      peek->request = at + 1;
    peek->skip = peek_length(peek);
    peek->have = 0;
  }
  else if (peek->have == 6) {
    *scheme = lw_read16(peek->head + 4);
    peek->ready = 0; /* that was all */
  }
  return 1;
}

static void peek_walk (lw_Peek *peek, Stream *s, const unsigned char *body, size_t length,
                       uint16_t *scheme) {
  size_t at = 0;
  while (peek->ready && at < length) {
    if (peek->skip > 0) {
      size_t n = peek->skip < length - at ? peek->skip : length - at;
      peek->skip -= n;
      at += n;
      if (peek->parade.state == LW_PASSING)
        peek_passed(peek, n);
    }
    else if (!peek_head(peek, s, body, at++, scheme))
      peek->ready = 0;
  }
}

/* The content type stands at the far end of a record, with zeros behind it (RFC 8446 section 5.4). What is left of the
   length; 0: these are not handshake messages. */
static size_t peek_content (Stream *s, const unsigned char *body, size_t length) {
  int type;
  while ((type = peek_byte(s, body, length)) == 0 && length > 0)
    length--;
  return type == HANDSHAKE ? length : 0;
}

void lw_peek_record (lw_Connection *c, int from_server, const unsigned char *body, size_t length) {
  lw_Peek *peek = &c->gate->peek[from_server];
  const lw_Suite *suite = c->suite;
  lw_Span record = {body - 5, length + 5};
  Stream s;
  if (!peek->ready || suite == NULL || length <= suite->overhead)
    return;
  memset(&s, 0, sizeof s);
  s.suite = suite;
  s.key = peek->key;
  memcpy(s.nonce, peek->iv, sizeof s.nonce);
  for (int i = 0; i < 8; i++)
    s.nonce[4 + i] ^= (unsigned char)(peek->sequence >> (8 * (7 - i)));
  peek->sequence++;
  length -= (size_t)suite->overhead + 1;
  if (from_server != c->server) /* wolfSSL pads nothing, and no message follows its alerts */
    length = peek_content(&s, body, length);
  if (length == 0 && peek->parade.state == LW_PASSING) { /* perhaps an alert */
    peek->parade.length = 0;
    peek->parade.state = LW_PASSED;
  }
  peek_walk(peek, &s, body, length, from_server ? &c->facts.scheme : &c->facts.client_scheme);
  lw_wipe(&s, sizeof s);
  if (peek->request > 0 && !c->server)
    lw_asked_record(c, record, peek->request - 4);
  peek->request = 0;
}
