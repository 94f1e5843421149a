/*
** stage.c - records of TLS 1.3 with a Certificate that wolfSSL cannot read. They are kept until it is whole; then wolfSSL
** gets as many records, under the same keys and numbers, with the shortened one in them.
*/

#include "transcript.h"

#include <string.h>

#define HEADER 5
#define LARGEST_PLAINTEXT 16384
#define LARGEST_STAGE (2 * LW_LARGEST_CHAIN)
#define HANDSHAKE 22

static const lw_Secret *stage_secret (const lw_Connection *c) {
  return &c->secrets[c->server ? LW_CLIENT_HANDSHAKE : LW_SERVER_HANDSHAKE];
}

static int stage_nomemory (lw_Connection *c) {
  lw_connection_fail(c, LW_INTERNAL, LW_INTERNAL_ALERT, "out of memory");
  return 0;
}

/* What is in a record, without type and padding. 0: it cannot be opened, or has no handshake messages. */
static size_t stage_open (const lw_Connection *c, uint64_t number, lw_Span record,
                          unsigned char *plain) {
  size_t length =
      record.length <= HEADER + (size_t)c->suite->overhead
          ? 0
          : lw_record_unseal(c, stage_secret(c), number, record.data, record.length, plain);
  while (length > 0 && plain[length - 1] == 0)
    length--;
  return length > 0 && plain[length - 1] == HANDSHAKE ? length - 1 : 0;
}

/* All that is in the records. 0: not good for anything, and wolfSSL will say why. */
static int stage_openall (lw_Connection *c, lw_Bytes *stream) {
  lw_Gate *g = c->gate;
  lw_Span rest = {lw_bytes_data(&g->staged), lw_bytes_length(&g->staged)}, record;
  for (uint64_t i = 0; rest.length >= HEADER; i++) {
    unsigned char *plain;
    size_t length;
    record.data = rest.data;
    record.length = HEADER + (size_t)lw_read16(rest.data + 3);
    plain = lw_bytes_reserve(stream, record.length);
    if (plain == NULL)
      return stage_nomemory(c);
    length = stage_open(c, g->staged_from + i, record, plain);
    if (length == 0)
      return 0;
    lw_bytes_added(stream, length);
    rest.data += record.length;
    rest.length -= record.length;
  }
  return 1;
}

static int stage_seal (lw_Connection *c, lw_Bytes *records, uint64_t number, lw_Span inner) {
  unsigned char *record =
      lw_bytes_reserve(records, HEADER + inner.length + (size_t)c->suite->overhead);
  size_t length = record == NULL ? 0 : lw_record_seal(c, stage_secret(c), number, inner, record);
  lw_bytes_added(records, length);
  return length > 0 || stage_nomemory(c);
}

/* The i-th of the records: the message is spread over them; what was before and behind it stays there. */
static int stage_piece (lw_Connection *c, lw_Bytes *records, size_t i, const lw_Span parts[3]) {
  static const unsigned char type = HANDSHAKE;
  const lw_Gate *g = c->gate;
  size_t n = g->staged_count, from = i * parts[1].length / n, to = (i + 1) * parts[1].length / n;
  lw_Bytes content = {NULL, 0, 0, 0};
  lw_Span inner;
  int good = (i > 0 || lw_bytes_append(&content, parts[0].data, parts[0].length)) &&
             lw_bytes_append(&content, parts[1].data + from, to - from) &&
             (i < n - 1 || lw_bytes_append(&content, parts[2].data, parts[2].length)) &&
             lw_bytes_append(&content, &type, 1);
  inner.data = lw_bytes_data(&content);
  inner.length = lw_bytes_length(&content);
  if (!good)
    stage_nomemory(c);
  else if (to - from < 4 || inner.length > LARGEST_PLAINTEXT + 1)
    lw_connection_fail(c, LW_PEER_INCOMPATIBLE, LW_HANDSHAKE_FAILURE,
                       "Certificate: cut into records that wolfSSL cannot have");
  else
    stage_seal(c, records, g->staged_from + i, inner);
  lw_bytes_free(&content);
  return c->code == NULL;
}

/* Puts the records for wolfSSL in the place of those that came. 0: failed. */
static int stage_recast (lw_Connection *c, lw_Span stream, size_t at, size_t length) {
  lw_Gate *g = c->gate;
  lw_Bytes records = {NULL, 0, 0, 0};
  lw_Span parts[3], message = {stream.data + at, 4 + length};
  if (!lw_shorten(c, message))
    return 0;
  parts[0].data = stream.data;
  parts[0].length = at;
  parts[1] = lw_transcript_given(g->transcript);
  parts[2].data = message.data + message.length;
  parts[2].length = stream.length - at - message.length;
  for (size_t i = 0; i < g->staged_count && c->code == NULL; i++)
    stage_piece(c, &records, i, parts);
  lw_bytes_free(&g->staged);
  g->staged = records;
  return c->code == NULL;
}

/* Is the message where it was seen to pass? */
static int stage_isthere (lw_Span stream, const lw_Parade *p) {
  const unsigned char *head = stream.data + p->at;
  return p->at + 4 + p->length <= stream.length && head[0] == 11 &&
         ((size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3]) == p->length;
}

static int stage_finish (lw_Connection *c, const lw_Parade *p) {
  lw_Bytes stream = {NULL, 0, 0, 0};
  if (lw_shorten_needs(p->length, p->count) && stage_openall(c, &stream)) {
    lw_Span all = {lw_bytes_data(&stream), lw_bytes_length(&stream)};
    if (stage_isthere(all, p))
      stage_recast(c, all, p->at, p->length);
  }
  lw_bytes_free(&stream);
  return c->code == NULL;
}

static int stage_keep (lw_Connection *c, size_t length) {
  lw_Gate *g = c->gate;
  if (g->staged_count++ == 0)
    g->staged_from = g->peek[!c->server].sequence - 1;
  if (!lw_bytes_append(&g->staged, lw_bytes_data(&c->in), length))
    return stage_nomemory(c);
  lw_bytes_remove(&c->in, length);
  if (lw_bytes_length(&g->staged) > LARGEST_STAGE) {
    lw_connection_fail(c, LW_PEER_MISBEHAVED, LW_UNEXPECTED_MESSAGE,
                       "Certificate: record after record with next to nothing in it");
    return 0;
  }
  return 1;
}

size_t lw_stage_record (lw_Connection *c, size_t length) {
  lw_Gate *g = c->gate;
  lw_Parade *p = &g->peek[!c->server].parade;
  if (p->state == LW_NO_PARADE || !g->hashes || *lw_bytes_data(&c->in) != 23)
    return length;
  if (!stage_keep(c, length) || p->state == LW_PASSING)
    return 0;
  p->state = LW_NO_PARADE;
  if (!stage_finish(c, p))
    return 0;
  length = lw_bytes_length(&g->staged);
  g->staged_count = 0;
  return lw_join_front(c, &g->staged, 0) ? length : (size_t)stage_nomemory(c);
}
