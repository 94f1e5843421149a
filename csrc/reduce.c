/*
** reduce.c - a hello that wolfSSL cannot read, mostly for its length, becomes one that says the same to it.
** What it would not look at is left out; what it can read as it is stays. Who watches, and all that is decided here,
** has the one that came, and so has the hash of the handshake.
*/

#include "transcript.h"

#include <string.h>

/* What wolfSSL 5.5 reads. */
#define LARGEST_HELLO 18462
#define LARGEST_SUITES 300
#define LARGEST_SCHEMES 38

#define SMALL 256 /* an extension of that size is not worth a look */
#define LARGEST_TICKET 2048
#define LARGEST_PSKS 4096

enum {
  SERVER_NAME = 0,
  MAX_FRAGMENT_LENGTH = 1,
  TRUNCATED_HMAC = 4,
  STATUS_REQUEST = 5,
  STATUS_REQUEST_V2 = 17,
  SUPPORTED_GROUPS = 10,
  EC_POINT_FORMATS = 11,
  SIGNATURE_ALGORITHMS = 13,
  ALPN = 16,
  ENCRYPT_THEN_MAC = 22,
  EXTENDED_MASTER_SECRET = 23,
  SESSION_TICKET = 35,
  PRE_SHARED_KEY = 41,
  EARLY_DATA = 42,
  SUPPORTED_VERSIONS = 43,
  COOKIE = 44,
  PSK_KEY_EXCHANGE_MODES = 45,
  POST_HANDSHAKE_AUTH = 49,
  SIGNATURE_ALGORITHMS_CERT = 50,
  KEY_SHARE = 51,
  RENEGOTIATION_INFO = 0xff01
};

/* Can the key that was chosen make it? That of RSA, more than one; in TLS 1.2 that of a curve all of ECDSA. */
static int reduce_signs (const lw_Connection *c, unsigned scheme) {
  unsigned own = lw_connection_scheme(c);
  if (own == 0)
    return (scheme & 0xff) == 1 || (scheme >= 0x0804 && scheme <= 0x0806);
  return scheme == own || (own >> 8 != 8 && (scheme & 0xff) == 3);
}

/* Is one of ours where wolfSSL does not read on? */
static int reduce_missesscheme (const lw_Connection *c, lw_Span schemes) {
  const lw_Context *x = c->context;
  for (size_t at = LARGEST_SCHEMES; at + 1 < schemes.length; at += 2)
    for (size_t i = 0; i < x->schemes_count; i++)
      if (x->schemes[i] == lw_read16(schemes.data + at) && reduce_signs(c, x->schemes[i]))
        return 1;
  return 0;
}

/* wolfSSL reads one name, of a host, and takes a list for malformed that has others beside it. */
static int reduce_hasnames (const lw_Hello *h) {
  lw_Span names = lw_hello_extension(h, SERVER_NAME);
  return names.data != NULL && names.length != 5 + h->server_name.length;
}

static int reduce_has (const lw_Hello *h, unsigned type) {
  return lw_hello_extension(h, type).data != NULL;
}

/* RFC 5746 section 3.4 allows both signs of it, wolfSSL does not. */
static int reduce_hassigns (const lw_Hello *h) {
  return reduce_has(h, RENEGOTIATION_INFO) && lw_hello_has(h->suites, 0x00ff);
}

/* Is there something that wolfSSL does not take as it is meant? Of a version it looks at the second number only. It
   agrees to truncated_hmac, which nobody is to use (RFC 9325 section 4.6), and in TLS 1.3 reads status_request_v2, upon
   which a server must not act (RFC 8446 section 4.4.2.1). */
static int reduce_isodd (const lw_Connection *c, const lw_Hello *h) {
  if (h->legacy_version > 0x03ff || reduce_hasnames(h) || reduce_hassigns(h))
    return 1;
  return c->gate->version == 0x0304
             ? reduce_has(h, STATUS_REQUEST_V2) || lw_share_masked(h->key_share)
             : reduce_has(h, TRUNCATED_HMAC);
}

static int reduce_needs (const lw_Connection *c, const lw_Hello *h, size_t length) {
  return length > LARGEST_HELLO || h->suites.length > LARGEST_SUITES ||
         reduce_missesscheme(c, h->schemes) || reduce_isodd(c, h);
}

typedef struct Reduced {
  const lw_Context *context;
  const lw_Gate *gate;
  lw_Bytes out;
  size_t tail; /* its binders, which are those of the one that came */
} Reduced;

