/*
** key_ec.c - keys on named elliptic curves, for ECDSA (SEC 1, RFC 5480, RFC 5915).
*/

#include <string.h>

#include "crypto.h"

static const unsigned char oid_ec[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};

/* Brainpool's OID arc 1.3.36.3.3.2.8.1.1 */
#define BRAINPOOL "\x2b\x24\x03\x03\x02\x08\x01\x01"
#define OID(literal) \
  { (const unsigned char *)(literal), sizeof(literal) - 1 }

static const lw_Curve curves[] = {
    {"secp256r1", OID("\x2a\x86\x48\xce\x3d\x03\x01\x07"), ECC_SECP256R1},
    {"secp384r1", OID("\x2b\x81\x04\x00\x22"), ECC_SECP384R1},
    {"secp521r1", OID("\x2b\x81\x04\x00\x23"), ECC_SECP521R1},
    {"secp224r1", OID("\x2b\x81\x04\x00\x21"), ECC_SECP224R1},
    {"secp256k1", OID("\x2b\x81\x04\x00\x0a"), ECC_SECP256K1},
    {"brainpoolP256r1", OID(BRAINPOOL "\x07"), ECC_BRAINPOOLP256R1},
    {"brainpoolP384r1", OID(BRAINPOOL "\x0b"), ECC_BRAINPOOLP384R1},
    {"brainpoolP512r1", OID(BRAINPOOL "\x0d"), ECC_BRAINPOOLP512R1},
    {NULL, {NULL, 0}, ECC_CURVE_INVALID}};

const lw_Curve *lw_curve_find (const char *name) {
  const lw_Curve *c;
  for (c = curves; c->name != NULL; c++) {
    if (strcmp(c->name, name) == 0)
      return c;
  }
  return NULL;
}

const lw_Curve *lw_curve_of (lw_Span oid) {
  const lw_Curve *c;
  for (c = curves; c->name != NULL; c++) {
    if (lw_span_equal(c->oid, oid))
      return c;
  }
  return NULL;
}

static int ec_begin (lw_Key *k) {
  if (wc_ecc_get_curve_idx(k->curve->id) == ECC_CURVE_INVALID)
    return NOT_COMPILED_IN;
  k->bits = k->curve->id == ECC_SECP521R1 ? 521 : wc_ecc_get_curve_size_from_id(k->curve->id) * 8;
  return wc_ecc_init(&k->of.ec);
}

static int ec_generate (lw_Key *k, WC_RNG *rng) {
  int error = ec_begin(k);
  return error != 0 ? error : wc_ecc_make_key_ex(rng, (k->bits + 7) / 8, &k->of.ec, k->curve->id);
}

/* ------------------------------------------------------------------ reading */

/* RFC 5915 section 3; the public point that may follow is made anew, not believed. */
static int ec_find_scalar (lw_Key *k, lw_Der *r, lw_Span *scalar) {
  lw_Item item;
  lw_Der inside;
  lw_Span oid;
  int version;
  if (!lw_der_small(r, LW_DER_INTEGER, &version) || !lw_der_item(r, LW_DER_OCTET_STRING, &item))
    return 0;
  *scalar = item.content;
  if (version != 1)
    return lw_der_fail(r, item.der.data, "version of ECPrivateKey is not 1");
  if (lw_der_is(r, LW_DER_EXPLICIT(0))) {
    if (!lw_der_enter(r, LW_DER_EXPLICIT(0), &inside) || !lw_der_oid(&inside, LW_DER_OID, &oid) ||
        !lw_der_end(&inside))
      return 0;
    if (k->curve == NULL)
      k->curve = lw_curve_of(oid);
    else if (!lw_span_equal(k->curve->oid, oid))
      return lw_der_fail(r, item.der.data, "the curve is named twice, differently");
  }
  if (lw_der_is(r, LW_DER_EXPLICIT(1)) && !lw_der_item(r, LW_DER_EXPLICIT(1), &item))
    return 0;
  return lw_der_end(r);
}

