/*
** authority.c - the names of authorities in a CertificateRequest, by which clients choose among their certificates.
** A list that lacks one would mislead them: all are sent, or none. wolfSSL up to 5.5 sends them in TLS 1.2 only.
*/

#include "connection.h"
#include "path.h"

#define MOST 8192        /* bytes on the wire: nobody chooses by a whole store of roots */
#define LONGEST_NAME 256 /* that wolfSSL keeps */

/* Names that fit and that wolfSSL can read; 0 otherwise. */
static int authority_fits (const lw_X509 *const *list, size_t count) {
  size_t size = 0;
  for (size_t i = 0; i < count; i++) {
    size += 2 + list[i]->subject.length;
    if (list[i]->subject.length > LONGEST_NAME)
      return 0;
  }
  return count > 0 && size <= MOST;
}

static int authority_add (WOLF_STACK_OF(WOLFSSL_X509_NAME) * names, lw_Span subject) {
  unsigned char *der = (unsigned char *)(uintptr_t)subject.data;
  WOLFSSL_X509_NAME *name = wolfSSL_d2i_X509_NAME(NULL, &der, (long)subject.length);
  if (name != NULL && wolfSSL_sk_X509_NAME_push(names, name) == WOLFSSL_SUCCESS)
    return 1;
  wolfSSL_X509_NAME_free(name);
  return 0;
}

static int authority_set (WOLFSSL_CTX *ctx, const lw_X509 *const *list, size_t count) {
  WOLF_STACK_OF(WOLFSSL_X509_NAME) *names = wolfSSL_sk_X509_NAME_new(NULL);
  int good = names != NULL;
  for (size_t i = count; good && i-- > 0;) /* it puts each before the others */
    good = authority_add(names, list[i]->subject);
  if (good)
    wolfSSL_CTX_set_client_CA_list(ctx, names);
  else
    wolfSSL_sk_X509_NAME_pop_free(names, NULL);
  return good;
}

/***
Tells clients whose certificates are good.
@function context:set_authorities
@tparam[opt] {certificate,...} list those that the context trusts
@treturn boolean whether they are sent: not when they are too many or too long
@see RFC 5246 section 7.4.4
*/
int lw_context_setauthorities (lua_State *L) {
  lw_Context *x = lw_context_settable(L);
  const lw_Trust *t = x->peer.trust;
  const lw_X509 *const *list = t == NULL ? NULL : t->anchors;
  size_t count = t == NULL ? 0 : t->anchors_count;
  int sent;
  lua_settop(L, 2);
  if (!lua_isnil(L, 2))
    list = lw_chain_check(L, 2, &count);
  sent = authority_fits(list, count);
  lw_context_each(x, ctx) sent = sent && authority_set(*ctx, list, count);
  lua_pushboolean(L, sent);
  return 1;
}
