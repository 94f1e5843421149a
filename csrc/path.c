/*
** path.c - from the leaf to an anchor, with whatever certificates the peer has sent.
**
** A search in depth, twice at most. The first takes only issuers that are sound by themselves and whose key made
** the signature: what it finds is good, or nothing but the leaf or the path as a whole is to blame. If it finds
** nothing, the second takes every issuer of the right name, and the path with the least that is wrong about it
** is what the caller is told. Both count what they do, and stop when it is too much.
*/

#include <limits.h>
#include <string.h>

#include "path.h"

#define CHECKS 100 /* signatures */
#define STEPS 1000 /* issuers tried, in the first search; in the second: */
#define MORE_STEPS 200
#define NAMES (1L << 18) /* comparisons with name constraints */
#define LETTERS \
  (1L << 22) /* bytes of names that are not the same, and may yet be equal; in each search */

typedef struct Node {
  const lw_X509 *x;
  int anchor;
  int sound; /* as an issuer; -1: not yet known */
} Node;

typedef struct Level { /* the certificate whose issuer is sought */
  Node *node;
  int rank;    /* of the candidates at hand, the best first */
  size_t next; /* of those */
  int tried;   /* there was one */
} Level;

typedef struct Check {
  const lw_X509 *subject, *issuer;
  int error;
} Check;

typedef struct Search {
  const lw_Trust *trust;
  const lw_Demand *demand;
  lw_Verdict *verdict; /* the best so far */
  int cost;            /* of it */
  int lenient;         /* the second search */
  int steps;
  int exhausted; /* something was not looked at */
  int no_memory;
  long names, letters;
  lw_Findings leaf; /* what is wrong whatever the path */
  int length;
  Level levels[LW_PATH];
  size_t checks_count;
  Check checks[CHECKS];
  size_t nodes_count;
  Node nodes[1]; /* anchors, then the peer's; as many as there are */
} Search;

/* ------------------------------------------------------------------ signatures */

/* What was signed once is signed. */
static int is_signed (const Search *s, const lw_X509 *x, const lw_X509 *issuer) {
  lw_Span fact[2];
  unsigned char digest[32];
  int error;
  fact[0] = issuer->key.der;
  fact[1] = x->der;
  if (lw_proofs_know(s->trust->proofs, 's', fact, 2, digest))
    return 0;
  error = lw_signed_by(issuer->key.der, &x->signature_algorithm, x->tbs, x->signature);
  if (error == 0)
    lw_proofs_add(s->trust->proofs, digest);
  return error;
}

static int check_new (Search *s, const lw_X509 *x, const lw_X509 *issuer) {
  Check *c = &s->checks[s->checks_count];
  if (s->checks_count == CHECKS) {
    s->exhausted = 1;
    return SIG_VERIFY_E;
  }
  c->error = is_signed(s, x, issuer);
  if (c->error == MEMORY_E)
    s->no_memory = 1;
  c->subject = x;
  c->issuer = issuer;
  s->checks_count++;
  return c->error;
}

static int check (Search *s, const lw_X509 *x, const lw_X509 *issuer) {
  for (size_t i = 0; i < s->checks_count; i++)
    if (s->checks[i].subject == x && s->checks[i].issuer == issuer)
      return s->checks[i].error;
  return check_new(s, x, issuer);
}

/* ------------------------------------------------------------------ candidates */

/* RFC 4158 section 3.5.12: key identifiers tell which issuer to try first, no more. */
static int is_other_key (const lw_X509 *x, const lw_X509 *issuer) {
  return x->authority_key_identifier.data != NULL && issuer->subject_key_identifier.data != NULL &&
         !lw_span_equal(x->authority_key_identifier, issuer->subject_key_identifier);
}

static int is_sound (Search *s, Node *n) {
  lw_Findings f;
  if (n->sound < 0) {
    f.count = 0;
    lw_rules_issuer(n->x, n->anchor, s->demand, 0, &f);
    n->sound = f.count == 0;
  }
  return n->sound;
}

enum { FARTHER = 1, OTHER_KEY = 2, UNSOUND = 4, RANKS = 8 };

