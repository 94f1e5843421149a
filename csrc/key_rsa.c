/*
** key_rsa.c - RSA keys (RFC 8017).
*/

#include <string.h>

#include "crypto.h"

static const unsigned char oid_rsa[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01};

#define RSA_EXPONENT 65537L
#define RSA_LEAST_BITS 512
#define RSA_EXPONENT_BYTES 8 /* nobody uses more; a longer one only costs the verifier time */

static int rsa_generate (lw_Key *k, WC_RNG *rng) {
  int error = wc_InitRsaKey(&k->of.rsa, NULL);
  return error != 0 ? error : wc_MakeRsaKey(&k->of.rsa, k->bits, RSA_EXPONENT, rng);
}

/* ------------------------------------------------------------------ reading */

static int rsa_bits (lw_Span n) {
  int bits;
  unsigned top;
  while (n.length > 0 && *n.data == 0) {
    n.data++;
    n.length--;
  }
  if (n.length == 0 || n.length > LW_MAXSIZE / 8)
    return 0;
  bits = (int)n.length * 8;
  for (top = *n.data; (top & 0x80) == 0; top <<= 1)
    bits--;
  return bits;
}

/* An odd positive INTEGER of at most that many bits; all of an RSA key's numbers but d, dP … are odd. */
static int rsa_number (lw_Der *r, int most, int odd, lw_Span *n) {
  const unsigned char *at = r->at;
  int bits;
  if (!lw_der_integer(r, LW_DER_INTEGER, n))
    return 0;
  bits = rsa_bits(*n);
  if ((*n->data & 0x80) != 0 || bits < 1 || bits > most)
    return lw_der_fail(r, at, "number is not in its range");
  if (odd && (n->data[n->length - 1] & 1) == 0)
    return lw_der_fail(r, at, "number is even");
  return 1;
}

static int rsa_read_modulus (lw_Key *k, lw_Der *r, lw_Span *n, lw_Span *e) {
  const unsigned char *at = r->at;
  if (!rsa_number(r, RSA_MAX_SIZE, 1, n) || !rsa_number(r, RSA_EXPONENT_BYTES * 8, 1, e))
    return 0;
  k->bits = rsa_bits(*n);
  if (k->bits < RSA_LEAST_BITS || rsa_bits(*e) < 2)
    return lw_der_fail(r, at, "modulus of less than 512 bits, or exponent 1");
  return 1;
}

/* RFC 8017 appendix A.1.2, two primes */
static int rsa_check_private (lw_Key *k, lw_Der *r) {
  lw_Span n, e, other;
  int version, i;
  if (!lw_der_small(r, LW_DER_INTEGER, &version))
    return 0;
  if (version != 0)
    return lw_der_fail(r, r->at, "version of RSAPrivateKey is not 0 (two primes)");
  if (!rsa_read_modulus(k, r, &n, &e) || !rsa_number(r, k->bits, 1, &other))
    return 0;
  for (i = 0; i < 5; i++) { /* p, q, dP, dQ, qInv */
    if (!rsa_number(r, k->bits / 2 + 8, i < 2, &other))
      return 0;
    if (i < 2 && rsa_bits(other) < 128)
      return lw_der_fail(r, r->at, "prime of less than 128 bits");
  }
  return lw_der_end(r);
}

static int rsa_read_private (lw_Key *k, lw_Der *content) {
  lw_Item whole;
  lw_Der inside;
  word32 index = 0;
  int error = wc_InitRsaKey(&k->of.rsa, NULL);
  if (error != 0)
    return error;
  if (!lw_der_item(content, LW_DER_SEQUENCE, &whole) || !lw_der_end(content))
    return ASN_PARSE_E;
  inside = lw_der_inside(content, whole.content);
  if (!rsa_check_private(k, &inside))
    return ASN_PARSE_E;
  return wc_RsaPrivateKeyDecode(whole.der.data, &index, &k->of.rsa, (word32)whole.der.length);
}

/* RFC 8017 appendix A.1.1 */
static int rsa_read_public (lw_Key *k, lw_Der *content) {
  lw_Der inside;
  lw_Span n, e;
  int error = wc_InitRsaKey(&k->of.rsa, NULL);
  if (error != 0)
    return error;
  if (!lw_der_enter(content, LW_DER_SEQUENCE, &inside) || !lw_der_end(content) ||
      !rsa_read_modulus(k, &inside, &n, &e) || !lw_der_end(&inside))
    return ASN_PARSE_E;
  error = wc_RsaPublicKeyDecodeRaw(n.data, (word32)n.length, e.data, (word32)e.length, &k->of.rsa);
  return error == ASN_GETINT_E ? MEMORY_E : error; /* the numbers are good: no room for them */
}

/* ------------------------------------------------------------------ writing */

