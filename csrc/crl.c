/*
** crl.c - certificate revocation lists (RFC 5280 sections 5 and 6.3): whole ones that a CA has signed itself. Indirect
** lists and deltas are refused, as are lists for some reasons only.
*/

#include <string.h>

#include "path.h"

#define MOST_DELEGATES 4

/* ------------------------------------------------------------------ reading */

static int crl_known (lw_Crl *crl, lw_Der *r, lw_Span oid, lw_Span value, int critical) {
  lw_Der inside = lw_der_inside(r, value);
  lw_AuthorityKey key;
  inside.path = "tbs_cert_list.crl_extensions";
  if (lw_span_equal(oid, LW_SPAN("\x55\x1d\x14"))) { /* cRLNumber */
    crl->unusable |= critical;
    return lw_der_integer(&inside, LW_DER_INTEGER, &crl->number) && lw_der_end(&inside);
  }
  if (lw_span_equal(oid, LW_SPAN("\x55\x1d\x23"))) /* authorityKeyIdentifier: names decide */
    return lw_authority_key_read(&inside, &key) && lw_der_end(&inside);
  if (lw_span_equal(oid, LW_SPAN("\x55\x1d\x1c"))) /* issuingDistributionPoint */
    crl->scope = value;
  else /* among these a deltaCRLIndicator, which is critical */
    crl->unusable |= critical;
  return 1;
}

static int crl_extension (lw_Crl *crl, lw_Der *r) {
  lw_Der inside;
  lw_Item value;
  lw_Span oid;
  int critical = 0;
  return lw_der_enter(r, LW_DER_SEQUENCE, &inside) && lw_der_oid(&inside, LW_DER_OID, &oid) &&
         (!lw_der_is(&inside, LW_DER_BOOLEAN) || lw_der_boolean(&inside, &critical)) &&
         lw_der_item(&inside, LW_DER_OCTET_STRING, &value) && lw_der_end(&inside) &&
         crl_known(crl, r, oid, value.content, critical);
}

static int crl_extensions (lw_Crl *crl, lw_Der *r) {
  lw_Der outer, list;
  if (!lw_der_is(r, LW_DER_EXPLICIT(0)))
    return 1;
  if (!lw_der_enter(r, LW_DER_EXPLICIT(0), &outer) ||
      !lw_der_enter(&outer, LW_DER_SEQUENCE, &list) || !lw_der_end(&outer))
    return 0;
  while (list.at < list.end)
    if (!crl_extension(crl, &list))
      return 0;
  return 1;
}

/* revokedCertificates: SEQUENCE { userCertificate, revocationDate, crlEntryExtensions OPTIONAL }. 0 at the end and
   at a fault. */
static int crl_entry (lw_Der *r, lw_Span *serial, lw_Der *extensions) {
  lw_Der inside;
  int64_t date;
  if (r->at == r->end || !lw_der_enter(r, LW_DER_SEQUENCE, &inside) ||
      !lw_der_integer(&inside, LW_DER_INTEGER, serial) || !lw_der_time(&inside, &date))
    return 0;
  *extensions = inside;
  return inside.at == inside.end ||
         (lw_der_enter(&inside, LW_DER_SEQUENCE, extensions) && lw_der_end(&inside));
}

/* A critical one may say that the entry is another CA's: such a list is indirect. */
static int crl_entry_check (lw_Crl *crl, lw_Der *extensions) {
  lw_Der inside;
  lw_Item value;
  lw_Span oid;
  int critical;
  while (extensions->at < extensions->end) {
    critical = 0;
    if (!lw_der_enter(extensions, LW_DER_SEQUENCE, &inside) ||
        !lw_der_oid(&inside, LW_DER_OID, &oid) ||
        (lw_der_is(&inside, LW_DER_BOOLEAN) && !lw_der_boolean(&inside, &critical)) ||
        !lw_der_item(&inside, LW_DER_OCTET_STRING, &value) || !lw_der_end(&inside))
      return 0;
    crl->unusable |= critical;
  }
  return 1;
}

static int crl_revoked (lw_Crl *crl, lw_Der *r) {
  lw_Der list, extensions;
  lw_Span serial;
  crl->revoked = *r;
  crl->revoked.at = crl->revoked.end;
  if (!lw_der_is(r, LW_DER_SEQUENCE))
    return 1;
  if (!lw_der_enter(r, LW_DER_SEQUENCE, &list))
    return 0;
  crl->revoked = list;
  while (crl_entry(&list, &serial, &extensions))
    if (!crl_entry_check(crl, &extensions))
      return 0;
  return lw_der_sound(r);
}

