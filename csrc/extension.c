/*
** extension.c - the certificate extensions that are decoded (RFC 5280 section 4.2 and others).
*/

#include "x509.h"

/* ------------------------------------------------------------------ elements of lists */

int lw_purpose_next (lw_Der *r, lw_Span *oid) {
  return r->at < r->end && lw_der_oid(r, LW_DER_OID, oid);
}

/* RFC 7633: an INTEGER for each TLS extension that the server must answer */
int lw_feature_next (lw_Der *r, int *feature) {
  const unsigned char *at = r->at;
  if (r->at == r->end || !lw_der_small(r, LW_DER_INTEGER, feature))
    return 0;
  return *feature <= 0xffff || lw_der_fail(r, at, "no TLS extension has this number");
}

/* Section 4.2.2.1: AccessDescription */
int lw_access_next (lw_Der *r, lw_Access *access) {
  const unsigned char *at = r->at;
  lw_Der inside;
  if (r->at == r->end || !lw_der_enter(r, LW_DER_SEQUENCE, &inside) ||
      !lw_der_oid(&inside, LW_DER_OID, &access->method))
    return 0;
  if (!lw_general_name_next(&inside, &access->location))
    return lw_der_fail(r, at, "access method without a location");
  return lw_der_end(&inside);
}

static int general_names_check (lw_Der *r) {
  const unsigned char *at = r->at;
  lw_GeneralName name;
  if (r->at == r->end)
    return lw_der_fail(r, at, "empty list of names");
  while (lw_general_name_next(r, &name))
    continue;
  return lw_der_sound(r);
}

/* [n] IMPLICIT GeneralNames OPTIONAL */
static int optional_names (lw_Der *r, unsigned tag, lw_Der *names) {
  lw_Der list;
  *names = *r;
  names->at = names->end;
  if (!lw_der_is(r, tag))
    return 1;
  if (!lw_der_enter(r, tag, names))
    return 0;
  list = *names;
  return general_names_check(&list);
}

/* ------------------------------------------------------------------ CRL distribution points */

static int bits_value (lw_Der *r, unsigned tag, int *value) {
  lw_Span bits;
  int unused, i;
  if (!lw_der_bits(r, tag, &bits, &unused))
    return 0;
  *value = 0;
  for (i = 0; i < 16 && (size_t)i < bits.length * 8; i++)
    if ((bits.data[i / 8] & (0x80u >> (i % 8))) != 0)
      *value |= 1 << i;
  return 1;
}

/* Section 4.2.1.13: CHOICE { fullName [0] GeneralNames, nameRelativeToCRLIssuer [1] RDN } */
static int distribution_point_name (lw_Der *r, lw_DistributionPoint *point) {
  lw_Der choice, list;
  lw_NameReader rdn;
  lw_Attribute attribute;
  if (!lw_der_is(r, LW_DER_EXPLICIT(0)))
    return 1;
  if (!lw_der_enter(r, LW_DER_EXPLICIT(0), &choice))
    return 0;
  if (!lw_der_is(&choice, LW_DER_EXPLICIT(1)))
    return lw_der_is(&choice, LW_DER_EXPLICIT(0))
               ? optional_names(&choice, LW_DER_EXPLICIT(0), &point->full_name) &&
                     lw_der_end(&choice)
               : lw_der_fail(r, choice.at, "no form of DistributionPointName");
  if (!lw_der_enter(&choice, LW_DER_EXPLICIT(1), &point->relative_name) || !lw_der_end(&choice))
    return 0;
  list = point->relative_name;
  lw_rdn_open(&rdn, &list);
  while (lw_name_next(&rdn, &attribute))
    continue;
  return lw_der_sound(r);
}

int lw_distribution_point_next (lw_Der *r, lw_DistributionPoint *point) {
  lw_Der inside;
  if (r->at == r->end || !lw_der_enter(r, LW_DER_SEQUENCE, &inside))
    return 0;
  point->reasons = -1;
  point->full_name = inside;
  point->full_name.at = point->full_name.end;
  point->relative_name = point->full_name;
  return distribution_point_name(&inside, point) &&
         (!lw_der_is(&inside, LW_DER_CONTEXT(1)) ||
          bits_value(&inside, LW_DER_CONTEXT(1), &point->reasons)) &&
         optional_names(&inside, LW_DER_EXPLICIT(2), &point->crl_issuer) && lw_der_end(&inside);
}

/* ------------------------------------------------------------------ policies (4.2.1.4) */

