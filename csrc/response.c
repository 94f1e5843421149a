/*
** response.c - the OCSP response that a server staples to its chain (RFC 6066 section 8, RFC 8446 section 4.4.2.1).
** wolfSSL is told that there is one only while it serves a connection for which there is: without one it would promise
** it and fail.
*/

#include "connection.h"
#include "path.h"

#include <string.h>
#include <time.h>

#include <wolfssl/wolfcrypt/error-crypt.h>

static lw_Span response_span (const lw_Bytes *bytes) {
  lw_Span span = {lw_bytes_data(bytes), lw_bytes_length(bytes)};
  return span;
}

static int response_callback (WOLFSSL *ssl, void *context) {
  const lw_Connection *c = lw_current();
  lw_Bytes *cached = c == NULL ? NULL : &c->context->cached[c->identity];
  lw_Span response = {NULL, 0};
  unsigned char *copy;
  (void)context;
  lw_recall_expect(response); /* the one in `cached` goes */
  if (c != NULL)
    response = response_span(&c->context->response[c->identity]);
  if (response.length == 0)
    return 1;
  lw_bytes_free(cached);
  copy = (unsigned char *)lw_alloc(response.length + 1); /* wolfSSL's own */
  if (copy == NULL || !lw_bytes_append(cached, response.data, response.length)) {
    lw_free(copy);
    return 1;
  }
  lw_recall_expect(response_span(cached));
  memcpy(copy, response.data, response.length);
  wolfSSL_set_tlsext_status_ocsp_resp(ssl, copy, (int)response.length);
  return 0;
}

/* Is it the time to answer a ClientHello in which a staple may be asked for? */
static int response_due (const lw_Connection *c) {
  if (!c->server || c->open || c->gate == NULL)
    return 0;
  return c->gate->version == 0x0303 || (c->gate->version == 0x0304 && !c->in_protected);
}

int lw_response_offer (const lw_Connection *c) {
  const lw_Context *x = c->context;
  const lw_Bytes *response;
  if (!response_due(c))
    return 0;
  response = &x->response[c->identity];
  if (lw_connection_chain(c) != &x->chain[c->identity] || /* a handler chose another */
      lw_bytes_length(response) == 0 || time(NULL) > x->response_until[c->identity] ||
      (c->gate->version == 0x0304 && !lw_recall_ready()))
    return 0;
  wolfSSL_CTX_EnableOCSPStapling(x->ctx[c->identity]);
  if (c->gate->version == 0x0304)
    lw_recall_begin(lw_chain_nth(lw_connection_chain(c), 0),
                    response_span(&x->cached[c->identity]));
  return 1;
}

void lw_response_withdraw (lw_Connection *c) {
  void *copy = lw_recall_end();
  wolfSSL_CTX_DisableOCSPStapling(c->context->ctx[c->identity]);
  if (copy != NULL &&
      c->gate != NULL) { /* a second ClientHello has put it in the place of the first one's */
    lw_free(c->gate->response);
    c->gate->response = copy;
  }
  else
    lw_free(copy);
}

/* -------------------------------------------------------------------- setting it */

/* The leaf and its issuer, out of the chain or of who is trusted; 0: there is no issuer. */
static int response_pair (const lw_Context *x, size_t identity, lw_X509 *leaf, lw_X509 *issuer) {
  const lw_Trust *t = x->peer.trust;
  lw_Fault fault;
  lw_Span der = lw_chain_nth(&x->chain[identity], 0);
  if (der.data == NULL || !lw_x509_read(leaf, der, &fault))
    return 0;
  for (size_t i = 1; (der = lw_chain_nth(&x->chain[identity], i)).data != NULL; i++)
    if (lw_x509_read(issuer, der, &fault) && lw_name_equal(issuer->subject, leaf->issuer))
      return 1;
  for (size_t i = 0; t != NULL && i < t->anchors_count; i++)
    if (lw_name_equal(t->anchors[i]->subject, leaf->issuer))
      return lw_x509_read(issuer, t->anchors[i]->der, &fault);
  return 0;
}

/* Would a client take it? The code of what is wrong; NULL: nothing is, and until is set. */
static const char *response_check (lw_Span response, const lw_X509 *leaf, const lw_X509 *issuer,
                                   int64_t *from, int64_t *until) {
  lw_Demand d;
  lw_Verdict v;
  memset(&d, 0, sizeof d);
  memset(&v, 0, sizeof v);
  d.time = (int64_t)time(NULL);
  v.path[0] = leaf;
  v.path[1] = issuer;
  v.length = 2;
  if (lw_ocsp_apply(response, &d, &v) != 0)
    return "out of memory";
  if (v.findings.count > 0)
    return lw_flaws[v.findings.list[0].flaw].text;
  lw_ocsp_validity(response, leaf, issuer, from, until);
  return NULL;
}

