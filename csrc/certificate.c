/*
** certificate.c - the certificate object: bytes in, facts out.
*/

#include <string.h>

#include "certificate.h"

#include <wolfssl/wolfcrypt/hash.h>

static const lw_Class certificate_class;

/* ------------------------------------------------------------------ the object
**
** One block: an lw_X509, then the bytes it points into.
*/

static int certificate_close (lua_State *L) {
  void **box = lw_checkbox(L, 1, &certificate_class);
  lw_free(*box);
  *box = NULL;
  return 0;
}

const lw_X509 *lw_certificate_check (lua_State *L, int arg) {
  return (const lw_X509 *)lw_check(L, arg, &certificate_class);
}

const lw_X509 *lw_certificate_test (lua_State *L, int arg) {
  return (const lw_X509 *)lw_test(L, arg, &certificate_class);
}

static int certificate_tostring (lua_State *L) {
  lua_pushfstring(L, "%s: ", certificate_class.name);
  lw_push_name_text(L, lw_certificate_check(L, 1)->subject);
  lua_concat(L, 2);
  return 1;
}

static int certificate_eq (lua_State *L) {
  const lw_X509 *a = lw_certificate_test(L, 1), *b = lw_certificate_test(L, 2);
  lua_pushboolean(L, a != NULL && b != NULL && lw_span_equal(a->der, b->der));
  return 1;
}

void lw_certificate_box (lua_State *L) {
  lw_newbox(L, &certificate_class);
}

int lw_certificate_fill (lua_State *L, lw_Span der) {
  void **box = (void **)lua_touserdata(L, -1);
  lw_X509 *x = (lw_X509 *)lw_alloc(sizeof *x + der.length);
  lw_Fault fault;
  lw_Span copy;
  if (x == NULL)
    return luaL_error(L, "not enough memory");
  copy.data = (unsigned char *)(x + 1);
  copy.length = der.length;
  memcpy(x + 1, der.data, der.length);
  if (lw_x509_read(x, copy, &fault)) {
    *box = x;
    return 1;
  }
  lw_free(x);
  lua_pop(L, 1);
  return lw_decode_failure(L, &fault);
}

static int certificate_push (lua_State *L, const unsigned char *bytes, size_t length) {
  lw_Span der = {bytes, length};
  lw_certificate_box(L);
  return lw_certificate_fill(L, der);
}

/* ------------------------------------------------------------------ reading */

/* A certificate is longer than 127 octets: its length has the long form, and no text begins so. */
static int is_der (const char *bytes, size_t length) {
  return length >= 2 && bytes[0] == LW_DER_SEQUENCE && ((unsigned char)bytes[1] & 0x80) != 0;
}

static int pem_fault (lua_State *L, const lw_Pem *pem) {
  lw_failure(L, LW_DECODE_ERROR, "pem at line %d: %s", pem->line, pem->reason);
  lua_createtable(L, 0, 2);
  lua_pushliteral(L, "pem");
  lua_setfield(L, -2, "path");
  lw_pushinteger(L, pem->line);
  lua_setfield(L, -2, "line");
  return 4;
}

/* Pushes the next certificate (1) or a failure (4), or nothing at the end (0). */
static int pem_certificate (lua_State *L, lw_Pem *pem) {
  unsigned char *der;
  lw_Span body;
  size_t length;
  int line, pushed;
  if (!lw_pem_next(pem, &body, &line))
    return pem->reason == NULL ? 0 : pem_fault(L, pem);
  der = (unsigned char *)lua_newuserdata(L, body.length + 1);
  length = lw_pem_decode(pem, body, line, der);
  pushed = length == 0 ? pem_fault(L, pem) : certificate_push(L, der, length);
  lua_remove(L, -pushed - 1);
  return pushed;
}

static int neither_der_nor_pem (lua_State *L) {
  return lw_failure(L, LW_DECODE_ERROR, "neither DER nor a PEM block with a certificate");
}

/***
Reads one certificate: DER, or the first certificate in PEM text.
The encoding is checked whole and strictly, with every extension that the methods know.
@function core.certificate
@tparam string bytes
@treturn[1] certificate
@treturn[2] nil
@treturn[2] string message
@treturn[2] string "decode_error"
@treturn[2] ?{path=string,offset=?int,line=?int} the field; its octet from 0, or line of PEM from 1
@see RFC 5280 section 4.1
*/
static int core_certificate (lua_State *L) {
  size_t length;
  const char *bytes = luaL_checklstring(L, 1, &length);
  lw_Pem pem = lw_pem_reader(bytes, length);
  int pushed;
  if (is_der(bytes, length))
    return certificate_push(L, (const unsigned char *)bytes, length);
  pushed = pem_certificate(L, &pem);
  return pushed > 0 ? pushed : neither_der_nor_pem(L);
}

