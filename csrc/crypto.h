/*
** crypto.h - what the files on top of wolfCrypt share: hashes, random numbers, keys, signature schemes.
**
** Functions that return int give 0 or one of wolfCrypt's (negative) error numbers, if nothing else is said.
** None of them knows Lua, except where an argument says so.
*/

#ifndef LW_CRYPTO_H
#define LW_CRYPTO_H

#include "lwolfssl.h"
#include "x509.h"

#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/asn.h>
#include <wolfssl/wolfcrypt/chacha20_poly1305.h>
#include <wolfssl/wolfcrypt/curve25519.h>
#include <wolfssl/wolfcrypt/curve448.h>
#include <wolfssl/wolfcrypt/des3.h>
#include <wolfssl/wolfcrypt/dh.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/ed25519.h>
#include <wolfssl/wolfcrypt/ed448.h>
#include <wolfssl/wolfcrypt/error-crypt.h>
#include <wolfssl/wolfcrypt/hash.h>
#include <wolfssl/wolfcrypt/hmac.h>
#include <wolfssl/wolfcrypt/pwdbased.h>
#include <wolfssl/wolfcrypt/random.h>
#include <wolfssl/wolfcrypt/rsa.h>

#pragma GCC visibility push(hidden)

/* wolfCrypt counts with signed and unsigned 32-bit numbers. */
#define LW_MAXSIZE ((size_t)0x7fffffff)

/* Its number arithmetic has an error number of its own, and calls it a read error when there is no memory for a
   curve's parameters, which are the only numbers it reads. */
#define lw_out_of_memory(error) \
  ((error) == MEMORY_E || (error) == MP_MEM || (error) == MP_READ_E)

/* What each file adds to core.crypto, which is at the top of the stack. */
void lw_open_hash (lua_State *L);
void lw_open_kdf (lua_State *L);
void lw_open_cipher (lua_State *L);
void lw_open_agreement (lua_State *L);
void lw_open_dh (lua_State *L);
void lw_open_signature (lua_State *L);

/* The string at arg, short enough for wolfCrypt; raises otherwise. */
lw_Span lw_checkspan (lua_State *L, int arg);
/* The string at arg, which must have exactly that length; raises otherwise. */
lw_Span lw_checkexactly (lua_State *L, int arg, size_t length, const char *what);

/* ------------------------------------------------------------------ hashes (hash.c) */

#define LW_MAXDIGEST 64

typedef struct lw_Hash {
  const char *name;
  enum wc_HashType type;
  int mgf; /* mask generation function for RSA-PSS */
  unsigned size;
} lw_Hash;

const lw_Hash *lw_hash_find (const char *name); /* NULL: unknown */
const lw_Hash *lw_hash_check (lua_State *L, int arg);
const lw_Hash *lw_hash_checksingle (lua_State *L, int arg); /* raises on md5sha1, too */
/* out has room for h->size bytes */
int lw_hmac (const lw_Hash *h, lw_Span key, lw_Span data, unsigned char *out);

/* ------------------------------------------------------------------ finite fields (dh.c) */

/* Private keys of 320 bits: more than RFC 7919 section 5.2 asks for a field of 4096 bits. */
#define LW_DH_PRIVATE 40

/* base^exponent in the key's field, as size bytes: those of the modulus. A base that is not in 2 .. p-2
   is an error. */
int lw_dh_power (DhKey *key, lw_Span exponent, lw_Span base, size_t size, unsigned char *out);
/* Pushes nil, message, code for what a peer's key led to; returns 3. */
int lw_agreement_failure (lua_State *L, int error);

/* ------------------------------------------------------------------ authenticated ciphers (aead.c) */

/* One record: in and out have the length of the plaintext and may be the same; the tag stands apart. */
typedef struct lw_Box {
  lw_Span key, nonce, aad, in;
  unsigned char *out, *tag;
  word32 tag_length;
} lw_Box;

int lw_gcm_seal (lw_Box *b);
int lw_gcm_open (lw_Box *b);
int lw_ccm_seal (lw_Box *b);
int lw_ccm_open (lw_Box *b);
int lw_chacha_seal (lw_Box *b);
int lw_chacha_open (lw_Box *b);

/* ------------------------------------------------------------------ signature schemes (signature.c) */

typedef enum lw_Padding { LW_NOPADDING, LW_PKCS1, LW_PSS } lw_Padding;

typedef struct lw_Scheme {
  const char *name;  /* as in RFC 8446 section 4.2.3 */
  const char *type;  /* of the keys it is for */
  const char *curve; /* that the key must be on; NULL: any */
  const char *hash;  /* NULL: the algorithm hashes by itself */
  lw_Padding padding;
  int restricted; /* for keys that are marked as for RSA-PSS only, and for no other key */
} lw_Scheme;

