/*
** path.h - is this chain to be trusted? RFC 5280 section 6 and the revocation that comes with it.
**
** No file here knows Lua, except where a comment says so. Nothing recurses; all work is bounded. Functions that
** return int give 0 or one of wolfCrypt's (negative) error numbers, if nothing else is said.
*/

#ifndef LW_PATH_H
#define LW_PATH_H

#include "crypto.h"
#include "finding.h"

#pragma GCC visibility push(hidden)

#define LW_PATH 16         /* certificates from the leaf to the anchor */
#define LW_MAX_DEPTH 12    /* intermediates that a caller may allow */
#define LW_MAX_CHAIN 128   /* certificates of a peer that are looked at */
#define LW_MAX_POLICIES 32 /* of one certificate; further ones do not count */

#define LW_SERVER_AUTH "1.3.6.1.5.5.7.3.1"
#define LW_CLIENT_AUTH "1.3.6.1.5.5.7.3.2"
#define LW_OCSP_SIGNING "1.3.6.1.5.5.7.3.9"

/* ------------------------------------------------------------------ trust (trust.c)
**
** Anchors are certificates. Pins are SHA-256 digests of public keys: beside anchors they narrow what is trusted
** to paths with such a key; alone they make anchors of those certificates of the peer that have such a key.
*/

typedef struct lw_Proofs lw_Proofs;

typedef struct lw_Trust {
  int references;
  size_t anchors_count, pins_count;
  const lw_X509 **anchors; /* no more than the extensions that are there */
  unsigned char (*pins)[32];
  unsigned char digest[32]; /* of all that */
  lw_Proofs *proofs;        /* NULL: nothing is remembered */
} lw_Trust;

lw_Trust *lw_trust_check (lua_State *L, int arg); /* raises on anything else, and when closed */
void lw_trust_retain (lw_Trust *t);
void lw_trust_release (lw_Trust *t); /* NULL is fine */
int lw_trust_pinned (const lw_Trust *t, const lw_X509 *x, int *pinned);

/* Facts about bytes, which hold for good once they were shown: the last few are remembered. (proof.c) */
lw_Proofs *lw_proofs_new (void); /* NULL: out of memory */
/* Is that known of these spans, one after the other? digest: for lw_proofs_add, when it has been shown. */
int lw_proofs_know (const lw_Proofs *p, char fact, const lw_Span *spans, size_t count,
                    unsigned char digest[32]);
void lw_proofs_add (lw_Proofs *p, const unsigned char digest[32]);

/* ------------------------------------------------------------------ signatures (signed.c) */

typedef enum lw_Strength { LW_UNKNOWN, LW_BROKEN, LW_WEAK, LW_SOUND } lw_Strength;

lw_Strength lw_signed_strength (const lw_Algorithm *a); /* MD5 is broken, SHA-1 is weak */
/* SIG_VERIFY_E: not signed by that key; MEMORY_E; any other: the key or the algorithm cannot be used. */
int lw_signed_by (lw_Span spki, const lw_Algorithm *a, lw_Span data, lw_Span signature);

/* ------------------------------------------------------------------ rules (rules.c) */

typedef enum lw_Profile { LW_NO_PROFILE, LW_RFC5280, LW_WEBPKI } lw_Profile;

/* What the caller wants to be true of the chain. */
typedef struct lw_Demand {
  int64_t time;         /* Unix seconds */
  const char *purpose;  /* dotted OID of an extended key usage; NULL: any */
  lw_Span host, ip;     /* names that the leaf must have; data NULL: not asked for */
  int depth;            /* most intermediates; self-issued ones do not count */
  int min_rsa_bits, min_ec_bits;
  int weak_signatures;  /* SHA-1 will do */
  int ca_leaf;          /* the leaf may be a CA */
  lw_Profile profile;   /* whose rules for those who issue certificates are looked at, too */
  size_t policies_count;
  const char *const *policies; /* dotted OIDs, one of which the path must be valid for; NULL: any */
  lw_Span nonce;               /* that a response was asked to have, as DER; data NULL: none */
  int nonce_required;          /* a response without one will not do */
} lw_Demand;

void lw_rules_leaf (const lw_X509 *x, int anchor, const lw_Demand *d, lw_Findings *f);
void lw_rules_issuer (const lw_X509 *x, int anchor, const lw_Demand *d, int depth, lw_Findings *f);
/* What certificates demand of each other; signatures are not among it. work: comparisons of names left. */
void lw_rules_path (const lw_X509 *const *path, int length, const lw_Demand *d, long *work,
                    lw_Findings *f);
