/*
** rewind.c - the hash of a question after the handshake, and of its answer, goes on from the handshake (RFC 8446 section
** 4.4.1). wolfSSL's goes on from the question before. So when the first one is hashed the hash is kept as it was, and
** for each of the others it becomes that again.
*/

#include "transcript.h"

#if defined(WOLF_CRYPTO_CB)

struct lw_Rewind {
  union {
    wc_Sha256 sha256;
    wc_Sha384 sha384;
  } as;
};

/* Is it a CertificateRequest after the handshake? */
static int rewind_isquestion (const lw_Connection *c, lw_Span message) {
  lw_Span context, extensions, schemes;
  return c->open && c->facts.version == 0x0304 &&
         lw_request_read(message, &context, &extensions, &schemes);
}

static int rewind_keep (lw_Connection *c, int type, void *hash) {
  c->rewind = (struct lw_Rewind *)lw_alloc_zero(sizeof *c->rewind);
  if (c->rewind == NULL)
    return 0;
  return type == WC_HASH_TYPE_SHA384 ? wc_Sha384Copy((wc_Sha384 *)hash, &c->rewind->as.sha384) == 0
                                     : wc_Sha256Copy((wc_Sha256 *)hash, &c->rewind->as.sha256) == 0;
}

static int rewind_restore (lw_Connection *c, int type, void *hash) {
  if (type == WC_HASH_TYPE_SHA384) {
    wc_Sha384Free((wc_Sha384 *)hash);
    return wc_Sha384Copy(&c->rewind->as.sha384, (wc_Sha384 *)hash) == 0;
  }
  wc_Sha256Free((wc_Sha256 *)hash);
  return wc_Sha256Copy(&c->rewind->as.sha256, (wc_Sha256 *)hash) == 0;
}

void lw_rewind (lw_Connection *c, int type, void *hash, lw_Span message) {
  int good;
  if (c->suite == NULL || type != c->suite->hash || !rewind_isquestion(c, message))
    return;
  good = c->rewind == NULL ? rewind_keep(c, type, hash) : rewind_restore(c, type, hash);
  if (!good)
    lw_connection_fail(c, LW_INTERNAL, LW_INTERNAL_ALERT, "out of memory");
}

void lw_rewind_free (lw_Connection *c) {
  if (c->rewind != NULL && c->suite->hash == WC_HASH_TYPE_SHA384)
    wc_Sha384Free(&c->rewind->as.sha384);
  else if (c->rewind != NULL)
    wc_Sha256Free(&c->rewind->as.sha256);
  lw_free(c->rewind);
  c->rewind = NULL;
}

#else

void lw_rewind_free (lw_Connection *c) {
  (void)c;
}

#endif
