/*
** ocsp.c - OCSP responses as servers staple them (RFC 6960, RFC 6066 section 8).
*/

#include <string.h>

#include "path.h"

#define SKEW 300       /* seconds that a responder's clock may be ahead of ours */
#define LIFETIME 86400 /* of a response that does not say when the next one is due */

typedef struct Response {
  lw_Span tbs;
  lw_Algorithm algorithm;
  lw_Span signature;
  lw_Der certificates;
  lw_Der list; /* of SingleResponse */
  unsigned responder_tag;
  lw_Span responder; /* [1] a Name, [2] SHA-1 of a key */
  lw_Span nonce;     /* data is NULL when absent */
  int critical;      /* there are critical extensions */
} Response;

typedef struct Single {
  lw_Span hash; /* OID */
  lw_Span issuer_name, issuer_key, serial;
  unsigned status; /* 0 good, 1 revoked, 2 unknown */
  int64_t this_update, next_update;
  int critical;
} Single;

/* ------------------------------------------------------------------ reading (section 4.2.1) */

#define OID_NONCE LW_SPAN("\x2b\x06\x01\x05\x05\x07\x30\x01\x02")
#define OID_BASIC LW_SPAN("\x2b\x06\x01\x05\x05\x07\x30\x01\x01")
#define DER_ENUMERATED 0x0a

/* [1] EXPLICIT Extensions OPTIONAL. nonce: NULL where there is none to be. */
static int read_extensions (lw_Der *r, lw_Span *nonce, int *critical) {
  lw_Der outer, list, inside;
  if (!lw_der_is(r, LW_DER_EXPLICIT(1)))
    return 1;
  if (!lw_der_enter(r, LW_DER_EXPLICIT(1), &outer) ||
      !lw_der_enter(&outer, LW_DER_SEQUENCE, &list) || !lw_der_end(&outer))
    return 0;
  while (list.at < list.end) {
    lw_Item value;
    lw_Span oid;
    int is_critical = 0;
    if (!lw_der_enter(&list, LW_DER_SEQUENCE, &inside) || !lw_der_oid(&inside, LW_DER_OID, &oid) ||
        (lw_der_is(&inside, LW_DER_BOOLEAN) && !lw_der_boolean(&inside, &is_critical)) ||
        !lw_der_item(&inside, LW_DER_OCTET_STRING, &value) || !lw_der_end(&inside))
      return 0;
    if (nonce != NULL && lw_span_equal(oid, OID_NONCE))
      *nonce = value.content;
    else
      *critical |= is_critical;
  }
  return 1;
}

/* CertID */
static int read_id (lw_Der *r, Single *s) {
  lw_Der inside;
  lw_Algorithm hash;
  lw_Item name, key;
  if (!lw_der_enter(r, LW_DER_SEQUENCE, &inside) || !lw_algorithm_read(&inside, &hash) ||
      !lw_der_item(&inside, LW_DER_OCTET_STRING, &name) ||
      !lw_der_item(&inside, LW_DER_OCTET_STRING, &key) ||
      !lw_der_integer(&inside, LW_DER_INTEGER, &s->serial))
    return 0;
  s->hash = hash.oid;
  s->issuer_name = name.content;
  s->issuer_key = key.content;
  return lw_der_end(&inside);
}

static int read_single (lw_Der *r, Single *s) {
  lw_Der inside, outer;
  lw_Item status;
  if (!lw_der_enter(r, LW_DER_SEQUENCE, &inside) || !read_id(&inside, s) ||
      !lw_der_any(&inside, &status) || !lw_der_time(&inside, &s->this_update))
    return 0;
  s->status = status.tag & 0x1f;
  s->next_update = s->this_update + LIFETIME;
  s->critical = 0;
  if ((status.tag & 0xc0) != 0x80 || s->status > 2)
    return lw_der_fail(r, status.der.data, "no certificate status");
  if (lw_der_is(&inside, LW_DER_EXPLICIT(0)) &&
      (!lw_der_enter(&inside, LW_DER_EXPLICIT(0), &outer) ||
       !lw_der_time(&outer, &s->next_update) || !lw_der_end(&outer)))
    return 0;
  return read_extensions(&inside, NULL, &s->critical) && lw_der_end(&inside);
}

static int read_data (Response *o, lw_Der *r) {
  lw_Der version, again;
  lw_Item responder;
  int64_t produced;
  Single s;
  int v = 0;
  if (lw_der_is(r, LW_DER_EXPLICIT(0)) && (!lw_der_enter(r, LW_DER_EXPLICIT(0), &version) ||
                                           !lw_der_small(&version, LW_DER_INTEGER, &v)))
    return 0;
  if (v != 0 || !lw_der_any(r, &responder) || !lw_der_time(r, &produced) ||
      !lw_der_enter(r, LW_DER_SEQUENCE, &o->list) || !read_extensions(r, &o->nonce, &o->critical) ||
      !lw_der_end(r))
    return 0;
  o->responder_tag = responder.tag;
  o->responder = responder.content;
  again = o->list;
  while (again.at < again.end)
    if (!read_single(&again, &s))
      return 0;
  return 1;
}

