/*
** transcript.c - what was on the wire is what is hashed, whatever wolfSSL was given. A message that wolfSSL cannot read
** is given to it in another form; the hash of the handshake, and with it Finished, CertificateVerify and all secrets,
** is over the one that came.
*/

#include "transcript.h"

#include <string.h>

/* One message after the other. */
struct lw_Transcript {
  lw_Bytes given, wire; /* whole messages: what wolfSSL has, and what stands for it */
  size_t tail; /* so many bytes at the end are the same in both, and may be hashed by themselves */
  unsigned begun, whole; /* which hashes have it: all but its tail, all of it */
  int due;               /* it is to be exchanged in the records */
  lw_Transcript *next;
};

static lw_Transcript *transcript_drop (lw_Transcript *t) {
  lw_Transcript *next = t->next;
  lw_bytes_free(&t->given);
  lw_bytes_free(&t->wire);
  lw_free(t);
  return next;
}

void lw_transcript_free (lw_Transcript *t) {
  while (t != NULL)
    t = transcript_drop(t);
}

/* With none of these there will be a HelloRetryRequest, and a second ClientHello of whatever size. */
static int transcript_hasshare (const lw_Connection *c) {
  lw_Span shares = c->gate->offered.key_share, share;
  unsigned group;
  while (lw_hello_next(&shares, &group, &share))
    for (size_t i = 0; i < c->context->groups_count; i++)
      if (c->context->groups[i] == group)
        return 1;
  return 0;
}

static int transcript_wanted (const lw_Connection *c) {
  if (!lw_device_hears(LW_HASH))
    return 0;
  if (!c->server) /* the server's chain may be long */
    return !c->context->psk_only;
  return c->gate->transcript != NULL || c->context->peer.verify != LW_VERIFY_NONE ||
         c->gate->retries || lw_request_possible(c);
}

WOLFSSL *lw_transcript_new (lw_Connection *c, WOLFSSL_CTX *ctx) {
  lw_Gate *g = c->gate;
  WOLFSSL *ssl;
  g->retries = c->server && g->version == 0x0304 && !transcript_hasshare(c);
  g->hashes = transcript_wanted(c);
  ssl = g->hashes ? lw_device_new(ctx) : wolfSSL_new(ctx);
  if (ssl != NULL && g->hashes && g->retries)
    lw_device_attach(ssl);
  return ssl;
}

/* wolfSSL goes on with SHA-1 and all of SHA-2 for the CertificateVerify of a TLS 1.2 client, which may take any. */
int lw_transcript_idle (const lw_Connection *c, int hash) {
  return c->gate != NULL && c->suite != NULL && hash != c->suite->hash &&
         (c->facts.version == 0x0304 || c->gate->resumes);
}

void lw_transcript_retry (lw_Connection *c) {
  if (c->server) /* too late, if it was not foreseen */
    c->gate->hashes &= c->gate->retries;
  else if (c->gate->hashes)
    lw_device_attach(c->ssl);
}

static lw_Transcript **transcript_list (lw_Connection *c) {
  return c->gate != NULL ? &c->gate->transcript : &c->answer->transcript;
}

lw_Transcript *lw_transcript_of (const lw_Connection *c) {
  if (c->gate != NULL)
    return c->gate->transcript;
  return c->answer == NULL ? NULL : c->answer->transcript;
}

static unsigned transcript_bit (int hash) {
  return 1u << hash;
}

static lw_Span transcript_span (const lw_Bytes *b) {
  lw_Span s = {lw_bytes_data(b), lw_bytes_length(b)};
  return s;
}

static int transcript_ishashed (const lw_Connection *c, const lw_Transcript *t) {
  return c->suite != NULL && (t->whole & transcript_bit(c->suite->hash)) != 0;
}

int lw_transcript_complete (const lw_Connection *c) {
  const lw_Transcript *t = lw_transcript_of(c);
  while (t != NULL && transcript_ishashed(c, t))
    t = t->next;
  return t == NULL && (c->gate == NULL || lw_bytes_length(&c->gate->hidden) == 0);
}

/* In TLS 1.2 EdDSA may sign it yet. */
static int transcript_isdone (const lw_Connection *c, const lw_Transcript *t) {
  return !t->due && c->facts.version == 0x0304 && transcript_ishashed(c, t);
}

static int transcript_nomemory (lw_Connection *c) {
  lw_connection_fail(c, LW_INTERNAL, LW_INTERNAL_ALERT, "out of memory");
  return 0;
}

static int transcript_add (lw_Connection *c, lw_Span given, lw_Span wire, lw_Transcript fields) {
  lw_Transcript **last = transcript_list(c), *t = (lw_Transcript *)lw_alloc(sizeof *t);
  if (t == NULL)
    return transcript_nomemory(c);
  while (*last != NULL && transcript_isdone(c, *last))
    *last = transcript_drop(*last);
  while (*last != NULL)
    last = &(*last)->next;
  *t = fields;
  *last = t;
  if (fields.due)
    c->gate->reduced = 1;
  return (lw_bytes_append(&t->given, given.data, given.length) &&
          lw_bytes_append(&t->wire, wire.data, wire.length)) ||
         transcript_nomemory(c);
}

