/*
** staple.c - the OCSP response that comes with a server's chain (RFC 6066 section 8, RFC 8446 section 4.4.2.1). Ours
** is the word that counts. In TLS 1.3 wolfSSL does not look at it: to it the chain is without an issuer. In TLS 1.2 it
** does, and fails unless it can; so it is then given the path that we found, for this one connection.
*/

#include "transcript.h"
#include "path.h"

#include <string.h>

#include <wolfssl/wolfcrypt/error-crypt.h>

enum { CERTIFICATE = 11, SERVER_KEY_EXCHANGE = 12, CERTIFICATE_STATUS = 22, STATUS_REQUEST = 5 };

#ifdef HAVE_CERTIFICATE_STATUS_REQUEST
int lw_staple_enable (WOLFSSL_CTX *ctx) {
  return wolfSSL_CTX_EnableOCSPStapling(ctx);
}

int lw_staple_ask (lw_Connection *c) {
  const lw_Demands *peer = &c->context->peer;
  unsigned char options = peer->staple_nonce == LW_STAPLE_NONE ? 0 : WOLFSSL_CSR_OCSP_USE_NONCE;
  return peer->staple == LW_STAPLE_NONE ||
         wolfSSL_UseOCSPStapling(c->ssl, WOLFSSL_CSR_OCSP, options) == WOLFSSL_SUCCESS;
}
#else
int lw_staple_enable (WOLFSSL_CTX *ctx) {
  (void)ctx;
  return NOT_COMPILED_IN;
}

int lw_staple_ask (lw_Connection *c) {
  (void)c;
  return 1;
}
#endif

static size_t read24 (const unsigned char *p) {
  return (size_t)p[0] << 16 | (size_t)p[1] << 8 | p[2];
}

/* Out of our ClientHello: the nonce is the one extension that wolfSSL puts into a request. */
lw_Span lw_staple_nonce (const lw_Connection *c) {
  lw_Span none = {NULL, 0}, request, responders, extensions, oid;
  lw_Der r, list, one;
  lw_Item value;
  request = lw_hello_extension(&c->gate->offered, STATUS_REQUEST);
  if (c->context->peer.staple_nonce == LW_STAPLE_NONE || request.length < 1)
    return none;
  request.data++, request.length--;
  if (!lw_hello_vector(&request, 2, &responders) || !lw_hello_vector(&request, 2, &extensions))
    return none;
  r = lw_der_reader(extensions, NULL, NULL);
  if (!lw_der_enter(&r, LW_DER_SEQUENCE, &list) || !lw_der_enter(&list, LW_DER_SEQUENCE, &one) ||
      !lw_der_oid(&one, LW_DER_OID, &oid) || !lw_der_item(&one, LW_DER_OCTET_STRING, &value))
    return none;
  return value.content;
}

/* CertificateStatus, also as an extension: nothing but an OCSP response. */
static lw_Span staple_response (lw_Span status) {
  lw_Span response = {NULL, 0};
  if (status.length > 4 && status.data[0] == 1 && read24(status.data + 1) == status.length - 4) {
    response.data = status.data + 4;
    response.length = status.length - 4;
  }
  return response;
}

/* -------------------------------------------------------------------- TLS 1.3 */

/* The extensions of the first entry: wolfSSL points to the certificates where they stand in the message, with the
   lengths of the list and of the entry before them. */
static lw_Span staple_extensions (const WOLFSSL_BUFFER_INFO *leaf) {
  const unsigned char *p = leaf->buffer, *end = p - 3 + read24(p - 6);
  lw_Span list = {NULL, 0};
  if (read24(p - 3) != leaf->length || end - p < (ptrdiff_t)leaf->length + 2)
    return list;
  p += leaf->length;
  if (lw_read16(p) <= (size_t)(end - p - 2)) {
    list.data = p + 2;
    list.length = lw_read16(p);
  }
  return list;
}

lw_Span lw_staple_beside (const WOLFSSL_BUFFER_INFO *leaf) {
  lw_Span list = staple_extensions(leaf), none = {NULL, 0}, content;
  while (list.length >= 4) {
    content.length = lw_read16(list.data + 2);
    content.data = list.data + 4;
    if (content.length > list.length - 4)
      return none;
    if (lw_read16(list.data) == STATUS_REQUEST)
      return staple_response(content);
    list.data += 4 + content.length;
    list.length -= 4 + content.length;
  }
  return none;
}

/* -------------------------------------------------------------------- TLS 1.2 */

/* How many there are; wolfSSL will refuse what cannot be read. */
static int staple_list (const unsigned char *p, size_t n, WOLFSSL_BUFFER_INFO *list, int most) {
  int count = 0;
  if (n < 3 || read24(p) != n - 3)
    return 0;
  for (p += 3, n -= 3; n >= 3 && count < most; count++) {
    size_t length = read24(p);
    if (length > n - 3)
      return 0;
    list[count].buffer = (unsigned char *)(uintptr_t)(p + 3);
    list[count].length = (unsigned)length;
    p += 3 + length;
    n -= 3 + length;
  }
  return count;
}

