/*
** x509.h - certificates without Lua and without wolfSSL: DER, names, keys, extensions (RFC 5280).
**
** Everything here reads in place: no allocation, no recursion. Spans point into the caller's bytes
** and live as long as those.
*/

#ifndef LW_X509_H
#define LW_X509_H

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* ------------------------------------------------------------------ DER (der.c)
**
** Every reader returns 1, or 0 after noting in the fault what is wrong with the bytes.
*/

typedef struct lw_Span {
  const unsigned char *data; /* NULL: absent */
  size_t length;
} lw_Span;

#define LW_SPAN(literal) ((lw_Span){(const unsigned char *)(literal), sizeof(literal) - 1})
int lw_span_equal (lw_Span a, lw_Span b);

typedef struct lw_Fault {
  const char *path;   /* "tbs_certificate.serial_number" */
  const char *reason; /* a literal; NULL while all is well */
  size_t offset;      /* from the first byte of the outermost value */
} lw_Fault;

typedef struct lw_Item {
  unsigned tag; /* the identifier octet: class, constructed bit, number up to 30 */
  lw_Span der;  /* header and content */
  lw_Span content;
} lw_Item;

/* What is left of the items of one value. */
typedef struct lw_Der {
  const unsigned char *at, *end;
  const unsigned char *start; /* of the outermost value: offsets count from here */
  const char *path;           /* names what is being read */
  lw_Fault *fault;            /* NULL: nobody asks (the bytes were validated before) */
} lw_Der;

enum {
  LW_DER_BOOLEAN = 0x01,
  LW_DER_INTEGER = 0x02,
  LW_DER_BIT_STRING = 0x03,
  LW_DER_OCTET_STRING = 0x04,
  LW_DER_NULL = 0x05,
  LW_DER_OID = 0x06,
  LW_DER_UTF8_STRING = 0x0c,
  LW_DER_NUMERIC_STRING = 0x12,
  LW_DER_PRINTABLE_STRING = 0x13,
  LW_DER_T61_STRING = 0x14,
  LW_DER_IA5_STRING = 0x16,
  LW_DER_UTC_TIME = 0x17,
  LW_DER_GENERALIZED_TIME = 0x18,
  LW_DER_VISIBLE_STRING = 0x1a,
  LW_DER_UNIVERSAL_STRING = 0x1c,
  LW_DER_BMP_STRING = 0x1e,
  LW_DER_SEQUENCE = 0x30,
  LW_DER_SET = 0x31
};
#define LW_DER_CONTEXT(n) (0x80u | (n))  /* [n] IMPLICIT of a primitive type */
#define LW_DER_EXPLICIT(n) (0xa0u | (n)) /* [n] EXPLICIT, or IMPLICIT of a constructed type */

lw_Der lw_der_reader (lw_Span bytes, const char *path, lw_Fault *fault);
int lw_der_fail (const lw_Der *r, const unsigned char *at, const char *reason); /* always 0 */
int lw_der_sound (const lw_Der *r);            /* has nothing failed so far? */
int lw_der_is (const lw_Der *r, unsigned tag); /* does the next item have this tag? */
int lw_der_end (const lw_Der *r);              /* nothing may be left */
int lw_der_any (lw_Der *r, lw_Item *item);
int lw_der_item (lw_Der *r, unsigned tag, lw_Item *item);
int lw_der_enter (lw_Der *r, unsigned tag, lw_Der *inside);
lw_Der lw_der_inside (const lw_Der *r, lw_Span content); /* same fault, path and offsets */

int lw_der_boolean (lw_Der *r, int *value);
int lw_der_integer (lw_Der *r, unsigned tag, lw_Span *octets); /* two's complement, minimal */
int lw_der_small (lw_Der *r, unsigned tag, int *value);        /* 0 .. 2^31-1 */
int lw_der_bits (lw_Der *r, unsigned tag, lw_Span *bits, int *unused);
int lw_der_oid (lw_Der *r, unsigned tag, lw_Span *oid);
/* UTCTime or GeneralizedTime, RFC 5280 section 4.1.2.5 */
int lw_der_time (lw_Der *r, int64_t *seconds);

