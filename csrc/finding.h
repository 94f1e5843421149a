/*
** finding.h - what can be wrong with a peer's chain: a closed list.
*/

#ifndef LW_FINDING_H
#define LW_FINDING_H

#include <stddef.h>

#include "lwolfssl.h"

#pragma GCC visibility push(hidden)

typedef struct lw_Flaw {
  const char *code; /* "expired", "unknown_issuer", … */
  int alert;        /* that tells the peer */
  const char *text;
} lw_Flaw;

extern const lw_Flaw lw_flaws[];

typedef struct lw_Finding {
  unsigned char depth; /* 0 is the leaf */
  unsigned char flaw;  /* place in the list */
} lw_Finding;

#define LW_FINDINGS 24

typedef struct lw_Findings {
  size_t count;
  lw_Finding list[LW_FINDINGS];
} lw_Findings;

/* Each only once; further ones than there is room for are dropped. */
void lw_found (lw_Findings *f, int depth, const char *code);
const lw_Finding *lw_findings_gravest (const lw_Findings *f); /* of one, at least */
/* Pushes the list of {depth=, code=, reason=}. */
void lw_findings_push (lua_State *L, const lw_Finding *list, size_t count);

#pragma GCC visibility pop

#endif