/***
Reads every certificate in PEM text, or the one that DER is. Text around the blocks, and blocks of other kinds, are passed
over; one unreadable certificate makes the whole call fail.
@function core.certificates
@tparam string bytes
@treturn[1] {certificate,...} at least one
@treturn[2] nil
@treturn[2] string message
@treturn[2] string "decode_error"
@treturn[2] ?table like that of `core.certificate`
@see RFC 7468 section 5
*/
static int core_certificates (lua_State *L) {
  size_t length;
  const char *bytes = luaL_checklstring(L, 1, &length);
  lw_Pem pem = lw_pem_reader(bytes, length);
  int pushed, count = 0;
  lua_newtable(L);
  if (is_der(bytes, length)) {
    pushed = certificate_push(L, (const unsigned char *)bytes, length);
    if (pushed == 1)
      lua_rawseti(L, -2, 1);
    return pushed;
  }
  while ((pushed = pem_certificate(L, &pem)) == 1)
    lua_rawseti(L, -2, ++count);
  return pushed > 0 ? pushed : count > 0 ? 1 : neither_der_nor_pem(L);
}

/* ------------------------------------------------------------------ bytes and digests */

/***
The certificate as it was read.
@function certificate:der
@treturn string bytes
*/
static int certificate_der (lua_State *L) {
  lw_Span der = lw_certificate_check(L, 1)->der;
  lua_pushlstring(L, (const char *)der.data, der.length);
  return 1;
}

/***
The certificate as PEM text.
@function certificate:pem
@treturn string lines of at most 64 characters
@see RFC 7468 section 5
*/
static int certificate_pem (lua_State *L) {
  lw_Span der = lw_certificate_check(L, 1)->der;
  char line[65];
  luaL_Buffer b;
  size_t i;
  luaL_buffinit(L, &b);
  luaL_addstring(&b, "-----BEGIN CERTIFICATE-----\n");
  for (i = 0; i < der.length; i += 48) {
    size_t left = der.length - i;
    luaL_addlstring(&b, line, lw_pem_line(der.data + i, left < 48 ? left : 48, line));
  }
  luaL_addstring(&b, "-----END CERTIFICATE-----\n");
  luaL_pushresult(&b);
  return 1;
}

static const char *const hash_names[] = {"sha256", "sha384", "sha512", "sha1", NULL};
static const char *const sound_hash_names[] = {"sha256", "sha384", "sha512", NULL};

static int push_digest (lua_State *L, lw_Span bytes, int arg, const char *const names[]) {
  static const enum wc_HashType types[] = {WC_HASH_TYPE_SHA256, WC_HASH_TYPE_SHA384,
                                           WC_HASH_TYPE_SHA512, WC_HASH_TYPE_SHA};
  enum wc_HashType type = types[luaL_checkoption(L, arg, "sha256", names)];
  unsigned char digest[WC_MAX_DIGEST_SIZE];
  int size = wc_HashGetDigestSize(type);
  int error =
      size < 0 ? size : wc_Hash(type, bytes.data, (word32)bytes.length, digest, (word32)size);
  lw_Span octets;
  if (error != 0)
    return lw_failure(L, LW_NOT_COMPILED_IN, "digest: %s", lw_reason(error));
  octets.data = digest;
  octets.length = (size_t)size;
  lw_push_hex(L, octets);
  return 1;
}

/***
The digest of the whole certificate.
@function certificate:fingerprint
@tparam[opt="sha256"] string hash "sha256", "sha384", "sha512", or "sha1" for old displays
@treturn string hex
*/
static int certificate_fingerprint (lua_State *L) {
  return push_digest(L, lw_certificate_check(L, 1)->der, 2, hash_names);
}

/***
The public key as SubjectPublicKeyInfo.
@function certificate:spki
@treturn string DER
@see RFC 5280 section 4.1.2.7
*/
static int certificate_spki (lua_State *L) {
  lw_Span der = lw_certificate_check(L, 1)->key.der;
  lua_pushlstring(L, (const char *)der.data, der.length);
  return 1;
}

/***
The digest of the SubjectPublicKeyInfo, which pins a key across renewals of its certificate.
@function certificate:spki_digest
@tparam[opt="sha256"] string hash "sha256", "sha384" or "sha512"
@treturn string hex
@see RFC 7469 section 2.4
*/
static int certificate_spki_digest (lua_State *L) {
  return push_digest(L, lw_certificate_check(L, 1)->key.der, 2, sound_hash_names);
}