/* The characters of a string value; text.at moves. */
typedef struct lw_Text {
  unsigned tag;
  const unsigned char *at, *end;
} lw_Text;

int lw_text_open (lw_Text *text, unsigned tag, lw_Span content); /* 0: not a string type */
int lw_text_next (lw_Text *text, uint32_t *code); /* 1; 0 at the end; -1 where it is malformed */
size_t lw_utf8_encode (uint32_t code, unsigned char out[4]); /* bytes written */

/* ------------------------------------------------------------------ object identifiers (oid.c) */

#define LW_OID_OCTETS 64 /* more is refused */
#define LW_OID_TEXT (4 * LW_OID_OCTETS + 4)

const char *lw_oid_text (lw_Span oid, char text[LW_OID_TEXT]); /* dotted decimal */
const char *lw_oid_name (const char *dotted);                  /* snake_case, or NULL */
const char *lw_oid_descriptor (const char *dotted);            /* LDAP short name ("CN"), or NULL */

/* ------------------------------------------------------------------ names (name.c) */

typedef struct lw_Attribute {
  int rdn; /* number of the RelativeDistinguishedName it is in, from 1 */
  lw_Span oid;
  lw_Item value;
} lw_Attribute;

typedef struct lw_NameReader {
  lw_Der rdns, attributes;
  int rdn;
} lw_NameReader;

/* "next" functions return 0 at the end and at a fault; the fault's reason tells which. */
int lw_name_check (lw_Der *r);                  /* reads over it, to the end */
lw_NameReader lw_name_reader (lw_Span name);    /* over a Name that was checked before */
void lw_rdn_open (lw_NameReader *n, const lw_Der *attributes); /* over one RDN's attributes */
int lw_name_next (lw_NameReader *n, lw_Attribute *attribute);
int lw_name_equal (lw_Span a, lw_Span b); /* two valid Names, whole; RFC 5280 section 7.1 */
int lw_name_within (lw_Span name, lw_Span base); /* does name begin with all the RDNs of base? */

/* RFC 5280 section 4.2.1.6: the tag numbers of GeneralName */
enum {
  LW_OTHER_NAME,
  LW_RFC822_NAME,
  LW_DNS_NAME,
  LW_X400_ADDRESS,
  LW_DIRECTORY_NAME,
  LW_EDI_PARTY_NAME,
  LW_UNIFORM_RESOURCE_IDENTIFIER,
  LW_IP_ADDRESS,
  LW_REGISTERED_ID
};

typedef struct lw_GeneralName {
  int type;
  lw_Span oid; /* of an other_name or a registered_id */
  lw_Span
      value; /* the octets; of a directory_name the whole Name, of an other_name the whole value */
} lw_GeneralName;

int lw_general_name_next (lw_Der *r, lw_GeneralName *name);
int lw_subtree_next (lw_Der *r,
                     lw_GeneralName *base); /* name constraints; an IP address has its mask */

/* ------------------------------------------------------------------ keys (spki.c) */

typedef struct lw_Algorithm {
  lw_Span der; /* the whole AlgorithmIdentifier */
  lw_Span oid;
  lw_Span parameters; /* whole item; data is NULL when absent */
} lw_Algorithm;

enum {
  LW_KEY_OTHER,
  LW_KEY_RSA,
  LW_KEY_RSA_PSS,
  LW_KEY_DSA,
  LW_KEY_EC,
  LW_KEY_ED25519,
  LW_KEY_ED448,
  LW_KEY_X25519,
  LW_KEY_X448
};

typedef struct lw_PublicKey {
  int type;
  int bits;    /* 0: unknown */
  lw_Span der; /* the whole SubjectPublicKeyInfo */
  lw_Algorithm algorithm;
  lw_Span key;               /* content of the BIT STRING */
  lw_Span curve;             /* EC: OID of the named curve */
  lw_Span modulus, exponent; /* RSA: INTEGER octets */
} lw_PublicKey;

