/*
** verify.c - the peer's chain during a handshake: wolfSSL's verdict, and on top of it what wolfSSL does not
** look at - the name (RFC 9525), signature algorithms and key sizes at every depth.
*/

#include "connection.h"

#include <string.h>

#include <wolfssl/error-ssl.h>
#include <wolfssl/wolfcrypt/asn.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

/* wolfSSL mixes X509_V_ERR_* of several versions with numbers of its own. */
static const char *verify_code (int error) {
  switch (error) {
  case 10:
  case 14:
  case ASN_AFTER_DATE_E:
    return "expired";
  case 9:
  case 13:
  case ASN_BEFORE_DATE_E:
    return "not_yet_valid";
  case 18:
  case 19:
  case ASN_SELF_SIGNED_E:
    return "self_signed";
  case 2:
  case 20:
  case 21:
  case ASN_NO_SIGNER_E:
    return "unknown_issuer";
  case 7:
  case ASN_SIG_CONFIRM_E:
  case ASN_SIG_HASH_E:
  case ASN_SIG_OID_E:
    return "bad_signature";
  case 22:
  case 25:
  case ASN_PATHLEN_INV_E:
  case ASN_PATHLEN_SIZE_E:
    return "path_length";
  case 24:
  case NOT_CA_ERROR:
    return "not_a_ca";
  case 47:
  case 48:
  case ASN_NAME_INVALID_E:
    return "name_constraint";
  case 26:
  case EXTKEYUSE_AUTH_E:
  case KEYUSE_SIGNATURE_E:
  case KEYUSE_ENCIPHER_E:
    return "purpose";
  case 23:
  case CRL_CERT_REVOKED:
    return "revoked";
  case 3:
  case CRL_MISSING:
    return "no_crl";
  case 34:
  case ASN_CRIT_EXT_E:
    return "critical_extension";
  case RSA_KEY_SIZE_E:
  case ECC_KEY_SIZE_E:
    return "weak_key";
  case ASN_PARSE_E:
    return "undecodable";
  default:
    return "other";
  }
}

static void verify_found (lw_Connection *c, int depth, const char *code) {
  lw_finding_add(c->findings, &c->findings_count, LW_MAX_FINDINGS, depth, code);
}

/* OIDs that differ in their last byte only. */
typedef struct Family {
  unsigned char length, prefix[8]; /* of all but that byte */
  unsigned char first, last;
} Family;

static const Family sha2 = {8, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02}, 1, 4};

/* ECDSA and RSA with SHA-2, EdDSA: RFC 5758 section 3.2, RFC 4055 section 5, RFC 8410 section 3. */
static const Family signatures[] = {
    {7, {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03}, 1, 4},
    {8, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01}, 11, 14},
    {2, {0x2b, 0x65}, 112, 113},
};

static int verify_belongs (lw_Span oid, const Family *f) {
  return oid.length == f->length + 1u && memcmp(oid.data, f->prefix, f->length) == 0 &&
         oid.data[f->length] >= f->first && oid.data[f->length] <= f->last;
}

static int verify_weaksignature (const lw_X509 *x) {
  lw_Pss pss;
  for (size_t i = 0; i < sizeof signatures / sizeof signatures[0]; i++)
    if (verify_belongs(x->signature_algorithm.oid, &signatures[i]))
      return 0;
  return !lw_x509_pss(&x->signature_algorithm, &pss) || !verify_belongs(pss.hash, &sha2);
}

/* A root's own signature proves nothing, so it may be weak; that of a namesake may not. */
static int verify_selfsigned (const lw_X509 *x) {
  return lw_name_equal(x->issuer, x->subject) &&
         wc_CheckCertSigPubKey(x->der.data, (word32)x->der.length, NULL, x->key.der.data,
                               (word32)x->key.der.length,
                               x->key.type == LW_KEY_EC ? ECDSAk : RSAk) == 0;
}

