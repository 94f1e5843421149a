/*
** authority.c - the names of authorities in a CertificateRequest, by which clients choose among their certificates.
** A list that lacks one would mislead them: all are sent, or none. request.c sends them; where it cannot, wolfSSL does in
** TLS 1.2.
*/

#include "path.h"
#include "transcript.h"

#define MOST 8192        /* bytes on the wire: nobody chooses by a whole store of roots */
#define LONGEST_NAME 256 /* that wolfSSL keeps */

enum { MAX_FRAGMENT_LENGTH = 1 };

static int authority_fits (const lw_X509 *const *list, size_t count, size_t longest) {
  size_t size = 0;
  for (size_t i = 0; i < count; i++) {
    size += 2 + list[i]->subject.length;
    if (list[i]->subject.length > longest)
      return 0;
  }
  return count > 0 && size <= MOST;
}

/* -------------------------------------------------------------------- wolfSSL's */

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

/* -------------------------------------------------------------------- ours */

static int authority_write (lw_Bytes *out, const lw_X509 *const *list, size_t count) {
  for (size_t i = 0; i < count; i++) {
    lw_Span name = list[i]->subject;
    unsigned char head[2] = {(unsigned char)(name.length >> 8), (unsigned char)name.length};
    if (!lw_bytes_append(out, head, sizeof head) || !lw_bytes_append(out, name.data, name.length))
      return 0;
  }
  return 1;
}

/* Does the client take small records only (RFC 6066 section 4)? Our message goes in one. */
static int authority_issmall (const lw_Connection *c) {
  if (c->gate == NULL)
    return wolfSSL_GetMaxOutputSize(c->ssl) < LW_RECORD;
  return lw_hello_extension(&c->gate->offered, MAX_FRAGMENT_LENGTH).data != NULL;
}

int lw_authority_names (const lw_Connection *c, lw_Bytes *names) {
  const lw_Context *x = c->context;
  const lw_Trust *t = c->trust != NULL ? c->trust : x->peer.trust;
  if (authority_issmall(c))
    return 1;
  if (!x->names_anchors)
    return lw_bytes_append(names, lw_bytes_data(&x->authorities), lw_bytes_length(&x->authorities));
  return t == NULL || !authority_fits(t->anchors, t->anchors_count, MOST) ||
         authority_write(names, t->anchors, t->anchors_count);
}

/* -------------------------------------------------------------------- both */

/***
Tells clients whose certificates are good.
@function context:set_authorities
@tparam[opt] {certificate,...} list those that are trusted, by the connection
@treturn[1] boolean whether they are sent: not when they are too many or too long. No client that negotiates a
 max_fragment_length (RFC 6066 section 4) is sent any
@treturn[2] nil
@treturn[2] string message
@treturn[2] string "not_compiled_in"
@see RFC 5246 section 7.4.4
@see RFC 8446 section 4.2.4
*/
int lw_context_setauthorities (lua_State *L) {
  lw_Context *x = lw_context_settable(L);
  const lw_Trust *t = x->peer.trust;
  const lw_X509 *const *list = t == NULL ? NULL : t->anchors;
  size_t count = t == NULL ? 0 : t->anchors_count;
  int theirs = x->min_version < 0x0304 && !lw_device_hears(LW_HASH), sent;
  lua_settop(L, 2);
  x->names_anchors = lua_isnil(L, 2);
  if (!x->names_anchors)
    list = lw_chain_check(L, 2, &count);
  if (!x->names_anchors && x->min_version == 0x0304 && !lw_device_hears(LW_HASH))
    return lw_failure(L, LW_NOT_COMPILED_IN, "client_ca_names: this wolfSSL sends none in TLS 1.3");
  sent = authority_fits(list, count, theirs ? LONGEST_NAME : MOST);
  lw_bytes_free(&x->authorities);
  if (sent && !x->names_anchors && !authority_write(&x->authorities, list, count))
    return luaL_error(L, "out of memory");
  if (theirs && x->peer.verify != LW_VERIFY_NONE)
    lw_context_each(x, ctx) sent = sent && authority_set(*ctx, list, count);
  lua_pushboolean(L, sent);
  return 1;
}