typedef struct lw_Pss {   /* RFC 4055 section 3.1, defaults filled in */
  lw_Span hash, mgf_hash; /* OIDs */
  int salt_length;
} lw_Pss;

int lw_algorithm_read (lw_Der *r, lw_Algorithm *a);
/* With the parameters of RSASSA-PSS. */
int lw_signature_algorithm_read (lw_Der *r, lw_Algorithm *a);
/* Leaves fields alone that it has nothing for. */
int lw_public_key_read (lw_Der *r, lw_PublicKey *key);
int lw_x509_pss (const lw_Algorithm *algorithm, lw_Pss *pss); /* 0: it is not RSASSA-PSS */

/* ------------------------------------------------------------------ certificates (x509.c)
**
** lw_x509_read accepts only a whole, strictly encoded RFC 5280 certificate and decodes every
** extension it knows, so that the accessors below cannot fail afterwards.
*/

enum {
  LW_EXTENSION_OTHER,
  LW_AUTHORITY_INFORMATION_ACCESS,
  LW_AUTHORITY_KEY_IDENTIFIER,
  LW_BASIC_CONSTRAINTS,
  LW_CERTIFICATE_POLICIES,
  LW_CRL_DISTRIBUTION_POINTS,
  LW_EXTENDED_KEY_USAGE,
  LW_ISSUER_ALT_NAME,
  LW_KEY_USAGE,
  LW_NAME_CONSTRAINTS,
  LW_SIGNED_CERTIFICATE_TIMESTAMPS,
  LW_SUBJECT_ALT_NAME,
  LW_SUBJECT_KEY_IDENTIFIER,
  LW_TLS_FEATURES
};

typedef struct lw_Extension {
  int kind;
  int critical;
  lw_Span oid;
  lw_Span value; /* inside the OCTET STRING */
} lw_Extension;

enum { /* RFC 5280 section 4.2.1.3 */
       LW_DIGITAL_SIGNATURE = 1 << 0,
       LW_CONTENT_COMMITMENT = 1 << 1,
       LW_KEY_ENCIPHERMENT = 1 << 2,
       LW_DATA_ENCIPHERMENT = 1 << 3,
       LW_KEY_AGREEMENT = 1 << 4,
       LW_KEY_CERT_SIGN = 1 << 5,
       LW_CRL_SIGN = 1 << 6,
       LW_ENCIPHER_ONLY = 1 << 7,
       LW_DECIPHER_ONLY = 1 << 8
};

#define LW_EXTENSIONS 64 /* more are refused */

typedef struct lw_X509 {
  lw_Span der;
  lw_Span tbs;                      /* whole item: what is signed */
  int version;                      /* 1, 2 or 3 */
  lw_Span serial;                   /* INTEGER octets */
  lw_Algorithm signature_algorithm; /* the same inside and outside */
  lw_Span signature;
  lw_Span issuer, subject;       /* whole Names */
  int64_t not_before, not_after; /* Unix seconds */
  lw_PublicKey key;
  int ca;          /* 0 without basic constraints, too */
  int path_length; /* -1: no limit */
  int key_usage;   /* bits LW_DIGITAL_SIGNATURE …; -1: no such extension */
  lw_Span subject_key_identifier, authority_key_identifier; /* data is NULL when absent */
  int extension_count;
  lw_Extension extensions[LW_EXTENSIONS];
} lw_X509;

int lw_x509_read (lw_X509 *x, lw_Span der, lw_Fault *fault);
const lw_Extension *lw_x509_extension (const lw_X509 *x, int kind); /* NULL: absent */
/* Inside an extension's outermost SEQUENCE; at the end when there is no such extension. */
lw_Der lw_x509_open (const lw_X509 *x, int kind);
/* For lw_general_name_next: the subject alternative names. */
lw_Der lw_x509_names (const lw_X509 *x);
/* For lw_subtree_next: the name constraints' permitted (0) or excluded (1) subtrees. */
lw_Der lw_x509_subtrees (const lw_X509 *x, int excluded);
/* Is this dotted OID among the extended key usages? 0 without the extension, too. */
int lw_x509_has_purpose (const lw_X509 *x, const char *purpose);
/* Is this a certificate for that DNS name or IP address? RFC 9525 (hostname.c) */
int lw_x509_matches (const lw_X509 *x, const char *name, size_t length);
int lw_dns_valid (lw_Span name); /* labels of a host's name, without a wildcard or a last dot */