/* Section 5.1.2 */
static int crl_tbs (lw_Crl *crl, lw_Der *r) {
  const unsigned char *at;
  if (lw_der_is(r, LW_DER_INTEGER) && !lw_der_small(r, LW_DER_INTEGER, &crl->version))
    return 0;
  if (!lw_signature_algorithm_read(r, &crl->algorithm))
    return 0;
  at = r->at;
  if (!lw_name_check(r))
    return 0;
  crl->issuer.data = at;
  crl->issuer.length = (size_t)(r->at - at);
  if (!lw_der_time(r, &crl->this_update))
    return 0;
  crl->next_update = crl->this_update;
  if ((lw_der_is(r, LW_DER_UTC_TIME) || lw_der_is(r, LW_DER_GENERALIZED_TIME)) &&
      !lw_der_time(r, &crl->next_update))
    return 0;
  return crl_revoked(crl, r) && crl_extensions(crl, r) && lw_der_end(r);
}

int lw_crl_read (lw_Crl *crl, lw_Span der, lw_Fault *fault) {
  lw_Der r = lw_der_reader(der, "certificate_list", fault), inside, body;
  lw_Algorithm outside;
  lw_Item tbs;
  int unused;
  memset(crl, 0, sizeof *crl);
  crl->references = 1;
  fault->reason = NULL;
  if (!lw_der_enter(&r, LW_DER_SEQUENCE, &inside) || !lw_der_end(&r) ||
      !lw_der_item(&inside, LW_DER_SEQUENCE, &tbs))
    return 0;
  crl->tbs = tbs.der;
  body = lw_der_inside(&inside, tbs.content);
  body.path = "tbs_cert_list";
  if (!crl_tbs(crl, &body) || !lw_algorithm_read(&inside, &outside) ||
      !lw_der_bits(&inside, LW_DER_BIT_STRING, &crl->signature, &unused) || !lw_der_end(&inside))
    return 0;
  return (unused == 0 && lw_span_equal(outside.der, crl->algorithm.der)) ||
         lw_der_fail(&inside, outside.der.data, "differs from the algorithm inside");
}

/* ------------------------------------------------------------------ scope (section 5.2.5) */

typedef enum Scope { ELSEWHERE, HERE, UNSURE } Scope;

static int has_name (lw_Der names, const lw_GeneralName *wanted) {
  lw_GeneralName name;
  while (lw_general_name_next(&names, &name))
    if (name.type == wanted->type && lw_span_equal(name.value, wanted->value))
      return 1;
  return 0;
}

/* Is one of the list's own names among the certificate's distribution points? */
static int is_distribution_point (lw_Der names, const lw_X509 *x) {
  lw_GeneralName name;
  while (lw_general_name_next(&names, &name)) {
    lw_Der r = lw_x509_open(x, LW_CRL_DISTRIBUTION_POINTS);
    lw_DistributionPoint point;
    while (lw_distribution_point_next(&r, &point))
      if (has_name(point.full_name, &name))
        return 1;
  }
  return 0;
}

static Scope scope_point (lw_Der *r, const lw_X509 *x) {
  lw_Der choice, names;
  if (!lw_der_is(r, LW_DER_EXPLICIT(0)))
    return HERE;
  if (!lw_der_enter(r, LW_DER_EXPLICIT(0), &choice) ||
      !lw_der_enter(&choice, LW_DER_EXPLICIT(0), &names))
    return UNSURE;
  return is_distribution_point(names, x) ? HERE : ELSEWHERE;
}

/* [1] onlyContainsUserCerts, [2] onlyContainsCACerts; after [3] … [5] the list is not for us */
static Scope scope_of (const lw_Crl *crl, const lw_X509 *x) {
  lw_Der r, inside;
  lw_Item item;
  Scope scope;
  if (crl->scope.data == NULL)
    return HERE;
  r = lw_der_reader(crl->scope, NULL, NULL);
  if (!lw_der_enter(&r, LW_DER_SEQUENCE, &inside))
    return UNSURE;
  scope = scope_point(&inside, x);
  while (scope == HERE && inside.at < inside.end) {
    if (!lw_der_any(&inside, &item))
      return UNSURE;
    if (item.tag == LW_DER_CONTEXT(1) || item.tag == LW_DER_CONTEXT(2))
      scope = x->ca == (item.tag == LW_DER_CONTEXT(2)) ? HERE : ELSEWHERE;
    else
      scope = UNSURE;
  }
  return scope;
}