/* Of 1, 2 or 3 bytes: 0: out of memory. Likewise all that follows. */
static int reduce_number (lw_Bytes *b, int width, size_t n) {
  unsigned char bytes[3];
  for (int i = 0; i < width; i++)
    bytes[i] = (unsigned char)(n >> 8 * (width - 1 - i));
  return lw_bytes_append(b, bytes, (size_t)width);
}

static int reduce_vector (lw_Bytes *b, int width, lw_Span v) {
  return reduce_number(b, width, v.length) && lw_bytes_append(b, v.data, v.length);
}

static int reduce_extension (Reduced *r, unsigned type, lw_Span content) {
  return reduce_number(&r->out, 2, type) && reduce_vector(&r->out, 2, content);
}

/* -------------------------------------------------------------------- lists of code points */

typedef int (*reduce_Keeps)(const Reduced *r, unsigned code);

static int reduce_hassuite (const Reduced *r, unsigned code) {
  lw_Span suites = {r->context->suites, r->context->suites_length};
  return code == 0x00ff || code == 0x5600 || lw_hello_has(suites, code);
}

static int reduce_hasscheme (const Reduced *r, unsigned code) {
  for (size_t i = 0; i < r->context->schemes_count; i++)
    if (r->context->schemes[i] == code)
      return 1;
  return 0;
}

static int reduce_isours (const Reduced *r, unsigned code) {
  for (size_t i = 0; i < r->context->groups_count; i++)
    if (r->context->groups[i] == code)
      return 1;
  return 0;
}

/* In TLS 1.2 wolfSSL also looks at curves and fields that are not the context's. */
static int reduce_hasgroup (const Reduced *r, unsigned code) {
  return code < 0x20 || code >> 8 == 1 || reduce_isours(r, code);
}

/* Those that are kept, each once; or else the first, for an empty list says something else. */
static int reduce_codes (const Reduced *r, lw_Bytes *out, lw_Span list, size_t most,
                         reduce_Keeps keeps) {
  lw_Span kept = {NULL, 0};
  lw_Bytes codes = {NULL, 0, 0, 0};
  int good = 1;
  for (size_t i = 0; i < list.length && kept.length < most && good; i += 2) {
    kept.data = lw_bytes_data(&codes);
    kept.length = lw_bytes_length(&codes);
    if (keeps(r, lw_read16(list.data + i)) && !lw_hello_has(kept, lw_read16(list.data + i)))
      good = lw_bytes_append(&codes, list.data + i, 2);
  }
  if (good && lw_bytes_length(&codes) == 0)
    good = lw_bytes_append(&codes, list.data, 2);
  kept.data = lw_bytes_data(&codes);
  kept.length = lw_bytes_length(&codes);
  good = good && reduce_vector(out, 2, kept);
  lw_bytes_free(&codes);
  return good;
}

/* -------------------------------------------------------------------- extensions */

static int reduce_list (Reduced *r, unsigned type, lw_Span content, size_t most,
                        reduce_Keeps keeps) {
  lw_Bytes list = {NULL, 0, 0, 0};
  lw_Span reduced, codes;
  int good;
  if (!lw_hello_vector(&content, 2, &codes) || codes.length < 2 || codes.length % 2 != 0)
    return 1; /* of no use to anybody */
  good = reduce_codes(r, &list, codes, most, keeps);
  reduced.data = lw_bytes_data(&list);
  reduced.length = lw_bytes_length(&list);
  good = good && reduce_extension(r, type, reduced);
  lw_bytes_free(&list);
  return good;
}

static int reduce_names (Reduced *r, lw_Span host) {
  return host.data == NULL ||
         (reduce_number(&r->out, 2, SERVER_NAME) && reduce_number(&r->out, 2, 5 + host.length) &&
          reduce_number(&r->out, 2, 3 + host.length) && reduce_number(&r->out, 1, 0) &&
          reduce_vector(&r->out, 2, host));
}

/* The one that was chosen, or the first, which nobody here has either. */
static int reduce_protocols (Reduced *r, lw_Span offered) {
  lw_Span name = r->gate->protocol;
  if (name.length == 0) {
    name.data = offered.data;
    name.length = 1u + offered.data[0];
  }
  return reduce_number(&r->out, 2, ALPN) && reduce_number(&r->out, 2, 2 + name.length) &&
         reduce_vector(&r->out, 2, name);
}

/* An OCSP response is asked for, from whomever. */
static int reduce_status (Reduced *r, lw_Span content) {
  static const unsigned char any[] = {1, 0, 0, 0, 0};
  lw_Span wish = {any, sizeof any};
  return content.data[0] != 1 || reduce_extension(r, STATUS_REQUEST, wish);
}

