/*
** signed.c - signatures on certificates, revocation lists and OCSP responses: which are sound, which are right.
*/

#include <string.h>

#include "path.h"

typedef struct Algorithm {
  lw_Span oid;
  const char *scheme;
  lw_Strength strength;
} Algorithm;

#define ALGORITHM(oid, scheme, strength) \
  { {(const unsigned char *)(oid), sizeof(oid) - 1}, scheme, strength }

#define PKCS1 "\x2a\x86\x48\x86\xf7\x0d\x01\x01"
#define ANSI_X962 "\x2a\x86\x48\xce\x3d\x04"
#define NIST_HASH "\x60\x86\x48\x01\x65\x03\x04\x02"

/* RFC 4055 section 5, RFC 3279 section 2.2.3, RFC 5758 section 3.2, RFC 8410 section 3 */
static const Algorithm algorithms[] = {
    ALGORITHM(ANSI_X962 "\x03\x02", "ecdsa_sha256", LW_SOUND),
    ALGORITHM(PKCS1 "\x0b", "rsa_pkcs1_sha256", LW_SOUND),
    ALGORITHM(ANSI_X962 "\x03\x03", "ecdsa_sha384", LW_SOUND),
    ALGORITHM(PKCS1 "\x0c", "rsa_pkcs1_sha384", LW_SOUND),
    ALGORITHM(ANSI_X962 "\x03\x04", "ecdsa_sha512", LW_SOUND),
    ALGORITHM(PKCS1 "\x0d", "rsa_pkcs1_sha512", LW_SOUND),
    ALGORITHM("\x2b\x65\x70", "ed25519", LW_SOUND),
    ALGORITHM("\x2b\x65\x71", "ed448", LW_SOUND),
    ALGORITHM(ANSI_X962 "\x03\x01", "ecdsa_sha224", LW_SOUND),
    ALGORITHM(PKCS1 "\x0e", "rsa_pkcs1_sha224", LW_SOUND),
    ALGORITHM(ANSI_X962 "\x01", "ecdsa_sha1", LW_WEAK),
    ALGORITHM(PKCS1 "\x05", "rsa_pkcs1_sha1", LW_WEAK),
    ALGORITHM(PKCS1 "\x04", "rsa_pkcs1_md5", LW_BROKEN),
};

/* RSASSA-PSS with that hash; the scheme's name begins with "rsa_pss_rsae_" or, by the key, "rsa_pss_pss_". */
static const Algorithm pss_hashes[] = {
    ALGORITHM(NIST_HASH "\x01", "sha256", LW_SOUND),
    ALGORITHM(NIST_HASH "\x02", "sha384", LW_SOUND),
    ALGORITHM(NIST_HASH "\x03", "sha512", LW_SOUND),
    ALGORITHM("\x2b\x0e\x03\x02\x1a", "sha1", LW_WEAK),
};

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static const Algorithm *find (const Algorithm *list, size_t count, lw_Span oid) {
  for (size_t i = 0; i < count; i++)
    if (lw_span_equal(list[i].oid, oid))
      return &list[i];
  return NULL;
}

/* One hash for both purposes and a salt of its length, as in TLS; NULL otherwise. */
static const Algorithm *pss_hash (const lw_Pss *pss) {
  const Algorithm *a = find(pss_hashes, COUNT(pss_hashes), pss->hash);
  const lw_Hash *h = a == NULL ? NULL : lw_hash_find(a->scheme);
  if (h == NULL || !lw_span_equal(pss->hash, pss->mgf_hash) ||
      (unsigned)pss->salt_length != h->size)
    return NULL;
  return a;
}

lw_Strength lw_signed_strength (const lw_Algorithm *a) {
  lw_Pss pss;
  const Algorithm *found =
      lw_x509_pss(a, &pss) ? pss_hash(&pss) : find(algorithms, COUNT(algorithms), a->oid);
  return found == NULL ? LW_UNKNOWN : found->strength;
}

static const lw_Scheme *scheme_of (const lw_Algorithm *a, const lw_Key *k) {
  const Algorithm *found;
  char name[32];
  lw_Pss pss;
  if (!lw_x509_pss(a, &pss)) {
    found = find(algorithms, COUNT(algorithms), a->oid);
    return found == NULL ? NULL : lw_scheme_find(found->scheme);
  }
  found = pss_hash(&pss);
  if (found == NULL)
    return NULL;
  strcpy(name, k->pss ? "rsa_pss_pss_" : "rsa_pss_rsae_");
  strcat(name, found->scheme);
  return lw_scheme_find(name);
}

int lw_signed_by (lw_Span spki, const lw_Algorithm *a, lw_Span data, lw_Span signature) {
  lw_Key *k = lw_key_new();
  lw_Fault fault = {NULL, NULL, 0};
  const lw_Scheme *s;
  int error;
  if (k == NULL)
    return MEMORY_E;
  error = lw_key_read_public(k, spki, &fault);
  if (error == 0) {
    s = scheme_of(a, k);
    error = s == NULL            ? ALGO_ID_E
            : !lw_key_fits(k, s) ? SIG_VERIFY_E
                                 : lw_key_verify(k, s, data, signature);
  }
  lw_key_free(k);
  return lw_out_of_memory(error) ? MEMORY_E : error;
}
