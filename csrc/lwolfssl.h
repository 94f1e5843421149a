/*
** lwolfssl.h - what the files of wolfssl.core share.
**
** Three laws hold everywhere:
**   1. No lua_* call that can raise happens inside a wolfSSL frame: callbacks only touch C structs.
**   2. A userdata is created closed and then filled, so that an error in between leaves it sound.
**   3. Whatever held a secret goes through lw_wipe before it is freed.
*/

#ifndef LWOLFSSL_H
#define LWOLFSSL_H

#include <stddef.h>
#include <stdint.h>

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include <lauxlib.h>
#include <lua.h>

#if !defined(HAVE_PK_CALLBACKS) || !defined(WOLFSSL_TLS13) || !defined(OPENSSL_EXTRA)
#error "lua-wolfssl needs a wolfSSL built with TLS 1.3, PK callbacks and OpenSSL compatibility"
#endif

/* Only LW_EXPORT leaves the module; the pragma is for builds that cannot pass -fvisibility=hidden. */
#define LW_EXPORT __attribute__((visibility("default")))
#pragma GCC visibility push(hidden)

/* ------------------------------------------------------------------ Lua 5.1 to 5.4 (compat.c)
**
** What not every Lua exports is weak: the module then loads anywhere, and luaopen can say what is wrong.
*/

#if LUA_VERSION_NUM == 501
#pragma weak lua_objlen
#pragma weak lua_newuserdata
#pragma weak lua_insert
#pragma weak lua_remove
#pragma weak lua_replace
#pragma weak lua_call
#pragma weak lua_pcall
#pragma weak lua_tonumber
#pragma weak lua_tointeger
#pragma weak luaL_prepbuffer
#elif LUA_VERSION_NUM == 502
#pragma weak lua_insert
#pragma weak lua_remove
#pragma weak lua_replace
#pragma weak lua_newuserdata
#elif LUA_VERSION_NUM == 503
#pragma weak lua_newuserdata
#else
#pragma weak lua_newuserdatauv
#endif
#if LUA_VERSION_NUM >= 502
#pragma weak lua_callk
#pragma weak lua_pcallk
#pragma weak lua_rawgetp
#pragma weak lua_rawsetp
#pragma weak lua_rawlen
#pragma weak lua_absindex
#pragma weak lua_tonumberx
#pragma weak lua_tointegerx
#pragma weak lua_compare
#pragma weak luaL_setfuncs
#pragma weak luaL_tolstring
#pragma weak luaL_checkversion_
#pragma weak luaL_prepbuffsize
#pragma weak luaL_buffinitsize
#pragma weak luaL_pushresultsize
#endif
#if LUA_VERSION_NUM >= 503
#pragma weak lua_rotate
#pragma weak lua_isinteger
#endif

#if LUA_VERSION_NUM == 501
#define lua_rawlen(L, i) lua_objlen(L, i)
#define lua_rawgetp lw_rawgetp
#define lua_rawsetp lw_rawsetp
#define lua_absindex lw_absindex
#define luaL_setfuncs lw_setfuncs
#define luaL_tolstring lw_tolstring
void lw_rawgetp (lua_State *L, int index, const void *key);
void lw_rawsetp (lua_State *L, int index, const void *key);
int lw_absindex (lua_State *L, int index);
void lw_setfuncs (lua_State *L, const luaL_Reg *list, int upvalues);
const char *lw_tolstring (lua_State *L, int index, size_t *size);
#endif

/* Pushes n as an integer where Lua has them, as a float otherwise: exact up to 2^53. */
void lw_pushinteger (lua_State *L, int64_t n);

/* ------------------------------------------------------------------ userdata (object.c)
**
** A class is found by the address of its lw_Class, so that two builds of this module in one process
** cannot mistake each other's objects. Every object is a box around one pointer: NULL when closed.
*/

typedef struct lw_Class {
  const char *name;        /* "wolfssl.context": __name, and what error messages say */
  const luaL_Reg *methods; /* close is added: same function as __gc and __close */
  lua_CFunction close;     /* must leave the box NULL; runs at most once per content */
  lua_CFunction tostring;  /* NULL: "wolfssl.context: 0x…" or "wolfssl.context (closed)" */
} lw_Class;

void lw_register (lua_State *L, const lw_Class *class);
void **lw_newbox (lua_State *L, const lw_Class *class);             /* pushes a closed object */
void **lw_checkbox (lua_State *L, int arg, const lw_Class *class);  /* raises on another type */
void *lw_check (lua_State *L, int arg, const lw_Class *class);      /* raises when closed, too */
void *lw_test (lua_State *L, int arg, const lw_Class *class);       /* NULL: another type, or closed */

