/*
** request12.c - the CertificateRequest of TLS 1.2 (RFC 5246 section 7.4.4). A server's wolfSSL asks for keys of the kind
** that it has itself, RSA or ECDSA, so ours asks for all that may sign.
*/

#include "transcript.h"

enum { CERTIFICATE_REQUEST = 13, RSA_SIGN = 1, ECDSA_SIGN = 64 };

int lw_request12_read (lw_Span message, lw_Request12 *r) {
  lw_Span rest = {message.data + 4, message.length - 4};
  return message.data[0] == CERTIFICATE_REQUEST && lw_join_message(message) == message.length &&
         lw_hello_vector(&rest, 1, &r->types) && lw_hello_vector(&rest, 2, &r->schemes) &&
         lw_hello_vector(&rest, 2, &r->authorities) && rest.length == 0;
}

/* RFC 8422 section 5.5: those of EdDSA go as ecdsa_sign. */
int lw_request12_type (unsigned scheme) {
  int ecdsa = scheme >> 8 != 8 && (scheme & 0xff) == 3;
  return ecdsa || scheme == 0x0807 || scheme == 0x0808 ? ECDSA_SIGN : RSA_SIGN;
}

static size_t request12_types (lw_Span schemes, unsigned char types[2]) {
  size_t count = 0;
  int has[2] = {0, 0};
  for (size_t i = 0; i + 1 < schemes.length; i += 2)
    has[lw_request12_type(lw_read16(schemes.data + i)) == ECDSA_SIGN] = 1;
  if (has[0])
    types[count++] = RSA_SIGN;
  if (has[1])
    types[count++] = ECDSA_SIGN;
  return count;
}

static int request12_vector (lw_Bytes *out, int width, lw_Span s) {
  unsigned char head[2] = {(unsigned char)(s.length >> 8), (unsigned char)s.length};
  return lw_bytes_append(out, head + 2 - width, (size_t)width) &&
         (s.length == 0 || lw_bytes_append(out, s.data, s.length));
}

int lw_request12_write (lw_Bytes *out, const lw_Request12 *r) {
  size_t length = 1 + r->types.length + 2 + r->schemes.length + 2 + r->authorities.length;
  unsigned char head[4] = {CERTIFICATE_REQUEST, (unsigned char)(length >> 16),
                           (unsigned char)(length >> 8), (unsigned char)length};
  return lw_bytes_append(out, head, sizeof head) && request12_vector(out, 1, r->types) &&
         request12_vector(out, 2, r->schemes) && request12_vector(out, 2, r->authorities);
}

int lw_request12_make (lw_Bytes *ours, const lw_Connection *c, lw_Span schemes) {
  unsigned char types[2];
  lw_Bytes names = {NULL, 0, 0, 0};
  lw_Request12 r;
  int good = lw_authority_names(c, &names);
  r.types.data = types;
  r.types.length = request12_types(schemes, types);
  r.schemes = schemes;
  r.authorities.data = lw_bytes_data(&names);
  r.authorities.length = lw_bytes_length(&names);
  good = good && lw_request12_write(ours, &r);
  lw_bytes_free(&names);
  return good;
}
