/*
** shorten.c - a Certificate that is too long for wolfSSL, or has more certificates than it has room for, becomes one with
** the leaf alone, of which wolfSSL needs the key; the leaf without its extensions, if it is too long itself. The chain is
** judged here (verify.c), and wolfSSL's opinion is asked of the path that was found in it.
*/

#include "path.h"
#include "transcript.h"

#include <string.h>

/* What wolfSSL 5.5 reads. */
#define LARGEST_CERTIFICATE 18462
#define MOST_CERTIFICATES 9

#define LARGEST_HEAD (4 + 1 + 255 + 3) /* of header, context and the length of the list */

int lw_shorten_needs (size_t length, size_t count) {
  return length <= LW_LARGEST_CHAIN && (length > LARGEST_CERTIFICATE || count > MOST_CERTIFICATES);
}

static int shorten_fails (lw_Connection *c, const char *code, int alert, const char *what) {
  lw_connection_fail(c, code, alert, "Certificate: %s", what);
  return 0;
}

/* Takes a vector with a length of three bytes from the front; 0: there is none. */
static int shorten_vector (lw_Span *s, lw_Span *v) {
  size_t length;
  if (s->length < 3)
    return 0;
  length = (size_t)s->data[0] << 16 | lw_read16(s->data + 1);
  if (length > s->length - 3)
    return 0;
  v->data = s->data + 3;
  v->length = length;
  s->data += 3 + length;
  s->length -= 3 + length;
  return 1;
}

/* The list: in TLS 1.3 an opaque context comes before it. */
static int shorten_open (lw_Span message, int tls13, lw_Span *context, lw_Span *list) {
  lw_Span rest = {message.data + 4, message.length - 4};
  context->length = 0;
  if (tls13 && !lw_hello_vector(&rest, 1, context))
    return 0;
  return shorten_vector(&rest, list) && rest.length == 0;
}

/* wolfSSL reads those of the leaf. */
static int shorten_extensions (lw_Span *list) {
  lw_Span extensions, content;
  unsigned type;
  if (!lw_hello_vector(list, 2, &extensions))
    return 0;
  while (lw_hello_next(&extensions, &type, &content))
    ;
  return extensions.length == 0;
}

/* In TLS 1.3 each has extensions. 0: none is left, or it is malformed. */
static int shorten_next (lw_Span *list, int tls13, lw_Span *certificate) {
  return shorten_vector(list, certificate) && (!tls13 || shorten_extensions(list));
}

int lw_shorten_list (const lw_Connection *c, WOLFSSL_BUFFER_INFO *certificates, int most) {
  int tls13 = c->facts.version == 0x0304, count = 0;
  lw_Span list = {NULL, 0}, context, certificate;
  if (!shorten_open(lw_transcript_wire(lw_transcript_of(c), 11), tls13, &context, &list))
    return 0;
  while (count < most && shorten_next(&list, tls13, &certificate)) {
    certificates[count].buffer = (unsigned char *)(uintptr_t)certificate.data;
    certificates[count++].length = (unsigned)certificate.length;
  }
  return count;
}

/* Keeps the certificates. The length of the first entry; 0: malformed, or out of memory. */
static size_t shorten_keep (lw_Connection *c, lw_Span list, int tls13) {
  lw_Span rest = list, certificate;
  WOLFSSL_BUFFER_INFO entry;
  size_t first = 0;
  lw_bytes_free(&c->peer_chain);
  for (int i = 0; rest.length > 0 && i < LW_MAX_CHAIN; i++) {
    if (!shorten_next(&rest, tls13, &certificate))
      return 0;
    first = i == 0 ? list.length - rest.length : first;
    entry.buffer = (unsigned char *)(uintptr_t)certificate.data;
    entry.length = (unsigned)certificate.length;
    if (!lw_chain_keep(&c->peer_chain, &entry))
      return 0;
  }
  return rest.length == 0 ? first : 0;
}

static void shorten_setlength (unsigned char *p, size_t n) {
  p[0] = (unsigned char)(n >> 16);
  p[1] = (unsigned char)(n >> 8);
  p[2] = (unsigned char)n;
}