static int reduce_shares (Reduced *r, lw_Span shares) {
  lw_Bytes list = {NULL, 0, 0, 0};
  lw_Span share, kept;
  unsigned group;
  int good = 1;
  while (good && lw_hello_next(&shares, &group, &share))
    if (reduce_isours(r, group))
      good = reduce_number(&list, 2, group) && reduce_vector(&list, 2, share);
  kept.data = lw_bytes_data(&list);
  kept.length = lw_bytes_length(&list);
  good = good && reduce_number(&r->out, 2, KEY_SHARE) &&
         reduce_number(&r->out, 2, 2 + kept.length) && reduce_vector(&r->out, 2, kept);
  lw_bytes_free(&list);
  return good;
}

static int reduce_ticket (Reduced *r, lw_Span ticket) {
  if (ticket.length > LARGEST_TICKET) /* not one of ours */
    ticket.length = 0;
  return reduce_extension(r, SESSION_TICKET, ticket);
}

/* Without it there is a full handshake. It is the last one. */
static int reduce_psks (Reduced *r, lw_Span content) {
  lw_Span identities, rest = content;
  if (content.length > LARGEST_PSKS || !lw_hello_vector(&rest, 2, &identities))
    return 1;
  r->tail = rest.length;
  return reduce_extension(r, PRE_SHARED_KEY, content);
}

/* In TLS 1.2 these say nothing. */
static int reduce_ismodern (unsigned type) {
  return type == PRE_SHARED_KEY || type == EARLY_DATA || type == COOKIE ||
         type == PSK_KEY_EXCHANGE_MODES || type == POST_HANDSHAKE_AUTH || type == KEY_SHARE;
}

static int reduce_large (Reduced *r, const lw_Hello *h, unsigned type, lw_Span content) {
  switch (type) {
  case SERVER_NAME:
    return reduce_names(r, h->server_name);
  case STATUS_REQUEST:
    return reduce_status(r, content);
  case SUPPORTED_GROUPS:
    return reduce_list(r, type, content, SMALL, reduce_hasgroup);
  case SIGNATURE_ALGORITHMS:
  case SIGNATURE_ALGORITHMS_CERT:
    return reduce_list(r, type, content, LARGEST_SCHEMES, reduce_hasscheme);
  case ALPN:
    return reduce_protocols(r, h->alpn);
  case SESSION_TICKET:
    return reduce_ticket(r, content);
  case PRE_SHARED_KEY:
    return reduce_psks(r, content);
  case KEY_SHARE:
    return reduce_shares(r, h->key_share);
  default: /* what wolfSSL knows is never so long */
    return 1;
  }
}

static size_t reduce_small (unsigned type) {
  if (type == SIGNATURE_ALGORITHMS || type == SIGNATURE_ALGORITHMS_CERT)
    return 2 + LARGEST_SCHEMES;
  return type == PRE_SHARED_KEY || type == SERVER_NAME ? 0 : SMALL;
}

/* Does wolfSSL look at it? */
static int reduce_counts (const Reduced *r, const lw_Hello *h, unsigned type) {
  if (reduce_ismodern(type) && r->gate->version != 0x0304)
    return 0;
  switch (type) {
  case EARLY_DATA: /* goes with the key */
    return lw_hello_extension(h, PRE_SHARED_KEY).length <= LARGEST_PSKS;
  case SERVER_NAME:
  case MAX_FRAGMENT_LENGTH:
  case STATUS_REQUEST:
  case SUPPORTED_GROUPS:
  case EC_POINT_FORMATS:
  case SIGNATURE_ALGORITHMS:
  case ALPN:
  case ENCRYPT_THEN_MAC:
  case EXTENDED_MASTER_SECRET:
  case SESSION_TICKET:
  case PRE_SHARED_KEY:
  case SUPPORTED_VERSIONS:
  case COOKIE:
  case PSK_KEY_EXCHANGE_MODES:
  case POST_HANDSHAKE_AUTH:
  case SIGNATURE_ALGORITHMS_CERT:
  case KEY_SHARE:
    return 1;
  case RENEGOTIATION_INFO:
    return !reduce_hassigns(h);
  default:
    return 0;
  }
}

/* Of key_share, which begins there if it is there: its head and the length of its list are not looked at. */
static void reduce_mask (Reduced *r, size_t at) {
  size_t length = lw_bytes_length(&r->out) - at;
  if (length > 6)
    lw_share_mask(r->out.block + r->out.head + at + 6, length - 6);
}

