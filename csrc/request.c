/*
** request.c - a server's CertificateRequest. wolfSSL's names no authorities in TLS 1.3 and asks for every signature
** scheme that it knows; in TLS 1.2 it asks for keys of the server's own kind (request12.c). So it is not what is sent:
** ours takes its place in the transcript when wolfSSL hashes its own, and on the wire when its record comes, under the
** same key and number. Its own never leaves. RFC 8446 sections 4.3.2, 4.2.3 and 4.2.4.
*/

#include "transcript.h"

#include <string.h>

#define HEADER 5
#define MOST_SCHEMES 64

enum { HANDSHAKE = 22, APPLICATION_DATA = 23, CERTIFICATE_REQUEST = 13 };
enum { SIGNATURE_ALGORITHMS = 13, CERTIFICATE_AUTHORITIES = 47, SIGNATURE_ALGORITHMS_CERT = 50 };
enum { POST_HANDSHAKE_AUTH = 49 };

/* From when wolfSSL hashed its message until that is sent. */
struct lw_Request {
  lw_Bytes theirs, ours;
  unsigned hashed; /* by which of its hashes */
};

typedef struct Schemes {
  unsigned char list[2 * MOST_SCHEMES];
  size_t length;
} Schemes;

static lw_Span request_span (const unsigned char *data, size_t length) {
  lw_Span s;
  s.data = data;
  s.length = length;
  return s;
}

static lw_Span request_bytes (const lw_Bytes *b) {
  return request_span(lw_bytes_data(b), lw_bytes_length(b));
}

static int request_same (lw_Span a, lw_Span b) {
  return a.length == b.length && memcmp(a.data, b.data, a.length) == 0;
}

void lw_request_free (lw_Connection *c) {
  if (c->request != NULL) {
    lw_bytes_free(&c->request->theirs);
    lw_bytes_free(&c->request->ours);
    lw_free(c->request);
    c->request = NULL;
  }
}

int lw_request_possible (const lw_Connection *c) {
  const lw_Demands *peer = &c->context->peer;
  if (!c->server || c->gate->version != 0x0304 || !lw_device_hears(LW_HASH))
    return 0;
  return peer->verify != LW_VERIFY_NONE ||
         ((c->trust != NULL || peer->trust != NULL || peer->insecure_accept_invalid) &&
          lw_hello_extension(&c->gate->offered, POST_HANDSHAKE_AUTH).data != NULL);
}

/* -------------------------------------------------------------------- schemes */

static void schemes_add (Schemes *s, unsigned scheme) {
  if (s->length + 2 <= sizeof s->list) {
    s->list[s->length++] = (unsigned char)(scheme >> 8);
    s->list[s->length++] = (unsigned char)scheme;
  }
}

/* The context's of those that wolfSSL has; rsa_pss_rsae stands for its rsa_pss_pss, too. */
static void schemes_ofmessages (Schemes *s, const lw_Context *x, lw_Span theirs) {
  s->length = 0;
  for (size_t i = 0; i < x->schemes_count; i++) {
    unsigned scheme = x->schemes[i];
    if (lw_hello_has(theirs, scheme))
      schemes_add(s, scheme);
    if (scheme >= 0x0804 && scheme <= 0x0806 && lw_hello_has(theirs, scheme + 5))
      schemes_add(s, scheme + 5);
  }
}

/* What may sign certificates of a path (signed.c) does not hang on what may sign messages. Hardly anybody has Ed448, so
   that is no reason to say so. */
static int schemes_isofchain (const lw_Context *x, unsigned scheme) {
  unsigned hash = scheme >> 8;
  return (hash >= 4 && hash <= 6) || (hash == 8 && scheme != 0x0808) ||
         (hash == 2 && x->peer.insecure_weak_signatures);
}