int lw_policy_next (lw_Der *r, lw_Policy *policy) {
  lw_Der inside;
  if (r->at == r->end || !lw_der_enter(r, LW_DER_SEQUENCE, &inside) ||
      !lw_der_oid(&inside, LW_DER_OID, &policy->oid))
    return 0;
  policy->qualifiers = inside;
  if (inside.at == inside.end)
    return 1;
  return lw_der_enter(&inside, LW_DER_SEQUENCE, &policy->qualifiers) && lw_der_end(&inside);
}

static int text_item (lw_Der *r, lw_Item *item) {
  lw_Text text;
  uint32_t code;
  int more;
  if (!lw_der_any(r, item))
    return 0;
  if (!lw_text_open(&text, item->tag, item->content))
    return lw_der_fail(r, item->der.data, "not a string");
  do
    more = lw_text_next(&text, &code);
  while (more > 0);
  return more == 0 || lw_der_fail(r, item->der.data, "string holds what its type does not allow");
}

/* NoticeReference ::= SEQUENCE { organization DisplayText, noticeNumbers SEQUENCE OF INTEGER } */
static int notice_reference (lw_Der *r, lw_Qualifier *q) {
  lw_Der inside, numbers;
  int number;
  if (!lw_der_enter(r, LW_DER_SEQUENCE, &inside) || !text_item(&inside, &q->organization) ||
      !lw_der_enter(&inside, LW_DER_SEQUENCE, &q->numbers) || !lw_der_end(&inside))
    return 0;
  numbers = q->numbers;
  while (numbers.at < numbers.end)
    if (!lw_der_small(&numbers, LW_DER_INTEGER, &number))
      return 0;
  return 1;
}

/* UserNotice ::= SEQUENCE { noticeRef OPTIONAL, explicitText DisplayText OPTIONAL } */
static int user_notice (const lw_Der *r, lw_Qualifier *q) {
  lw_Der inside = lw_der_inside(r, q->value.content);
  if (q->value.tag != LW_DER_SEQUENCE)
    return lw_der_fail(r, q->value.der.data, "unexpected tag");
  if (lw_der_is(&inside, LW_DER_SEQUENCE) && !notice_reference(&inside, q))
    return 0;
  return inside.at == inside.end || (text_item(&inside, &q->text) && lw_der_end(&inside));
}

static int cps_uri (const lw_Der *r, const lw_Qualifier *q) {
  lw_Der again = lw_der_inside(r, q->value.der);
  lw_Item item;
  return q->value.tag == LW_DER_IA5_STRING
             ? text_item(&again, &item)
             : lw_der_fail(r, q->value.der.data, "CPS pointer is not an IA5String");
}

int lw_qualifier_next (lw_Der *r, lw_Qualifier *q) {
  lw_Der inside;
  if (r->at == r->end || !lw_der_enter(r, LW_DER_SEQUENCE, &inside) ||
      !lw_der_oid(&inside, LW_DER_OID, &q->oid) || !lw_der_any(&inside, &q->value) ||
      !lw_der_end(&inside))
    return 0;
  q->organization.tag = q->text.tag = 0;
  q->numbers = inside;
  if (lw_span_equal(q->oid, LW_OID_USER_NOTICE))
    return user_notice(r, q);
  return !lw_span_equal(q->oid, LW_OID_CPS) || cps_uri(r, q);
}

static int policy_check (lw_Der *r, lw_Policy *policy) {
  lw_Qualifier qualifier;
  if (!lw_policy_next(r, policy))
    return 0;
  while (lw_qualifier_next(&policy->qualifiers, &qualifier))
    continue;
  return lw_der_sound(r);
}

/* ------------------------------------------------------------------ SCTs (RFC 6962 section 3.3) */

/* TLS presentation: takes length octets; NULL data where there are not so many */
static lw_Span take (lw_Der *r, size_t length) {
  lw_Span span = {NULL, 0};
  if (length > (size_t)(r->end - r->at)) {
    lw_der_fail(r, r->at, "list of SCTs ends too early");
    return span;
  }
  span.data = r->at;
  span.length = length;
  r->at += length;
  return span;
}

/* opaque <0..2^16-1> */
static int take_vector (lw_Der *r, lw_Span *vector) {
  lw_Span length = take(r, 2);
  if (length.data == NULL)
    return 0;
  *vector = take(r, (size_t)(length.data[0] << 8 | length.data[1]));
  return vector->data != NULL;
}

