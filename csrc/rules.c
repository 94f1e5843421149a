/*
** rules.c - what RFC 5280 section 6 asks of each certificate on a path, and of the path.
*/

#include <string.h>

#include "path.h"

#define EMPTY_NAME 2 /* octets of a Name without attributes */

int lw_self_issued (const lw_X509 *x) {
  return lw_name_equal(x->issuer, x->subject);
}

/* ------------------------------------------------------------------ any certificate */

static void check_time (const lw_X509 *x, const lw_Demand *d, int depth, lw_Findings *f) {
  if (d->time < x->not_before)
    lw_found(f, depth, "not_yet_valid");
  if (d->time > x->not_after)
    lw_found(f, depth, "expired");
}

static void check_signature (const lw_X509 *x, const lw_Demand *d, int depth, lw_Findings *f) {
  lw_Strength strength = lw_signed_strength(&x->signature_algorithm);
  if (strength == LW_UNKNOWN)
    lw_found(f, depth, "unknown_signature");
  else if (strength == LW_BROKEN || (strength == LW_WEAK && !d->weak_signatures))
    lw_found(f, depth, "weak_signature");
}

static int key_is_weak (const lw_PublicKey *key, const lw_Demand *d) {
  switch (key->type) {
  case LW_KEY_RSA:
  case LW_KEY_RSA_PSS:
    return key->bits < d->min_rsa_bits;
  case LW_KEY_EC:
  case LW_KEY_ED25519:
  case LW_KEY_ED448:
    return key->bits < d->min_ec_bits;
  default:
    return 0;
  }
}

/* Of keys that others have, and of curves that are spelt out, wolfCrypt verifies nothing. */
static int key_is_usable (const lw_PublicKey *key) {
  switch (key->type) {
  case LW_KEY_RSA:
  case LW_KEY_RSA_PSS:
  case LW_KEY_ED25519:
  case LW_KEY_ED448:
    return 1;
  case LW_KEY_EC:
    return key->bits > 0;
  default:
    return 0;
  }
}

static void check_key (const lw_X509 *x, const lw_Demand *d, int depth, lw_Findings *f) {
  if (!key_is_usable(&x->key))
    lw_found(f, depth, "unsuitable_key");
  else if (key_is_weak(&x->key, d))
    lw_found(f, depth, "weak_key");
}

/* Known, but without a kind of its own: policy mappings, policy constraints, inhibit anyPolicy */
static int is_policy_extension (lw_Span oid) {
  return oid.length == 3 && oid.data[0] == 0x55 && oid.data[1] == 0x1d &&
         (oid.data[2] == 33 || oid.data[2] == 36 || oid.data[2] == 54);
}

/* Section 4.2: what is critical must be acted upon. Key identifiers and the like only help to find things, and
   must not be critical: they are not in this list. */
static int is_acted_upon (const lw_Extension *e) {
  switch (e->kind) {
  case LW_BASIC_CONSTRAINTS:
  case LW_CERTIFICATE_POLICIES:
  case LW_CRL_DISTRIBUTION_POINTS:
  case LW_EXTENDED_KEY_USAGE:
  case LW_KEY_USAGE:
  case LW_NAME_CONSTRAINTS:
  case LW_SUBJECT_ALT_NAME:
    return 1;
  default:
    return is_policy_extension(e->oid);
  }
}

static void check_extensions (const lw_X509 *x, int depth, lw_Findings *f) {
  for (int i = 0; i < x->extension_count; i++)
    if (x->extensions[i].critical && !is_acted_upon(&x->extensions[i]))
      lw_found(f, depth, "critical_extension");
}

/* Section 4.1.2.2: 20 octets, and one more for the sign */
static void check_serial (const lw_X509 *x, int depth, lw_Findings *f) {
  if (x->serial.length > 21 || (x->serial.length == 21 && x->serial.data[0] != 0))
    lw_found(f, depth, "bad_serial");
}

/* Extended key usages of a CA bound those of what it signs, as every TLS implementation has it. anyExtendedKeyUsage
   is not enough: section 4.2.1.12 lets an application ask for the very purpose. */
static void check_purpose (const lw_X509 *x, const lw_Demand *d, int depth, lw_Findings *f) {
  if (d->purpose != NULL && lw_x509_extension(x, LW_EXTENDED_KEY_USAGE) != NULL &&
      !lw_x509_has_purpose(x, d->purpose))
    lw_found(f, depth, "purpose");
}