/* ------------------------------------------------------------------ errors (error.c) */

/* The codes that C gives; errors.lua lists all of them with their meaning. */
#define LW_WANT_READ "want_read"
#define LW_HELD "held"
#define LW_TIMEOUT "timeout"
#define LW_CLOSED "closed"
#define LW_TRUNCATED "truncated"
#define LW_DECODE_ERROR "decode_error"
#define LW_PEER_MISBEHAVED "peer_misbehaved"
#define LW_PEER_INCOMPATIBLE "peer_incompatible"
#define LW_ALERT_RECEIVED "alert_received"
#define LW_CERTIFICATE_INVALID "certificate_invalid"
#define LW_REJECTED "rejected"
#define LW_FILE_ERROR "file_error"
#define LW_NOT_COMPILED_IN "not_compiled_in"
#define LW_INTERNAL "internal"

/* Pushes nil, message, code and returns 3. fmt takes what lua_pushfstring takes. */
int lw_failure (lua_State *L, const char *code, const char *fmt, ...);
/* wolfSSL's own words for one of its error numbers; never NULL. */
const char *lw_reason (int error);

/* ------------------------------------------------------------------ memory (bytes.c)
**
** All C memory comes from wolfSSL's allocator: one hook shows every allocation of a connection.
*/

void *lw_alloc (size_t size); /* NULL when there is none; lw_alloc(0) is not NULL */
void lw_free (void *block);
void lw_wipe (void *block, size_t size);
void lw_free_secret (void *block, size_t size); /* wipe, then free; NULL is fine */

/* A queue of bytes: written at the end, read at the front. All zero is an empty queue. */
typedef struct lw_Bytes {
  unsigned char *block;
  size_t head, tail, size; /* the bytes are block[head .. tail-1] */
} lw_Bytes;

size_t lw_bytes_length (const lw_Bytes *b);
const unsigned char *lw_bytes_data (const lw_Bytes *b);
int lw_bytes_append (lw_Bytes *b, const void *data, size_t length); /* 0: out of memory, b unchanged */
unsigned char *lw_bytes_reserve (lw_Bytes *b, size_t length);       /* room at the end, or NULL */
void lw_bytes_added (lw_Bytes *b, size_t length);                   /* that much of it was filled */
void lw_bytes_remove (lw_Bytes *b, size_t length);                  /* from the front; wiped */
void lw_bytes_free (lw_Bytes *b);                                   /* wiped; then an empty queue */

/* ------------------------------------------------------------------ DER (der.c)
**
** Reads ITU-T X.690 DER in place: no allocation, no recursion, no Lua. Spans point into the caller's bytes
** and live as long as those. Every reader function returns 1, or 0 after noting why in the fault.
*/

typedef struct lw_Span {
  const unsigned char *data; /* NULL: absent */
  size_t length;
} lw_Span;

#define LW_SPAN(literal) ((lw_Span) {(const unsigned char *)(literal), sizeof(literal) - 1})
int lw_span_equal (lw_Span a, lw_Span b);

typedef struct lw_Fault {
  const char *path;   /* "tbs_certificate.serial_number" */
  const char *reason; /* a literal; NULL while all is well */
  size_t offset;      /* from the first byte of the outermost value */
} lw_Fault;

typedef struct lw_Item {
  unsigned tag;   /* the identifier octet: class, constructed bit, number up to 30 */
  lw_Span der;    /* header and content */
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
int lw_der_time (lw_Der *r, int64_t *seconds); /* UTCTime or GeneralizedTime, RFC 5280 section 4.1.2.5 */

/* The characters of a string value; text.at moves. */
typedef struct lw_Text {
  unsigned tag;
  const unsigned char *at, *end;
} lw_Text;

int lw_text_open (lw_Text *text, unsigned tag, lw_Span content); /* 0: not a string type */
int lw_text_next (lw_Text *text, uint32_t *code); /* 1; 0 at the end; -1 where it is malformed */
size_t lw_utf8_encode (uint32_t code, unsigned char out[4]); /* bytes written */

/* ------------------------------------------------------------------ object identifiers (oid.c) */

#define LW_OID_TEXT 320 /* enough for any OID that lw_der_oid lets pass */

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
int lw_name_open (lw_NameReader *n, lw_Der *r); /* enters the Name that is next in r */
int lw_name_next (lw_NameReader *n, lw_Attribute *attribute);
int lw_name_equal (lw_Span a, lw_Span b); /* two valid Names, whole; RFC 5280 section 7.1 */

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
  lw_Span oid;   /* of an other_name or a registered_id */
  lw_Span value; /* the octets; of a directory_name the whole Name, of an other_name the whole value */
} lw_GeneralName;

