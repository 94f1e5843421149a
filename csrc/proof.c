/*
** proof.c - facts about bytes that were shown once: this key has signed that certificate; wolfSSL has nothing against
** this path. To show one takes a signature, to know it again a digest. Nobody is trusted for it: the same bytes would
** only give the same answer again.
*/

#include <string.h>

#include "path.h"

#include <wolfssl/wolfcrypt/sha256.h>

#define KEPT 32

struct lw_Proofs {
  size_t count, next; /* the oldest gives way */
  unsigned char known[KEPT][32];
};

lw_Proofs *lw_proofs_new (void) {
  return (lw_Proofs *)lw_alloc_zero(sizeof(lw_Proofs));
}

static int proof_digest (char fact, const lw_Span *spans, size_t count, unsigned char *digest) {
  wc_Sha256 sha;
  int good =
      wc_InitSha256(&sha) == 0 && wc_Sha256Update(&sha, (const unsigned char *)&fact, 1) == 0;
  for (size_t i = 0; good && i < count; i++)
    good = wc_Sha256Update(&sha, spans[i].data, (word32)spans[i].length) == 0;
  good = good && wc_Sha256Final(&sha, digest) == 0;
  wc_Sha256Free(&sha);
  return good;
}

int lw_proofs_know (const lw_Proofs *p, char fact, const lw_Span *spans, size_t count,
                    unsigned char digest[32]) {
  memset(digest, 0, 32); /* of nothing: never known */
  if (p == NULL || !proof_digest(fact, spans, count, digest))
    return 0;
  for (size_t i = 0; i < p->count; i++)
    if (memcmp(p->known[i], digest, 32) == 0)
      return 1;
  return 0;
}

void lw_proofs_add (lw_Proofs *p, const unsigned char digest[32]) {
  static const unsigned char none[32];
  if (p == NULL || memcmp(digest, none, 32) == 0)
    return;
  memcpy(p->known[p->next], digest, 32);
  p->next = (p->next + 1) % KEPT;
  if (p->count < KEPT)
    p->count++;
}