static int rsa_write_private (lw_Key *k, unsigned char *out) {
  word32 size = LW_MAXKEYDER;
  int length, error = MEMORY_E;
  unsigned char *pkcs1 = (unsigned char *)lw_alloc(LW_MAXKEYDER);
  if (pkcs1 == NULL)
    return MEMORY_E;
  length = wc_RsaKeyToDer(&k->of.rsa, pkcs1, LW_MAXKEYDER);
  error = length < 0 ? length : wc_CreatePKCS8Key(out, &size, pkcs1, (word32)length, RSAk, NULL, 0);
  lw_free_secret(pkcs1, LW_MAXKEYDER);
  return error;
}

static int rsa_write_public (lw_Key *k, unsigned char *out) {
  return wc_RsaKeyToPublicDer(&k->of.rsa, out, LW_MAXKEYDER);
}

/* ------------------------------------------------------------------ signatures */

/* What PKCS #1 v1.5 pads: the DigestInfo, or for TLS 1.0 and 1.1 the two digests as they are. */
static int rsa_encode (const lw_Hash *h, lw_Span data, unsigned char *out) {
  unsigned char digest[LW_MAXDIGEST];
  int error = wc_Hash(h->type, data.data, (word32)data.length, digest, h->size);
  if (error != 0)
    return error;
  if (h->type == WC_HASH_TYPE_MD5_SHA) {
    memcpy(out, digest, h->size);
    return (int)h->size;
  }
  return (int)wc_EncodeSignature(out, digest, h->size, wc_HashGetOID(h->type));
}

#define MAXDIGESTINFO (LW_MAXDIGEST + 32)

static int rsa_sign_pkcs1 (lw_Key *k, const lw_Hash *h, lw_Span data, unsigned char *out,
                           word32 *length, WC_RNG *rng) {
  unsigned char info[MAXDIGESTINFO];
  int n = rsa_encode(h, data, info);
  if (n > 0)
    n = wc_RsaSSL_Sign(info, (word32)n, out, *length, &k->of.rsa, rng);
  if (n > 0)
    *length = (word32)n;
  return n > 0 ? 0 : n;
}

static int rsa_sign_pss (lw_Key *k, const lw_Hash *h, lw_Span data, unsigned char *out,
                         word32 *length, WC_RNG *rng) {
  unsigned char digest[LW_MAXDIGEST];
  int n = wc_Hash(h->type, data.data, (word32)data.length, digest, h->size);
  if (n == 0)
    n = wc_RsaPSS_Sign(digest, h->size, out, *length, h->type, h->mgf, &k->of.rsa, rng);
  if (n > 0)
    *length = (word32)n;
  return n > 0 ? 0 : n;
}

static int rsa_sign (lw_Key *k, const lw_Scheme *s, lw_Span data, unsigned char *out,
                     word32 *length, WC_RNG *rng) {
  const lw_Hash *h = lw_hash_find(s->hash);
  return s->padding == LW_PSS ? rsa_sign_pss(k, h, data, out, length, rng)
                              : rsa_sign_pkcs1(k, h, data, out, length, rng);
}

/* The whole encoding is compared: nothing in it is parsed, so nothing in it can be forged. */
static int rsa_verify_pkcs1 (lw_Key *k, const lw_Hash *h, lw_Span data, lw_Span signature) {
  unsigned char info[MAXDIGESTINFO], found[LW_MAXSIGNATURE];
  int n, length = rsa_encode(h, data, info);
  if (length <= 0)
    return length;
  n = wc_RsaSSL_Verify(signature.data, (word32)signature.length, found, sizeof(found), &k->of.rsa);
  if (lw_out_of_memory(n))
    return n;
  return n == length && memcmp(info, found, (size_t)n) == 0 ? 0 : SIG_VERIFY_E;
}

static int rsa_verify_pss (lw_Key *k, const lw_Hash *h, lw_Span data, lw_Span signature) {
  unsigned char digest[LW_MAXDIGEST], copy[LW_MAXSIGNATURE], found[LW_MAXSIGNATURE];
  int n = wc_Hash(h->type, data.data, (word32)data.length, digest, h->size);
  if (n != 0)
    return n;
  memcpy(copy, signature.data, signature.length);
  n = wc_RsaPSS_VerifyCheck(copy, (word32)signature.length, found, sizeof(found), digest, h->size,
                            h->type, h->mgf, &k->of.rsa);
  return n > 0 ? 0 : lw_out_of_memory(n) ? n : SIG_VERIFY_E;
}

static int rsa_verify (lw_Key *k, const lw_Scheme *s, lw_Span data, lw_Span signature) {
  const lw_Hash *h = lw_hash_find(s->hash);
  if (signature.length != (size_t)(k->bits + 7) / 8)
    return SIG_VERIFY_E;
  return s->padding == LW_PSS ? rsa_verify_pss(k, h, data, signature)
                              : rsa_verify_pkcs1(k, h, data, signature);
}

static void rsa_release (lw_Key *k) {
  wc_FreeRsaKey(&k->of.rsa);
}

const lw_KeyType lw_key_rsa = {"rsa",
                               {oid_rsa, sizeof(oid_rsa)},
                               rsa_generate,
                               rsa_read_private,
                               rsa_read_public,
                               rsa_write_private,
                               rsa_write_public,
                               rsa_sign,
                               rsa_verify,
                               rsa_release};