static int sct_v1 (lw_Der *r, lw_Sct *sct) {
  lw_Span time, scheme;
  int i;
  sct->log_id = take(r, 32);
  time = take(r, 8);
  if (sct->log_id.data == NULL || time.data == NULL || !take_vector(r, &sct->extensions))
    return 0;
  if ((time.data[0] & 0x80) != 0)
    return lw_der_fail(r, time.data, "SCT timestamp above 2^63-1");
  for (sct->timestamp = 0, i = 0; i < 8; i++)
    sct->timestamp = sct->timestamp << 8 | time.data[i];
  scheme = take(r, 2);
  if (scheme.data == NULL || !take_vector(r, &sct->signature))
    return 0;
  sct->hash = scheme.data[0];
  sct->algorithm = scheme.data[1];
  return lw_der_end(r);
}

int lw_sct_next (lw_Der *r, lw_Sct *sct) {
  lw_Span whole, version;
  lw_Der inside;
  if (r->at == r->end || !take_vector(r, &whole))
    return 0;
  inside = lw_der_inside(r, whole);
  version = take(&inside, 1);
  if (version.data == NULL)
    return 0;
  sct->version = version.data[0];
  return sct->version != 0 || sct_v1(&inside, sct);
}

int lw_sct_open (lw_Der *r) {
  lw_Item octets;
  lw_Span list;
  if (!lw_der_item(r, LW_DER_OCTET_STRING, &octets) || !lw_der_end(r))
    return 0;
  *r = lw_der_inside(r, octets.content);
  if (!take_vector(r, &list) || !lw_der_end(r))
    return 0;
  *r = lw_der_inside(r, list);
  return 1;
}

/* ------------------------------------------------------------------ whole extensions
**
** Each reads the value and leaves r at its end; x receives what has a field there.
*/

/* cA may say FALSE, its default: not DER, but common. */
static int read_basic_constraints (lw_X509 *x, lw_Der *r) {
  lw_Der inside;
  if (!lw_der_enter(r, LW_DER_SEQUENCE, &inside))
    return 0;
  if (lw_der_is(&inside, LW_DER_BOOLEAN) && !lw_der_boolean(&inside, &x->ca))
    return 0;
  if (inside.at < inside.end && !lw_der_small(&inside, LW_DER_INTEGER, &x->path_length))
    return 0;
  return lw_der_end(&inside);
}

static int read_key_usage (lw_X509 *x, lw_Der *r) {
  return bits_value(r, LW_DER_BIT_STRING, &x->key_usage);
}

static int read_subject_key_identifier (lw_X509 *x, lw_Der *r) {
  lw_Item octets;
  if (!lw_der_item(r, LW_DER_OCTET_STRING, &octets))
    return 0;
  x->subject_key_identifier = octets.content;
  return 1;
}

/* Section 4.2.1.1 */
int lw_authority_key_read (lw_Der *r, lw_AuthorityKey *key) {
  lw_Der inside;
  lw_Item octets = {0, {NULL, 0}, {NULL, 0}};
  key->serial.data = NULL;
  if (!lw_der_enter(r, LW_DER_SEQUENCE, &inside) ||
      (lw_der_is(&inside, LW_DER_CONTEXT(0)) && !lw_der_any(&inside, &octets)) ||
      !optional_names(&inside, LW_DER_EXPLICIT(1), &key->issuer) ||
      (lw_der_is(&inside, LW_DER_CONTEXT(2)) &&
       !lw_der_integer(&inside, LW_DER_CONTEXT(2), &key->serial)))
    return 0;
  key->key_identifier = octets.content;
  return lw_der_end(&inside);
}

static int read_authority_key_identifier (lw_X509 *x, lw_Der *r) {
  lw_AuthorityKey key;
  if (!lw_authority_key_read(r, &key))
    return 0;
  x->authority_key_identifier = key.key_identifier;
  return 1;
}

static int subtrees_check (lw_Der *r, unsigned tag) {
  lw_Der list;
  lw_GeneralName base;
  if (!lw_der_is(r, tag))
    return 1;
  if (!lw_der_enter(r, tag, &list))
    return 0;
  if (list.at == list.end)
    return lw_der_fail(r, list.at, "empty list of subtrees");
  while (lw_subtree_next(&list, &base))
    continue;
  return lw_der_sound(r);
}

static int read_name_constraints (lw_X509 *x, lw_Der *r) {
  const unsigned char *at = r->at;
  lw_Der inside;
  (void)x;
  if (!lw_der_enter(r, LW_DER_SEQUENCE, &inside))
    return 0;
  if (inside.at == inside.end)
    return lw_der_fail(r, at, "neither permitted nor excluded subtrees");
  return subtrees_check(&inside, LW_DER_EXPLICIT(0)) &&
         subtrees_check(&inside, LW_DER_EXPLICIT(1)) && lw_der_end(&inside);
}