int lw_self_issued (const lw_X509 *x);

/* Profiles of certificates. (profile.c) */
lw_Profile lw_profile_find (const char *name); /* LW_NO_PROFILE: NULL, or there is none of this name */
void lw_profile_leaf (const lw_X509 *x, const lw_Demand *d, lw_Findings *f);
void lw_profile_issuer (const lw_X509 *x, int anchor, const lw_Demand *d, int depth, lw_Findings *f);

/* Are the names in x within what that CA allows? (constraint.c) */
int lw_constraint_holds (const lw_X509 *ca, const lw_X509 *x, long *work);

/* Section 6.1's policy processing, with the last certificate as anchor. (policy.c) */
void lw_policy_check (const lw_X509 *const *path, int length, const lw_Demand *d, lw_Findings *f);

/* ------------------------------------------------------------------ path building (path.c) */

typedef struct lw_Verdict {
  int length; /* of the path: 1 at the least */
  int anchored;
  const lw_X509 *path[LW_PATH]; /* leaf first; each belongs to the chain or to the trust */
  lw_Findings findings;         /* none: the chain is good */
} lw_Verdict;

/* chain[0] is the leaf, the others come in any order. MEMORY_E: there is no verdict. */
int lw_path_verify (const lw_Trust *t, const lw_X509 *const *chain, size_t count, const lw_Demand *d,
                    lw_Verdict *v);

/* What wolfSSL's own rules say of a good path; its answer becomes a finding. (opinion.c) */
int lw_opinion_apply (const lw_Trust *t, lw_Verdict *v);
int lw_opinion_alone (lw_Span der); /* its number for a certificate of which it has no issuer */
const char *lw_opinion_code (int error); /* wolfSSL's number, or X509_V_ERR_*, as the code of a finding */

/* ------------------------------------------------------------------ revocation */

typedef struct lw_Crl {
  int references;
  lw_Span tbs;
  lw_Algorithm algorithm;
  lw_Span signature, issuer;
  int version;
  int64_t this_update, next_update; /* next_update: this_update when absent */
  lw_Der revoked;                   /* its entries; at the end when there are none */
  lw_Span number;                   /* data is NULL when absent */
  lw_Span scope;                    /* issuing distribution point; data is NULL when absent */
  int unusable; /* a delta, or critical extensions that are not known */
} lw_Crl;

int lw_crl_read (lw_Crl *crl, lw_Span der, lw_Fault *fault); /* 0: the fault says why */
lw_Crl *lw_crl_check (lua_State *L, int arg); /* raises on anything else, and when closed */
void lw_crl_retain (lw_Crl *crl);
void lw_crl_release (lw_Crl *crl);
/* Every certificate of the path but the anchor. required: most depth at which a list must be there; -1: none.
   chain: where a delegate's certificate may be. (crl.c) */
int lw_crl_apply (const lw_Crl *const *crls, size_t crls_count, int required,
                  const lw_X509 *const *chain, size_t count, const lw_Demand *d, lw_Verdict *v);

/* The leaf, by a response as it is stapled. (ocsp.c) */
int lw_ocsp_apply (lw_Span response, const lw_Demand *d, lw_Verdict *v);
/* Between which times that response, which was found good, speaks of the certificate. */
void lw_ocsp_validity (lw_Span response, const lw_X509 *x, const lw_X509 *ca, int64_t *from,
                       int64_t *until);
int lw_ocsp_required (const lw_X509 *x); /* RFC 7633: must-staple */
int lw_ocsp_usessha1 (lw_Span response); /* to name, first of all, an issuer: wolfSSL reads no other */

/* ------------------------------------------------------------------ values of Lua (chain.c) */

/* The list of certificates that is argument arg; the array is good while the stack holds what is pushed. */
const lw_X509 **lw_chain_check (lua_State *L, int arg, size_t *count);
/* Pushes the verdict; certificates of the chain are the objects of the list at arg, the trust's takes the place of the
   closed one at `box`. */
void lw_verdict_push (lua_State *L, const lw_Verdict *v, int arg, int box,
                      const lw_X509 *const *chain, size_t count);

#pragma GCC visibility pop

#endif
