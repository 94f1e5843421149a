/*
** piece.c - a client's KeyUpdate that comes in pieces, each in a record of its own (RFC 8446 section 5.1). wolfSSL
** wants the header of a message whole, and takes the tag of a record for what is missing. So the pieces are kept, and
** it gets one record with all of them, under the number of the first: with the next key numbers begin anew.
*/

#include "transcript.h"

#include <string.h>

enum { HANDSHAKE = 22, KEY_UPDATE = 24 };

#define LENGTH 5 /* of the message, with its header */

struct lw_Piece {
  unsigned char message[LENGTH + 1]; /* and its content type */
  size_t have;
  uint64_t from; /* the number of the first record */
};

void lw_piece_forget (lw_Connection *c) {
  lw_free(c->piece);
  c->piece = NULL;
}

/* With a whole KeyUpdate and its content type a record is longer than what is looked at. */
static int piece_isshort (const lw_Connection *c, size_t length) {
  return length <= 5u + c->suite->overhead + LENGTH;
}

/* How much of a message is in the record, which was counted already. type 0: it cannot be opened. */
static size_t piece_read (lw_Connection *c, size_t length, unsigned char *plain, int *type) {
  size_t n;
  c->in_sequence--;
  n = lw_after_content(c, lw_bytes_data(&c->in), length, plain, type);
  c->in_sequence++;
  if (*type == HANDSHAKE)
    return n;
  lw_wipe(plain, n); /* the application's */
  return 0;
}

static int piece_begins (lw_Connection *c, const unsigned char *plain, size_t n) {
  if (n == 0 || (n == 4 && plain[1] + plain[2] + plain[3] == 0)) /* a message without a body */
    return 0;
  c->piece = (struct lw_Piece *)lw_alloc_zero(sizeof *c->piece);
  if (c->piece != NULL)
    c->piece->from = c->in_sequence - 1;
  else
    lw_connection_fail(c, LW_INTERNAL, LW_INTERNAL_ALERT, "out of memory");
  return c->piece != NULL;
}

/* Unless it is asked, a client has no other message; one that it is asked for wolfSSL reads by itself. */
static int piece_isgood (const struct lw_Piece *p) {
  static const unsigned char head[] = {KEY_UPDATE, 0, 0, 1};
  return memcmp(p->message, head, p->have < sizeof head ? p->have : sizeof head) == 0;
}

/* The record in which it ended becomes one with all of it: its length; 0: out of memory. */
static size_t piece_whole (lw_Connection *c, size_t length) {
  struct lw_Piece *p = c->piece;
  unsigned char record[LW_SMALL_RECORD];
  lw_Span inner = {p->message, sizeof p->message};
  lw_Bytes joined = {NULL, 0, 0, 0};
  size_t size;
  p->message[LENGTH] = HANDSHAKE;
  size = lw_record_seal(c, lw_record_peers(c), p->from, inner, record);
  lw_piece_forget(c);
  if (lw_bytes_append(&joined, record, size) && lw_join_front(c, &joined, length))
    return size;
  lw_bytes_free(&joined);
  lw_connection_fail(c, LW_INTERNAL, LW_INTERNAL_ALERT, "out of memory");
  return 0;
}

static size_t piece_refused (lw_Connection *c, const char *what) {
  lw_connection_fail(c, LW_PEER_MISBEHAVED, LW_UNEXPECTED_MESSAGE, "%s", what);
  return 0;
}

static size_t piece_add (lw_Connection *c, const unsigned char *plain, size_t n, size_t length) {
  struct lw_Piece *p = c->piece;
  if (n > LENGTH - p->have)
    return piece_refused(c, "data after a KeyUpdate in its record");
  memcpy(p->message + p->have, plain, n);
  p->have += n;
  if (!piece_isgood(p))
    return piece_refused(c, "a message in pieces that is no KeyUpdate");
  if (p->have == LENGTH)
    return piece_whole(c, length);
  lw_bytes_remove(&c->in, length);
  return 0;
}

/* wolfSSL says what is wrong with a record that cannot be opened. */
static size_t piece_interrupted (lw_Connection *c, size_t length) {
  unsigned char *plain = (unsigned char *)lw_alloc(length);
  int type = 0;
  if (plain != NULL)
    piece_read(c, length, plain, &type);
  lw_free_secret(plain, length);
  return type == 0 ? length : piece_refused(c, "a record inside a KeyUpdate");
}

size_t lw_piece_join (lw_Connection *c, size_t length) {
  unsigned char plain[LENGTH];
  size_t n;
  int type, pending = c->piece != NULL;
  if (!c->server || !c->open || c->facts.version != 0x0304 || (c->answer != NULL && !pending))
    return length;
  /* who follows the answer has not seen how this began, and wolfSSL takes none now */
  if (c->answer != NULL)
    return piece_refused(c, "a KeyUpdate before the answer to a CertificateRequest");
  if (!piece_isshort(c, length))
    return pending ? piece_interrupted(c, length) : length;
  n = piece_read(c, length, plain, &type);
  if (!pending && !piece_begins(c, plain, n))
    return length;
  return n > 0 ? piece_add(c, plain, n, length) : piece_interrupted(c, length);
}