/* ------------------------------------------------------------------ fields */

/***
@function certificate:version
@treturn int 1, 2 or 3
@see RFC 5280 section 4.1.2.1
*/
static int certificate_version (lua_State *L) {
  lw_pushinteger(L, lw_certificate_check(L, 1)->version);
  return 1;
}

/***
The number that the issuer gave to the certificate.
@function certificate:serial
@treturn string hex, two digits an octet; a negative number, which is not allowed, begins with "-"
@see RFC 5280 section 4.1.2.2
*/
static int certificate_serial (lua_State *L) {
  lw_push_integer_hex(L, lw_certificate_check(L, 1)->serial);
  return 1;
}

/***
When the certificate begins to be valid.
@function certificate:not_before
@treturn int Unix seconds
@see RFC 5280 section 4.1.2.5
*/
static int certificate_not_before (lua_State *L) {
  lw_pushinteger(L, lw_certificate_check(L, 1)->not_before);
  return 1;
}

/***
The last second in which the certificate is valid.
@function certificate:not_after
@treturn int Unix seconds
@see RFC 5280 section 4.1.2.5
*/
static int certificate_not_after (lua_State *L) {
  lw_pushinteger(L, lw_certificate_check(L, 1)->not_after);
  return 1;
}

/* Sets field "exponent": a number, or hex where that would not be exact. */
static void set_exponent (lua_State *L, lw_Span octets) {
  int64_t value = 0;
  if (octets.length > 6)
    lw_push_integer_hex(L, octets);
  else {
    for (size_t i = 0; i < octets.length; i++)
      value = value << 8 | octets.data[i];
    lw_pushinteger(L, value);
  }
  lua_setfield(L, -2, "exponent");
}

/***
What kind of key the certificate is about. `algorithm` is `rsa rsassa_pss dsa ecdsa ed25519 ed448
x25519 x448`, or for others the dotted OID; `curve` is a name such as `secp256r1`, or its dotted OID.
@function certificate:public_key
@treturn {oid=string,algorithm=string,bits=?int,curve=?string,exponent=?int|string}
a huge exponent is hex
@see RFC 5280 section 4.1.2.7
*/
static int certificate_public_key (lua_State *L) {
  static const char *const names[] = {NULL,      "rsa",   "rsassa_pss", "dsa", "ecdsa",
                                      "ed25519", "ed448", "x25519",     "x448"};
  const lw_PublicKey *key = &lw_certificate_check(L, 1)->key;
  char text[LW_OID_TEXT];
  const char *name;
  lua_createtable(L, 0, 5);
  lua_pushstring(L, lw_oid_text(key->algorithm.oid, text));
  lua_setfield(L, -2, "oid");
  lua_pushstring(L, names[key->type] == NULL ? text : names[key->type]);
  lua_setfield(L, -2, "algorithm");
  if (key->bits > 0) {
    lw_pushinteger(L, key->bits);
    lua_setfield(L, -2, "bits");
  }
  if (key->curve.data != NULL) {
    name = lw_oid_name(lw_oid_text(key->curve, text));
    lua_pushstring(L, name == NULL ? text : name);
    lua_setfield(L, -2, "curve");
  }
  if (key->exponent.data != NULL)
    set_exponent(L, key->exponent);
  return 1;
}

/* "sha256_with_rsa_encryption" and "ecdsa_with_sha256" name their hash. */
static void set_hash_of_name (lua_State *L, lw_Span oid) {
  char text[LW_OID_TEXT];
  const char *name = lw_oid_name(lw_oid_text(oid, text));
  const char *with = name == NULL ? NULL : strstr(name, "_with_");
  if (with == NULL)
    return;
  if (strstr(with, "rsa") != NULL)
    lua_pushlstring(L, name, (size_t)(with - name));
  else
    lua_pushstring(L, with + strlen("_with_"));
  lua_setfield(L, -2, "hash");
}

static void set_oid_name (lua_State *L, const char *field, lw_Span oid) {
  char text[LW_OID_TEXT];
  const char *name = lw_oid_name(lw_oid_text(oid, text));
  lua_pushstring(L, name == NULL ? text : name);
  lua_setfield(L, -2, field);
}

