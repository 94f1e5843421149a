/*
** asked.c - what a client's wolfSSL makes of a CertificateRequest. Where a server asks for signatures that the client's
** key cannot make, the client shows no certificate (RFC 8446 section 4.4.2, RFC 5246 section 7.4.6): wolfSSL would end
** the handshake. In TLS 1.2 it chooses a hash from the schemes of the server's kind of key, whatever kind its own is, and
** does not get far with many names: so it is given a request with one choice and no names.
*/

#include "transcript.h"

/* -------------------------------------------------------------------- TLS 1.3 */

static int asked_read (const lw_Connection *c, lw_Span record, size_t at, unsigned char *plain,
                       lw_Span *schemes) {
  lw_Span message, context, extensions;
  size_t size = lw_record_unseal(c, &c->secrets[LW_SERVER_HANDSHAKE], c->gate->peek[1].sequence - 1,
                                 record.data, record.length, plain);
  if (size < at + 4)
    return 0;
  message.data = plain + at;
  message.length = 4 + ((size_t)message.data[1] << 16 | lw_read16(message.data + 2));
  return message.length <= size - at && lw_request_read(message, &context, &extensions, schemes);
}

/* What cannot be read is left to wolfSSL. */
void lw_asked_record (lw_Connection *c, lw_Span record, size_t at) {
  unsigned char *plain = (unsigned char *)lw_alloc(record.length);
  lw_Span schemes;
  if (plain != NULL && asked_read(c, record, at, plain, &schemes))
    lw_asked_keep(c, schemes);
  lw_free_secret(plain, record.length);
}

static unsigned asked_choose13 (const lw_Connection *c, lw_Span schemes) {
  unsigned own = lw_connection_scheme(c);
  if (own != 0)
    return lw_hello_has(schemes, own) ? own : 0;
  for (unsigned scheme = 0x0804; scheme <= 0x0806; scheme++)
    if (lw_hello_has(schemes, scheme))
      return scheme;
  return 0;
}

/* -------------------------------------------------------------------- TLS 1.2 */

static int asked_isellipticsuite (const lw_Connection *c) {
  return c->suite != NULL && c->suite->auth == LW_AUTH_ECDSA;
}

/* Can wolfSSL make it with the key that `own` is for? Not RSA-PSS where the server's key is none of RSA. */
static int asked_signs (const lw_Connection *c, unsigned own, unsigned scheme) {
  unsigned hash = scheme >> 8, kind = scheme & 0xff;
  if (own != 0)
    return scheme == own || (own >> 8 != 8 && hash >= 4 && hash <= 6 && kind == 3);
  return (hash >= 4 && hash <= 6 && kind == 1) ||
         (scheme >= 0x0804 && scheme <= 0x0806 && !asked_isellipticsuite(c));
}

/* The one that belongs to a curve, or else what the server likes best. */
static unsigned asked_choose12 (const lw_Connection *c, lw_Span schemes) {
  unsigned own = lw_connection_scheme(c);
  if (own != 0 && lw_hello_has(schemes, own))
    return own;
  for (size_t i = 0; i + 1 < schemes.length; i += 2)
    if (asked_signs(c, own, lw_read16(schemes.data + i)))
      return lw_read16(schemes.data + i);
  return 0;
}

/* wolfSSL takes the hash of the one that is of the server's kind. Scheme 0: nothing will be signed. */
static void asked_translate (lw_Connection *c, lw_Span message, lw_Request12 r, unsigned scheme) {
  unsigned char hash = (unsigned char)(scheme >> 8);
  unsigned char schemes[4] = {hash, (unsigned char)scheme, hash, asked_isellipticsuite(c) ? 3 : 1};
  lw_Bytes given = {NULL, 0, 0, 0};
  lw_Span bytes;
  r.authorities.length = 0;
  r.schemes.data = schemes;
  r.schemes.length = hash == 8 ? 2 : sizeof schemes;
  if (lw_request12_write(&given, &r)) {
    bytes.data = lw_bytes_data(&given);
    bytes.length = lw_bytes_length(&given);
    lw_transcript_replace(c, bytes, message, 0);
  }
  lw_bytes_free(&given);
}

/* -------------------------------------------------------------------- both */

void lw_asked_keep (lw_Connection *c, lw_Span asked) {
  lw_bytes_free(&c->gate->asked);
  lw_bytes_append(&c->gate->asked, asked.data, asked.length);
}

static void asked_unload (lw_Connection *c) {
  wolfSSL_UnloadCertsKeys(c->ssl); /* its own, */
  wolfSSL_certs_clear(c->ssl);     /* its context's */
}

static void asked_settle12 (lw_Connection *c, lw_Span message, int has_key) {
  lw_Request12 r;
  unsigned scheme;
  if (!lw_request12_read(message, &r))
    return;
  scheme = has_key ? asked_choose12(c, r.schemes) : 0;
  if (has_key && scheme == 0)
    asked_unload(c);
  if (c->gate->hashes)
    asked_translate(c, message, r, scheme);
}

void lw_asked_settle (lw_Connection *c) {
  lw_Bytes *asked = &c->gate->asked;
  lw_Span bytes = {lw_bytes_data(asked), lw_bytes_length(asked)};
  int has_key = lw_bytes_length(lw_connection_chain(c)) > 0;
  if (c->facts.version != 0x0304)
    asked_settle12(c, bytes, has_key);
  else if (has_key && asked_choose13(c, bytes) == 0)
    asked_unload(c);
  lw_bytes_free(asked);
}
