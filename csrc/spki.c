/*
** spki.c - AlgorithmIdentifier and SubjectPublicKeyInfo: RSA, DSA, EC, Edwards and Montgomery keys.
*/

#include "x509.h"

static const lw_Span absent = {NULL, 0};

/* ------------------------------------------------------------------ algorithms */

/* AlgorithmIdentifier ::= SEQUENCE { algorithm OBJECT IDENTIFIER, parameters ANY OPTIONAL } */
int lw_algorithm_read (lw_Der *r, lw_Algorithm *a) {
  lw_Item whole, parameters;
  lw_Der inside;
  if (!lw_der_item(r, LW_DER_SEQUENCE, &whole))
    return 0;
  inside = lw_der_inside(r, whole.content);
  a->der = whole.der;
  a->parameters = absent;
  if (!lw_der_oid(&inside, LW_DER_OID, &a->oid))
    return 0;
  if (inside.at == inside.end)
    return 1;
  if (!lw_der_any(&inside, &parameters))
    return 0;
  a->parameters = parameters.der;
  return lw_der_end(&inside);
}

static const lw_Span oid_mgf1 = {(const unsigned char *)"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08", 9};
static const lw_Span oid_pss = {(const unsigned char *)"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a", 9};
static const lw_Span oid_sha1 = {(const unsigned char *)"\x2b\x0e\x03\x02\x1a", 5};

static int pss_hash (lw_Der *r, lw_Span *hash) {
  lw_Der inside;
  lw_Algorithm a;
  if (!lw_der_is(r, LW_DER_EXPLICIT(0)))
    return 1;
  if (!lw_der_enter(r, LW_DER_EXPLICIT(0), &inside) || !lw_algorithm_read(&inside, &a))
    return 0;
  *hash = a.oid;
  return lw_der_end(&inside);
}

/* MGF1 is the only mask generation function there is; its parameter is a hash */
static int pss_mgf (lw_Der *r, lw_Span *hash) {
  lw_Der inside, parameters;
  lw_Algorithm mgf, a;
  if (!lw_der_is(r, LW_DER_EXPLICIT(1)))
    return 1;
  if (!lw_der_enter(r, LW_DER_EXPLICIT(1), &inside) || !lw_algorithm_read(&inside, &mgf) ||
      !lw_der_end(&inside))
    return 0;
  if (!lw_span_equal(mgf.oid, oid_mgf1) || mgf.parameters.data == NULL)
    return lw_der_fail(r, mgf.der.data, "unknown mask generation function");
  parameters = lw_der_inside(r, mgf.parameters);
  if (!lw_algorithm_read(&parameters, &a))
    return 0;
  *hash = a.oid;
  return 1;
}

static int pss_number (lw_Der *r, unsigned tag, int *value) {
  lw_Der inside;
  if (!lw_der_is(r, tag))
    return 1;
  return lw_der_enter(r, tag, &inside) && lw_der_small(&inside, LW_DER_INTEGER, value) &&
         lw_der_end(&inside);
}

/* RFC 4055 section 3.1: RSASSA-PSS-params */
static int pss_read (lw_Der *r, lw_Pss *pss) {
  lw_Der inside;
  int trailer = 1;
  pss->hash = pss->mgf_hash = oid_sha1;
  pss->salt_length = 20;
  if (!lw_der_enter(r, LW_DER_SEQUENCE, &inside) || !pss_hash(&inside, &pss->hash) ||
      !pss_mgf(&inside, &pss->mgf_hash) ||
      !pss_number(&inside, LW_DER_EXPLICIT(2), &pss->salt_length) ||
      !pss_number(&inside, LW_DER_EXPLICIT(3), &trailer) || !lw_der_end(&inside))
    return 0;
  return trailer == 1 || lw_der_fail(r, inside.at, "unknown trailer field");
}

int lw_x509_pss (const lw_Algorithm *algorithm, lw_Pss *pss) {
  lw_Der r;
  if (algorithm->parameters.data == NULL || !lw_span_equal(algorithm->oid, oid_pss))
    return 0;
  r = lw_der_reader(algorithm->parameters, NULL, NULL);
  return pss_read(&r, pss);
}

