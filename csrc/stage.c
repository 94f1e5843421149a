/*
** stage.c - records of TLS 1.3 with a Certificate that wolfSSL cannot read. They are kept until it is whole; then wolfSSL
** gets as many records, under the same keys and numbers, with the shortened one in them. After the handshake each one
** is made anew, for it has the context of our question, which is not wolfSSL's.
*/

#include "transcript.h"

#include <string.h>

#define HEADER 5
#define LARGEST_PLAINTEXT 16384
#define LARGEST_STAGE (2 * LW_LARGEST_CHAIN)
#define HANDSHAKE 22

/* What is being done. */
typedef struct Work {
  lw_Stage *stage;
  lw_RecordKeys keys;
  lw_Bytes stream; /* all that is in the records */
} Work;

static int stage_nomemory (lw_Connection *c) {
  lw_connection_fail(c, LW_INTERNAL, LW_INTERNAL_ALERT, "out of memory");
  return 0;
}

/* What is in a record, without type and padding. 0: it cannot be opened, or has no handshake messages. */
static size_t stage_open (const Work *w, uint64_t number, lw_Span record, unsigned char *plain) {
  size_t length = record.length <= HEADER + (size_t)w->keys.suite->overhead
                      ? 0
                      : lw_record_unsealwith(&w->keys, number, record, plain);
  while (length > 0 && plain[length - 1] == 0)
    length--;
  return length > 0 && plain[length - 1] == HANDSHAKE ? length - 1 : 0;
}

/* 0: the records are not good for anything, and wolfSSL will say why. */
static int stage_openall (lw_Connection *c, Work *w) {
  const lw_Bytes *records = &w->stage->records;
  lw_Span rest = {lw_bytes_data(records), lw_bytes_length(records)}, record;
  for (uint64_t i = 0; rest.length >= HEADER; i++) {
    unsigned char *plain;
    size_t length;
    record.data = rest.data;
    record.length = HEADER + (size_t)lw_read16(rest.data + 3);
    plain = lw_bytes_reserve(&w->stream, record.length);
    if (plain == NULL)
      return stage_nomemory(c);
    length = stage_open(w, w->stage->from + i, record, plain);
    if (length == 0)
      return 0;
    lw_bytes_added(&w->stream, length);
    rest.data += record.length;
    rest.length -= record.length;
  }
  return 1;
}

static int stage_seal (lw_Connection *c, const Work *w, lw_Bytes *records, uint64_t number,
                       lw_Span inner) {
  unsigned char *record =
      lw_bytes_reserve(records, HEADER + inner.length + (size_t)c->suite->overhead);
  size_t length = record == NULL ? 0 : lw_record_sealwith(&w->keys, number, inner, record);
  lw_bytes_added(records, length);
  return length > 0 || stage_nomemory(c);
}

/* Where the i-th of the records begins in the message, whose header is in the first. */
static size_t stage_share (const Work *w, size_t i, size_t length) {
  return i == 0 ? 0 : 4 + i * (length - 4) / w->stage->count;
}

/* The i-th of the records: the message is spread over them; what was before and behind it stays there. */
static int stage_piece (lw_Connection *c, const Work *w, lw_Bytes *records, size_t i,
                        const lw_Span parts[3]) {
  static const unsigned char type = HANDSHAKE;
  size_t n = w->stage->count, from = stage_share(w, i, parts[1].length),
         to = stage_share(w, i + 1, parts[1].length);
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
  else if (to == from || inner.length > LARGEST_PLAINTEXT + 1)
    lw_connection_fail(c, LW_PEER_INCOMPATIBLE, LW_HANDSHAKE_FAILURE,
                       "Certificate: cut into records that wolfSSL cannot have");
  else
    stage_seal(c, w, records, w->stage->from + i, inner);
  lw_bytes_free(&content);
  return c->code == NULL;
}

