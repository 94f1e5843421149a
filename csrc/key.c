/*
** key.c - asymmetric keys: made, read from DER, used. What differs by algorithm is in key_*.c.
*/

#include <string.h>

#include "crypto.h"

lw_Key *lw_key_new (void) {
  return (lw_Key *)lw_alloc_zero(sizeof(lw_Key));
}

void lw_key_free (lw_Key *k) {
  if (k != NULL && k->type != NULL)
    k->type->release(k);
  lw_free_secret(k, sizeof(*k));
}

static const lw_KeyType *const types[] = {&lw_key_rsa, &lw_key_ec, &lw_key_ed25519, &lw_key_ed448};
#define TYPES (sizeof(types) / sizeof(types[0]))

static int key_settype (lw_Key *k, const lw_KeyType *type) {
  if (type->generate == NULL)
    return NOT_COMPILED_IN;
  k->type = type;
  return 0;
}

/* ------------------------------------------------------------------ making */

static int key_choose (lw_Key *k, const char *name, int bits) {
  size_t i;
  for (i = 0; i < TYPES; i++) {
    if (types[i] != &lw_key_ec && strcmp(types[i]->name, name) == 0) {
      k->bits = bits;
      return key_settype(k, types[i]);
    }
  }
  k->curve = lw_curve_find(name);
  return k->curve == NULL ? BAD_FUNC_ARG : key_settype(k, &lw_key_ec);
}

int lw_key_generate (lw_Key *k, const char *name, int bits) {
  WC_RNG rng;
  int error = key_choose(k, name, bits);
  if (error == 0)
    error = wc_InitRng(&rng);
  if (error != 0)
    return error;
  error = k->type->generate(k, &rng);
  k->secret = 1;
  wc_FreeRng(&rng);
  return error;
}

/* ------------------------------------------------------------------ reading */

static const unsigned char oid_rsa_pss[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a};

static int key_settype_of (lw_Key *k, lw_Span oid) {
  static const lw_Span pss = {oid_rsa_pss, sizeof(oid_rsa_pss)};
  size_t i;
  k->pss = lw_span_equal(oid, pss);
  if (k->pss)
    return key_settype(k, &lw_key_rsa);
  for (i = 0; i < TYPES; i++) {
    if (lw_span_equal(oid, types[i]->oid))
      return key_settype(k, types[i]);
  }
  return ALGO_ID_E;
}

/* RFC 5280 section 4.1.1.2; the only parameter that is looked at is a named curve */
static int key_algorithm (lw_Key *k, lw_Der *r) {
  lw_Der inside;
  lw_Span oid;
  lw_Item parameters;
  int error;
  if (!lw_der_enter(r, LW_DER_SEQUENCE, &inside) || !lw_der_oid(&inside, LW_DER_OID, &oid))
    return ASN_PARSE_E;
  error = key_settype_of(k, oid);
  if (error != 0)
    return error;
  if (k->type == &lw_key_ec && lw_der_is(&inside, LW_DER_OID)) {
    if (!lw_der_oid(&inside, LW_DER_OID, &oid))
      return ASN_PARSE_E;
    k->curve = lw_curve_of(oid);
    if (k->curve == NULL)
      return ECC_CURVE_OID_E;
  }
  else if (inside.at < inside.end && !lw_der_any(&inside, &parameters))
    return ASN_PARSE_E;
  return lw_der_end(&inside) ? 0 : ASN_PARSE_E;
}

/* RFC 5958 section 2, from the algorithm on */
static int key_read_pkcs8 (lw_Key *k, lw_Der *r) {
  lw_Item content, rest;
  lw_Der inside;
  int error = key_algorithm(k, r);
  if (error != 0)
    return error;
  if (!lw_der_item(r, LW_DER_OCTET_STRING, &content))
    return ASN_PARSE_E;
  if (lw_der_is(r, LW_DER_EXPLICIT(0)) && !lw_der_item(r, LW_DER_EXPLICIT(0), &rest))
    return ASN_PARSE_E;
  if (lw_der_is(r, LW_DER_CONTEXT(1)) && !lw_der_item(r, LW_DER_CONTEXT(1), &rest))
    return ASN_PARSE_E;
  if (!lw_der_end(r))
    return ASN_PARSE_E;
  inside = lw_der_inside(r, content.content);
  return k->type->read_private(k, &inside);
}

static int key_read_bare (lw_Key *k, const lw_KeyType *type, lw_Der *whole) {
  int error = key_settype(k, type);
  return error != 0 ? error : type->read_private(k, whole);
}

int lw_key_read_private (lw_Key *k, lw_Span der, lw_Fault *fault) {
  lw_Der whole = lw_der_reader(der, "private_key", fault), r = whole, inside;
  lw_Span version;
  k->secret = 1;
  if (!lw_der_enter(&r, LW_DER_SEQUENCE, &inside) || !lw_der_end(&r) ||
      !lw_der_integer(&inside, LW_DER_INTEGER, &version))
    return ASN_PARSE_E;
  if (lw_der_is(&inside, LW_DER_SEQUENCE))
    return key_read_pkcs8(k, &inside);
  if (lw_der_is(&inside, LW_DER_OCTET_STRING))
    return key_read_bare(k, &lw_key_ec, &whole);
  return key_read_bare(k, &lw_key_rsa, &whole);
}

int lw_key_read_public (lw_Key *k, lw_Span spki, lw_Fault *fault) {
  lw_Der r = lw_der_reader(spki, "subject_public_key_info", fault), inside, content;
  lw_Span bits;
  int unused, error;
  if (!lw_der_enter(&r, LW_DER_SEQUENCE, &inside) || !lw_der_end(&r))
    return ASN_PARSE_E;
  error = key_algorithm(k, &inside);
  if (error != 0)
    return error;
  if (!lw_der_bits(&inside, LW_DER_BIT_STRING, &bits, &unused) || !lw_der_end(&inside))
    return ASN_PARSE_E;
  if (unused != 0) {
    lw_der_fail(&r, bits.data, "public key is not whole octets");
    return ASN_PARSE_E;
  }
  content = lw_der_inside(&inside, bits);
  return k->type->read_public(k, &content);
}

/* ------------------------------------------------------------------ using */

int lw_key_sign (lw_Key *k, const lw_Scheme *s, lw_Span data, unsigned char *out, word32 *length) {
  WC_RNG rng;
  int error = wc_InitRng(&rng);
  if (error != 0)
    return error;
  *length = LW_MAXSIGNATURE;
  error = k->type->sign(k, s, data, out, length, &rng);
  wc_FreeRng(&rng);
  return error;
}

int lw_key_verify (lw_Key *k, const lw_Scheme *s, lw_Span data, lw_Span signature) {
  return k->type->verify(k, s, data, signature);
}
