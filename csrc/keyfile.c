/*
** keyfile.c - private keys as they lie in files: PEM or DER, encrypted or not.
*/

#include <string.h>

#include "crypto.h"

#define MOST_ITERATIONS 2000000 /* seconds of PBKDF2: more is an attack, or an error */
#define MAXCIPHERKEY 32
#define MAXIV 16

/* What is read, and what was found. */
typedef struct Keyfile {
  lw_Span password;     /* data is NULL: none */
  unsigned char *block; /* DER; secret */
  size_t length, size;
  const char *reason; /* overrides the error number's own words */
  lw_Fault fault;
} Keyfile;

static int keyfile_fail (Keyfile *f, const char *reason) {
  f->reason = reason;
  return ASN_PARSE_E;
}

/* ------------------------------------------------------------------ ciphers */

typedef struct Cipher {
  const char *name; /* in DEK-Info */
  lw_Span oid;
  unsigned key, iv;
  int (*decrypt)(unsigned char *data, size_t length, const unsigned char *key, unsigned size,
                 const unsigned char *iv);
} Cipher;

static int decrypt_aes (unsigned char *data, size_t length, const unsigned char *key, unsigned size,
                        const unsigned char *iv) {
  return wc_AesCbcDecryptWithKey(data, data, (word32)length, key, size, iv);
}

#if !defined(NO_DES3)
static int decrypt_des3 (unsigned char *data, size_t length, const unsigned char *key,
                         unsigned size, const unsigned char *iv) {
  (void)size;
  return wc_Des3_CbcDecryptWithKey(data, data, (word32)length, key, iv);
}
#else
static int decrypt_des3 (unsigned char *data, size_t length, const unsigned char *key,
                         unsigned size, const unsigned char *iv) {
  (void)data, (void)length, (void)key, (void)size, (void)iv;
  return NOT_COMPILED_IN;
}
#endif

#define AES_OID "\x60\x86\x48\x01\x65\x03\x04\x01" /* 2.16.840.1.101.3.4.1 */
#define OID(literal) \
  { (const unsigned char *)(literal), sizeof(literal) - 1 }

static const Cipher ciphers[] = {
    {"AES-128-CBC", OID(AES_OID "\x02"), 16, 16, decrypt_aes},
    {"AES-192-CBC", OID(AES_OID "\x16"), 24, 16, decrypt_aes},
    {"AES-256-CBC", OID(AES_OID "\x2a"), 32, 16, decrypt_aes},
    {"DES-EDE3-CBC", OID("\x2a\x86\x48\x86\xf7\x0d\x03\x07"), 24, 8, decrypt_des3},
    {NULL, {NULL, 0}, 0, 0, NULL}};

static const Cipher *cipher_named (const char *name, size_t length) {
  const Cipher *c;
  for (c = ciphers; c->name != NULL; c++) {
    if (strlen(c->name) == length && memcmp(c->name, name, length) == 0)
      return c;
  }
  return NULL;
}

static const Cipher *cipher_of (lw_Span oid) {
  const Cipher *c;
  for (c = ciphers; c->name != NULL; c++) {
    if (lw_span_equal(c->oid, oid))
      return c;
  }
  return NULL;
}

/* Decrypts the first length bytes of the block, and takes off the padding (RFC 8018 section 6.1.1). */
static int keyfile_decrypt (Keyfile *f, const Cipher *c, const unsigned char *key,
                            const unsigned char *iv) {
  size_t i, pad;
  int error;
  if (f->length == 0 || f->length % c->iv != 0)
    return keyfile_fail(f, "encrypted data is not a whole number of blocks");
  error = c->decrypt(f->block, f->length, key, c->key, iv);
  if (error != 0)
    return error;
  pad = f->block[f->length - 1];
  if (pad == 0 || pad > c->iv)
    return keyfile_fail(f, "wrong password");
  for (i = 2; i <= pad; i++) {
    if (f->block[f->length - i] != pad)
      return keyfile_fail(f, "wrong password");
  }
  f->length -= pad;
  return 0;
}

/* ------------------------------------------------------------------ encrypted PKCS #8 */

#define PKCS5 "\x2a\x86\x48\x86\xf7\x0d\x01\x05" /* 1.2.840.113549.1.5 */
static const lw_Span oid_pbes2 = OID(PKCS5 "\x0d");
static const lw_Span oid_pbkdf2 = OID(PKCS5 "\x0c");