static int reduce_extensions (Reduced *r, const lw_Hello *h) {
  lw_Span list = h->extensions, content;
  unsigned type;
  int good = 1;
  while (good && lw_hello_next(&list, &type, &content)) {
    size_t at = lw_bytes_length(&r->out);
    if (reduce_counts(r, h, type))
      good = content.length <= reduce_small(type) ? reduce_extension(r, type, content)
                                                  : reduce_large(r, h, type, content);
    if (good && type == KEY_SHARE)
      reduce_mask(r, at);
  }
  return good;
}

/* -------------------------------------------------------------------- the message */

static int reduce_suites (Reduced *r, lw_Span suites) {
  if (suites.length <= LARGEST_SUITES)
    return reduce_vector(&r->out, 2, suites);
  return reduce_codes(r, &r->out, suites, LARGEST_SUITES, reduce_hassuite);
}

/* Writes a length of 2 or 3 bytes, for which there is room. */
static void reduce_setlength (Reduced *r, size_t at, int width) {
  unsigned char *p = r->out.block + r->out.head + at;
  size_t n = lw_bytes_length(&r->out) - at - (size_t)width;
  for (int i = 0; i < width; i++)
    p[i] = (unsigned char)(n >> 8 * (width - 1 - i));
}

static int reduce_hello (Reduced *r, const lw_Hello *h) {
  unsigned version = h->legacy_version > 0x03ff ? 0x0303 : h->legacy_version;
  size_t at;
  if (!reduce_number(&r->out, 1, 1) || !reduce_number(&r->out, 3, 0) ||
      !reduce_number(&r->out, 2, version) ||
      !lw_bytes_append(&r->out, h->random.data, h->random.length) ||
      !reduce_vector(&r->out, 1, h->session_id) || !reduce_suites(r, h->suites) ||
      !reduce_vector(&r->out, 1, h->compressions))
    return 0;
  at = lw_bytes_length(&r->out);
  if (h->extensions.data != NULL) {
    if (!reduce_number(&r->out, 2, 0) || !reduce_extensions(r, h))
      return 0;
    reduce_setlength(r, at, 2);
  }
  reduce_setlength(r, 1, 3);
  return 1;
}

static int reduce_replace (lw_Connection *c, const lw_Hello *h, lw_Span message) {
  Reduced r = {c->context, c->gate, {NULL, 0, 0, 0}, 0};
  lw_Span given;
  int good = reduce_hello(&r, h);
  given.data = lw_bytes_data(&r.out);
  given.length = lw_bytes_length(&r.out);
  if (!good)
    lw_connection_fail(c, LW_INTERNAL, LW_INTERNAL_ALERT, "out of memory");
  else if (c->no_certificate && h->has_pre_shared_key && r.tail == 0)
    lw_connection_fail(c, LW_PEER_INCOMPATIBLE, LW_HANDSHAKE_FAILURE,
                       "ClientHello: more pre-shared keys than wolfSSL reads");
  else if (given.length > 4 + LARGEST_HELLO)
    lw_connection_fail(c, LW_PEER_INCOMPATIBLE, LW_HANDSHAKE_FAILURE,
                       "ClientHello: what matters in it is more than wolfSSL reads");
  else
    lw_transcript_replace(c, given, message, r.tail);
  lw_bytes_free(&r.out);
  return c->code == NULL;
}

/* Without a device wolfSSL refuses what is too long. */
int lw_reduce_client (lw_Connection *c, const lw_Hello *h, lw_Span message) {
  if (!reduce_needs(c, h, message.length - 4))
    return 1;
  if (lw_device_hears(LW_HASH) && (c->ssl == NULL || c->gate->hashes))
    return reduce_replace(c, h, message);
  if (h->suites.length > LARGEST_SUITES)
    lw_connection_fail(c, LW_PEER_INCOMPATIBLE, LW_HANDSHAKE_FAILURE,
                       "ClientHello: more than the 150 cipher suites that wolfSSL reads");
  return c->code == NULL;
}

int lw_reduce_server (lw_Connection *c, const lw_Hello *h, lw_Span message) {
  lw_Bytes copy = {NULL, 0, 0, 0};
  lw_Span given;
  if (!lw_share_masked(h->key_share) || !c->gate->hashes)
    return 1;
  if (lw_bytes_append(&copy, message.data, message.length)) {
    given.data = lw_bytes_data(&copy);
    given.length = message.length;
    lw_share_mask(copy.block + copy.head + (h->key_share.data - message.data), h->key_share.length);
    lw_transcript_replace(c, given, message, 0);
  }
  else
    lw_connection_fail(c, LW_INTERNAL, LW_INTERNAL_ALERT, "out of memory");
  lw_bytes_free(&copy);
  return c->code == NULL;
}