/* Empty: the same as of messages. */
static void schemes_ofchains (Schemes *s, const lw_Context *x, lw_Span theirs,
                              const Schemes *messages) {
  lw_Span known = request_span(messages->list, messages->length);
  int more = 0;
  s->length = 0;
  for (size_t i = 0; i + 1 < theirs.length; i += 2) {
    unsigned scheme = lw_read16(theirs.data + i);
    int isknown = lw_hello_has(known, scheme);
    if (isknown || schemes_isofchain(x, scheme))
      schemes_add(s, scheme);
    more |= !isknown && schemes_isofchain(x, scheme);
  }
  if (!more)
    s->length = 0;
}

/* -------------------------------------------------------------------- the message */

static int request_append (lw_Bytes *out, lw_Span s) {
  return s.length == 0 || lw_bytes_append(out, s.data, s.length);
}

static int request_extension (lw_Bytes *out, unsigned type, lw_Span content) {
  unsigned char head[4] = {(unsigned char)(type >> 8), (unsigned char)type,
                           (unsigned char)(content.length >> 8), (unsigned char)content.length};
  return lw_bytes_append(out, head, sizeof head) && request_append(out, content);
}

/* One with nothing but a list, where there is something in that. */
static int request_list (lw_Bytes *out, unsigned type, lw_Span list) {
  size_t content = 2 + list.length;
  unsigned char head[6] = {(unsigned char)(type >> 8),        (unsigned char)type,
                           (unsigned char)(content >> 8),     (unsigned char)content,
                           (unsigned char)(list.length >> 8), (unsigned char)list.length};
  return list.length == 0 || (lw_bytes_append(out, head, sizeof head) && request_append(out, list));
}

static int request_authorities (lw_Bytes *out, const lw_Connection *c) {
  lw_Bytes names = {NULL, 0, 0, 0};
  int good = lw_authority_names(c, &names) &&
             request_list(out, CERTIFICATE_AUTHORITIES, request_bytes(&names));
  lw_bytes_free(&names);
  return good;
}

/* Ours first, then what else wolfSSL has written. */
static int request_extensions (lw_Bytes *out, const lw_Connection *c, lw_Span theirs,
                               lw_Span schemes) {
  Schemes messages, chains;
  lw_Span content;
  unsigned type;
  int good;
  schemes_ofmessages(&messages, c->context, schemes);
  schemes_ofchains(&chains, c->context, schemes, &messages);
  good =
      request_list(out, SIGNATURE_ALGORITHMS,
                   messages.length > 0 ? request_span(messages.list, messages.length) : schemes) &&
      request_list(out, SIGNATURE_ALGORITHMS_CERT, request_span(chains.list, chains.length)) &&
      request_authorities(out, c);
  while (good && lw_hello_next(&theirs, &type, &content))
    if (type != SIGNATURE_ALGORITHMS && type != SIGNATURE_ALGORITHMS_CERT &&
        type != CERTIFICATE_AUTHORITIES)
      good = request_extension(out, type, content);
  return good;
}

static int request_message (lw_Bytes *out, lw_Span context, lw_Span extensions) {
  size_t length = 1 + context.length + 2 + extensions.length;
  unsigned char head[5] = {CERTIFICATE_REQUEST, (unsigned char)(length >> 16),
                           (unsigned char)(length >> 8), (unsigned char)length,
                           (unsigned char)context.length};
  unsigned char size[2] = {(unsigned char)(extensions.length >> 8),
                           (unsigned char)extensions.length};
  return lw_bytes_append(out, head, sizeof head) && request_append(out, context) &&
         lw_bytes_append(out, size, sizeof size) && request_append(out, extensions);
}

int lw_request_read (lw_Span m, lw_Span *context, lw_Span *extensions, lw_Span *schemes) {
  lw_Span rest, list, content;
  unsigned type;
  schemes->data = NULL;
  if (m.length < 4 || m.data[0] != CERTIFICATE_REQUEST)
    return 0;
  rest = request_span(m.data + 4, m.length - 4);
  if (((size_t)m.data[1] << 16 | (size_t)m.data[2] << 8 | m.data[3]) != rest.length ||
      !lw_hello_vector(&rest, 1, context) || !lw_hello_vector(&rest, 2, extensions) ||
      rest.length > 0)
    return 0;
  list = *extensions;
  while (lw_hello_next(&list, &type, &content))
    if (type == SIGNATURE_ALGORITHMS && !lw_hello_vector(&content, 2, schemes))
      return 0;
  return list.length == 0 && schemes->data != NULL;
}