static size_t shorten_head (unsigned char head[LARGEST_HEAD], int tls13, lw_Span context,
                            size_t list) {
  size_t size = tls13 ? 1 + context.length : 0;
  head[0] = 11;
  shorten_setlength(head + 1, size + 3 + list);
  if (tls13)
    head[4] = (unsigned char)context.length;
  if (context.length > 0)
    memcpy(head + 5, context.data, context.length);
  shorten_setlength(head + 4 + size, list);
  return 4 + size + 3;
}

/* A message with this context and list, and nothing else. */
static int shorten_replace (lw_Connection *c, lw_Span message, lw_Span context, lw_Span list) {
  unsigned char head[LARGEST_HEAD];
  size_t size = shorten_head(head, c->facts.version == 0x0304, context, list.length);
  lw_Bytes out = {NULL, 0, 0, 0};
  lw_Span given;
  int good = lw_bytes_append(&out, head, size) && lw_bytes_append(&out, list.data, list.length);
  given.data = lw_bytes_data(&out);
  given.length = lw_bytes_length(&out);
  good = good ? lw_transcript_replace(c, given, message, 0)
              : shorten_fails(c, LW_INTERNAL, LW_INTERNAL_ALERT, "out of memory");
  lw_bytes_free(&out);
  return good;
}

/* -------------------------------------------------------------------- a leaf that is too long itself */

/* A SEQUENCE of two parts, less than 64 KB. */
static int shorten_sequence (lw_Bytes *out, lw_Span a, lw_Span b) {
  size_t length = a.length + b.length, more = length < 128 ? 0 : length < 256 ? 1 : 2;
  unsigned char head[4] = {0x30, (unsigned char)(0x80 + more)};
  for (size_t i = 0; i < more; i++)
    head[2 + i] = (unsigned char)(length >> 8 * (more - 1 - i));
  if (more == 0)
    head[1] = (unsigned char)length;
  return lw_bytes_append(out, head, 2 + more) && lw_bytes_append(out, a.data, a.length) &&
         lw_bytes_append(out, b.data, b.length);
}

static lw_Span shorten_between (const unsigned char *from, const unsigned char *to) {
  lw_Span s;
  s.data = from;
  s.length = (size_t)(to - from);
  return s;
}

/* What a certificate says up to its key, with the signature that it has: only who signed it would notice. */
static int shorten_strip (lw_Bytes *out, const lw_X509 *x) {
  lw_Span none = {NULL, 0},
          inside = shorten_between(x->tbs.data + 4, x->key.der.data + x->key.der.length),
          signature = shorten_between(x->tbs.data + x->tbs.length, x->der.data + x->der.length);
  lw_Bytes tbs = {NULL, 0, 0, 0};
  int good = shorten_sequence(&tbs, inside, none);
  lw_Span front = {lw_bytes_data(&tbs), lw_bytes_length(&tbs)};
  good = good && shorten_sequence(out, front, signature);
  lw_bytes_free(&tbs);
  return good;
}

/* The entry with the leaf, of which the certificate is given, as wolfSSL gets it. 0: not good, or out of memory. */
static int shorten_stand (lw_Bytes *out, lw_Span entry, lw_Span leaf) {
  lw_X509 *x = (lw_X509 *)lw_alloc(sizeof *x);
  lw_Fault fault = {NULL, NULL, 0};
  unsigned char length[3] = {0, 0, 0};
  lw_Bytes stripped = {NULL, 0, 0, 0};
  const unsigned char *behind = leaf.data + leaf.length;
  size_t rest = (size_t)(entry.data + entry.length - behind);
  int good = x != NULL && lw_x509_read(x, leaf, &fault) && x->tbs.data[1] == 0x82 &&
             shorten_strip(&stripped, x);
  shorten_setlength(length, lw_bytes_length(&stripped));
  good = good && lw_bytes_append(out, length, sizeof length) &&
         lw_bytes_append(out, lw_bytes_data(&stripped), lw_bytes_length(&stripped)) &&
         lw_bytes_append(out, behind, rest);
  lw_bytes_free(&stripped);
  lw_free(x);
  return good && lw_bytes_length(out) <= LARGEST_CERTIFICATE - LARGEST_HEAD;
}