/***
How the issuer signed. `hash` is `"sha256"` and the like where the algorithm has one; RSASSA-PSS
also has `mgf_hash` and `salt_length` (octets).
@function certificate:signature_algorithm
@treturn {oid=string,name=?string,hash=?string,mgf_hash=?string,salt_length=?int}
@see RFC 5280 section 4.1.1.2
*/
static int certificate_signature_algorithm (lua_State *L) {
  const lw_X509 *x = lw_certificate_check(L, 1);
  lw_Pss pss;
  lua_createtable(L, 0, 5);
  lw_set_oid(L, x->signature_algorithm.oid);
  set_hash_of_name(L, x->signature_algorithm.oid);
  if (lw_x509_pss(&x->signature_algorithm, &pss)) {
    set_oid_name(L, "hash", pss.hash);
    set_oid_name(L, "mgf_hash", pss.mgf_hash);
    lw_pushinteger(L, pss.salt_length);
    lua_setfield(L, -2, "salt_length");
  }
  return 1;
}

/* ------------------------------------------------------------------ extensions, raw */

/***
All extensions in their order.
@function certificate:extensions
@treturn {{oid=string,name=?string,critical=boolean,value=string},...} value: bytes, mostly DER
@see RFC 5280 section 4.2
*/
static int certificate_extensions (lua_State *L) {
  const lw_X509 *x = lw_certificate_check(L, 1);
  int i;
  lua_createtable(L, x->extension_count, 0);
  for (i = 0; i < x->extension_count; i++) {
    lua_createtable(L, 0, 4);
    lw_set_oid(L, x->extensions[i].oid);
    lua_pushboolean(L, x->extensions[i].critical);
    lua_setfield(L, -2, "critical");
    lw_set_string(L, "value", x->extensions[i].value);
    lua_rawseti(L, -2, i + 1);
  }
  return 1;
}

/***
One extension.
@function certificate:extension
@tparam string oid dotted
@treturn ?string value: bytes, mostly DER; nil when there is no such extension
@treturn ?boolean critical
@see RFC 5280 section 4.2
*/
static int certificate_extension (lua_State *L) {
  const lw_X509 *x = lw_certificate_check(L, 1);
  const char *oid = luaL_checkstring(L, 2);
  char text[LW_OID_TEXT];
  for (int i = 0; i < x->extension_count; i++)
    if (strcmp(lw_oid_text(x->extensions[i].oid, text), oid) == 0) {
      lw_Span value = x->extensions[i].value;
      lua_pushlstring(L, (const char *)value.data, value.length);
      lua_pushboolean(L, x->extensions[i].critical);
      return 2;
    }
  lua_pushnil(L);
  return 1;
}

/* ------------------------------------------------------------------ registration */

static const luaL_Reg methods[] = {{"der", certificate_der},
                                   {"pem", certificate_pem},
                                   {"fingerprint", certificate_fingerprint},
                                   {"spki", certificate_spki},
                                   {"spki_digest", certificate_spki_digest},
                                   {"version", certificate_version},
                                   {"serial", certificate_serial},
                                   {"not_before", certificate_not_before},
                                   {"not_after", certificate_not_after},
                                   {"public_key", certificate_public_key},
                                   {"signature_algorithm", certificate_signature_algorithm},
                                   {"extensions", certificate_extensions},
                                   {"extension", certificate_extension},
                                   {NULL, NULL}};

/***
Reads a distinguished name by itself, such as those of the authorities in a CertificateRequest.
@function core.name
@tparam string der
@treturn[1] {table,...} attributes, as `certificate:subject` gives them
@treturn[2] nil
@treturn[2] string message
@treturn[2] string "decode_error"
@treturn[2] table `{path, offset}`
*/
static int core_name (lua_State *L) {
  lw_Span name;
  lw_Fault fault = {NULL, NULL, 0};
  lw_Der r;
  name.data = (const unsigned char *)luaL_checklstring(L, 1, &name.length);
  r = lw_der_reader(name, "name", &fault);
  if (!lw_name_check(&r) || !lw_der_end(&r))
    return lw_decode_failure(L, &fault);
  lw_push_name(L, name);
  return 1;
}

static const luaL_Reg *const more_methods[] = {lw_certificate_names, lw_certificate_extensions,
                                               NULL};

static const lw_Class certificate_class = {"wolfssl.certificate", methods, certificate_close,
                                           certificate_tostring, more_methods};

static const luaL_Reg functions[] = {{"certificate", core_certificate},
                                     {"certificates", core_certificates},
                                     {"name", core_name},
                                     {NULL, NULL}};

void lw_open_certificate (lua_State *L) {
  lw_register(L, &certificate_class);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &certificate_class);
  lua_pushcfunction(L, certificate_eq);
  lua_setfield(L, -2, "__eq");
  lua_pop(L, 1);
  luaL_setfuncs(L, functions, 0);
}