/* ------------------------------------------------------------------ the path */

typedef struct Check {
  const lw_Crl *const *crls;
  size_t crls_count;
  const lw_X509 *const *chain; /* where delegates may be */
  size_t count;
  const lw_Demand *demand;
  lw_Verdict *verdict;
} Check;

/* Section 5.2.3: a list of version 2 has a number. */
static int is_current (const lw_Crl *crl, const lw_Demand *d) {
  return !crl->unusable && (crl->version == 0 || crl->number.data != NULL) &&
         d->time >= crl->this_update && d->time <= crl->next_update;
}

static int is_signed_by (const Check *c, const lw_Crl *crl, const lw_X509 *signer) {
  lw_Strength strength = lw_signed_strength(&crl->algorithm);
  if (strength < LW_WEAK || (strength == LW_WEAK && !c->demand->weak_signatures))
    return SIG_VERIFY_E;
  if (signer->key_usage != -1 && (signer->key_usage & LW_CRL_SIGN) == 0)
    return SIG_VERIFY_E;
  return lw_signed_by(signer->key.der, &crl->algorithm, crl->tbs, crl->signature);
}

/* A CA may sign lists with a key of its own: then it has certified that, under its name, itself or with its own
   CA's help. */
static int is_delegate (const Check *c, int depth, const lw_X509 *x) {
  const lw_Verdict *v = c->verdict;
  int error = SIG_VERIFY_E;
  if (x->key_usage == -1 || (x->key_usage & LW_CRL_SIGN) == 0 || c->demand->time < x->not_before ||
      c->demand->time > x->not_after || lw_signed_strength(&x->signature_algorithm) != LW_SOUND)
    return SIG_VERIFY_E;
  for (int i = depth + 1; i < v->length && error != 0 && error != MEMORY_E && i <= depth + 2; i++)
    if (lw_name_equal(x->issuer, v->path[i]->subject))
      error = lw_signed_by(v->path[i]->key.der, &x->signature_algorithm, x->tbs, x->signature);
  return error;
}

static int is_genuine (const Check *c, int depth, const lw_Crl *crl) {
  int tries = MOST_DELEGATES;
  int error = is_signed_by(c, crl, c->verdict->path[depth + 1]);
  for (size_t i = 1; i < c->count && tries > 0 && error != 0 && error != MEMORY_E; i++) {
    const lw_X509 *x = c->chain[i];
    if (!lw_name_equal(x->subject, crl->issuer))
      continue;
    tries--;
    error = is_delegate(c, depth, x);
    if (error == 0)
      error = is_signed_by(c, crl, x);
  }
  return error;
}

static int is_revoked (const lw_Crl *crl, const lw_X509 *x) {
  lw_Der list = crl->revoked, extensions;
  lw_Span serial;
  while (crl_entry(&list, &serial, &extensions))
    if (lw_span_equal(serial, x->serial))
      return 1;
  return 0;
}

/* MEMORY_E, or 0 with *state: what the lists say about the certificate; NULL: nothing is wrong. */
static int check_certificate (const Check *c, int depth, int required, const char **state) {
  const lw_X509 *x = c->verdict->path[depth];
  int good = 0;
  *state = required ? "no_crl" : NULL;
  for (size_t i = 0; i < c->crls_count; i++) {
    const lw_Crl *crl = c->crls[i];
    Scope scope = lw_name_equal(crl->issuer, x->issuer) ? scope_of(crl, x) : ELSEWHERE;
    int error;
    if (scope == ELSEWHERE)
      continue;
    error = scope == HERE && is_current(crl, c->demand) ? is_genuine(c, depth, crl) : SIG_VERIFY_E;
    if (error == MEMORY_E)
      return error;
    if (error != 0) {
      if (!good)
        *state = "bad_crl";
      continue;
    }
    good = 1;
    *state = is_revoked(crl, x) ? "revoked" : NULL;
    if (*state != NULL)
      return 0;
  }
  return 0;
}

int lw_crl_apply (const lw_Crl *const *crls, size_t crls_count, int required,
                  const lw_X509 *const *chain, size_t count, const lw_Demand *d, lw_Verdict *v) {
  Check c = {crls, crls_count, chain, count, d, v};
  for (int i = 0; i < v->length - 1; i++) {
    const char *state;
    int error = check_certificate(&c, i, i <= required, &state);
    if (error != 0)
      return error;
    if (state != NULL)
      lw_found(&v->findings, i, state);
  }
  return 0;
}