static int read_basic (Response *o, lw_Der *r) {
  lw_Der inside, data, outer;
  lw_Item tbs;
  int unused;
  if (!lw_der_enter(r, LW_DER_SEQUENCE, &inside) || !lw_der_item(&inside, LW_DER_SEQUENCE, &tbs) ||
      !lw_signature_algorithm_read(&inside, &o->algorithm) ||
      !lw_der_bits(&inside, LW_DER_BIT_STRING, &o->signature, &unused) || unused != 0)
    return 0;
  o->tbs = tbs.der;
  o->certificates = inside;
  o->certificates.at = o->certificates.end;
  if (lw_der_is(&inside, LW_DER_EXPLICIT(0)) &&
      (!lw_der_enter(&inside, LW_DER_EXPLICIT(0), &outer) ||
       !lw_der_enter(&outer, LW_DER_SEQUENCE, &o->certificates) || !lw_der_end(&outer)))
    return 0;
  data = lw_der_inside(&inside, tbs.content);
  return lw_der_end(&inside) && read_data(o, &data);
}

/* OCSPResponse, successful and of the basic type */
static int read_response (Response *o, lw_Span der) {
  lw_Fault fault = {NULL, NULL, 0};
  lw_Der r = lw_der_reader(der, "ocsp_response", &fault), inside, outer, bytes;
  lw_Item octets;
  lw_Span oid;
  int status;
  memset(o, 0, sizeof *o);
  if (!lw_der_enter(&r, LW_DER_SEQUENCE, &inside) || !lw_der_end(&r) ||
      !lw_der_small(&inside, DER_ENUMERATED, &status) || status != 0 ||
      !lw_der_enter(&inside, LW_DER_EXPLICIT(0), &outer) ||
      !lw_der_enter(&outer, LW_DER_SEQUENCE, &bytes) || !lw_der_oid(&bytes, LW_DER_OID, &oid) ||
      !lw_span_equal(oid, OID_BASIC) || !lw_der_item(&bytes, LW_DER_OCTET_STRING, &octets))
    return 0;
  r = lw_der_inside(&r, octets.content);
  if (!read_basic(o, &r) || !lw_der_sound(&r))
    return 0;
  o->certificates.fault = o->list.fault = NULL; /* which is about to go; all was read */
  return 1;
}

/* ------------------------------------------------------------------ the responder (section 4.2.2.2) */

static int hash_equals (const char *hash, lw_Span data, lw_Span wanted) {
  unsigned char digest[LW_MAXDIGEST];
  const lw_Hash *h = lw_hash_find(hash);
  return wanted.length == h->size &&
         wc_Hash(h->type, data.data, (word32)data.length, digest, h->size) == 0 &&
         memcmp(digest, wanted.data, h->size) == 0;
}

static int is_responder (const Response *o, const lw_X509 *x) {
  lw_Der r;
  lw_Item key;
  if (o->responder_tag == LW_DER_EXPLICIT(1)) {
    r = lw_der_reader(o->responder, NULL, NULL);
    return lw_name_check(&r) && lw_der_end(&r) && lw_name_equal(o->responder, x->subject);
  }
  r = lw_der_reader(o->responder, NULL, NULL);
  return o->responder_tag == LW_DER_EXPLICIT(2) && lw_der_item(&r, LW_DER_OCTET_STRING, &key) &&
         hash_equals("sha1", x->key.key, key.content);
}

static int is_signed_by (const Response *o, const lw_X509 *x, const lw_Demand *d) {
  lw_Strength strength = lw_signed_strength(&o->algorithm);
  if (!is_responder(o, x) || strength < (d->weak_signatures ? LW_WEAK : LW_SOUND))
    return SIG_VERIFY_E;
  return lw_signed_by(x->key.der, &o->algorithm, o->tbs, o->signature);
}

/* Somebody to whom the CA has given, directly, the right to answer for it */
static int is_delegate (const lw_X509 *x, const lw_X509 *ca, const lw_Demand *d) {
  lw_Demand demand = *d;
  lw_Findings f;
  demand.purpose = LW_OCSP_SIGNING;
  demand.host.data = demand.ip.data = NULL;
  demand.ca_leaf = 1;
  demand.profile = LW_NO_PROFILE; /* which are of those who serve, or ask */
  f.count = 0;
  lw_rules_leaf(x, 0, &demand, &f);
  if (f.count > 0 || !lw_x509_has_purpose(x, LW_OCSP_SIGNING) ||
      !lw_name_equal(x->issuer, ca->subject))
    return SIG_VERIFY_E;
  return lw_signed_by(ca->key.der, &x->signature_algorithm, x->tbs, x->signature);
}