typedef struct Pbes2 {
  lw_Span salt, iv, data;
  int iterations;
  const char *prf;
  const Cipher *cipher;
} Pbes2;

/* RFC 8018 appendix B.1: 1.2.840.113549.2.7 and following */
static const char *prf_of (lw_Span oid) {
  static const lw_Span arc = OID("\x2a\x86\x48\x86\xf7\x0d\x02");
  static const char *const names[] = {"sha1", "sha224", "sha256", "sha384", "sha512"};
  unsigned last;
  if (oid.length != arc.length + 1 || memcmp(oid.data, arc.data, arc.length) != 0)
    return NULL;
  last = oid.data[arc.length];
  return last >= 7 && last <= 11 ? names[last - 7] : NULL;
}

/* An AlgorithmIdentifier: its OID, and what is left in it. */
static int read_algorithm (lw_Der *r, lw_Der *inside, lw_Span *oid) {
  return lw_der_enter(r, LW_DER_SEQUENCE, inside) && lw_der_oid(inside, LW_DER_OID, oid);
}

/* RFC 8018 appendix A.2 */
static int read_pbkdf2 (Keyfile *f, lw_Der *r, Pbes2 *p) {
  lw_Der inside, prf;
  lw_Span oid;
  lw_Item salt;
  int keylength;
  if (!read_algorithm(r, &inside, &oid))
    return ASN_PARSE_E;
  if (!lw_span_equal(oid, oid_pbkdf2))
    return keyfile_fail(f, "key derivation is not PBKDF2");
  if (!lw_der_enter(&inside, LW_DER_SEQUENCE, &inside) ||
      !lw_der_item(&inside, LW_DER_OCTET_STRING, &salt) ||
      !lw_der_small(&inside, LW_DER_INTEGER, &p->iterations))
    return ASN_PARSE_E;
  p->salt = salt.content;
  p->prf = "sha1";
  if (lw_der_is(&inside, LW_DER_INTEGER) && !lw_der_small(&inside, LW_DER_INTEGER, &keylength))
    return ASN_PARSE_E;
  if (lw_der_is(&inside, LW_DER_SEQUENCE)) {
    if (!read_algorithm(&inside, &prf, &oid))
      return ASN_PARSE_E;
    p->prf = prf_of(oid);
  }
  if (p->prf == NULL)
    return keyfile_fail(f, "PBKDF2 with an unknown hash");
  if (p->iterations < 1 || p->iterations > MOST_ITERATIONS)
    return keyfile_fail(f, "PBKDF2 with no or more than two million iterations");
  return 0;
}

/* RFC 8018 appendix A.4, RFC 5958 section 3 */
static int read_pbes2 (Keyfile *f, Pbes2 *p) {
  lw_Span whole = {f->block, f->length}, oid;
  lw_Der r = lw_der_reader(whole, "encrypted_private_key", &f->fault), inside, parameters, cipher;
  lw_Item item;
  int error;
  if (!lw_der_enter(&r, LW_DER_SEQUENCE, &inside) || !read_algorithm(&inside, &parameters, &oid))
    return ASN_PARSE_E;
  if (!lw_span_equal(oid, oid_pbes2))
    return keyfile_fail(f, "encryption scheme is not PBES2");
  if (!lw_der_enter(&parameters, LW_DER_SEQUENCE, &parameters))
    return ASN_PARSE_E;
  error = read_pbkdf2(f, &parameters, p);
  if (error != 0)
    return error;
  if (!read_algorithm(&parameters, &cipher, &oid))
    return ASN_PARSE_E;
  p->cipher = cipher_of(oid);
  if (p->cipher == NULL)
    return keyfile_fail(f, "cipher is neither AES-CBC nor DES-EDE3-CBC");
  if (!lw_der_item(&cipher, LW_DER_OCTET_STRING, &item))
    return ASN_PARSE_E;
  p->iv = item.content;
  if (p->iv.length != p->cipher->iv)
    return keyfile_fail(f, "initialization vector of the wrong length");
  if (!lw_der_item(&inside, LW_DER_OCTET_STRING, &item) || !lw_der_end(&inside) || !lw_der_end(&r))
    return ASN_PARSE_E;
  p->data = item.content;
  return 0;
}

