/*
** asked.c - where a server of TLS 1.3 asks for signatures that a client's key cannot make, the client shows no
** certificate (RFC 8446 section 4.4.2). wolfSSL would end the handshake.
*/

#include "transcript.h"

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
  if (plain != NULL && asked_read(c, record, at, plain, &schemes)) {
    lw_bytes_free(&c->gate->asked);
    lw_bytes_append(&c->gate->asked, schemes.data, schemes.length);
  }
  lw_free_secret(plain, record.length);
}

static int asked_cansign (const lw_Connection *c, lw_Span schemes) {
  unsigned own = lw_connection_scheme(c);
  if (own != 0)
    return lw_hello_has(schemes, own);
  return lw_hello_has(schemes, 0x0804) || lw_hello_has(schemes, 0x0805) ||
         lw_hello_has(schemes, 0x0806);
}

void lw_asked_settle (lw_Connection *c) {
  lw_Bytes *asked = &c->gate->asked;
  lw_Span schemes = {lw_bytes_data(asked), lw_bytes_length(asked)};
  if (schemes.length == 0)
    return;
  if (lw_bytes_length(lw_connection_chain(c)) > 0 && !asked_cansign(c, schemes)) {
    wolfSSL_UnloadCertsKeys(c->ssl); /* its own, */
    wolfSSL_certs_clear(c->ssl);     /* its context's */
  }
  lw_bytes_free(asked);
}