/* TLS 1.2: it is not asked after the handshake. */
static int request_isold (const lw_Connection *c) {
  return c->gate != NULL && c->gate->version == 0x0303;
}

static int request_made (int good, const lw_Bytes *ours) {
  return !good ? -1 : lw_bytes_length(ours) <= LW_RECORD;
}

static int request_make12 (lw_Bytes *ours, const lw_Connection *c, lw_Span theirs) {
  lw_Request12 r;
  Schemes messages;
  if (!lw_request12_read(theirs, &r))
    return 0;
  schemes_ofmessages(&messages, c->context, r.schemes);
  if (messages.length == 0)
    return 0;
  return request_made(lw_request12_make(ours, c, request_span(messages.list, messages.length)),
                      ours);
}

/* RFC 8446 section 4.3.2: of a question after the handshake it is unique, and nobody can foresee it. wolfSSL's is the
   same each time. 0: there are no random numbers. */
static int request_context (const lw_Connection *c, lw_Span *context) {
  lw_Answer *a = c->answer;
  if (!c->open || context->length > sizeof a->theirs)
    return 1;
  memcpy(a->theirs, context->data, context->length);
  a->theirs_length = context->length;
  *context = request_span(a->ours, sizeof a->ours);
  return lw_random(a->ours, sizeof a->ours);
}

/* 1: ours is made, 0: wolfSSL's is to be sent, -1: no memory. */
static int request_make (lw_Bytes *ours, const lw_Connection *c, lw_Span theirs) {
  lw_Span context, extensions, schemes;
  lw_Bytes list = {NULL, 0, 0, 0};
  int good;
  if (request_isold(c))
    return request_make12(ours, c, theirs);
  if (!lw_request_read(theirs, &context, &extensions, &schemes))
    return 0;
  good = request_extensions(&list, c, extensions, schemes) && request_context(c, &context) &&
         request_message(ours, context, request_bytes(&list));
  lw_bytes_free(&list);
  return request_made(good, ours);
}

/* -------------------------------------------------------------------- in the transcript */

/* wolfSSL hashes one message of that type: after ServerHello, and for each question after the handshake. */
static int request_expected (const lw_Connection *c) {
  if (c->open)
    return c->server && c->answer != NULL && c->late != LW_LATE_ASKED;
  if (c->server && request_isold(c))
    return !c->out_protected && c->context->peer.verify != LW_VERIFY_NONE;
  return c->server && c->gate != NULL && c->gate->version == 0x0304 &&
         c->secrets[LW_SERVER_HANDSHAKE].length > 0 && c->secrets[LW_SERVER_TRAFFIC].length == 0;
}

static int request_keep (lw_Connection *c, lw_Span theirs, lw_Bytes *ours) {
  struct lw_Request *r = (struct lw_Request *)lw_alloc_zero(sizeof *r);
  if (r == NULL)
    return -1;
  c->request = r;
  r->ours = *ours;
  memset(ours, 0, sizeof *ours);
  if (lw_bytes_append(&r->theirs, theirs.data, theirs.length))
    return 1;
  lw_request_free(c);
  return -1;
}

static int request_begin (lw_Connection *c, lw_Span theirs) {
  lw_Bytes ours = {NULL, 0, 0, 0};
  int made = request_make(&ours, c, theirs);
  if (made > 0)
    made = request_keep(c, theirs, &ours);
  else if (c->answer != NULL)
    c->answer->theirs_length = 0;
  lw_bytes_free(&ours);
  return made;
}

static int request_remake (lw_Connection *c, int hash, lw_Span *bytes) {
  const struct lw_Request *r = c->request;
  return lw_transcript_remake(c, request_bytes(&r->theirs), request_bytes(&r->ours)) &&
         lw_transcript_replaces(c->gate->transcript, hash, bytes);
}