/* Gives wolfSSL the issuers of this path, from the anchor down. */
static int staple_lend (lw_Connection *c) {
  WOLFSSL_X509_STORE *store = wolfSSL_X509_STORE_new();
  if (store == NULL)
    return 0;
  for (int i = c->trial.length - 1; i > 0; i--) {
    lw_Span der = lw_verify_path(c, (size_t)i);
    wolfSSL_CertManagerLoadCABuffer(store->cm, der.data, (long)der.length, WOLFSSL_FILETYPE_ASN1);
  }
  if (wolfSSL_set0_verify_cert_store(c->ssl, store) == WOLFSSL_SUCCESS)
    return 1;
  wolfSSL_X509_STORE_free(store);
  return 0;
}

/* A server may announce a response and send none (RFC 6066 section 8). wolfSSL then looks for one itself, unless its
   request names no responder: so it gets a new request, and a store for it. */
static int staple_forgo (lw_Connection *c) {
  WOLFSSL_X509_STORE *store = wolfSSL_X509_STORE_new();
  if (store != NULL && wolfSSL_CertManagerEnableOCSP(store->cm, 0) == WOLFSSL_SUCCESS &&
      lw_staple_ask(c) && wolfSSL_set0_verify_cert_store(c->ssl, store) == WOLFSSL_SUCCESS)
    return 1;
  wolfSSL_X509_STORE_free(store);
  return 0;
}

static int staple_nomemory (lw_Connection *c) {
  lw_connection_fail(c, LW_INTERNAL, LW_INTERNAL_ALERT, "out of memory");
  return -1;
}

static int staple_certificate (lw_Connection *c, const unsigned char *body, size_t length) {
  WOLFSSL_BUFFER_INFO list[LW_MAX_CHAIN];
  int count = staple_list(body, length, list, LW_MAX_CHAIN);
  if (count == 0 || c->trial.judged)
    return 0;
  lw_bytes_free(&c->peer_chain);
  for (int i = 0; i < count; i++)
    if (!lw_chain_keep(&c->peer_chain, &list[i]))
      return staple_nomemory(c);
  if (!lw_verify_judge(c, list, count, NULL))
    return -1;
  c->trial.judged = LW_FORESEEN;
  if (!c->trial.anchored || c->shortened == LW_STRIPPED)
    return 0;
  return staple_lend(c) ? 0 : staple_nomemory(c);
}

/* What the response says of the leaf, for whose path two certificates are enough. */
static int staple_apply (lw_Connection *c, lw_Span response) {
  lw_X509 *room = (lw_X509 *)lw_alloc(2 * sizeof *room);
  lw_Fault fault;
  lw_Verdict v;
  int error = MEMORY_E;
  memset(&v, 0, sizeof v);
  v.length = c->trial.length < 2 ? c->trial.length : 2;
  v.findings = c->trial.findings;
  if (room != NULL) {
    for (int i = 0; i < v.length; i++) {
      lw_x509_read(&room[i], lw_verify_path(c, (size_t)i), &fault);
      v.path[i] = &room[i];
    }
    error = lw_verify_staple(c, response, &v);
  }
  c->trial.findings = v.findings;
  lw_free(room);
  return error == 0;
}

/* wolfSSL reads SHA-1, and wants the issuer of a leaf whose signature fits. */
static int staple_isforeign (const lw_Connection *c, lw_Span status) {
  lw_Span response = staple_response(status);
  return response.data != NULL && (c->shortened == LW_STRIPPED || !lw_ocsp_usessha1(response));
}

/* For wolfSSL none came. */
static int staple_hide (lw_Connection *c, const unsigned char *body, size_t length) {
  lw_Span message = {body - 4, length + 4};
  if (!staple_forgo(c))
    return staple_nomemory(c);
  return lw_transcript_hide(c, message) ? 0 : -1;
}

/* A second one, or behind what comes after it: wolfSSL may not know of the first. */
static int staple_late (lw_Connection *c) {
  lw_connection_fail(c, LW_PEER_MISBEHAVED, LW_UNEXPECTED_MESSAGE,
                     "a CertificateStatus where there is no place for it");
  return -1;
}

/* Each message that a client of TLS 1.2 gets. A response comes after Certificate, and before all else. */
int lw_staple_received (lw_Connection *c, unsigned type, const unsigned char *body, size_t length) {
  lw_Span status = {body, length}, none = {NULL, 0};
  if (c->context->peer.staple == LW_STAPLE_NONE)
    return 0;
  if (type == CERTIFICATE)
    return staple_certificate(c, body, length);
  if (c->trial.judged == 0 || type < SERVER_KEY_EXCHANGE)
    return 0;
  if (c->trial.stapled)
    return type == CERTIFICATE_STATUS ? staple_late(c) : 0;
  c->trial.stapled = 1;
  if (c->trial.anchored &&
      !staple_apply(c, type == CERTIFICATE_STATUS ? staple_response(status) : none))
    return staple_nomemory(c);
  if (!lw_verify_passes(c))
    return -1;
  if (type == CERTIFICATE_STATUS && c->gate->hashes && staple_isforeign(c, status))
    return staple_hide(c, body, length);
  return type == CERTIFICATE_STATUS || staple_forgo(c) ? 0 : staple_nomemory(c);
}
