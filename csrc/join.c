/*
** join.c - handshake records made anew: wolfSSL does not read a message header that is cut, and some messages it gets in
** another form.
*/

#include "transcript.h"

#include <string.h>

#define HEADER 5
#define LARGEST_PLAINTEXT 16384

/* The bodies of whole records, one after the other. */
int lw_join_bodies (lw_Bytes *bodies, lw_Span records) {
  while (records.length > HEADER) {
    size_t n = lw_read16(records.data + 3);
    if (n > records.length - HEADER || !lw_bytes_append(bodies, records.data + HEADER, n))
      return 0;
    records.data += HEADER + n;
    records.length -= HEADER + n;
  }
  return 1;
}

static int join_record (lw_Bytes *out, const unsigned char *start, const unsigned char *body,
                        size_t length) {
  unsigned char header[HEADER];
  memcpy(header, start, 3);
  header[3] = (unsigned char)(length >> 8);
  header[4] = (unsigned char)length;
  return lw_bytes_append(out, header, HEADER) && lw_bytes_append(out, body, length);
}

/* Whole messages in full records, but for a header that would be cut: it begins the next one. */
static int join_records (lw_Bytes *out, const unsigned char *start, const lw_Bytes *bodies) {
  const unsigned char *p = lw_bytes_data(bodies);
  size_t total = lw_bytes_length(bodies), at = 0, next = 0; /* message */
  while (at < total) {
    size_t end = total - at > LARGEST_PLAINTEXT ? at + LARGEST_PLAINTEXT : total;
    while (next + 4 <= end)
      next += 4 + ((size_t)p[next + 1] << 16 | (size_t)p[next + 2] << 8 | p[next + 3]);
    if (next < end)
      end = next;
    if (!join_record(out, start, p + at, end - at))
      return 0;
    at = end;
  }
  return 1;
}

int lw_join_front (lw_Connection *c, lw_Bytes *records, size_t length) {
  const lw_Bytes *in = &c->in;
  if (!lw_bytes_append(records, lw_bytes_data(in) + length, lw_bytes_length(in) - length))
    return 0;
  lw_bytes_free(&c->in);
  c->in = *records;
  memset(records, 0, sizeof *records);
  return 1;
}

int lw_join_examined (lw_Connection *c) {
  const unsigned char *start = lw_bytes_data(&c->in);
  lw_Span records = {start, c->gate->examined};
  lw_Bytes bodies = {NULL, 0, 0, 0}, joined = {NULL, 0, 0, 0};
  int good = lw_join_bodies(&bodies, records) && join_records(&joined, start, &bodies);
  size_t length = lw_bytes_length(&joined);
  good = good && lw_join_front(c, &joined, records.length);
  lw_bytes_free(&bodies);
  lw_bytes_free(&joined);
  if (good)
    c->gate->examined = length;
  return good;
}

size_t lw_join_message (lw_Span rest) {
  size_t length = rest.length < 4
                      ? rest.length
                      : 4 + ((size_t)rest.data[1] << 16 | (size_t)rest.data[2] << 8 | rest.data[3]);
  return length < rest.length ? length : rest.length;
}

/* All messages, as wolfSSL is given them. */
static int join_exchange (lw_Bytes *out, lw_Span messages, const lw_Transcript *t) {
  while (messages.length > 0) {
    lw_Span message = {messages.data, lw_join_message(messages)};
    lw_Span given = lw_transcript_exchange(t, message);
    if (!lw_bytes_append(out, given.data, given.length))
      return 0;
    messages.data += message.length;
    messages.length -= message.length;
  }
  return 1;
}

size_t lw_join_given (lw_Connection *c, size_t length) {
  lw_Transcript *t = c->gate->transcript;
  lw_Span front = {lw_bytes_data(&c->in), length}, came;
  lw_Bytes bodies = {NULL, 0, 0, 0}, messages = {NULL, 0, 0, 0}, records = {NULL, 0, 0, 0};
  size_t joined;
  int good = lw_join_bodies(&bodies, front);
  came.data = lw_bytes_data(&bodies);
  came.length = lw_bytes_length(&bodies);
  good = good && join_exchange(&messages, came, t) && join_records(&records, front.data, &messages);
  joined = lw_bytes_length(&records);
  if (!good || !lw_join_front(c, &records, length)) {
    lw_connection_fail(c, LW_INTERNAL, LW_INTERNAL_ALERT, "out of memory");
    joined = 0;
  }
  lw_bytes_free(&bodies);
  lw_bytes_free(&messages);
  lw_bytes_free(&records);
  lw_transcript_exchanged(t);
  c->gate->reduced = 0;
  return joined;
}