static int verify_weakkey (const lw_Context *context, const lw_X509 *x) {
  switch (x->key.type) {
  case LW_KEY_RSA:
  case LW_KEY_RSA_PSS:
    return x->key.bits < (int)context->min_rsa_bits;
  case LW_KEY_EC:
    return x->key.bits < (int)context->min_ec_bits;
  case LW_KEY_ED25519:
  case LW_KEY_ED448:
    return 0;
  default:
    return 1;
  }
}

/* wolfSSL takes whatever is trusted for an issuer: a server's certificate, too, trusted for its own sake. */
static int verify_issuedbynoca (const lw_Context *context, const lw_X509 *x) {
  lw_X509 anchor;
  lw_Fault fault = {NULL, NULL, 0};
  lw_Der list;
  lw_Item item;
  lw_Span all;
  all.data = lw_bytes_data(&context->no_cas);
  all.length = lw_bytes_length(&context->no_cas);
  list = lw_der_reader(all, "trust", NULL);
  while (list.at < list.end && lw_der_any(&list, &item))
    if (lw_x509_read(&anchor, item.der, &fault) && lw_name_equal(x->issuer, anchor.subject) &&
        !lw_span_equal(x->der, anchor.der))
      return 1;
  return 0;
}

static void verify_certificate (lw_Connection *c, int depth, const WOLFSSL_BUFFER_INFO *der) {
  lw_X509 x;
  lw_Fault fault = {NULL, NULL, 0};
  lw_Span bytes;
  bytes.data = der->buffer;
  bytes.length = der->length;
  if (!lw_x509_read(&x, bytes, &fault)) {
    verify_found(c, depth, "undecodable");
    return;
  }
  if (!c->context->insecure_weak_signatures && verify_weaksignature(&x) && !verify_selfsigned(&x))
    verify_found(c, depth, "weak_signature");
  if (verify_issuedbynoca(c->context, &x))
    verify_found(c, depth, "not_a_ca");
  if (verify_weakkey(c->context, &x))
    verify_found(c, depth, "weak_key");
  if (depth == 0 && c->name != NULL && !c->context->insecure_no_name_check &&
      !lw_x509_matches(&x, c->name, strlen(c->name)))
    verify_found(c, depth, "wrong_name");
}

static int verify_refuse (lw_Connection *c) {
  const lw_Finding *first = &c->findings[0];
  const lw_Flaw *flaw = &lw_flaws[first->flaw];
  if (c->context->insecure_accept_invalid) {
    c->leaf_approved = 1;
    return 1;
  }
  lw_connection_fail(c, LW_CERTIFICATE_INVALID, flaw->alert, "certificate at depth %d: %s (%s)",
                     first->depth, flaw->text, flaw->code);
  return 0;
}

/* Called for every certificate, the leaf last. What is wrong at one depth stays wrong. */
int lw_verify_callback (int preverified, WOLFSSL_X509_STORE_CTX *store) {
  lw_Connection *c = lw_current();
  if (c == NULL)
    return 0;
  if (c->context->verify == LW_VERIFY_NONE) { /* wolfSSL would take it as it is */
    lw_connection_fail(c, LW_PEER_MISBEHAVED, LW_UNEXPECTED_MESSAGE,
                       "a certificate that was not asked for");
    return 0;
  }
  if (!preverified)
    verify_found(c, store->error_depth, verify_code(store->error));
  if (store->error_depth == 0 && store->totalCerts > c->context->depth + 1)
    verify_found(c, c->context->depth + 1, "chain_too_long");
  if (store->error_depth == 0)
    for (int i = 0; i < store->totalCerts; i++)
      verify_certificate(c, i, &store->certs[i]);
  if (c->code != NULL)
    return 0;
  if (c->findings_count > 0)
    return verify_refuse(c);
  if (store->error_depth == 0 && store->totalCerts > 0) /* wolfSSL also calls for an empty list */
    c->leaf_approved = 1;
  return 1;
}

void lw_verify_push (lua_State *L, const lw_Connection *c) {
  lw_findings_push(L, c->findings, c->findings_count);
}