static int keyfile_decrypt_pbes2 (Keyfile *f) {
  unsigned char key[MAXCIPHERKEY], iv[MAXIV];
  Pbes2 p;
  int error = read_pbes2(f, &p);
  if (error != 0)
    return error;
  if (f->password.data == NULL)
    return keyfile_fail(f, "it is encrypted, and no password was given");
  error = wc_PBKDF2(key, f->password.data, (int)f->password.length, p.salt.data, (int)p.salt.length,
                    p.iterations, (int)p.cipher->key, (int)lw_hash_find(p.prf)->type);
  memcpy(iv, p.iv.data, p.iv.length);
  memmove(f->block, p.data.data, p.data.length);
  f->length = p.data.length;
  if (error == 0)
    error = keyfile_decrypt(f, p.cipher, key, iv);
  lw_wipe(key, sizeof(key));
  return error;
}

/* RFC 5958 section 3: an EncryptedPrivateKeyInfo begins with an algorithm, all others with a number. */
static int keyfile_is_encrypted (const Keyfile *f) {
  lw_Span whole = {f->block, f->length};
  lw_Der r = lw_der_reader(whole, "", NULL), inside;
  return lw_der_enter(&r, LW_DER_SEQUENCE, &inside) && lw_der_is(&inside, LW_DER_SEQUENCE);
}

static int keyfile_decode (Keyfile *f, lw_Key *k) {
  lw_Span der;
  int error = 0, encrypted = keyfile_is_encrypted(f);
  if (encrypted)
    error = keyfile_decrypt_pbes2(f);
  if (error != 0)
    return error;
  der.data = f->block;
  der.length = f->length;
  return lw_key_read_private(k, der, &f->fault);
}

/* ------------------------------------------------------------------ PEM */

/* A line of text without its end. */
typedef struct Line {
  const char *text;
  size_t length;
} Line;

/* Cuts a line off the front of rest; 0 at the end. */
static int next_line (Line *rest, Line *line) {
  const char *end = (const char *)memchr(rest->text, '\n', rest->length);
  size_t taken = end == NULL ? rest->length : (size_t)(end - rest->text) + 1;
  if (rest->length == 0)
    return 0;
  line->text = rest->text;
  line->length = taken;
  rest->text += taken;
  rest->length -= taken;
  while (line->length > 0 && strchr("\r\n\t ", line->text[line->length - 1]) != NULL)
    line->length--;
  return 1;
}

static int begins_with (Line line, const char *start) {
  size_t n = strlen(start);
  return line.length >= n && memcmp(line.text, start, n) == 0;
}

static int ends_with (Line line, const char *end) {
  size_t n = strlen(end);
  return line.length >= n && memcmp(line.text + line.length - n, end, n) == 0;
}

static int hex_byte (const char *s) {
  static const char digits[] = "0123456789ABCDEF0123456789abcdef";
  const char *high = (const char *)memchr(digits, s[0], 32),
             *low = (const char *)memchr(digits, s[1], 32);
  return high == NULL || low == NULL ? -1 : (int)((high - digits) % 16 * 16 + (low - digits) % 16);
}

/* "DEK-Info: AES-128-CBC,<the vector in hex>" */
static int read_dekinfo (Keyfile *f, Line line, const Cipher **c, unsigned char iv[MAXIV]) {
  const char *name = line.text + sizeof("DEK-Info:") - 1, *end = line.text + line.length, *comma;
  unsigned i;
  while (name < end && *name == ' ')
    name++;
  comma = (const char *)memchr(name, ',', (size_t)(end - name));
  *c = comma == NULL ? NULL : cipher_named(name, (size_t)(comma - name));
  if (*c == NULL)
    return keyfile_fail(f, "cipher in DEK-Info is neither AES-CBC nor DES-EDE3-CBC");
  if ((size_t)(end - comma - 1) != 2 * (*c)->iv)
    return keyfile_fail(f, "vector in DEK-Info has the wrong length");
  for (i = 0; i < (*c)->iv; i++) {
    int byte = hex_byte(comma + 1 + 2 * i);
    if (byte < 0)
      return keyfile_fail(f, "vector in DEK-Info is not hexadecimal");
    iv[i] = (unsigned char)byte;
  }
  return 0;
}

