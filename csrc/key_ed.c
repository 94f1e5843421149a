/*
** key_ed.c - Ed25519 and Ed448 keys (RFC 8410), which sign messages and not digests.
*/

#include "crypto.h"

static const unsigned char oid_ed25519[] = {0x2b, 0x65, 0x70};
static const unsigned char oid_ed448[] = {0x2b, 0x65, 0x71};

#if defined(HAVE_ED25519)

static int ed25519_generate (lw_Key *k, WC_RNG *rng) {
  int error = wc_ed25519_init(&k->of.ed25519);
  k->bits = 256;
  return error != 0 ? error : wc_ed25519_make_key(rng, ED25519_KEY_SIZE, &k->of.ed25519);
}

/* RFC 8410 section 7: CurvePrivateKey ::= OCTET STRING */
static int ed25519_read_private (lw_Key *k, lw_Der *content) {
  lw_Item seed;
  int error = wc_ed25519_init(&k->of.ed25519);
  if (error != 0 || !lw_der_item(content, LW_DER_OCTET_STRING, &seed) || !lw_der_end(content))
    return error != 0 ? error : ASN_PARSE_E;
  k->bits = 256;
  error = wc_ed25519_import_private_only(seed.content.data, (word32)seed.content.length,
                                         &k->of.ed25519);
  if (error == 0)
    error = wc_ed25519_make_public(&k->of.ed25519, k->of.ed25519.p, ED25519_PUB_KEY_SIZE);
  return error;
}

static int ed25519_read_public (lw_Key *k, lw_Der *content) {
  size_t length = (size_t)(content->end - content->at);
  int error = wc_ed25519_init(&k->of.ed25519);
  k->bits = 256;
  if (error == 0 && length != ED25519_PUB_KEY_SIZE)
    error = ECC_BAD_ARG_E;
  return error != 0 ? error : wc_ed25519_import_public(content->at, (word32)length, &k->of.ed25519);
}

static int ed25519_write_private (lw_Key *k, unsigned char *out) {
  return wc_Ed25519PrivateKeyToDer(&k->of.ed25519, out, LW_MAXKEYDER);
}

static int ed25519_write_public (lw_Key *k, unsigned char *out) {
  return wc_Ed25519PublicKeyToDer(&k->of.ed25519, out, LW_MAXKEYDER, 1);
}

static int ed25519_sign (lw_Key *k, const lw_Scheme *s, lw_Span data, unsigned char *out,
                         word32 *length, WC_RNG *rng) {
  (void)s;
  (void)rng;
  return wc_ed25519_sign_msg(data.data, (word32)data.length, out, length, &k->of.ed25519);
}

static int ed25519_verify (lw_Key *k, const lw_Scheme *s, lw_Span data, lw_Span signature) {
  int good = 0, error;
  (void)s;
  if (signature.length != ED25519_SIG_SIZE)
    return SIG_VERIFY_E;
  error = wc_ed25519_verify_msg(signature.data, (word32)signature.length, data.data,
                                (word32)data.length, &good, &k->of.ed25519);
  return error == 0 && good ? 0 : lw_out_of_memory(error) ? error : SIG_VERIFY_E;
}

static void ed25519_release (lw_Key *k) {
  wc_ed25519_free(&k->of.ed25519);
}

const lw_KeyType lw_key_ed25519 = {"ed25519",
                                   {oid_ed25519, sizeof(oid_ed25519)},
                                   ed25519_generate,
                                   ed25519_read_private,
                                   ed25519_read_public,
                                   ed25519_write_private,
                                   ed25519_write_public,
                                   ed25519_sign,
                                   ed25519_verify,
                                   ed25519_release};

#else

const lw_KeyType lw_key_ed25519 = {
    "ed25519", {oid_ed25519, sizeof(oid_ed25519)}, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL};

#endif

#if defined(HAVE_ED448)

static int ed448_generate (lw_Key *k, WC_RNG *rng) {
  int error = wc_ed448_init(&k->of.ed448);
  k->bits = 456;
  return error != 0 ? error : wc_ed448_make_key(rng, ED448_KEY_SIZE, &k->of.ed448);
}

/* RFC 8410 section 7: CurvePrivateKey ::= OCTET STRING */
static int ed448_read_private (lw_Key *k, lw_Der *content) {
  lw_Item seed;
  int error = wc_ed448_init(&k->of.ed448);
  if (error != 0 || !lw_der_item(content, LW_DER_OCTET_STRING, &seed) || !lw_der_end(content))
    return error != 0 ? error : ASN_PARSE_E;
  k->bits = 456;
  error =
      wc_ed448_import_private_only(seed.content.data, (word32)seed.content.length, &k->of.ed448);
  if (error == 0)
    error = wc_ed448_make_public(&k->of.ed448, k->of.ed448.p, ED448_PUB_KEY_SIZE);
  return error;
}

static int ed448_read_public (lw_Key *k, lw_Der *content) {
  size_t length = (size_t)(content->end - content->at);
  int error = wc_ed448_init(&k->of.ed448);
  k->bits = 456;
  if (error == 0 && length != ED448_PUB_KEY_SIZE)
    error = ECC_BAD_ARG_E;
  return error != 0 ? error : wc_ed448_import_public(content->at, (word32)length, &k->of.ed448);
}

static int ed448_write_private (lw_Key *k, unsigned char *out) {
  return wc_Ed448PrivateKeyToDer(&k->of.ed448, out, LW_MAXKEYDER);
}

static int ed448_write_public (lw_Key *k, unsigned char *out) {
  return wc_Ed448PublicKeyToDer(&k->of.ed448, out, LW_MAXKEYDER, 1);
}

static int ed448_sign (lw_Key *k, const lw_Scheme *s, lw_Span data, unsigned char *out,
                       word32 *length, WC_RNG *rng) {
  (void)s;
  (void)rng;
  return wc_ed448_sign_msg(data.data, (word32)data.length, out, length, &k->of.ed448, NULL, 0);
}

static int ed448_verify (lw_Key *k, const lw_Scheme *s, lw_Span data, lw_Span signature) {
  int good = 0, error;
  (void)s;
  if (signature.length != ED448_SIG_SIZE)
    return SIG_VERIFY_E;
  error = wc_ed448_verify_msg(signature.data, (word32)signature.length, data.data,
                              (word32)data.length, &good, &k->of.ed448, NULL, 0);
  return error == 0 && good ? 0 : lw_out_of_memory(error) ? error : SIG_VERIFY_E;
}

static void ed448_release (lw_Key *k) {
  wc_ed448_free(&k->of.ed448);
}

const lw_KeyType lw_key_ed448 = {"ed448",
                                 {oid_ed448, sizeof(oid_ed448)},
                                 ed448_generate,
                                 ed448_read_private,
                                 ed448_read_public,
                                 ed448_write_private,
                                 ed448_write_public,
                                 ed448_sign,
                                 ed448_verify,
                                 ed448_release};

#else

const lw_KeyType lw_key_ed448 = {
    "ed448", {oid_ed448, sizeof(oid_ed448)}, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL};

#endif
