/*
** profile.c - what certificates must be like for who issues them, and a client need not refuse: asked for by who wants
** his own authorities to be strict, or those of the web.
*/

#include <arpa/inet.h>
#include <string.h>

#include "path.h"

static const char *const names[] = {"rfc5280", "webpki"};

lw_Profile lw_profile_find (const char *name) {
  for (size_t i = 0; name != NULL && i < sizeof names / sizeof names[0]; i++)
    if (strcmp(name, names[i]) == 0)
      return (lw_Profile)(LW_RFC5280 + i);
  return LW_NO_PROFILE;
}

/* ------------------------------------------------------------------ RFC 5280 */

/* Section 4.1.2.2; lists of trusted roots have some that are zero. */
static int serial_is_positive (const lw_X509 *x) {
  return (x->serial.data[0] & 0x80) == 0 && (x->serial.length > 1 || x->serial.data[0] != 0);
}

/* Sections 4.2.1.1 and 4.2.1.2: who signed himself need not say by which key. */
static int has_identifiers (const lw_X509 *x) {
  return (x->authority_key_identifier.data != NULL || lw_self_issued(x)) &&
         (!x->ca || x->subject_key_identifier.data != NULL);
}

/* Section 4.2.1.3 */
static int usage_is_told (const lw_X509 *x) {
  return x->key_usage != 0 && (!x->ca || x->key_usage != -1);
}

/* Sections 4.2.1.9, 4.2.1.10, 4.2.1.11 and 4.2.1.14. The CA/Browser Forum makes an exception for name constraints. */
static int must_be_critical (const lw_X509 *x, const lw_Extension *e, lw_Profile profile) {
  switch (e->kind) {
  case LW_BASIC_CONSTRAINTS:
    return x->ca;
  case LW_NAME_CONSTRAINTS:
    return profile != LW_WEBPKI;
  default:
    return lw_span_equal(e->oid, LW_SPAN("\x55\x1d\x24")) ||
           lw_span_equal(e->oid, LW_SPAN("\x55\x1d\x36"));
  }
}

/* The Baseline Requirements' section 7.1.2.7.6: names where there is a subject, and purposes. */
static int must_not_be_critical (const lw_Extension *e, lw_Profile profile) {
  return profile == LW_WEBPKI &&
         (e->kind == LW_SUBJECT_ALT_NAME || e->kind == LW_EXTENDED_KEY_USAGE);
}

static int has_subject (const lw_X509 *x) {
  lw_NameReader n = lw_name_reader(x->subject);
  lw_Attribute attribute;
  return lw_name_next(&n, &attribute);
}

static int is_critical_as_it_must (const lw_X509 *x, const lw_Extension *e, lw_Profile profile) {
  if (!e->critical)
    return !must_be_critical(x, e, profile);
  return !must_not_be_critical(e, profile) || (e->kind == LW_SUBJECT_ALT_NAME && !has_subject(x));
}

/* Sections 4.2.1.6 and 4.2.1.10: no underscore, which hosts do have, and no dot before what is constrained. */
static int dns_is_preferred (lw_Span name) {
  return lw_dns_valid(name) && memchr(name.data, '_', name.length) == NULL;
}

static int names_are_preferred (const lw_X509 *x) {
  lw_Der list = lw_x509_names(x);
  lw_GeneralName name;
  while (lw_general_name_next(&list, &name)) {
    if (name.type != LW_DNS_NAME)
      continue;
    if (name.value.length > 2 && memcmp(name.value.data, "*.", 2) == 0) {
      name.value.data += 2;
      name.value.length -= 2;
    }
    if (!dns_is_preferred(name.value))
      return 0;
  }
  return 1;
}

static int constraints_are_preferred (const lw_X509 *x) {
  lw_GeneralName base;
  for (int excluded = 0; excluded <= 1; excluded++) {
    lw_Der list = lw_x509_subtrees(x, excluded);
    while (lw_subtree_next(&list, &base))
      if (base.type == LW_DNS_NAME && base.value.length > 0 && base.value.data[0] == '.')
        return 0;
  }
  return 1;
}

static void check_rfc5280 (const lw_X509 *x, lw_Profile profile, int depth, lw_Findings *f) {
  if (!has_identifiers(x))
    lw_found(f, depth, "key_identifier");
  if (!usage_is_told(x))
    lw_found(f, depth, "key_usage");
  if (x->path_length >= 0 && !x->ca) /* section 4.2.1.9 */
    lw_found(f, depth, "contradiction");
  for (int i = 0; i < x->extension_count; i++)
    if (!is_critical_as_it_must(x, &x->extensions[i], profile))
      lw_found(f, depth, "criticality");
  if (!names_are_preferred(x) || !constraints_are_preferred(x))
    lw_found(f, depth, "bad_name");
}