int lw_shorten_isleaf (const lw_Connection *c, const WOLFSSL_BUFFER_INFO *certificate) {
  int tls13 = c->facts.version == 0x0304;
  lw_Span given = lw_transcript_given(lw_transcript_of(c), 11), context, list, leaf;
  return given.length > 4 && shorten_open(given, tls13, &context, &list) &&
         shorten_next(&list, tls13, &leaf) && leaf.length == certificate->length &&
         memcmp(leaf.data, certificate->buffer, leaf.length) == 0;
}

/* -------------------------------------------------------------------- the message */

/* Keeps the chain, of which the leaf stays in the list, which may then be in `room`. 0: failed. */
static int shorten_leaf (lw_Connection *c, lw_Span *list, lw_Bytes *room) {
  lw_Span rest = *list, leaf = {NULL, 0};
  if (c->shortened)
    return shorten_fails(c, LW_PEER_MISBEHAVED, LW_UNEXPECTED_MESSAGE, "the second one");
  list->length = shorten_keep(c, *list, c->facts.version == 0x0304);
  if (list->length == 0)
    return shorten_fails(c, LW_DECODE_ERROR, LW_DECODE_ALERT,
                         "malformed, or more than 128 certificates");
  c->shortened = 1;
  if (list->length <= LARGEST_CERTIFICATE - LARGEST_HEAD)
    return 1;
  shorten_vector(&rest, &leaf);
  if (!shorten_stand(room, *list, leaf))
    return shorten_fails(c, LW_PEER_INCOMPATIBLE, LW_HANDSHAKE_FAILURE,
                         "a leaf that is more than wolfSSL reads");
  c->shortened = LW_STRIPPED;
  list->data = lw_bytes_data(room);
  list->length = lw_bytes_length(room);
  return 1;
}

static int shorten_with (lw_Connection *c, lw_Span message, lw_Span context, lw_Span list,
                         int needs) {
  lw_Bytes room = {NULL, 0, 0, 0};
  int good =
      (!needs || shorten_leaf(c, &list, &room)) && shorten_replace(c, message, context, list);
  lw_bytes_free(&room);
  return good;
}

static int shorten_malformed (lw_Connection *c) {
  return shorten_fails(c, LW_DECODE_ERROR, LW_DECODE_ALERT, "bad length");
}

int lw_shorten (lw_Connection *c, lw_Span message) {
  lw_Span context, list;
  if (!shorten_open(message, c->facts.version == 0x0304, &context, &list))
    return shorten_malformed(c);
  return shorten_with(c, message, context, list, 1);
}

static size_t shorten_count (lw_Span list, int tls13) {
  lw_Span certificate;
  size_t count = 0;
  while (shorten_next(&list, tls13, &certificate))
    count++;
  return count;
}

int lw_shorten_late (lw_Connection *c, lw_Span message) {
  const lw_Answer *a = c->answer;
  lw_Span context, list, theirs = {a->theirs, a->theirs_length};
  if (!shorten_open(message, 1, &context, &list))
    return shorten_malformed(c);
  if (context.length != LW_CONTEXT || memcmp(context.data, a->ours, LW_CONTEXT) != 0)
    return shorten_fails(c, LW_PEER_MISBEHAVED, LW_ILLEGAL_PARAMETER,
                         "a context that is not the question's");
  return shorten_with(c, message, theirs, list,
                      lw_shorten_needs(message.length - 4, shorten_count(list, 1)));
}

int lw_shorten_plain (lw_Connection *c, lw_Span message) {
  lw_Span context, list;
  size_t count = shorten_open(message, 0, &context, &list) ? shorten_count(list, 0) : 0;
  if (c->gate->hashes && lw_shorten_needs(message.length - 4, count))
    return lw_shorten(c, message);
  return 1;
}