/* Puts the records for wolfSSL in the place of those that came. 0: failed. */
static int stage_recast (lw_Connection *c, Work *w, size_t at, size_t length) {
  const unsigned char *stream = lw_bytes_data(&w->stream);
  lw_Bytes records = {NULL, 0, 0, 0};
  lw_Span parts[3], message = {stream + at, 4 + length};
  if (!(c->open ? lw_shorten_late(c, message) : lw_shorten(c, message)))
    return 0;
  parts[0].data = stream;
  parts[0].length = at;
  parts[1] = lw_transcript_given(lw_transcript_of(c), 11);
  parts[2].data = message.data + message.length;
  parts[2].length = lw_bytes_length(&w->stream) - at - message.length;
  for (size_t i = 0; i < w->stage->count && c->code == NULL; i++)
    stage_piece(c, w, &records, i, parts);
  lw_bytes_free(&w->stage->records);
  w->stage->records = records;
  return c->code == NULL;
}

/* Is the message where it was seen to pass? */
static int stage_isthere (lw_Span stream, const lw_Parade *p) {
  const unsigned char *head = stream.data + p->at;
  return p->at + 4 + p->length <= stream.length && head[0] == 11 &&
         ((size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3]) == p->length;
}

static int stage_work (lw_Connection *c, lw_Stage *s, const lw_Secret *secret, const lw_Parade *p) {
  Work w;
  memset(&w, 0, sizeof w);
  w.stage = s;
  if (lw_record_keys(&w.keys, c, secret) && stage_openall(c, &w)) {
    lw_Span all = {lw_bytes_data(&w.stream), lw_bytes_length(&w.stream)};
    if (stage_isthere(all, p))
      stage_recast(c, &w, p->at, p->length);
  }
  lw_bytes_free(&w.stream);
  lw_wipe(&w.keys, sizeof w.keys);
  return c->code == NULL;
}

static int stage_keep (lw_Connection *c, lw_Stage *s, uint64_t number, size_t length) {
  if (s->count++ == 0)
    s->from = number;
  if (!lw_bytes_append(&s->records, lw_bytes_data(&c->in), length))
    return stage_nomemory(c);
  lw_bytes_remove(&c->in, length);
  if (lw_bytes_length(&s->records) > LARGEST_STAGE) {
    lw_connection_fail(c, LW_PEER_MISBEHAVED, LW_UNEXPECTED_MESSAGE,
                       "Certificate: record after record with next to nothing in it");
    return 0;
  }
  return 1;
}

/* How much wolfSSL gets. */
static size_t stage_leave (lw_Connection *c, lw_Stage *s) {
  size_t length = lw_bytes_length(&s->records);
  s->count = 0;
  return lw_join_front(c, &s->records, 0) ? length : (size_t)stage_nomemory(c);
}

size_t lw_stage_record (lw_Connection *c, size_t length) {
  lw_Gate *g = c->gate;
  lw_Parade *p = &g->peek[!c->server].parade;
  const lw_Secret *secret = &c->secrets[c->server ? LW_CLIENT_HANDSHAKE : LW_SERVER_HANDSHAKE];
  if (p->state == LW_NO_PARADE || !g->hashes || *lw_bytes_data(&c->in) != 23)
    return length;
  if (!stage_keep(c, &g->stage, g->peek[!c->server].sequence - 1, length) || p->state == LW_PASSING)
    return 0;
  p->state = LW_NO_PARADE;
  if (lw_shorten_needs(p->length, p->count) && !stage_work(c, &g->stage, secret, p))
    return 0;
  return stage_leave(c, &g->stage);
}

size_t lw_stage_late (lw_Connection *c, size_t length) {
  lw_Answer *a = c->answer;
  if (a->parade.state == LW_NO_PARADE)
    return length;
  if (!stage_keep(c, &a->stage, c->in_sequence - 1, length) || a->parade.state == LW_PASSING)
    return 0;
  a->parade.state = LW_NO_PARADE;
  return stage_work(c, &a->stage, lw_record_peers(c), &a->parade) ? stage_leave(c, &a->stage) : 0;
}
