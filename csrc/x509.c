/*
** x509.c - the structure of a certificate (RFC 5280 section 4.1).
*/

#include <string.h>

#include "x509.h"

/* ------------------------------------------------------------------ the to-be-signed part */

/* version [0] EXPLICIT INTEGER DEFAULT v1: what is the default is not written in DER */
static int x509_version (lw_X509 *x, lw_Der *r) {
  const unsigned char *at = r->at;
  lw_Der inside;
  int version = 0;
  r->path = "tbs_certificate.version";
  if (lw_der_is(r, LW_DER_EXPLICIT(0))) {
    if (!lw_der_enter(r, LW_DER_EXPLICIT(0), &inside) ||
        !lw_der_small(&inside, LW_DER_INTEGER, &version) || !lw_der_end(&inside))
      return 0;
    if (version < 1 || version > 2)
      return lw_der_fail(r, at, "version is neither v2 nor v3");
  }
  x->version = version + 1;
  return 1;
}

static int x509_name (lw_Der *r, const char *path, lw_Span *name) {
  const unsigned char *at = r->at;
  r->path = path;
  if (!lw_name_check(r))
    return 0;
  name->data = at;
  name->length = (size_t)(r->at - at);
  return 1;
}

static int x509_validity (lw_X509 *x, lw_Der *r) {
  lw_Der inside;
  r->path = "tbs_certificate.validity";
  return lw_der_enter(r, LW_DER_SEQUENCE, &inside) && lw_der_time(&inside, &x->not_before) &&
         lw_der_time(&inside, &x->not_after) && lw_der_end(&inside);
}

/* issuerUniqueID [1], subjectUniqueID [2]: IMPLICIT BIT STRING */
static int x509_unique_id (const lw_X509 *x, lw_Der *r, unsigned tag) {
  lw_Span bits;
  int unused;
  r->path = "tbs_certificate.unique_id";
  if (!lw_der_is(r, tag))
    return 1;
  if (x->version < 2)
    return lw_der_fail(r, r->at, "unique identifier in a v1 certificate");
  return lw_der_bits(r, tag, &bits, &unused);
}

/* Extension ::= SEQUENCE { extnID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING }
   A FALSE that is written out is not DER, but it is common, and harmless. */
static int x509_extension (lw_X509 *x, lw_Der *r) {
  lw_Extension *e = &x->extensions[x->extension_count];
  lw_Der inside;
  lw_Item value;
  int i;
  if (x->extension_count == LW_EXTENSIONS)
    return lw_der_fail(r, r->at, "more than 64 extensions");
  e->critical = 0;
  if (!lw_der_enter(r, LW_DER_SEQUENCE, &inside) || !lw_der_oid(&inside, LW_DER_OID, &e->oid) ||
      (lw_der_is(&inside, LW_DER_BOOLEAN) && !lw_der_boolean(&inside, &e->critical)) ||
      !lw_der_item(&inside, LW_DER_OCTET_STRING, &value) || !lw_der_end(&inside))
    return 0;
  for (i = 0; i < x->extension_count; i++)
    if (lw_span_equal(e->oid, x->extensions[i].oid))
      return lw_der_fail(r, e->oid.data, "the same extension twice");
  e->value = value.content;
  x->extension_count++;
  return lw_extension_read(x, e, r);
}

static int x509_extensions (lw_X509 *x, lw_Der *r) {
  const unsigned char *at = r->at;
  lw_Der outer, list;
  r->path = "tbs_certificate.extensions";
  if (!lw_der_is(r, LW_DER_EXPLICIT(3)))
    return 1;
  if (x->version != 3)
    return lw_der_fail(r, at, "extensions in a certificate that is not v3");
  if (!lw_der_enter(r, LW_DER_EXPLICIT(3), &outer) ||
      !lw_der_enter(&outer, LW_DER_SEQUENCE, &list) || !lw_der_end(&outer))
    return 0;
  if (list.at == list.end)
    return lw_der_fail(r, at, "empty list of extensions");
  while (list.at < list.end)
    if (!x509_extension(x, &list))
      return 0;
  return 1;
}