/* ------------------------------------------------------------------ the CA/Browser Forum's Baseline Requirements */

/* Section 6.1.5 */
static int key_is_common (const lw_PublicKey *key) {
  return key->type == LW_KEY_RSA
             ? key->bits % 8 == 0
             : key->type == LW_KEY_EC &&
                   (lw_span_equal(key->curve, LW_SPAN("\x2a\x86\x48\xce\x3d\x03\x01\x07")) ||
                    lw_span_equal(key->curve, LW_SPAN("\x2b\x81\x04\x00\x22")) ||
                    lw_span_equal(key->curve, LW_SPAN("\x2b\x81\x04\x00\x23")));
}

/* Sections 7.1.2.1.3 and 7.1.2.11.1: the key's identifier and nothing else, in a root its own. */
static int authority_is_named_by_key (const lw_X509 *x) {
  const lw_Extension *e = lw_x509_extension(x, LW_AUTHORITY_KEY_IDENTIFIER);
  lw_AuthorityKey key;
  lw_Der value;
  if (e == NULL)
    return 1;
  value = lw_der_reader(e->value, NULL, NULL);
  return lw_authority_key_read(&value, &key) && key.key_identifier.data != NULL &&
         key.issuer.at == key.issuer.end && key.serial.data == NULL &&
         (!lw_self_issued(x) || lw_span_equal(key.key_identifier, x->subject_key_identifier));
}

static void check_webpki (const lw_X509 *x, int depth, lw_Findings *f) {
  if (!key_is_common(&x->key))
    lw_found(f, depth, "unsuitable_key");
  if (!authority_is_named_by_key(x))
    lw_found(f, depth, "key_identifier");
}

/* Section 7.1.2.7.10: servers and clients, and nobody else */
static int purposes_are_of_tls (const lw_X509 *x) {
  lw_Der list = lw_x509_open(x, LW_EXTENDED_KEY_USAGE);
  char text[LW_OID_TEXT];
  lw_Span oid;
  int count = 0;
  for (; lw_purpose_next(&list, &oid); count++)
    if (strcmp(lw_oid_text(oid, text), LW_SERVER_AUTH) != 0 && strcmp(text, LW_CLIENT_AUTH) != 0)
      return 0;
  return count > 0;
}

static int address_is (lw_Span address, lw_Span text) {
  char room[INET6_ADDRSTRLEN];
  int family = address.length == 4 ? AF_INET : AF_INET6;
  return inet_ntop(family, address.data, room, sizeof room) != NULL &&
         strlen(room) == text.length && memcmp(room, text.data, text.length) == 0;
}

static int is_alternative (const lw_X509 *x, lw_Span text) {
  lw_Der list = lw_x509_names(x);
  lw_GeneralName name;
  while (lw_general_name_next(&list, &name))
    if ((name.type == LW_DNS_NAME && lw_span_equal(name.value, text)) ||
        (name.type == LW_IP_ADDRESS && address_is(name.value, text)))
      return 1;
  return 0;
}

/* Section 7.1.4.3: each is one of the alternative names, character for character. */
static int common_names_are_alternatives (const lw_X509 *x) {
  lw_NameReader n = lw_name_reader(x->subject);
  lw_Attribute attribute;
  while (lw_name_next(&n, &attribute))
    if (lw_span_equal(attribute.oid, LW_SPAN("\x55\x04\x03")) &&
        !is_alternative(x, attribute.value.content))
      return 0;
  return 1;
}

/* ------------------------------------------------------------------ by its place */

void lw_profile_leaf (const lw_X509 *x, const lw_Demand *d, lw_Findings *f) {
  if (d->profile == LW_NO_PROFILE)
    return;
  check_rfc5280(x, d->profile, 0, f);
  if (!serial_is_positive(x))
    lw_found(f, 0, "bad_serial");
  if (d->profile != LW_WEBPKI)
    return;
  check_webpki(x, 0, f);
  if (!purposes_are_of_tls(x))
    lw_found(f, 0, "bad_purposes");
  if (!common_names_are_alternatives(x))
    lw_found(f, 0, "common_name");
}

void lw_profile_issuer (const lw_X509 *x, int anchor, const lw_Demand *d, int depth,
                        lw_Findings *f) {
  if (d->profile == LW_NO_PROFILE)
    return;
  check_rfc5280(x, d->profile, depth, f);
  if (!anchor && !serial_is_positive(x))
    lw_found(f, depth, "bad_serial");
  if (d->profile != LW_WEBPKI)
    return;
  check_webpki(x, depth, f);
  if (anchor && lw_self_issued(x) && lw_x509_extension(x, LW_EXTENDED_KEY_USAGE) != NULL)
    lw_found(f, depth, "bad_purposes"); /* section 7.1.2.1.2 */
}
