/*
** gate.c - every record passes here before wolfSSL sees it: framing, guards, hold and release.
**
** Records of the plaintext part of a handshake are released when the messages in them are whole, so that
** each guard sees a whole message however it was cut up. After that every record stands for itself.
*/

#include "connection.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define HEADER 5
#define LARGEST_PLAINTEXT 16384
#define LARGEST_HELLO 65536
#define LARGEST_MESSAGE 131072
#define LARGEST_REPLY 6 /* a KeyUpdate and its content type */

enum { CHANGE_CIPHER_SPEC = 20, ALERT = 21, HANDSHAKE = 22, APPLICATION_DATA = 23 };

typedef struct Record {
  unsigned type;
  const unsigned char *body;
  size_t length;
} Record;

int lw_gate_start (lw_Connection *c) {
  c->gate = (lw_Gate *)lw_alloc(sizeof *c->gate);
  if (c->gate == NULL)
    return 0;
  memset(c->gate, 0, sizeof *c->gate);
  return 1;
}

void lw_gate_free (lw_Connection *c) {
  if (c->gate != NULL) {
    lw_bytes_free(&c->gate->messages);
    lw_bytes_free(&c->gate->offer);
    lw_free_secret(c->gate, sizeof *c->gate);
    c->gate = NULL;
  }
}

static int gate_broken (lw_Connection *c, const char *code, int alert, const char *what) {
  lw_connection_fail(c, code, alert, "%s", what);
  return -1;
}

static int gate_misbehaved (lw_Connection *c, int alert, const char *what) {
  return gate_broken(c, LW_PEER_MISBEHAVED, alert, what);
}