/* ------------------------------------------------------------------ extensions (extension.c)
**
** Each "next" reads one element of the list that lw_x509_open has opened.
*/

typedef struct lw_AuthorityKey {
  lw_Span key_identifier; /* data is NULL when absent */
  lw_Der issuer;          /* GeneralNames; at the end when absent */
  lw_Span serial;
} lw_AuthorityKey;

typedef struct lw_Access {
  lw_Span method;
  lw_GeneralName location;
} lw_Access;

typedef struct lw_DistributionPoint {
  lw_Der full_name;     /* GeneralNames; like the next two at the end when absent */
  lw_Der relative_name; /* for lw_rdn_open */
  lw_Der crl_issuer;    /* GeneralNames */
  int reasons;          /* 1 << bit number; -1 when absent */
} lw_DistributionPoint;

typedef struct lw_Policy {
  lw_Span oid;
  lw_Der qualifiers;
} lw_Policy;

typedef struct lw_Qualifier {
  lw_Span oid;
  lw_Item value;        /* the whole qualifier */
  lw_Item organization; /* of a user notice; tag 0 when absent */
  lw_Der numbers;
  lw_Item text;
} lw_Qualifier;

typedef struct lw_Sct { /* RFC 6962 section 3.2 */
  int version;          /* 0 is v1; of other versions nothing else is known */
  lw_Span log_id, extensions, signature;
  int64_t timestamp;   /* milliseconds since 1970 */
  int hash, algorithm; /* RFC 5246 section 7.4.1.4.1 */
} lw_Sct;

#define LW_OID_CPS LW_SPAN("\x2b\x06\x01\x05\x05\x07\x02\x01")
#define LW_OID_USER_NOTICE LW_SPAN("\x2b\x06\x01\x05\x05\x07\x02\x02")

/* Sets the kind; decodes the value of a known one, into x where there is a field for it. */
int lw_extension_read (lw_X509 *x, lw_Extension *extension, const lw_Der *r);
int lw_authority_key_read (lw_Der *r, lw_AuthorityKey *key);
int lw_access_next (lw_Der *r, lw_Access *access);
int lw_distribution_point_next (lw_Der *r, lw_DistributionPoint *point);
int lw_policy_next (lw_Der *r, lw_Policy *policy);
int lw_qualifier_next (lw_Der *r, lw_Qualifier *qualifier);
int lw_purpose_next (lw_Der *r, lw_Span *oid);
int lw_feature_next (lw_Der *r, int *feature);
int lw_sct_open (lw_Der *r); /* from the extension's value into the list */
int lw_sct_next (lw_Der *r, lw_Sct *sct);

/* ------------------------------------------------------------------ PEM (pem.c), RFC 7468 */

typedef struct lw_Pem {
  const char *at, *end;
  int line;           /* of at, from 1; of the fault, once there is one */
  const char *reason; /* NULL while all is well */
} lw_Pem;

lw_Pem lw_pem_reader (const char *text, size_t length);
/* Gives the base64 of the next certificate and its first line; 0 at the end or at a fault. */
int lw_pem_next (lw_Pem *pem, lw_Span *body, int *line);
/* Writes at most body.length octets and returns how many; 0 at a fault. */
size_t lw_pem_decode (lw_Pem *pem, lw_Span body, int line, unsigned char *out);
/* Writes one line of base64, at most 48 octets of it to at most 65 characters; returns how many. */
size_t lw_pem_line (const unsigned char *data, size_t length, char *out);

#pragma GCC visibility pop

#endif