static int rank_of (Search *s, const lw_X509 *x, Node *n) {
  return (n->anchor ? 0 : FARTHER) + (is_other_key(x, n->x) ? OTHER_KEY : 0) +
         (is_sound(s, n) ? 0 : UNSOUND);
}

static int is_name (Search *s, lw_Span a, lw_Span b) {
  if (lw_span_equal(a, b))
    return 1;
  s->letters -= (long)(a.length < b.length ? a.length : b.length);
  if (s->letters < 0)
    s->exhausted = 1;
  return !s->exhausted && lw_name_equal(a, b);
}

/* The same name and key again: a path through it could do without what is between. */
static int is_loop (Search *s, const lw_X509 *x) {
  for (int i = 0; i < s->length; i++)
    if (lw_span_equal(s->levels[i].node->x->key.der, x->key.der) &&
        is_name(s, s->levels[i].node->x->subject, x->subject))
      return 1;
  return 0;
}

/* Might the issuer be that one, only that the signature is wrong? Not if another key is known to be the signer's. */
static int is_suspect (Search *s, const lw_X509 *x, int rank) {
  return s->lenient && (rank & OTHER_KEY) == 0 && !(lw_self_issued(x) && check(s, x, x) == 0);
}

static int is_candidate (Search *s, const Level *l, Node *n) {
  const lw_X509 *x = l->node->x;
  if (!is_name(s, x->issuer, n->x->subject) || is_loop(s, n->x) || rank_of(s, x, n) != l->rank)
    return 0;
  return check(s, x, n->x) == 0 || is_suspect(s, x, l->rank);
}

/* NULL: there are no more. */
static Node *next_candidate (Search *s, Level *l) {
  int ranks = s->lenient ? RANKS : UNSOUND;
  for (; l->rank < ranks; l->rank++, l->next = 0)
    while (l->next < s->nodes_count) {
      Node *n = &s->nodes[l->next++];
      if (is_candidate(s, l, n))
        return n;
      if (s->exhausted || s->no_memory)
        return NULL;
    }
  return NULL;
}

/* ------------------------------------------------------------------ judging */

static int cost_of (const lw_Findings *f) {
  int cost = 0;
  for (size_t i = 0; i < f->count; i++) {
    const char *code = lw_flaws[f->list[i].flaw].code;
    int unknown = strcmp(code, "unknown_issuer") == 0 || strcmp(code, "self_signed") == 0;
    cost += unknown ? 100 : strstr(code, "signature") != NULL ? 10 : 1;
  }
  return cost;
}

static void judge_signatures (Search *s, const lw_X509 *const *path, int anchored, lw_Findings *f) {
  int last = s->length - 1;
  for (int i = 0; i < last; i++) {
    int error = check(s, path[i], path[i + 1]);
    if (error != 0)
      lw_found(f, i, error == SIG_VERIFY_E ? "bad_signature" : "unknown_signature");
  }
  if (!anchored)
    lw_found(f, last, lw_self_issued(path[last]) ? "self_signed" : "unknown_issuer");
}

static void judge_pins (Search *s, const lw_X509 *const *path, lw_Findings *f) {
  int pinned = s->trust->pins_count == 0;
  for (int i = 0; i < s->length && !pinned; i++)
    if (lw_trust_pinned(s->trust, path[i], &pinned) != 0)
      s->no_memory = 1;
  if (!pinned)
    lw_found(f, 0, "not_pinned");
}

/* The path as it stands becomes the verdict if it is the best so far; 1: nothing better can come. */
static int judge (Search *s, int anchored) {
  lw_Findings f = s->leaf;
  const lw_X509 *path[LW_PATH];
  int cost;
  for (int i = 0; i < s->length; i++)
    path[i] = s->levels[i].node->x;
  for (int i = 1; i < s->length; i++)
    if (!is_sound(s, s->levels[i].node))
      lw_rules_issuer(path[i], s->levels[i].node->anchor, s->demand, i, &f);
  judge_signatures(s, path, anchored, &f);
  lw_rules_path(path, s->length, s->demand, &s->names, &f);
  judge_pins(s, path, &f);
  cost = cost_of(&f);
  if (cost < s->cost) {
    s->cost = cost;
    s->verdict->length = s->length;
    s->verdict->anchored = anchored;
    memcpy(s->verdict->path, path, sizeof path);
    s->verdict->findings = f;
  }
  return f.count == s->leaf.count && anchored;
}

