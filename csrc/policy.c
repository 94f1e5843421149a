/*
** policy.c - certificate policies along a path (RFC 5280 section 6.1, without policy mappings).
**
** Instead of a tree there is the set of policies that hold from the anchor down to where one stands: without
** mappings a tree's levels are such sets. After a mapping nothing holds any more, so that a path with one is
** refused where policies matter and accepted where they do not.
*/

#include <string.h>

#include "path.h"

#define ANY_POLICY LW_SPAN("\x55\x1d\x20\x00")
#define NEVER (LW_PATH + 1)

typedef struct Policies {
  int any; /* all there are */
  size_t count;
  lw_Span list[LW_MAX_POLICIES];
} Policies;

typedef struct State {
  Policies valid;
  int explicit_policy, inhibit_any; /* certificates until it is on; 0: it is */
} State;

/* ------------------------------------------------------------------ sets */

static int set_has (const Policies *p, lw_Span oid) {
  for (size_t i = 0; i < p->count; i++)
    if (lw_span_equal(p->list[i], oid))
      return 1;
  return 0;
}

static void set_add (Policies *p, lw_Span oid) {
  if (p->count < LW_MAX_POLICIES && !set_has(p, oid))
    p->list[p->count++] = oid;
}

/* What the certificate says, with anyPolicy as a member of its own. */
static void set_read (Policies *p, const lw_X509 *x) {
  lw_Der r = lw_x509_open(x, LW_CERTIFICATE_POLICIES);
  lw_Policy policy;
  p->any = 0;
  p->count = 0;
  while (lw_policy_next(&r, &policy))
    if (lw_span_equal(policy.oid, ANY_POLICY))
      p->any = 1;
    else
      set_add(p, policy.oid);
}

static void set_intersect (Policies *valid, const Policies *own) {
  size_t kept = 0;
  if (own->any)
    return;
  if (valid->any)
    *valid = *own;
  else {
    for (size_t i = 0; i < valid->count; i++)
      if (set_has(own, valid->list[i]))
        valid->list[kept++] = valid->list[i];
    valid->count = kept;
  }
}

static int set_is_empty (const Policies *p) {
  return !p->any && p->count == 0;
}

/* ------------------------------------------------------------------ extensions */

static lw_Span extension_value (const lw_X509 *x, unsigned char last) {
  lw_Span none = {NULL, 0};
  for (int i = 0; i < x->extension_count; i++) {
    lw_Span oid = x->extensions[i].oid;
    if (oid.length == 3 && oid.data[0] == 0x55 && oid.data[1] == 0x1d && oid.data[2] == last)
      return x->extensions[i].value;
  }
  return none;
}

/* Section 4.2.1.11; a value that cannot be read asks for all there is to ask for. */
static void read_constraints (const lw_X509 *x, int *require) {
  lw_Span value = extension_value(x, 36);
  lw_Der r, inside;
  *require = NEVER;
  if (value.data == NULL)
    return;
  r = lw_der_reader(value, NULL, NULL);
  if (!lw_der_enter(&r, LW_DER_SEQUENCE, &inside) || inside.at == inside.end ||
      (lw_der_is(&inside, LW_DER_CONTEXT(0)) && !lw_der_small(&inside, LW_DER_CONTEXT(0), require)))
    *require = 0;
}

/* Section 4.2.1.14 */
static int read_inhibit_any (const lw_X509 *x) {
  lw_Span value = extension_value(x, 54);
  lw_Der r;
  int skip = 0;
  if (value.data == NULL)
    return NEVER;
  r = lw_der_reader(value, NULL, NULL);
  return lw_der_small(&r, LW_DER_INTEGER, &skip) ? skip : 0;
}

/* ------------------------------------------------------------------ the path */

/* Section 6.1.3 (d) to (f) */
static void process (State *s, const lw_X509 *x, int depth) {
  Policies own;
  set_read(&own, x);
  if (s->inhibit_any == 0 && (depth == 0 || !lw_self_issued(x)))
    own.any = 0;
  set_intersect(&s->valid, &own);
}

static void count_down (int *n) {
  if (*n > 0)
    --*n;
}

/* Section 6.1.4 (a), (b), (h) to (j) */
static void prepare (State *s, const lw_X509 *x) {
  int require, inhibit = read_inhibit_any(x);
  read_constraints(x, &require);
  if (extension_value(x, 33).data != NULL)
    s->valid.any = 0, s->valid.count = 0;
  if (!lw_self_issued(x)) {
    count_down(&s->explicit_policy);
    count_down(&s->inhibit_any);
  }
  if (require < s->explicit_policy)
    s->explicit_policy = require;
  if (inhibit < s->inhibit_any)
    s->inhibit_any = inhibit;
}

static int wanted (const Policies *valid, const lw_Demand *d) {
  char text[LW_OID_TEXT];
  if (valid->any || d->policies == NULL)
    return !set_is_empty(valid);
  for (size_t i = 0; i < valid->count; i++)
    for (size_t k = 0; k < d->policies_count; k++)
      if (strcmp(lw_oid_text(valid->list[i], text), d->policies[k]) == 0)
        return 1;
  return 0;
}

/* Section 6.1.5 (a), (b) and (g) */
static int wrap_up (State *s, const lw_X509 *leaf, const lw_Demand *d) {
  int require;
  read_constraints(leaf, &require);
  count_down(&s->explicit_policy);
  if (require == 0)
    s->explicit_policy = 0;
  return s->explicit_policy > 0 || wanted(&s->valid, d);
}

void lw_policy_check (const lw_X509 *const *path, int length, const lw_Demand *d, lw_Findings *f) {
  State s = {{1, 0, {{NULL, 0}}}, d->policies == NULL ? NEVER : 0, NEVER};
  for (int i = length - 2; i >= 0; i--) {
    process(&s, path[i], i);
    if (s.explicit_policy == 0 && set_is_empty(&s.valid)) {
      lw_found(f, i, "policy");
      return;
    }
    if (i > 0)
      prepare(&s, path[i]);
  }
  if (!wrap_up(&s, path[0], d))
    lw_found(f, 0, "policy");
}