const lw_Scheme *lw_scheme_find (const char *name); /* NULL: unknown */
const lw_Scheme *lw_scheme_check (lua_State *L, int arg);

/* ------------------------------------------------------------------ keys (key.c, key_*.c) */

#define LW_MAXSIGNATURE (RSA_MAX_SIZE / 8)
#define LW_MAXKEYDER \
  (RSA_MAX_SIZE + 1024) /* PKCS #1 takes some 4.6 bits per bit of an RSA modulus */

typedef struct lw_Key lw_Key;

/* One algorithm. All functions NULL: wolfSSL was built without it. */
typedef struct lw_KeyType {
  const char *name;
  lw_Span oid;                             /* content octets */
  int (*generate)(lw_Key *k, WC_RNG *rng); /* k->bits (RSA) or k->curve (EC) is set */
  int (*read_private)(lw_Key *k, lw_Der *content);
  int (*read_public)(lw_Key *k, lw_Der *content);      /* the octets of the BIT STRING */
  int (*write_private)(lw_Key *k, unsigned char *out); /* PKCS #8, at most LW_MAXKEYDER; length */
  int (*write_public)(lw_Key *k, unsigned char *out);  /* SubjectPublicKeyInfo; likewise */
  int (*sign)(lw_Key *k, const lw_Scheme *s, lw_Span data, unsigned char *out, word32 *length,
              WC_RNG *rng);
  int (*verify)(lw_Key *k, const lw_Scheme *s, lw_Span data, lw_Span signature);
  void (*release)(lw_Key *k);
} lw_KeyType;

extern const lw_KeyType lw_key_rsa, lw_key_ec, lw_key_ed25519, lw_key_ed448;

typedef struct lw_Curve {
  const char *name; /* as in the registry of TLS groups */
  lw_Span oid;      /* content octets */
  int id;           /* wolfCrypt's */
} lw_Curve;

struct lw_Key {
  const lw_KeyType *type; /* NULL: empty */
  const lw_Curve *curve;  /* EC only */
  int bits;
  int secret; /* has its private half */
  int pss;    /* RSA: the algorithm identifier says RSASSA-PSS */
  union {
    RsaKey rsa;
    ecc_key ec;
#if defined(HAVE_ED25519)
    ed25519_key ed25519;
#endif
#if defined(HAVE_ED448)
    ed448_key ed448;
#endif
  } of;
};

const lw_Curve *lw_curve_find (const char *name); /* NULL: unknown */
const lw_Curve *lw_curve_of (lw_Span oid);        /* likewise */

lw_Key *lw_key_new (void); /* empty; NULL: out of memory */
void lw_key_free (lw_Key *k);
/* name: "rsa", "ed25519", "ed448" or a curve; bits: of RSA. BAD_FUNC_ARG: no such kind. */
int lw_key_generate (lw_Key *k, const char *name, int bits);
/* ASN_PARSE_E: the fault says why. Anything else: the content is at fault, or wolfSSL cannot do it. */
int lw_key_read_private (lw_Key *k, lw_Span der, lw_Fault *fault); /* PKCS #8, PKCS #1 or SEC 1 */
int lw_key_read_public (lw_Key *k, lw_Span spki, lw_Fault *fault);
int lw_key_fits (const lw_Key *k, const lw_Scheme *s); /* may this key be used with that scheme? */
/* Both want a key that fits. SIG_VERIFY_E: the signature is wrong. */
int lw_key_sign (lw_Key *k, const lw_Scheme *s, lw_Span data, unsigned char *out, word32 *length);
int lw_key_verify (lw_Key *k, const lw_Scheme *s, lw_Span data, lw_Span signature);

/* ------------------------------------------------------------------ key objects (issue.c) */

/* Pushes an object around an empty key; NULL after pushing what lw_key_failure pushes. */
lw_Key *lw_key_push (lua_State *L);
lw_Key *lw_key_check (lua_State *L, int arg); /* raises on anything else, and when closed */
/* The key at arg: a key object, or a string in PEM or DER, for which an object is pushed. Raises on another
   type; NULL after pushing what lw_key_failure pushes. */
lw_Key *lw_key_get (lua_State *L, int arg);
/* Reads PEM or DER into the empty k and returns 1, or pushes what lw_key_failure pushes and returns 0. No
   password: its data is NULL. (keyfile.c) */
int lw_keyfile_load (lua_State *L, lw_Key *k, lw_Span bytes, lw_Span password);
/* Pushes the signature, or what lw_key_failure pushes; raises, naming arg, if the scheme does not fit. */
int lw_signature_push (lua_State *L, lw_Key *k, const lw_Scheme *s, int arg, lw_Span data);
/* Pushes nil, message, code, detail for an error of the functions above; returns 4. No fault: the bytes
   cannot be to blame. */
int lw_key_failure (lua_State *L, const char *what, int error, const lw_Fault *fault);

#pragma GCC visibility pop

#endif