static int x509_tbs (lw_X509 *x, lw_Der *r) {
  if (!x509_version(x, r))
    return 0;
  r->path = "tbs_certificate.serial_number";
  if (!lw_der_integer(r, LW_DER_INTEGER, &x->serial))
    return 0;
  r->path = "tbs_certificate.signature";
  if (!lw_signature_algorithm_read(r, &x->signature_algorithm) ||
      !x509_name(r, "tbs_certificate.issuer", &x->issuer) || !x509_validity(x, r) ||
      !x509_name(r, "tbs_certificate.subject", &x->subject))
    return 0;
  r->path = "tbs_certificate.subject_public_key_info";
  if (!lw_public_key_read(r, &x->key) || !x509_unique_id(x, r, LW_DER_CONTEXT(1)) ||
      !x509_unique_id(x, r, LW_DER_CONTEXT(2)) || !x509_extensions(x, r))
    return 0;
  r->path = "tbs_certificate";
  return lw_der_end(r);
}

/* ------------------------------------------------------------------ the whole */

static int x509_signature (lw_X509 *x, lw_Der *r) {
  lw_Algorithm outside;
  int unused;
  r->path = "signature_algorithm";
  if (!lw_algorithm_read(r, &outside))
    return 0;
  if (!lw_span_equal(outside.der, x->signature_algorithm.der))
    return lw_der_fail(r, outside.der.data, "differs from the algorithm inside");
  r->path = "signature_value";
  if (!lw_der_bits(r, LW_DER_BIT_STRING, &x->signature, &unused))
    return 0;
  return unused == 0 ||
         lw_der_fail(r, x->signature.data - 1, "signature is not a whole number of octets");
}

static int x509_certificate (lw_X509 *x, lw_Der *r) {
  lw_Item tbs;
  lw_Der inside, body;
  if (!lw_der_enter(r, LW_DER_SEQUENCE, &inside))
    return 0;
  inside.path = "tbs_certificate";
  if (!lw_der_item(&inside, LW_DER_SEQUENCE, &tbs))
    return 0;
  x->tbs = tbs.der;
  body = lw_der_inside(&inside, tbs.content);
  return x509_tbs(x, &body) && x509_signature(x, &inside) && lw_der_end(&inside) && lw_der_end(r);
}

int lw_x509_read (lw_X509 *x, lw_Span der, lw_Fault *fault) {
  lw_Der r = lw_der_reader(der, "certificate", fault);
  memset(x, 0, sizeof *x);
  fault->reason = NULL;
  x->der = der;
  x->path_length = x->key_usage = -1;
  return x509_certificate(x, &r);
}

/* ------------------------------------------------------------------ accessors */

const lw_Extension *lw_x509_extension (const lw_X509 *x, int kind) {
  int i;
  for (i = 0; i < x->extension_count; i++)
    if (x->extensions[i].kind == kind)
      return &x->extensions[i];
  return NULL;
}

lw_Der lw_x509_open (const lw_X509 *x, int kind) {
  const lw_Extension *e = lw_x509_extension(x, kind);
  lw_Der r = lw_der_reader(x->der, NULL, NULL);
  if (e == NULL) {
    r.at = r.end;
    return r;
  }
  r = lw_der_inside(&r, e->value);
  lw_der_enter(&r, LW_DER_SEQUENCE, &r);
  return r;
}

lw_Der lw_x509_names (const lw_X509 *x) {
  return lw_x509_open(x, LW_SUBJECT_ALT_NAME);
}

lw_Der lw_x509_subtrees (const lw_X509 *x, int excluded) {
  unsigned tag = excluded ? LW_DER_EXPLICIT(1) : LW_DER_EXPLICIT(0);
  lw_Der r = lw_x509_open(x, LW_NAME_CONSTRAINTS);
  lw_Item list;
  while (r.at < r.end && lw_der_any(&r, &list))
    if (list.tag == tag)
      return lw_der_inside(&r, list.content);
  return r;
}

int lw_x509_has_purpose (const lw_X509 *x, const char *purpose) {
  lw_Der r = lw_x509_open(x, LW_EXTENDED_KEY_USAGE);
  char text[LW_OID_TEXT];
  lw_Span oid;
  while (lw_purpose_next(&r, &oid))
    if (strcmp(lw_oid_text(oid, text), purpose) == 0)
      return 1;
  return 0;
}