/* wolfSSL looks for the issuer, too. */
static int response_install (WOLFSSL_CTX *ctx, const lw_X509 *leaf, const lw_X509 *issuer) {
  int result =
      wolfSSL_CTX_load_verify_buffer_ex(ctx, issuer->der.data, (long)issuer->der.length,
                                        WOLFSSL_FILETYPE_ASN1, 0, WOLFSSL_LOAD_FLAG_DATE_ERR_OKAY);
  if (result == WOLFSSL_SUCCESS)
    result = wolfSSL_CertManagerVerifyBuffer(wolfSSL_CTX_GetCertManager(ctx), leaf->der.data,
                                             (long)leaf->der.length, WOLFSSL_FILETYPE_ASN1);
  if (result == WOLFSSL_SUCCESS)
    result = wolfSSL_CTX_set_tlsext_status_cb(ctx, response_callback);
  wolfSSL_CTX_DisableOCSPStapling(ctx);
  return result;
}

static const char *response_set (lw_Context *x, size_t identity, lw_Span response, int64_t *from,
                                 int64_t *until) {
  lw_X509 *pair = (lw_X509 *)lw_alloc(2 * sizeof *pair);
  lw_Bytes *kept = &x->response[identity];
  const char *wrong = "out of memory";
  if (pair != NULL)
    wrong = response_pair(x, identity, &pair[0], &pair[1])
                ? response_check(response, &pair[0], &pair[1], from, until)
                : "the certificate's issuer is neither in the chain nor trusted";
  if (wrong == NULL && lw_bytes_length(kept) == 0 &&
      response_install(x->ctx[identity], &pair[0], &pair[1]) != WOLFSSL_SUCCESS)
    wrong = "wolfSSL cannot verify the certificate";
  lw_free(pair);
  if (wrong != NULL)
    return wrong;
  lw_bytes_free(kept);
  x->response_until[identity] = *until;
  return lw_bytes_append(kept, response.data, response.length) ? NULL : "out of memory";
}

/***
Sets the OCSP response that goes with a certificate; also while there are connections.
@function context:set_response
@tparam integer index of the identity, from 1
@tparam string response DER, current and good
@treturn[1] integer when it was made, Unix seconds
@treturn[1] integer when it ends
@treturn[2] nil
@treturn[2] string message
@treturn[2] string code "decode_error"; "not_compiled_in": this wolfSSL cannot, or not in TLS 1.3
@see RFC 6066 section 8
*/
int lw_context_setresponse (lua_State *L) {
  lw_Context *x = lw_context_check(L, 1);
  lua_Integer identity = luaL_checkinteger(L, 2);
  lw_Span response;
  int64_t from = 0, until = 0;
  const char *wrong;
  response.data = (const unsigned char *)luaL_checklstring(L, 3, &response.length);
  luaL_argcheck(L, x->server, 1, "only a server staples");
  luaL_argcheck(L, identity >= 1 && (size_t)identity <= x->identities, 2, "no such identity");
  if (x->max_version != 0x0303 && !lw_recall_ready())
    return lw_failure(L, LW_NOT_COMPILED_IN,
                      "staple: this wolfSSL can serve it in TLS 1.2 only: set max_version");
  wrong = response_set(x, (size_t)identity - 1, response, &from, &until);
  if (wrong != NULL)
    return lw_failure(L, LW_DECODE_ERROR, "staple: %s", wrong);
  lw_pushinteger(L, from);
  lw_pushinteger(L, until);
  return 2;
}

/***
@function context:certificate
@tparam integer index of the identity, from 1
@treturn ?userdata certificate its leaf
*/
int lw_context_certificate (lua_State *L) {
  const lw_Context *x = lw_context_check(L, 1);
  lua_Integer identity = luaL_checkinteger(L, 2);
  lw_Span leaf;
  luaL_argcheck(L, identity >= 1 && identity <= LW_MAX_IDENTITIES, 2, "no such identity");
  lw_certificate_box(L);
  leaf = lw_chain_nth(&x->chain[identity - 1], 0);
  return leaf.data == NULL ? 0 : lw_certificate_fill(L, leaf);
}