int lw_transcript_replace (lw_Connection *c, lw_Span given, lw_Span wire, size_t tail) {
  lw_Transcript fields = {0};
  fields.tail = tail;
  fields.due = !c->in_protected;
  return transcript_add(c, given, wire, fields);
}

int lw_transcript_remake (lw_Connection *c, lw_Span given, lw_Span wire) {
  lw_Transcript fields = {0};
  return transcript_add(c, given, wire, fields);
}

/* Its place in the transcript is before the next message. */
int lw_transcript_hide (lw_Connection *c, lw_Span message) {
  static const lw_Span nothing;
  lw_Transcript fields = {0};
  fields.due = 1;
  fields.whole = ~0u;
  return transcript_add(c, nothing, message, fields) &&
         (lw_bytes_append(&c->gate->hidden, message.data, message.length) ||
          transcript_nomemory(c));
}

int lw_transcript_follow (lw_Connection *c, lw_Span message) {
  lw_Bytes *hidden = &c->gate->hidden;
  lw_Transcript fields = {0};
  int good;
  if (lw_bytes_length(hidden) == 0)
    return 1;
  good = (lw_bytes_append(hidden, message.data, message.length) || transcript_nomemory(c)) &&
         transcript_add(c, message, transcript_span(hidden), fields);
  lw_bytes_free(hidden);
  return good;
}

lw_Span lw_transcript_wire (const lw_Transcript *t, unsigned type) {
  lw_Span wire = {NULL, 0};
  for (; t != NULL; t = t->next)
    if (*lw_bytes_data(&t->wire) == type)
      wire = transcript_span(&t->wire);
  return wire;
}

lw_Span lw_transcript_given (const lw_Transcript *t, unsigned type) {
  lw_Span given = {NULL, 0};
  for (; t != NULL; t = t->next)
    if (*lw_bytes_data(&t->wire) == type)
      given = transcript_span(&t->given);
  return given;
}

lw_Span lw_transcript_exchange (const lw_Transcript *t, lw_Span message) {
  for (; t != NULL; t = t->next)
    if (t->due && message.length == lw_bytes_length(&t->wire) &&
        memcmp(message.data, lw_bytes_data(&t->wire), message.length) == 0)
      return transcript_span(&t->given);
  return message;
}

void lw_transcript_exchanged (lw_Transcript *t) {
  for (; t != NULL; t = t->next)
    t->due = 0;
}

/* Is it what wolfSSL was given, without `less` bytes at the end? */
static int transcript_is (const lw_Transcript *t, lw_Span bytes, size_t less) {
  return bytes.length == lw_bytes_length(&t->given) - less &&
         memcmp(bytes.data, lw_bytes_data(&t->given), bytes.length) == 0;
}

static int transcript_istail (const lw_Transcript *t, lw_Span bytes) {
  const lw_Bytes *given = &t->given;
  return bytes.length == t->tail &&
         memcmp(bytes.data, lw_bytes_data(given) + lw_bytes_length(given) - t->tail, t->tail) == 0;
}

static int transcript_wire (const lw_Transcript *t, lw_Span *bytes, size_t less) {
  bytes->data = lw_bytes_data(&t->wire);
  bytes->length = lw_bytes_length(&t->wire) - less;
  return 1;
}

static const lw_Transcript *transcript_shown (const lw_Transcript *t) {
  while (t != NULL && lw_bytes_length(&t->given) == 0) /* hidden */
    t = t->next;
  return t;
}

int lw_transcript_restore (const lw_Transcript *t, lw_Span messages, lw_Bytes *out) {
  t = transcript_shown(t);
  while (messages.length > 0) {
    lw_Span message = {messages.data, lw_join_message(messages)}, wire = message;
    if (t != NULL && transcript_is(t, message, 0)) {
      transcript_wire(t, &wire, 0);
      t = transcript_shown(t->next);
    }
    if (!lw_bytes_append(out, wire.data, wire.length))
      return 0;
    messages.data += message.length;
    messages.length -= message.length;
  }
  return 1;
}

/* wolfSSL hashes other things with this device, too. RFC 8446 section 4.2.11.2: binders are over all of a ClientHello
   that comes before them. */
int lw_transcript_replaces (lw_Transcript *t, int hash, lw_Span *bytes) {
  unsigned bit = transcript_bit(hash);
  while (t != NULL && (t->whole & bit))
    t = t->next;
  if (t == NULL)
    return 0;
  if (t->begun & bit) {
    t->whole |= transcript_istail(t, *bytes) ? bit : 0;
    return 0;
  }
  if (transcript_is(t, *bytes, 0)) {
    t->whole |= bit;
    return transcript_wire(t, bytes, 0);
  }
  if (t->tail > 0 && transcript_is(t, *bytes, t->tail)) {
    t->begun |= bit;
    return transcript_wire(t, bytes, t->tail);
  }
  return 0;
}