/* Enters a SEQUENCE SIZE (1..MAX) */
static int list_open (lw_Der *r, lw_Der *list) {
  const unsigned char *at = r->at;
  return lw_der_enter(r, LW_DER_SEQUENCE, list) &&
         (list->at < list->end || lw_der_fail(r, at, "empty list"));
}

#define READ_LIST(name, Element, next)     \
  static int name(lw_X509 *x, lw_Der *r) { \
    lw_Der list;                           \
    Element element;                       \
    (void)x;                               \
    if (!list_open(r, &list))              \
      return 0;                            \
    while (next(&list, &element))          \
      continue;                            \
    return lw_der_sound(r);                \
  }

READ_LIST(read_alt_name, lw_GeneralName, lw_general_name_next)
READ_LIST(read_extended_key_usage, lw_Span, lw_purpose_next)
READ_LIST(read_access, lw_Access, lw_access_next)
READ_LIST(read_distribution_points, lw_DistributionPoint, lw_distribution_point_next)
READ_LIST(read_policies, lw_Policy, policy_check)
READ_LIST(read_features, int, lw_feature_next)

static int read_scts (lw_X509 *x, lw_Der *r) {
  lw_Der list = *r;
  lw_Sct sct;
  (void)x;
  if (!lw_sct_open(&list))
    return 0;
  while (lw_sct_next(&list, &sct))
    continue;
  r->at = r->end;
  return lw_der_sound(r);
}

/* ------------------------------------------------------------------ the table */

#define KNOWN(oid, kind, path, read)                                                           \
  {                                                                                            \
    {(const unsigned char *)(oid), sizeof(oid) - 1}, kind, "tbs_certificate.extensions." path, \
        read                                                                                   \
  }

static const struct Known {
  lw_Span oid;
  int kind;
  const char *path;
  int (*read)(lw_X509 *x, lw_Der *r);
} known[] = {
    KNOWN("\x55\x1d\x0e", LW_SUBJECT_KEY_IDENTIFIER, "subject_key_identifier",
          read_subject_key_identifier),
    KNOWN("\x55\x1d\x0f", LW_KEY_USAGE, "key_usage", read_key_usage),
    KNOWN("\x55\x1d\x11", LW_SUBJECT_ALT_NAME, "subject_alt_name", read_alt_name),
    KNOWN("\x55\x1d\x12", LW_ISSUER_ALT_NAME, "issuer_alt_name", read_alt_name),
    KNOWN("\x55\x1d\x13", LW_BASIC_CONSTRAINTS, "basic_constraints", read_basic_constraints),
    KNOWN("\x55\x1d\x1e", LW_NAME_CONSTRAINTS, "name_constraints", read_name_constraints),
    KNOWN("\x55\x1d\x1f", LW_CRL_DISTRIBUTION_POINTS, "crl_distribution_points",
          read_distribution_points),
    KNOWN("\x55\x1d\x20", LW_CERTIFICATE_POLICIES, "certificate_policies", read_policies),
    KNOWN("\x55\x1d\x23", LW_AUTHORITY_KEY_IDENTIFIER, "authority_key_identifier",
          read_authority_key_identifier),
    KNOWN("\x55\x1d\x25", LW_EXTENDED_KEY_USAGE, "extended_key_usage", read_extended_key_usage),
    KNOWN("\x2b\x06\x01\x05\x05\x07\x01\x01", LW_AUTHORITY_INFORMATION_ACCESS,
          "authority_information_access", read_access),
    KNOWN("\x2b\x06\x01\x05\x05\x07\x01\x18", LW_TLS_FEATURES, "tls_features", read_features),
    KNOWN("\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x02", LW_SIGNED_CERTIFICATE_TIMESTAMPS,
          "signed_certificate_timestamps", read_scts)};

int lw_extension_read (lw_X509 *x, lw_Extension *extension, const lw_Der *r) {
  lw_Der value = lw_der_inside(r, extension->value);
  size_t i;
  extension->kind = LW_EXTENSION_OTHER;
  for (i = 0; i < sizeof known / sizeof known[0]; i++)
    if (lw_span_equal(extension->oid, known[i].oid)) {
      extension->kind = known[i].kind;
      value.path = known[i].path;
      return known[i].read(x, &value) && lw_der_end(&value);
    }
  return 1;
}
