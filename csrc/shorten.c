/*
** shorten.c - a Certificate that is too long for wolfSSL, or has more certificates than it has room for, becomes one with
** the leaf alone, of which wolfSSL needs the key. The chain is judged here (verify.c), and wolfSSL's opinion is asked of
** the path that was found in it.
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

/* Keeps the chain, of which the leaf stays in the list. 0: failed. */
static int shorten_leaf (lw_Connection *c, lw_Span *list) {
  size_t first;
  if (c->shortened)
    return shorten_fails(c, LW_PEER_MISBEHAVED, LW_UNEXPECTED_MESSAGE, "the second one");
  first = shorten_keep(c, *list, c->facts.version == 0x0304);
  if (first == 0)
    return shorten_fails(c, LW_DECODE_ERROR, LW_DECODE_ALERT,
                         "malformed, or more than 128 certificates");
  if (first > LARGEST_CERTIFICATE - LARGEST_HEAD)
    return shorten_fails(c, LW_PEER_INCOMPATIBLE, LW_HANDSHAKE_FAILURE,
                         "a leaf that is more than wolfSSL reads");
  c->shortened = 1;
  list->length = first;
  return 1;
}

static int shorten_malformed (lw_Connection *c) {
  return shorten_fails(c, LW_DECODE_ERROR, LW_DECODE_ALERT, "bad length");
}

int lw_shorten (lw_Connection *c, lw_Span message) {
  lw_Span context, list;
  if (!shorten_open(message, c->facts.version == 0x0304, &context, &list))
    return shorten_malformed(c);
  return shorten_leaf(c, &list) && shorten_replace(c, message, context, list);
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
  if (lw_shorten_needs(message.length - 4, shorten_count(list, 1)) && !shorten_leaf(c, &list))
    return 0;
  return shorten_replace(c, message, theirs, list);
}

int lw_shorten_plain (lw_Connection *c, lw_Span message) {
  lw_Span context, list;
  size_t count = shorten_open(message, 0, &context, &list) ? shorten_count(list, 0) : 0;
  if (c->gate->hashes && lw_shorten_needs(message.length - 4, count))
    return lw_shorten(c, message);
  return 1;
}
