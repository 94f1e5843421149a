/*
** gate.c - every record passes here before wolfSSL sees it: framing, guards, hold and release.
**
** Records of the plaintext part of a handshake are released when the messages in them are whole, so that
** each guard sees a whole message however it was cut up. After that every record stands for itself.
*/

#include "transcript.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define HEADER 5
#define LARGEST_PLAINTEXT 16384
#define LARGEST_HELLO 65536
#define LARGEST_EARLY 131072
#define LARGEST_MESSAGE 131072
#define MOST_IDLE 100
#define MOST_KEY_UPDATES 32
#define LARGEST_REPLY 6 /* a KeyUpdate and its content type */

#define DROPPED 2 /* a record that wolfSSL need not see */

enum { CHANGE_CIPHER_SPEC = 20, ALERT = 21, HANDSHAKE = 22, APPLICATION_DATA = 23 };

typedef struct Record {
  unsigned type;
  const unsigned char *body;
  size_t length;
} Record;

int lw_gate_start (lw_Connection *c) {
  c->gate = (lw_Gate *)lw_alloc_zero(sizeof *c->gate);
  return c->gate != NULL;
}

void lw_gate_free (lw_Connection *c) {
  if (c->gate != NULL) {
    lw_bytes_free(&c->gate->messages);
    lw_bytes_free(&c->gate->offer);
    lw_bytes_free(&c->gate->stage.records);
    lw_bytes_free(&c->gate->asked);
    lw_bytes_free(&c->gate->hidden);
    lw_free(c->gate->response);
    lw_transcript_free(c->gate->transcript);
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

static int gate_nomemory (lw_Connection *c) {
  return gate_broken(c, LW_INTERNAL, LW_INTERNAL_ALERT, "out of memory");
}

static size_t gate_largest (const lw_Connection *c) {
  if (c->gate->hello_seen)
    return LARGEST_MESSAGE;
  return c->server ? c->context->max_client_hello : LARGEST_HELLO;
}

/* A guard has refused it, and may not have said what is wrong with it. It may be in `messages`. */
static int gate_refused (lw_Connection *c, const unsigned char *message, size_t length) {
  lw_Gate *g = c->gate;
  lw_Bytes kept = {NULL, 0, 0, 0};
  if (strcmp(c->code, LW_DECODE_ERROR) == 0 && g->field == NULL) {
    g->undecoded = lw_bytes_append(&kept, message, length);
    lw_bytes_free(&g->messages);
    g->messages = kept;
  }
  return -1;
}

/* Shows the guards each whole message at the front of `rest` and takes it off. */
static int gate_whole (lw_Connection *c, lw_Span *rest) {
  while (rest->length >= 4) {
    const unsigned char *p = rest->data;
    size_t length = (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
    if (length > gate_largest(c))
      return gate_misbehaved(c, LW_DECODE_ALERT, "a handshake message that is too large");
    if (rest->length < 4 + length)
      return 0;
    if (c->asking) { /* the hello waits, unguarded, for somebody's answer */
      c->gate->unguarded = 1;
      rest->length = 0;
      return 0;
    }
    rest->data += 4 + length;
    rest->length -= 4 + length;
    if (lw_guard_received(c, p[0], p + 4, length, rest->length) < 0)
      return gate_refused(c, p, 4 + length);
  }
  return 0;
}

/* 1: whole messages only; 0: the last one goes on in the next record. */
static int gate_messages (lw_Connection *c, const Record *r) {
  lw_Bytes *b = &c->gate->messages;
  lw_Span rest = {r->body, r->length};
  size_t begun = lw_bytes_length(b);
  if (begun > 0) {
    if (!lw_bytes_append(b, r->body, r->length))
      return gate_nomemory(c);
    rest.data = lw_bytes_data(b);
    rest.length = lw_bytes_length(b);
  }
  if (gate_whole(c, &rest) < 0)
    return -1;
  if (begun > 0)
    lw_bytes_remove(b, lw_bytes_length(b) - rest.length);
  else if (!lw_bytes_append(b, rest.data, rest.length))
    return gate_nomemory(c);
  return rest.length == 0;
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

/* RFC 8446 section 5 and appendix D.4: one, by whoever wants TLS 1.3 to look like TLS 1.2, means nothing. */
static int gate_change13 (lw_Connection *c) {
  if (c->gate->changed)
    return gate_misbehaved(c, LW_UNEXPECTED_MESSAGE, "a second ChangeCipherSpec");
  c->gate->changed = 1;
  return DROPPED;
}

static int gate_change (lw_Connection *c, const Record *r) {
  if (r->length != 1 || r->body[0] != 1 || (!c->gate->hello_seen && !c->gate->retried))
    return gate_misbehaved(c, LW_UNEXPECTED_MESSAGE, "a ChangeCipherSpec that makes no sense");
  if (c->facts.version != 0x0303)
    return gate_change13(c);
  c->in_protected = 1;
  return 1;
}

/* RFC 8446 section 4.2.10: a server that takes no early data reads over it, to a limit. */
static int gate_early (lw_Connection *c, const Record *r) {
  c->gate->skipped += r->length;
  if (c->gate->skipped > LARGEST_EARLY)
    return gate_misbehaved(c, LW_UNEXPECTED_MESSAGE, "early data without end");
  return DROPPED;
}

static int gate_plain (lw_Connection *c, const Record *r) {
  if (r->type != HANDSHAKE && lw_bytes_length(&c->gate->messages) > 0)
    return gate_misbehaved(c, LW_UNEXPECTED_MESSAGE, "a record inside a handshake message");
  if (r->type == APPLICATION_DATA && c->gate->early && c->gate->retried)
    return gate_early(c, r);
  if (r->type == APPLICATION_DATA)
    return gate_misbehaved(c, LW_UNEXPECTED_MESSAGE, "application data before there are keys");
  if (r->length == 0)
    return gate_misbehaved(c, LW_DECODE_ALERT, "an empty record");
  if (r->type == HANDSHAKE)
    return gate_messages(c, r);
  return r->type == ALERT ? gate_alert(c, r) : gate_change(c, r);
}

static size_t gate_overhead (const lw_Connection *c) {
  return c->suite == NULL ? 0 : c->suite->overhead;
}

static int gate_opened (lw_Connection *c, const Record *r) {
  if (r->length <= gate_overhead(c)) /* not even an inner content type */
    return gate_misbehaved(c, LW_UNEXPECTED_MESSAGE, "a protected record with nothing in it");
  if (c->answer != NULL || (c->open && c->holding)) {
    int handshake = lw_after_record(c, r->body - HEADER, HEADER + r->length);
    if (handshake < 0)
      return gate_nomemory(c);
    c->held = handshake && c->holding;
  }
  c->in_sequence++;
  return c->code == NULL ? 1 : -1;
}

static int gate_protected13 (lw_Connection *c, const Record *r) {
  if (r->type == APPLICATION_DATA)
    return gate_opened(c, r);
  if (c->open || r->type == HANDSHAKE)
    return gate_misbehaved(c, LW_UNEXPECTED_MESSAGE, "a plaintext record where all are protected");
  return r->type == ALERT ? gate_alert(c, r) : gate_change(c, r);
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

/* 0: it is not known yet. */
static int gate_goodscheme (lw_Connection *c, unsigned scheme) {
  return scheme == 0 || (lw_exchange_scheme(c, scheme) && lw_exchange_fits(c, scheme));
}

static int gate_record (lw_Connection *c, const Record *r) {
  if (!c->in_protected)
    return gate_plain(c, r);
  if (c->gate != NULL && c->gate->early && r->type == APPLICATION_DATA) {
    if (!lw_record_isfirst(c, r->body - HEADER, HEADER + r->length))
      return gate_early(c, r);
    c->gate->early = 0;
  }
  if (c->gate != NULL && r->type == APPLICATION_DATA)
    lw_peek_record(c, !c->server, r->body, r->length);
  if (c->gate != NULL && !gate_goodscheme(c, lw_exchange_peers(c)))
    return -1;
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
  if (p[0] < CHANGE_CIPHER_SPEC || p[0] > APPLICATION_DATA || p[1] != 3 ||
      (p[2] > 3 && c->in_protected)) {
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

/* RFC 8446 section 5.1: the version of a plaintext record does not count. To wolfSSL it does. */
static void gate_setversion (lw_Connection *c, size_t at) {
  unsigned char *header = c->in.block + c->in.head + at;
  if (header[2] > 3)
    header[2] = 3;
}

/* 1: whole messages at the front of `in` are examined; 0: more bytes are wanted; -1: failed. */
static int gate_examine (lw_Connection *c, Record *r) {
  size_t *examined = &c->gate->examined;
  int whole = 0;
  while (!whole) {
    whole =
        gate_frame(c, lw_bytes_data(&c->in) + *examined, lw_bytes_length(&c->in) - *examined, r);
    if (whole <= 0)
      return whole;
    gate_setversion(c, *examined);
    whole = gate_record(c, r);
    if (whole < 0)
      return -1;
    if (whole == DROPPED) {
      lw_bytes_remove(&c->in, HEADER + r->length); /* the first: none is inside a message */
      whole = 0;
      continue;
    }
    *examined += HEADER + r->length;
    c->gate->records++;
  }
  if (c->gate->records == 1 || c->gate->unguarded) /* they come here once more */
    return 1;
  return lw_join_examined(c) ? 1 : gate_nomemory(c);
}

/* Records that hold nothing for the application cost work, and a peer may ask for an answer to each. */
static int gate_busy (lw_Connection *c) {
  if (++c->idle > MOST_IDLE || c->key_updates > MOST_KEY_UPDATES)
    return gate_misbehaved(c, LW_UNEXPECTED_MESSAGE, "record after record without data");
  return 1;
}

/* Of an open connection: none waits for another but in a Certificate, and one of a handshake perhaps for somebody's
   answer. */
static int gate_pass (lw_Connection *c) {
  Record r;
  int whole = gate_frame(c, lw_bytes_data(&c->in), lw_bytes_length(&c->in), &r);
  if (whole > 0)
    whole = gate_record(c, &r);
  if (whole > 0)
    whole = gate_busy(c);
  if (whole > 0 && c->held)
    return 0;
  if (whole <= 0)
    return whole;
  lw_gate_release(c, HEADER + r.length);
  if (c->code != NULL)
    return -1;
  return c->released > 0 ? 1 : 2;
}

size_t lw_gate_held (const lw_Connection *c) {
  if (!c->held)
    return 0;
  return c->gate != NULL ? c->gate->examined
                         : HEADER + (size_t)lw_read16(lw_bytes_data(&c->in) + 3);
}

/* The same while there is a handshake. 2: what was released is kept for later. */
static int gate_advance (lw_Connection *c) {
  int whole;
  Record r;
  if (c->out_protected && c->server && c->facts.version == 0x0304)
    c->out_sequence = 0; /* its flight is out: from here on the application keys count */
  whole = gate_examine(c, &r);
  if (whole <= 0)
    return whole;
  if (c->gate->unguarded || (c->holding && (r.type == HANDSHAKE || r.type == APPLICATION_DATA))) {
    c->held = 1;
    return 0;
  }
  lw_gate_release(c, c->gate->examined);
  if (c->code != NULL)
    return -1;
  return c->released > 0 ? 1 : 2;
}

int lw_gate_next (lw_Connection *c) {
  int passed = 2;
  if (c->code != NULL)
    return -1;
  if (c->held)
    return 0;
  while (passed == 2)
    passed = c->gate == NULL ? gate_pass(c) : gate_advance(c);
  return passed;
}

void lw_gate_release (lw_Connection *c, size_t length) {
  int shown = 1; /* it is what came */
  lw_watch(c, 1, lw_bytes_data(&c->in), length);
  c->held = 0;
  if (c->gate != NULL && lw_bytes_length(&c->gate->asked) > 0)
    lw_asked_settle(c);
  if (c->gate != NULL && c->gate->reduced) {
    length = lw_join_given(c, length);
    shown = !c->server; /* what a client's wolfSSL got in another form is not at fault */
  }
  else if (c->gate != NULL && c->in_protected && c->facts.version == 0x0304)
    length = lw_stage_record(c, length);
  else if (c->answer != NULL && c->piece == NULL)
    length = lw_stage_late(c, length);
  else if (c->open)
    length = lw_piece_join(c, length);
  c->released = length;
  if (c->gate != NULL) {
    c->gate->examined = c->gate->records = 0;
    c->gate->given = shown ? length : 0;
    c->gate->given_at = c->in.head;
    c->gate->given_after = c->received;
  }
}

/* It is still in the block, unless more has come since. */
void lw_gate_keep (lw_Connection *c) {
  lw_Gate *g = c->gate;
  lw_Span records;
  if (g == NULL || g->given == 0 || g->given_after != c->received)
    return;
  if ((c->in.size > 0 && g->given_at + g->given > c->in.size) ||
      c->in.block[g->given_at] != HANDSHAKE)
    return;
  records.data = c->in.block + g->given_at;
  records.length = g->given;
  lw_bytes_free(&g->messages);
  g->undecoded = lw_join_bodies(&g->messages, records);
}

/* -------------------------------------------------------------------- what wolfSSL sends */

/* Between reads wolfSSL sends KeyUpdates and alerts. What is longer answers a request for post-handshake
   authentication, to which somebody here must have agreed (RFC 8446 section 4.6.2). */
static int gate_maysend (lw_Connection *c, size_t size) {
  if (!c->reading || c->context->late || c->facts.version != 0x0304 ||
      size <= LARGEST_REPLY + gate_overhead(c))
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