/* ------------------------------------------------------------------ searching */

static void descend (Search *s, Node *n) {
  Level *l = &s->levels[s->length++];
  l->node = n;
  l->rank = l->tried = 0;
  l->next = 0;
}

/* 1: a path was found of which only the leaf is wrong, if anything. */
static int search (Search *s, Node *leaf, int steps) {
  int found = 0;
  s->length = 0;
  s->letters = LETTERS;
  descend(s, leaf);
  while (!found && s->length > 0 && !s->no_memory) {
    Level *l = &s->levels[s->length - 1];
    Node *n = s->length == LW_PATH || s->exhausted ? NULL : next_candidate(s, l);
    if (n == NULL) {
      if (!l->tried)
        judge(s, 0);
      s->length--;
    }
    else if (steps-- == 0)
      s->exhausted = 1;
    else {
      l->tried = 1;
      descend(s, n);
      if (n->anchor) {
        found = judge(s, 1);
        s->length--;
      }
    }
  }
  return found;
}

static Search *search_new (const lw_Trust *t, size_t count, const lw_Demand *d, lw_Verdict *v) {
  Search *s = (Search *)lw_alloc(sizeof *s + (t->anchors_count + count) * sizeof(Node));
  if (s == NULL)
    return NULL;
  memset(s, 0, sizeof *s);
  s->trust = t;
  s->demand = d;
  s->verdict = v;
  s->cost = INT_MAX;
  s->names = NAMES;
  return s;
}

static Node *search_find (Search *s, const lw_X509 *x) {
  for (size_t i = 0; i < s->nodes_count; i++)
    if (lw_span_equal(s->nodes[i].x->der, x->der))
      return &s->nodes[i];
  return NULL;
}

static void search_add (Search *s, const lw_X509 *x, int anchor) {
  Node *n = &s->nodes[s->nodes_count++];
  n->x = x;
  n->anchor = anchor;
  n->sound = -1;
}

/* The peer's certificates, each once. Pins alone make anchors of them. */
static int search_fill (Search *s, const lw_X509 *const *chain, size_t count) {
  int only_pins = s->trust->anchors_count == 0, anchor = 0, error;
  for (size_t i = 0; i < s->trust->anchors_count; i++)
    search_add(s, s->trust->anchors[i], 1);
  for (size_t i = 0; i < count && i < LW_MAX_CHAIN; i++) {
    if (search_find(s, chain[i]) != NULL)
      continue;
    error = only_pins ? lw_trust_pinned(s->trust, chain[i], &anchor) : 0;
    if (error != 0)
      return error;
    search_add(s, chain[i], anchor);
  }
  return 0;
}

static void search_all (Search *s, Node *leaf) {
  lw_rules_leaf(leaf->x, leaf->anchor, s->demand, &s->leaf);
  if (leaf->anchor) {
    descend(s, leaf);
    judge(s, 1);
  }
  else if (!search(s, leaf, STEPS) && !s->no_memory) {
    int exhausted = s->exhausted;
    s->exhausted = 0;
    s->lenient = 1;
    search(s, leaf, MORE_STEPS);
    if (exhausted)
      lw_found(&s->verdict->findings, 0, "too_complex");
  }
}

int lw_path_verify (const lw_Trust *t, const lw_X509 *const *chain, size_t count,
                    const lw_Demand *d, lw_Verdict *v) {
  Search *s = search_new(t, count, d, v);
  int error;
  if (s == NULL)
    return MEMORY_E;
  error = search_fill(s, chain, count);
  if (error == 0)
    search_all(s, search_find(s, chain[0]));
  if (s->no_memory)
    error = MEMORY_E;
  lw_free(s);
  return error;
}