static void check_any (const lw_X509 *x, int anchor, const lw_Demand *d, int depth,
                       lw_Findings *f) {
  check_time(x, d, depth, f);
  if (!anchor) /* nobody vouches for an anchor: its signature proves nothing */
    check_signature(x, d, depth, f);
  check_key(x, d, depth, f);
  check_serial(x, depth, f);
  check_extensions(x, depth, f);
  check_purpose(x, d, depth, f);
}

/* ------------------------------------------------------------------ by its place */

static int has_name (const lw_X509 *x, lw_Span name) {
  return name.data == NULL || lw_x509_matches(x, (const char *)name.data, name.length);
}

/* Sections 4.2.1.9 and 4.2.1.10 */
static int is_contradictory (const lw_X509 *x) {
  return !x->ca && (lw_x509_extension(x, LW_NAME_CONSTRAINTS) != NULL ||
                    (x->key_usage != -1 && (x->key_usage & LW_KEY_CERT_SIGN) != 0));
}

/* Section 4.2.1.6: whoever does not know the extension must not take it for nobody's certificate. */
static int is_nameless (const lw_X509 *x) {
  const lw_Extension *names = lw_x509_extension(x, LW_SUBJECT_ALT_NAME);
  return x->subject.length == EMPTY_NAME && names != NULL && !names->critical;
}

/* Who is trusted by himself may say of himself what he likes. */
static void check_vouched (const lw_X509 *x, const lw_Demand *d, lw_Findings *f) {
  if (x->ca && !d->ca_leaf)
    lw_found(f, 0, "leaf_is_ca");
  if (is_contradictory(x))
    lw_found(f, 0, "contradiction");
  if (is_nameless(x))
    lw_found(f, 0, "criticality");
}

void lw_rules_leaf (const lw_X509 *x, int anchor, const lw_Demand *d, lw_Findings *f) {
  check_any(x, anchor, d, 0, f);
  lw_profile_leaf(x, d, f);
  if (!anchor)
    check_vouched(x, d, f);
  if (d->purpose != NULL && x->key_usage != -1 && (x->key_usage & LW_DIGITAL_SIGNATURE) == 0)
    lw_found(f, 0, "key_usage"); /* RFC 8446 section 4.4.2.2; our suites of TLS 1.2 all sign, too */
  if (!has_name(x, d->host) || !has_name(x, d->ip))
    lw_found(f, 0, "wrong_name");
}

/* Section 6.1.4 (k) and (n) */
void lw_rules_issuer (const lw_X509 *x, int anchor, const lw_Demand *d, int depth, lw_Findings *f) {
  check_any(x, anchor, d, depth, f);
  lw_profile_issuer(x, anchor, d, depth, f);
  if (!x->ca) /* which only version 3 can say */
    lw_found(f, depth, "not_a_ca");
  if (x->key_usage != -1 && (x->key_usage & LW_KEY_CERT_SIGN) == 0)
    lw_found(f, depth, "key_usage");
  if (x->subject.length == EMPTY_NAME)
    lw_found(f, depth, "no_name");
}

/* ------------------------------------------------------------------ the path */

/* Section 6.1.4 (l) and (m): self-issued certificates, made to change a CA's key, do not count. */
static void check_lengths (const lw_X509 *const *path, int length, const lw_Demand *d,
                           lw_Findings *f) {
  int below = 0; /* intermediates under the certificate at hand */
  for (int i = 1; i < length; i++) {
    if (path[i]->path_length >= 0 && below > path[i]->path_length)
      lw_found(f, i, "path_length");
    if (i < length - 1 && !lw_self_issued(path[i]) && ++below == d->depth + 1)
      lw_found(f, i, "chain_too_long");
  }
}

/* Section 6.1.3 (b) and (c): self-issued certificates are exempt, but for the leaf. */
static void check_constraints (const lw_X509 *const *path, int length, long *work, lw_Findings *f) {
  for (int i = 1; i < length; i++)
    for (int k = 0; k < i && lw_x509_extension(path[i], LW_NAME_CONSTRAINTS) != NULL; k++)
      if ((k == 0 || !lw_self_issued(path[k])) && !lw_constraint_holds(path[i], path[k], work))
        lw_found(f, k, "name_constraint");
}

void lw_rules_path (const lw_X509 *const *path, int length, const lw_Demand *d, long *work,
                    lw_Findings *f) {
  check_lengths(path, length, d, f);
  check_constraints(path, length, work, f);
  lw_policy_check(path, length, d, f);
}