static int hex_digit (char c) {
  return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* Is 0 < scalar < order of the curve? The order is in hexadecimal, without leading zeros. */
static int ec_in_range (const lw_Curve *c, lw_Span scalar) {
  const char *order = wc_ecc_get_curve_params(wc_ecc_get_curve_idx(c->id))->order;
  size_t i, digits = 2 * scalar.length, missing = digits - strlen(order);
  int some = 0, below = 0, above = 0;
  if (digits < strlen(order) || missing > 1)
    return 0;
  for (i = 0; i < digits; i++) {
    int digit = scalar.data[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15;
    int limit = i < missing ? 0 : hex_digit(order[i - missing]);
    some |= digit;
    below |= !above & (digit < limit);
    above |= !below & (digit > limit);
  }
  return some != 0 && below;
}

static int ec_read_private (lw_Key *k, lw_Der *content) {
  lw_Der inside;
  lw_Span scalar;
  int error;
  if (!lw_der_enter(content, LW_DER_SEQUENCE, &inside) || !lw_der_end(content) ||
      !ec_find_scalar(k, &inside, &scalar))
    return ASN_PARSE_E;
  if (k->curve == NULL)
    return ECC_CURVE_OID_E;
  error = ec_begin(k);
  if (error != 0)
    return error;
  if (!ec_in_range(k->curve, scalar))
    return ECC_PRIV_KEY_E;
  error = wc_ecc_import_private_key_ex(scalar.data, (word32)scalar.length, NULL, 0, &k->of.ec,
                                       k->curve->id);
  return error != 0 ? error : wc_ecc_make_pub(&k->of.ec, NULL);
}

/* RFC 5480 section 2.2: an uncompressed or compressed point, on the curve and not at infinity */
static int ec_read_public (lw_Key *k, lw_Der *content) {
  lw_Span point = {content->at, (size_t)(content->end - content->at)};
  size_t size;
  int error;
  if (k->curve == NULL)
    return ECC_CURVE_OID_E;
  error = ec_begin(k);
  if (error != 0)
    return error;
  size = (size_t)(k->bits + 7) / 8;
  if (point.length == 0 || !((point.data[0] == 4 && point.length == 2 * size + 1) ||
                             (point.data[0] >> 1 == 1 && point.length == size + 1)))
    return ECC_BAD_ARG_E;
  error = wc_ecc_import_x963_ex(point.data, (word32)point.length, &k->of.ec, k->curve->id);
  return error != 0 ? error : wc_ecc_check_key(&k->of.ec);
}

/* ------------------------------------------------------------------ writing */

static int ec_write_private (lw_Key *k, unsigned char *out) {
  word32 size = LW_MAXKEYDER;
  return wc_EccKeyToPKCS8(&k->of.ec, out, &size);
}

static int ec_write_public (lw_Key *k, unsigned char *out) {
  return wc_EccPublicKeyToDer(&k->of.ec, out, LW_MAXKEYDER, 1);
}

/* ------------------------------------------------------------------ signatures */

static int ec_sign (lw_Key *k, const lw_Scheme *s, lw_Span data, unsigned char *out, word32 *length,
                    WC_RNG *rng) {
  unsigned char digest[LW_MAXDIGEST];
  const lw_Hash *h = lw_hash_find(s->hash);
  int error = wc_Hash(h->type, data.data, (word32)data.length, digest, h->size);
  return error != 0 ? error : wc_ecc_sign_hash(digest, h->size, out, length, rng, &k->of.ec);
}

/* RFC 3279 section 2.2.3: SEQUENCE of two INTEGERs, in DER */
static int ec_well_formed (lw_Span signature) {
  lw_Der inside, r = lw_der_reader(signature, "signature", NULL);
  lw_Span number;
  return lw_der_enter(&r, LW_DER_SEQUENCE, &inside) && lw_der_end(&r) &&
         lw_der_integer(&inside, LW_DER_INTEGER, &number) &&
         lw_der_integer(&inside, LW_DER_INTEGER, &number) && lw_der_end(&inside);
}

static int ec_verify (lw_Key *k, const lw_Scheme *s, lw_Span data, lw_Span signature) {
  unsigned char digest[LW_MAXDIGEST];
  const lw_Hash *h = lw_hash_find(s->hash);
  int good = 0, error = wc_Hash(h->type, data.data, (word32)data.length, digest, h->size);
  if (error != 0)
    return error;
  if (!ec_well_formed(signature))
    return SIG_VERIFY_E;
  error = wc_ecc_verify_hash(signature.data, (word32)signature.length, digest, h->size, &good,
                             &k->of.ec);
  return error == 0 && good ? 0 : lw_out_of_memory(error) ? error : SIG_VERIFY_E;
}

static void ec_release (lw_Key *k) {
  wc_ecc_free(&k->of.ec);
}

const lw_KeyType lw_key_ec = {
    "ecdsa",          {oid_ec, sizeof(oid_ec)}, ec_generate, ec_read_private, ec_read_public,
    ec_write_private, ec_write_public,          ec_sign,     ec_verify,       ec_release};