/* 1: whole messages only; 0: the last one goes on in the next record. */
static int gate_messages (lw_Connection *c, const Record *r) {
  lw_Bytes *b = &c->gate->messages;
  if (!lw_bytes_append(b, r->body, r->length))
    return gate_broken(c, LW_INTERNAL, LW_INTERNAL_ALERT, "out of memory");
  while (lw_bytes_length(b) >= 4) {
    const unsigned char *p = lw_bytes_data(b);
    size_t length = (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
    if (length > (c->gate->hello_seen ? LARGEST_MESSAGE : LARGEST_HELLO))
      return gate_misbehaved(c, LW_ILLEGAL_PARAMETER, "a handshake message that is too large");
    if (lw_bytes_length(b) < 4 + length)
      return 0;
    if (c->asking) {
      c->gate->unguarded = 1;
      lw_bytes_free(b);
      return 1;
    }
    if (lw_guard_received(c, p[0], p + 4, length, lw_bytes_length(b) - 4 - length) < 0)
      return -1;
    lw_bytes_remove(b, 4 + length);
  }
  return lw_bytes_length(b) == 0;
}

/* -------------------------------------------------------------------- records */

/* A plaintext alert that ends the handshake stays here: wolfSSL wants it protected once it has keys, and of the
   version that it expects. In TLS 1.3 clients send such alerts, too, until their first protected record. */
static int gate_alert (lw_Connection *c, const Record *r) {
  if (r->length != 2)
    return gate_misbehaved(c, LW_DECODE_ALERT, "an alert that is not two bytes long");
  if (r->body[0] != 2 && !c->in_protected)
    return c->ssl != NULL /* a server has chosen no certificate yet */
               ? 1
               : gate_misbehaved(c, LW_UNEXPECTED_MESSAGE, "an alert before the ClientHello");
  lw_connection_alerted(c, r->body[1]);
  return -1;
}

static int gate_plain (lw_Connection *c, const Record *r) {
  if (r->length == 0)
    return gate_misbehaved(c, LW_DECODE_ALERT, "an empty record");
  if (r->type == HANDSHAKE)
    return gate_messages(c, r);
  if (lw_bytes_length(&c->gate->messages) > 0)
    return gate_misbehaved(c, LW_UNEXPECTED_MESSAGE, "a record inside a handshake message");
  if (r->type == ALERT)
    return gate_alert(c, r);
  if (r->type == APPLICATION_DATA)
    return gate_misbehaved(c, LW_UNEXPECTED_MESSAGE, "application data before there are keys");
  if (r->length != 1 || r->body[0] != 1 || (!c->gate->hello_seen && !c->gate->retried))
    return gate_misbehaved(c, LW_UNEXPECTED_MESSAGE, "a ChangeCipherSpec that makes no sense");
  if (c->gate->hello_seen && c->facts.version == 0x0303)
    c->in_protected = 1;
  return 1;
}

static size_t gate_overhead (const lw_Connection *c) {
  const lw_Suite *suite = lw_suite(c->facts.suite);
  return suite == NULL ? 0 : suite->overhead;
}

static int gate_protected13 (lw_Connection *c, const Record *r) {
  if (r->type == APPLICATION_DATA)
    return r->length > gate_overhead(c) /* an inner content type, at the least */
               ? 1
               : gate_misbehaved(c, LW_UNEXPECTED_MESSAGE, "a protected record with nothing in it");
  if (c->open || r->type == HANDSHAKE)
    return gate_misbehaved(c, LW_UNEXPECTED_MESSAGE, "a plaintext record where all are protected");
  if (r->type == ALERT)
    return gate_alert(c, r);
  return r->length == 1 && r->body[0] == 1 /* RFC 8446 section 5 */
             ? 1
             : gate_misbehaved(c, LW_UNEXPECTED_MESSAGE,
                               "a ChangeCipherSpec that is not one byte of 1");
}

static int gate_protected12 (lw_Connection *c, const Record *r) {
  if (r->type == CHANGE_CIPHER_SPEC)
    return gate_misbehaved(c, LW_UNEXPECTED_MESSAGE, "a second ChangeCipherSpec");
  if (r->type == APPLICATION_DATA && !c->open)
    return gate_misbehaved(c, LW_UNEXPECTED_MESSAGE, "application data before Finished");
  return r->length >= gate_overhead(c)
             ? 1
             : gate_misbehaved(c, LW_BAD_RECORD_MAC, "a protected record too short for its tag");
}

static int gate_record (lw_Connection *c, const Record *r) {
  if (!c->in_protected)
    return gate_plain(c, r);
  if (c->gate != NULL && r->type == APPLICATION_DATA)
    lw_peek_record(c, !c->server, r->body, r->length);
  return c->facts.version == 0x0304 ? gate_protected13(c, r) : gate_protected12(c, r);
}

/* The first line, as far as it is printable text; 0: it is none. */
static int gate_text (const unsigned char *p, size_t n) {
  int length = 0;
  while ((size_t)length < n && length < 60 && p[length] >= ' ' && p[length] <= '~')
    length++;
  return length >= HEADER ? length : 0;
}

static int gate_notls (lw_Connection *c, const unsigned char *p, size_t n) {
  int text = gate_text(p, n);
  if (text > 0) {
    lw_connection_fail(c, LW_DECODE_ERROR, LW_PROTOCOL_VERSION,
                       "the peer does not speak TLS here: it sent \"%.*s\"", text, (const char *)p);
    return -1;
  }
  if ((p[0] & 0x80) != 0 && p[2] == 1 /* client_hello */)
    return gate_broken(c, LW_PEER_INCOMPATIBLE, LW_PROTOCOL_VERSION, "an SSL 2.0 ClientHello");
  return gate_broken(c, LW_DECODE_ERROR, LW_PROTOCOL_VERSION, "what came is no TLS record");
}

/* 1: a whole record; 0: more bytes are wanted. */
static int gate_frame (lw_Connection *c, const unsigned char *p, size_t n, Record *r) {
  size_t limit;
  if (n < HEADER)
    return 0;
  if (p[0] < CHANGE_CIPHER_SPEC || p[0] > APPLICATION_DATA || p[1] != 3 || p[2] > 4) {
    if (c->gate != NULL && !c->gate->hello_seen)
      return gate_notls(c, p, n);
    return gate_misbehaved(c, LW_UNEXPECTED_MESSAGE, "a record of unknown type or version");
  }
  r->type = p[0];
  r->body = p + HEADER;
  r->length = lw_read16(p + 3);
  limit = LARGEST_PLAINTEXT;
  if (c->in_protected)
    limit += c->facts.version == 0x0304 ? 256 : 2048;
  if (r->length > limit)
    return gate_misbehaved(c, LW_RECORD_OVERFLOW, "a record that is too large");
  return n >= HEADER + r->length;
}

/* Makes the fewest records of handshake records that hold whole messages: wolfSSL does not read a message header
   that is cut. Nothing moves backwards over what is still to be read: no record gets longer. */
static size_t gate_join (lw_Bytes *b, size_t length) {
  unsigned char *start = b->block + b->head, *to = start, *header = start;
  size_t filled = LARGEST_PLAINTEXT;
  for (size_t from = 0; from < length;) {
    size_t n = lw_read16(start + from + 3);
    for (from += HEADER; n > 0; n--) {
      if (filled == LARGEST_PLAINTEXT) {
        header = to;
        memmove(header, start, 3);
        to += HEADER;
        filled = 0;
      }
      *to++ = start[from++];
      filled++;
      header[3] = (unsigned char)(filled >> 8);
      header[4] = (unsigned char)filled;
    }
  }
  lw_bytes_cut(b, (size_t)(to - start), length - (size_t)(to - start));
  return (size_t)(to - start);
}

int lw_gate_next (lw_Connection *c) {
  size_t examined = c->gate == NULL ? 0 : c->gate->examined;
  int whole;
  Record r;
  if (c->code != NULL)
    return -1;
  if (c->held)
    return 0;
  if (c->out_protected && !c->open && c->server && c->facts.version == 0x0304)
    c->out_sequence = 0; /* its flight is out: from here on the application keys count */
  do {
    whole = gate_frame(c, lw_bytes_data(&c->in) + examined, lw_bytes_length(&c->in) - examined, &r);
    if (whole <= 0)
      return whole;
    whole = gate_record(c, &r);
    if (whole < 0)
      return -1;
    examined += HEADER + r.length;
    if (c->gate != NULL) {
      c->gate->examined = examined;
      c->gate->records++;
    }
  } while (!whole);
  if (c->gate != NULL && c->gate->records > 1)
    examined = c->gate->examined = gate_join(&c->in, examined);
  if (c->gate != NULL && c->gate->unguarded) {
    c->held = 1;
    return 0;
  }
  if (c->holding && !c->open && (r.type == HANDSHAKE || r.type == APPLICATION_DATA)) {
    c->held = 1;
    return 0;
  }
  lw_gate_release(c, examined);
  return 1;
}

void lw_gate_release (lw_Connection *c, size_t length) {
  c->held = 0;
  c->released = length;
  if (c->gate != NULL)
    c->gate->examined = c->gate->records = 0;
}

/* -------------------------------------------------------------------- what wolfSSL sends */

/* Between reads wolfSSL sends KeyUpdates and alerts. What is longer answers a request for post-handshake
   authentication, to which nobody here has agreed (RFC 8446 section 4.6.2). */
static int gate_maysend (lw_Connection *c, size_t size) {
  if (!c->reading || c->facts.version != 0x0304 || size <= LARGEST_REPLY + gate_overhead(c))
    return 1;
  lw_connection_fail(c, LW_PEER_MISBEHAVED, LW_UNEXPECTED_MESSAGE,
                     "a CertificateRequest after the handshake");
  return 0;
}

static int gate_handshake (lw_Connection *c, const unsigned char *body, size_t size, size_t end) {
  lw_Gate *g = c->gate;
  if (g == NULL)
    return 1;
  if (!lw_guard_sent(c, body, size))
    return 0;
  if (g->compatible) {
    g->compatible = 0;
    g->hello_sent = end;
  }
  return 1;
}

int lw_gate_sent (lw_Connection *c, const unsigned char *data, size_t length) {
  const unsigned char *start = data;
  while (length >= HEADER) {
    size_t size = lw_read16(data + 3);
    if (size > length - HEADER)
      break;
    if (c->out_protected) {
      if (!gate_maysend(c, size))
        return 0;
      c->out_sequence += (data[0] != CHANGE_CIPHER_SPEC);
      if (c->gate != NULL && data[0] == APPLICATION_DATA)
        lw_peek_record(c, c->server, data + HEADER, size);
    }
    else if (data[0] == CHANGE_CIPHER_SPEC) {
      c->out_protected = 1;
      c->out_sequence = 0;
    }
    else if (data[0] == HANDSHAKE &&
             !gate_handshake(c, data + HEADER, size, (size_t)(data - start) + HEADER + size))
      return 0;
    data += HEADER + size;
    length -= HEADER + size;
  }
  return 1;
}