int lw_signature_algorithm_read (lw_Der *r, lw_Algorithm *a) {
  lw_Der parameters;
  lw_Pss pss;
  if (!lw_algorithm_read(r, a))
    return 0;
  if (!lw_span_equal(a->oid, oid_pss))
    return 1;
  if (a->parameters.data == NULL)
    return lw_der_fail(r, a->der.data, "RSASSA-PSS without parameters");
  parameters = lw_der_inside(r, a->parameters);
  return pss_read(&parameters, &pss);
}

/* ------------------------------------------------------------------ public keys */

static int bit_length (lw_Span integer) {
  size_t i = 0;
  int bits = 0;
  unsigned first;
  while (i < integer.length && integer.data[i] == 0)
    i++;
  if (i == integer.length)
    return 0;
  for (first = integer.data[i]; first > 0; first >>= 1)
    bits++;
  return bits + (int)(integer.length - i - 1) * 8;
}

/* RFC 8017 appendix A.1.1: RSAPublicKey ::= SEQUENCE { modulus, publicExponent } */
static int key_rsa (const lw_Der *r, lw_PublicKey *key) {
  lw_Der outer = lw_der_inside(r, key->key), inside;
  if (!lw_der_enter(&outer, LW_DER_SEQUENCE, &inside) || !lw_der_end(&outer) ||
      !lw_der_integer(&inside, LW_DER_INTEGER, &key->modulus) ||
      !lw_der_integer(&inside, LW_DER_INTEGER, &key->exponent) || !lw_der_end(&inside))
    return 0;
  if ((key->modulus.data[0] & 0x80) != 0 || (key->exponent.data[0] & 0x80) != 0)
    return lw_der_fail(r, key->modulus.data, "negative number in an RSA key");
  key->bits = bit_length(key->modulus);
  return 1;
}

/* RFC 3279 section 2.3.1 and RFC 4055 section 1.2 */
static int key_rsa_parameters (const lw_Der *r, const lw_Algorithm *a) {
  return (a->parameters.length == 2 && a->parameters.data[0] == LW_DER_NULL) ||
         lw_der_fail(r, a->der.data, "RSA parameters are not NULL");
}

static int key_rsa_plain (const lw_Der *r, lw_PublicKey *key) {
  return key_rsa_parameters(r, &key->algorithm) && key_rsa(r, key);
}

static int key_rsa_pss (const lw_Der *r, lw_PublicKey *key) {
  lw_Der parameters;
  lw_Pss pss;
  if (key->algorithm.parameters.data != NULL) {
    parameters = lw_der_inside(r, key->algorithm.parameters);
    if (!pss_read(&parameters, &pss))
      return 0;
  }
  return key_rsa(r, key);
}

/* RFC 3279 section 2.3.2; the parameters may be inherited from the issuer */
static int key_dsa (const lw_Der *r, lw_PublicKey *key) {
  lw_Der outer, inside;
  lw_Span p;
  if (key->algorithm.parameters.data == NULL)
    return 1;
  outer = lw_der_inside(r, key->algorithm.parameters);
  if (!lw_der_enter(&outer, LW_DER_SEQUENCE, &inside) ||
      !lw_der_integer(&inside, LW_DER_INTEGER, &p))
    return 0;
  key->bits = bit_length(p);
  return 1;
}

#define CURVE(oid, bits) \
  { {(const unsigned char *)(oid), sizeof(oid) - 1}, bits }

static const struct Curve {
  lw_Span oid;
  int bits;
} curves[] = {CURVE("\x2a\x86\x48\xce\x3d\x03\x01\x01", 192),
              CURVE("\x2b\x81\x04\x00\x21", 224),
              CURVE("\x2a\x86\x48\xce\x3d\x03\x01\x07", 256),
              CURVE("\x2b\x81\x04\x00\x0a", 256),
              CURVE("\x2b\x24\x03\x03\x02\x08\x01\x01\x07", 256),
              CURVE("\x2b\x81\x04\x00\x22", 384),
              CURVE("\x2b\x24\x03\x03\x02\x08\x01\x01\x0b", 384),
              CURVE("\x2b\x24\x03\x03\x02\x08\x01\x01\x0d", 512),
              CURVE("\x2b\x81\x04\x00\x23", 521)};