/* The old OpenSSL way: each MD5 digest is over the one before, the password and half of the vector. */
static int keyfile_decrypt_old (Keyfile *f, const Cipher *c, const unsigned char *iv) {
  unsigned char key[MAXCIPHERKEY];
  unsigned done;
  int error = 0;
  wc_Md5 md5;
  if (f->password.data == NULL)
    return keyfile_fail(f, "it is encrypted, and no password was given");
  for (done = 0; done < c->key && error == 0; done += WC_MD5_DIGEST_SIZE) {
    unsigned char digest[WC_MD5_DIGEST_SIZE];
    error = wc_InitMd5(&md5);
    if (error == 0 && done > 0)
      error = wc_Md5Update(&md5, key + done - WC_MD5_DIGEST_SIZE, WC_MD5_DIGEST_SIZE);
    if (error == 0)
      error = wc_Md5Update(&md5, f->password.data, (word32)f->password.length);
    if (error == 0)
      error = wc_Md5Update(&md5, iv, 8);
    if (error == 0)
      error = wc_Md5Final(&md5, digest);
    memcpy(key + done, digest, c->key - done < sizeof(digest) ? c->key - done : sizeof(digest));
    lw_wipe(digest, sizeof(digest));
  }
  lw_wipe(&md5, sizeof(md5));
  if (error == 0)
    error = keyfile_decrypt(f, c, key, iv);
  lw_wipe(key, sizeof(key));
  return error;
}

/* Moves rest to the line after "-----BEGIN … PRIVATE KEY-----". */
static int find_begin (Line *rest) {
  Line line;
  while (next_line(rest, &line)) {
    if (begins_with(line, "-----BEGIN ") && ends_with(line, "PRIVATE KEY-----"))
      return 1;
  }
  return 0;
}

/* RFC 1421 headers, which end with an empty line; c stays NULL without DEK-Info. */
static int read_headers (Keyfile *f, Line *rest, const Cipher **c, unsigned char iv[MAXIV]) {
  Line line, after = *rest;
  int error = 0;
  while (error == 0 && next_line(&after, &line) &&
         (line.length == 0 || memchr(line.text, ':', line.length) != NULL)) {
    if (begins_with(line, "DEK-Info:"))
      error = read_dekinfo(f, line, c, iv);
    *rest = after;
  }
  return error;
}

static int find_body (Keyfile *f, Line rest, lw_Span *body) {
  const char *start = rest.text;
  Line line;
  while (next_line(&rest, &line)) {
    if (begins_with(line, "-----END ")) {
      body->data = (const unsigned char *)start;
      body->length = (size_t)(line.text - start);
      return 0;
    }
  }
  return keyfile_fail(f, "PEM block has no end line");
}

static int keyfile_open_pem (Keyfile *f, lw_Span bytes) {
  Line rest = {(const char *)bytes.data, bytes.length};
  lw_Pem pem = lw_pem_reader(rest.text, rest.length);
  const Cipher *c = NULL;
  unsigned char iv[MAXIV];
  lw_Span body;
  int error;
  if (!find_begin(&rest))
    return keyfile_fail(f, "neither DER nor PEM with a private key in it");
  error = read_headers(f, &rest, &c, iv);
  if (error == 0)
    error = find_body(f, rest, &body);
  if (error != 0)
    return error;
  f->length = lw_pem_decode(&pem, body, 1, f->block);
  if (f->length == 0)
    return keyfile_fail(f, "PEM block is not base64");
  return c == NULL ? 0 : keyfile_decrypt_old(f, c, iv);
}

/* ------------------------------------------------------------------ */

static int keyfile_open (Keyfile *f, lw_Span bytes) {
  f->size = bytes.length;
  f->block = (unsigned char *)lw_alloc(f->size);
  if (f->block == NULL)
    return MEMORY_E;
  if (bytes.length == 0 || bytes.data[0] != LW_DER_SEQUENCE)
    return keyfile_open_pem(f, bytes);
  memcpy(f->block, bytes.data, bytes.length);
  f->length = bytes.length;
  return 0;
}

int lw_keyfile_load (lua_State *L, lw_Key *k, lw_Span bytes, lw_Span password) {
  Keyfile f;
  int error;
  memset(&f, 0, sizeof(f));
  f.password = password;
  error = keyfile_open(&f, bytes);
  if (error == 0)
    error = keyfile_decode(&f, k);
  lw_free_secret(f.block, f.size);
  if (error == 0)
    return 1;
  if (f.reason != NULL)
    f.fault.path = "private_key", f.fault.offset = 0, f.fault.reason = f.reason;
  lw_key_failure(L, "private key", error, &f.fault);
  return 0;
}