int lw_general_name_next (lw_Der *r, lw_GeneralName *name);
int lw_subtree_next (lw_Der *r, lw_GeneralName *base); /* name constraints; an IP address has its mask */

/* ------------------------------------------------------------------ certificates (x509.c, extension.c)
**
** lw_x509_read accepts only a whole, strictly encoded RFC 5280 certificate and decodes every extension it
** knows, so that the accessors below cannot fail afterwards.
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

typedef struct lw_Algorithm {
  lw_Span der; /* the whole AlgorithmIdentifier */
  lw_Span oid;
  lw_Span parameters; /* whole item; data is NULL when absent */
} lw_Algorithm;

enum { LW_KEY_OTHER, LW_KEY_RSA, LW_KEY_RSA_PSS, LW_KEY_DSA, LW_KEY_EC, LW_KEY_ED25519, LW_KEY_ED448,
  LW_KEY_X25519, LW_KEY_X448 };

typedef struct lw_PublicKey {
  int type;
  int bits;        /* 0: unknown */
  lw_Span der;     /* the whole SubjectPublicKeyInfo */
  lw_Algorithm algorithm;
  lw_Span key;     /* content of the BIT STRING */
  lw_Span curve;   /* EC: OID of the named curve */
  lw_Span modulus, exponent; /* RSA: INTEGER octets */
} lw_PublicKey;

typedef struct lw_Pss { /* RFC 4055 section 3.1, defaults filled in */
  lw_Span hash, mgf_hash; /* OIDs */
  int salt_length;
} lw_Pss;

#define LW_EXTENSIONS 64

typedef struct lw_X509 {
  lw_Span der;
  lw_Span tbs;     /* whole item: what is signed */
  int version;     /* 1, 2 or 3 */
  lw_Span serial;  /* INTEGER octets */
  lw_Algorithm signature_algorithm; /* the same inside and outside */
  lw_Span signature;
  lw_Span issuer, subject;          /* whole Names */
  int64_t not_before, not_after;    /* Unix seconds */
  lw_PublicKey key;
  int ca;                           /* 0 without basic constraints, too */
  int path_length;                  /* -1: no limit */
  int key_usage;                    /* bits LW_DIGITAL_SIGNATURE …; -1: no such extension */
  lw_Span subject_key_identifier, authority_key_identifier; /* data is NULL when absent */
  int extension_count;
  lw_Extension extensions[LW_EXTENSIONS];
} lw_X509;

int lw_x509_read (lw_X509 *x, lw_Span der, lw_Fault *fault);
const lw_Extension *lw_x509_extension (const lw_X509 *x, int kind);  /* NULL: absent */
lw_Der lw_x509_open (const lw_X509 *x, int kind, lw_Fault *fault); /* inside its SEQUENCE; absent: at the end */
/* For lw_general_name_next: the subject alternative names. */
lw_Der lw_x509_names (const lw_X509 *x);
/* For lw_subtree_next: the name constraints' permitted (0) or excluded (1) subtrees. */
lw_Der lw_x509_subtrees (const lw_X509 *x, int excluded);
/* Is this dotted OID among the extended key usages? 0 without the extension, too. */
int lw_x509_has_purpose (const lw_X509 *x, const char *purpose);
int lw_x509_pss (const lw_Algorithm *algorithm, lw_Pss *pss); /* 0: undecodable, or not RSASSA-PSS */
/* Is this a certificate for that DNS name or IP address? RFC 9525 (hostname.c) */
int lw_x509_matches (const lw_X509 *x, const char *name, size_t length);

/* ------------------------------------------------------------------ certificate objects (certificate.c) */

/* Pushes a certificate and returns 1, or pushes nil, message, code, detail and returns 4. */
int lw_certificate_push (lua_State *L, const unsigned char *der, size_t length);
const lw_X509 *lw_certificate_check (lua_State *L, int arg); /* raises on anything else, and when closed */
const lw_X509 *lw_certificate_test (lua_State *L, int arg);  /* NULL on anything else, and when closed */

/* ------------------------------------------------------------------ what each file registers
**
** Called with the module's table at the top of the stack; each leaves the stack as it was.
*/

void lw_open_context (lua_State *L);     /* core.context(role) */
void lw_open_connection (lua_State *L);  /* core.connection(context, options) */
void lw_open_session (lua_State *L);     /* core.session(sealed, key) */
void lw_open_certificate (lua_State *L); /* core.certificate(bytes), core.certificates(bytes) */
void lw_open_issue (lua_State *L);       /* core.issue.key, core.issue.certificate */
void lw_open_crypto (lua_State *L);      /* core.crypto.* */
void lw_open_fd (lua_State *L);          /* core.fd.* */

#endif