/* A delegate's certificate comes with the response. */
static int check_delegate (const Response *o, const lw_X509 *ca, const lw_Demand *d,
                           lw_X509 *room) {
  lw_Der list = o->certificates;
  int error = SIG_VERIFY_E;
  lw_Fault fault;
  lw_Item item;
  for (int i = 0; i < 4 && list.at < list.end && error != 0 && error != MEMORY_E; i++) {
    if (!lw_der_any(&list, &item))
      return SIG_VERIFY_E;
    if (!lw_x509_read(room, item.der, &fault))
      continue;
    error = is_delegate(room, ca, d);
    if (error == 0)
      error = is_signed_by(o, room, d);
  }
  return error;
}

static int check_signature (const Response *o, const lw_X509 *ca, const lw_Demand *d) {
  int error = is_signed_by(o, ca, d);
  lw_X509 *room;
  if (error == 0 || error == MEMORY_E)
    return error;
  room = (lw_X509 *)lw_alloc(sizeof *room);
  if (room == NULL)
    return MEMORY_E;
  error = check_delegate(o, ca, d, room);
  lw_free(room);
  return error;
}

/* ------------------------------------------------------------------ the answer */

static int is_about (const Single *s, const lw_X509 *x, const lw_X509 *ca) {
  char text[LW_OID_TEXT];
  const char *hash = lw_oid_name(lw_oid_text(s->hash, text));
  return hash != NULL && lw_hash_find(hash) != NULL && lw_span_equal(s->serial, x->serial) &&
         hash_equals(hash, x->issuer, s->issuer_name) &&
         hash_equals(hash, ca->key.key, s->issuer_key);
}

/* The code of what is wrong; NULL: nothing is. */
static const char *answer (const Response *o, const lw_X509 *x, const lw_X509 *ca,
                           const lw_Demand *d) {
  static const char *const states[] = {NULL, "revoked", "status_unknown"};
  lw_Der list = o->list;
  Single s;
  while (list.at < list.end && read_single(&list, &s))
    if (is_about(&s, x, ca) && !s.critical && d->time >= s.this_update - SKEW &&
        d->time <= s.next_update)
      return states[s.status];
  return "bad_staple";
}

/* RFC 8954 section 2.1: who answers need not repeat it, but must not have another. */
static int has_nonce (const Response *o, const lw_Demand *d) {
  if (d->nonce.data == NULL || o->nonce.data == NULL)
    return !d->nonce_required;
  return lw_span_equal(d->nonce, o->nonce);
}

int lw_ocsp_apply (lw_Span response, const lw_Demand *d, lw_Verdict *v) {
  const char *code = "bad_staple";
  Response o;
  int error;
  if (v->length < 2) /* the leaf is trusted by itself: nobody could say otherwise */
    return 0;
  if (read_response(&o, response) && !o.critical && has_nonce(&o, d)) {
    error = check_signature(&o, v->path[1], d);
    if (error == MEMORY_E)
      return error;
    if (error == 0)
      code = answer(&o, v->path[0], v->path[1], d);
  }
  if (code != NULL)
    lw_found(&v->findings, 0, code);
  return 0;
}

void lw_ocsp_validity (lw_Span response, const lw_X509 *x, const lw_X509 *ca, int64_t *from,
                       int64_t *until) {
  Response o;
  Single s;
  *from = *until = 0;
  if (!read_response(&o, response))
    return;
  while (*until == 0 && o.list.at < o.list.end && read_single(&o.list, &s))
    if (is_about(&s, x, ca)) {
      *from = s.this_update;
      *until = s.next_update;
    }
}

int lw_ocsp_usessha1 (lw_Span response) {
  char text[LW_OID_TEXT];
  const char *hash;
  Response o;
  Single s;
  if (!read_response(&o, response) || !read_single(&o.list, &s))
    return 1; /* whatever wolfSSL makes of it */
  hash = lw_oid_name(lw_oid_text(s.hash, text));
  return hash != NULL && strcmp(hash, "sha1") == 0;
}

int lw_ocsp_required (const lw_X509 *x) {
  lw_Der r = lw_x509_open(x, LW_TLS_FEATURES);
  int feature;
  while (lw_feature_next(&r, &feature))
    if (feature == 5) /* status_request */
      return 1;
  return 0;
}