int lw_request_replaces (lw_Connection *c, int hash, lw_Span *bytes) {
  if (bytes->length < 4 || bytes->data[0] != CERTIFICATE_REQUEST)
    return 0;
  if (c->request == NULL) {
    int made = request_expected(c) ? request_begin(c, *bytes) : 0;
    if (made < 0)
      lw_connection_fail(c, LW_INTERNAL, LW_INTERNAL_ALERT, "out of memory");
    if (made <= 0)
      return 0;
    if (request_isold(c)) /* EdDSA may sign it yet */
      return request_remake(c, hash, bytes);
  }
  else if (!request_same(*bytes, request_bytes(&c->request->theirs)))
    return 0;
  c->request->hashed |= 1u << hash;
  *bytes = request_bytes(&c->request->ours);
  return 1;
}

/* -------------------------------------------------------------------- on the wire */

static int request_isin12 (const lw_Connection *c, lw_Span record) {
  return record.length > HEADER &&
         request_same(request_span(record.data + HEADER, record.length - HEADER),
                      request_bytes(&c->request->theirs));
}

/* Is wolfSSL's message all that is in this record? -1: no memory to find out. */
static int request_isin (const lw_Connection *c, lw_Span record) {
  lw_Span theirs = request_bytes(&c->request->theirs);
  unsigned char *plain;
  size_t size;
  int found;
  if (request_isold(c))
    return request_isin12(c, record);
  if (record.data[0] != APPLICATION_DATA ||
      record.length != HEADER + theirs.length + 1 + c->suite->overhead)
    return 0;
  plain = (unsigned char *)lw_alloc(record.length);
  if (plain == NULL)
    return -1;
  size =
      lw_record_unseal(c, lw_record_secret(c), c->out_sequence, record.data, record.length, plain);
  found = size == theirs.length + 1 && plain[theirs.length] == HANDSHAKE &&
          memcmp(plain, theirs.data, theirs.length) == 0;
  lw_free(plain);
  return found;
}

static int request_wrap (lw_Bytes *record, lw_Span message) {
  unsigned char header[HEADER] = {HANDSHAKE, 3, 3, (unsigned char)(message.length >> 8),
                                  (unsigned char)message.length};
  return lw_bytes_append(record, header, sizeof header) && request_append(record, message);
}

static int request_seal (const lw_Connection *c, lw_Bytes *record) {
  static const unsigned char type = HANDSHAKE;
  lw_Bytes *inner = &c->request->ours;
  size_t size = HEADER + lw_bytes_length(inner) + 1 + c->suite->overhead;
  unsigned char *room;
  if (request_isold(c))
    return request_wrap(record, request_bytes(inner));
  room = lw_bytes_reserve(record, size);
  if (room == NULL || !lw_bytes_append(inner, &type, 1) ||
      lw_record_seal(c, lw_record_secret(c), c->out_sequence, request_bytes(inner), room) != size)
    return 0;
  lw_bytes_added(record, size);
  return 1;
}

lw_Span lw_request_next (const lw_Connection *c, lw_Span *records) {
  lw_Span record = *records;
  if (c->request != NULL && records->length >= HEADER) {
    size_t size = HEADER + (size_t)lw_read16(records->data + 3);
    record.length = size < records->length ? size : records->length;
  }
  records->data += record.length;
  records->length -= record.length;
  return record;
}

static int request_ishashed (const lw_Connection *c) {
  return request_isold(c) ? lw_transcript_complete(c)
                          : (c->request->hashed & 1u << c->suite->hash) != 0;
}

int lw_request_replace (lw_Connection *c, lw_Span *record, lw_Bytes *room) {
  int found = request_isin(c, *record);
  if (found <= 0)
    return found == 0;
  if (!request_ishashed(c) || !request_seal(c, room))
    return 0;
  *record = request_bytes(room);
  lw_request_free(c);
  return 1;
}
