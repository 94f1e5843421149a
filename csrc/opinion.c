/*
** opinion.c - wolfSSL's own rules as a second opinion on a path that ours found good: its certificate manager gets the
** anchor, and then verifies and takes one certificate after the other down to the leaf. It must agree, but for what it
** is known not to do.
*/

#include <string.h>

#include "path.h"

#include <wolfssl/error-ssl.h>
#include <wolfssl/wolfcrypt/asn.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

/* wolfSSL mixes X509_V_ERR_* of several versions with numbers of its own. */
const char *lw_opinion_code (int error) {
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
  case ECC_CURVE_OID_E:
    return "unsuitable_key";
  case RSA_KEY_SIZE_E:
  case ECC_KEY_SIZE_E:
    return "weak_key";
  case ASN_PARSE_E:
    return "undecodable";
  default:
    return "other";
  }
}

/* Two certificates of one name: without key identifiers wolfSSL tries one of them only. */
static int is_ambiguous (const lw_Verdict *v, int depth) {
  for (int i = 0; i < v->length; i++)
    if (i != depth + 1 && lw_name_equal(v->path[i]->subject, v->path[depth]->issuer))
      return 1;
  return 0;
}

/* Where wolfSSL refuses what it cannot judge: it finds issuers by the very bytes of their names and key identifiers,
   has DNS constraints bear upon addresses, counts self-issued certificates, and does not know every extension that
   ours act upon. */
static int is_limit (const lw_Verdict *v, int depth, int error) {
  switch (error) {
  case ASN_NO_SIGNER_E:
  case ASN_SELF_SIGNED_E:
  case ASN_NAME_INVALID_E:
  case ASN_PATHLEN_INV_E:
  case ASN_PATHLEN_SIZE_E:
  case ASN_CRIT_EXT_E:
    return 1;
  case ASN_SIG_CONFIRM_E:
    return is_ambiguous(v, depth);
  default:
    return 0;
  }
}

static int ask (WOLFSSL_CERT_MANAGER *cm, const lw_Verdict *v, int depth) {
  lw_Span der = v->path[depth]->der;
  int result =
      wolfSSL_CertManagerVerifyBuffer(cm, der.data, (long)der.length, WOLFSSL_FILETYPE_ASN1);
  if (result == WOLFSSL_SUCCESS || is_limit(v, depth, result))
    return 0;
  return result;
}

/* An issuer that it cannot take it will miss, which is a limit. */
static int take (WOLFSSL_CERT_MANAGER *cm, const lw_X509 *x) {
  int result =
      wolfSSL_CertManagerLoadCABuffer(cm, x->der.data, (long)x->der.length, WOLFSSL_FILETYPE_ASN1);
  return result == MEMORY_E || result == MEMORY_ERROR || result == WOLFSSL_FATAL_ERROR ? MEMORY_E
                                                                                       : 0;
}

static int ask_all (WOLFSSL_CERT_MANAGER *cm, lw_Verdict *v) {
  int depth = v->length - 1, error = take(cm, v->path[depth]);
  while (error == 0 && depth-- > 0) {
    error = ask(cm, v, depth);
    if (error == 0 && depth > 0)
      error = take(cm, v->path[depth]);
  }
  if (error == 0 || lw_out_of_memory(error))
    return error;
  lw_found(&v->findings, depth, lw_opinion_code(error));
  return 0;
}

int lw_opinion_alone (lw_Span der) {
  WOLFSSL_CERT_MANAGER *cm = wolfSSL_CertManagerNew();
  int result = cm == NULL ? MEMORY_E
                          : wolfSSL_CertManagerVerifyBuffer(cm, der.data, (long)der.length,
                                                            WOLFSSL_FILETYPE_ASN1);
  wolfSSL_CertManagerFree(cm);
  return result;
}

int lw_opinion_apply (const lw_Trust *t, lw_Verdict *v) {
  WOLFSSL_CERT_MANAGER *cm;
  lw_Span path[LW_PATH];
  unsigned char digest[32];
  int error;
  for (int i = 0; i < v->length; i++)
    path[i] = v->path[i]->der;
  if (v->length < 2 || lw_proofs_know(t->proofs, 'p', path, (size_t)v->length, digest))
    return 0; /* what is itself trusted, it could only compare */
  cm = wolfSSL_CertManagerNew();
  if (cm == NULL)
    return MEMORY_E;
  error = ask_all(cm, v);
  wolfSSL_CertManagerFree(cm);
  if (error == 0 && v->findings.count == 0)
    lw_proofs_add(t->proofs, digest);
  return error;
}