static int curve_bits (lw_Span oid) {
  size_t i;
  for (i = 0; i < sizeof curves / sizeof curves[0]; i++)
    if (lw_span_equal(oid, curves[i].oid))
      return curves[i].bits;
  return 0;
}

/* RFC 5480 section 2: the curve has a name, the point is in one of SEC 1's two forms */
static int key_ec (const lw_Der *r, lw_PublicKey *key) {
  lw_Span parameters = key->algorithm.parameters;
  size_t octets;
  int compressed;
  lw_Der curve;
  if (parameters.data == NULL || parameters.data[0] != LW_DER_OID)
    return lw_der_fail(r, key->algorithm.der.data, "EC key without a named curve");
  curve = lw_der_inside(r, parameters);
  if (!lw_der_oid(&curve, LW_DER_OID, &key->curve))
    return 0;
  key->bits = curve_bits(key->curve);
  if (key->bits == 0)
    return 1;
  octets = (size_t)(key->bits + 7) / 8;
  compressed = key->key.length > 0 && (key->key.data[0] == 2 || key->key.data[0] == 3);
  if (key->key.length != (compressed ? 1 + octets : 1 + 2 * octets) ||
      (!compressed && key->key.data[0] != 4))
    return lw_der_fail(r, key->key.data, "EC point does not fit its curve");
  return 1;
}

/* RFC 8410 sections 3 and 4 */
static int key_fixed (const lw_Der *r, const lw_PublicKey *key, size_t octets) {
  if (key->algorithm.parameters.data != NULL)
    return lw_der_fail(r, key->algorithm.der.data, "key type takes no parameters");
  return key->key.length == octets || lw_der_fail(r, key->key.data, "key of the wrong length");
}

static int key_25519 (const lw_Der *r, lw_PublicKey *key) {
  key->bits = 256;
  return key_fixed(r, key, 32);
}

static int key_ed448 (const lw_Der *r, lw_PublicKey *key) {
  key->bits = 456;
  return key_fixed(r, key, 57);
}

static int key_x448 (const lw_Der *r, lw_PublicKey *key) {
  key->bits = 448;
  return key_fixed(r, key, 56);
}

#define KEY(oid, type, read) \
  { {(const unsigned char *)(oid), sizeof(oid) - 1}, type, read }

static const struct Key {
  lw_Span oid;
  int type;
  int (*read)(const lw_Der *r, lw_PublicKey *key);
} keys[] = {KEY("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", LW_KEY_RSA, key_rsa_plain),
            KEY("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a", LW_KEY_RSA_PSS, key_rsa_pss),
            KEY("\x2a\x86\x48\xce\x38\x04\x01", LW_KEY_DSA, key_dsa),
            KEY("\x2a\x86\x48\xce\x3d\x02\x01", LW_KEY_EC, key_ec),
            KEY("\x2b\x65\x6e", LW_KEY_X25519, key_25519),
            KEY("\x2b\x65\x6f", LW_KEY_X448, key_x448),
            KEY("\x2b\x65\x70", LW_KEY_ED25519, key_25519),
            KEY("\x2b\x65\x71", LW_KEY_ED448, key_ed448)};

/* SubjectPublicKeyInfo ::= SEQUENCE { AlgorithmIdentifier, subjectPublicKey BIT STRING } */
int lw_public_key_read (lw_Der *r, lw_PublicKey *key) {
  lw_Item whole;
  lw_Der inside;
  int unused;
  size_t i;
  if (!lw_der_item(r, LW_DER_SEQUENCE, &whole))
    return 0;
  key->der = whole.der;
  inside = lw_der_inside(r, whole.content);
  if (!lw_algorithm_read(&inside, &key->algorithm) ||
      !lw_der_bits(&inside, LW_DER_BIT_STRING, &key->key, &unused) || !lw_der_end(&inside))
    return 0;
  if (unused != 0)
    return lw_der_fail(r, key->key.data - 1, "key is not a whole number of octets");
  for (i = 0; i < sizeof keys / sizeof keys[0]; i++)
    if (lw_span_equal(key->algorithm.oid, keys[i].oid)) {
      key->type = keys[i].type;
      return keys[i].read(r, key);
    }
  return 1;
}
