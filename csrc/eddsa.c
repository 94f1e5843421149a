/*
** eddsa.c - Ed25519 and Ed448, for which wolfSSL asks whoever wants to sign or verify himself. In TLS 1.2 a client's
** CertificateVerify is over the messages of the handshake and not over their hash, and wolfSSL has them as it was given
** them: here they become those that were on the wire. RFC 8422 section 5.8.
*/

#include "crypto.h"
#include "transcript.h"

#if defined(HAVE_PK_CALLBACKS) && defined(HAVE_ED25519) && defined(HAVE_ED448)

int lw_eddsa_restores (void) {
  return 1;
}

/* What is signed; `room` is to be freed. 0: out of memory. */
static int eddsa_messages (lw_Span *messages, lw_Bytes *room) {
  const lw_Connection *c = lw_current();
  if (c == NULL || c->facts.version != 0x0303 || c->gate == NULL || c->gate->transcript == NULL)
    return 1;
  if (!lw_transcript_restore(c->gate->transcript, *messages, room))
    return 0;
  messages->data = lw_bytes_data(room);
  messages->length = lw_bytes_length(room);
  return 1;
}

/* -------------------------------------------------------------------- a server */

static int eddsa_verify25519 (WOLFSSL *ssl, const unsigned char *signature, unsigned length,
                              const unsigned char *bytes, unsigned bytes_length,
                              const unsigned char *key, unsigned key_length, int *good,
                              void *context) {
  lw_Span messages = {bytes, bytes_length};
  lw_Bytes room = {NULL, 0, 0, 0};
  ed25519_key k;
  int error = wc_ed25519_init(&k);
  (void)ssl;
  (void)context;
  lw_peerkey_follow(LW_PEER_ED25519, key);
  if (error != 0)
    return error;
  error =
      eddsa_messages(&messages, &room) ? wc_ed25519_import_public(key, key_length, &k) : MEMORY_E;
  if (error == 0)
    error =
        wc_ed25519_verify_msg(signature, length, messages.data, (word32)messages.length, good, &k);
  wc_ed25519_free(&k);
  lw_bytes_free(&room);
  return error;
}

static int eddsa_verify448 (WOLFSSL *ssl, const unsigned char *signature, unsigned length,
                            const unsigned char *bytes, unsigned bytes_length,
                            const unsigned char *key, unsigned key_length, int *good,
                            void *context) {
  lw_Span messages = {bytes, bytes_length};
  lw_Bytes room = {NULL, 0, 0, 0};
  ed448_key k;
  int error = wc_ed448_init(&k);
  (void)ssl;
  (void)context;
  lw_peerkey_follow(LW_PEER_ED448, key);
  if (error != 0)
    return error;
  error = eddsa_messages(&messages, &room) ? wc_ed448_import_public(key, key_length, &k) : MEMORY_E;
  if (error == 0)
    error = wc_ed448_verify_msg(signature, length, messages.data, (word32)messages.length, good, &k,
                                NULL, 0);
  wc_ed448_free(&k);
  lw_bytes_free(&room);
  return error;
}

/* -------------------------------------------------------------------- a client */

static int eddsa_sign25519 (WOLFSSL *ssl, const unsigned char *bytes, unsigned length,
                            unsigned char *out, word32 *out_length, const unsigned char *key,
                            unsigned key_length, void *context) {
  lw_Span messages = {bytes, length};
  lw_Bytes room = {NULL, 0, 0, 0};
  ed25519_key k;
  word32 at = 0;
  int error = wc_ed25519_init(&k);
  (void)ssl;
  (void)context;
  if (error != 0)
    return error;
  error = eddsa_messages(&messages, &room) ? wc_Ed25519PrivateKeyDecode(key, &at, &k, key_length)
                                           : MEMORY_E;
  if (error == 0)
    error = wc_ed25519_make_public(&k, k.p, ED25519_PUB_KEY_SIZE);
  if (error == 0)
    error = wc_ed25519_sign_msg(messages.data, (word32)messages.length, out, out_length, &k);
  wc_ed25519_free(&k);
  lw_bytes_free(&room);
  return error;
}

static int eddsa_sign448 (WOLFSSL *ssl, const unsigned char *bytes, unsigned length,
                          unsigned char *out, word32 *out_length, const unsigned char *key,
                          unsigned key_length, void *context) {
  lw_Span messages = {bytes, length};
  lw_Bytes room = {NULL, 0, 0, 0};
  ed448_key k;
  word32 at = 0;
  int error = wc_ed448_init(&k);
  (void)ssl;
  (void)context;
  if (error != 0)
    return error;
  error = eddsa_messages(&messages, &room) ? wc_Ed448PrivateKeyDecode(key, &at, &k, key_length)
                                           : MEMORY_E;
  if (error == 0)
    error = wc_ed448_make_public(&k, k.p, ED448_PUB_KEY_SIZE);
  if (error == 0)
    error = wc_ed448_sign_msg(messages.data, (word32)messages.length, out, out_length, &k, NULL, 0);
  wc_ed448_free(&k);
  lw_bytes_free(&room);
  return error;
}

void lw_eddsa_install (WOLFSSL_CTX *ctx, int server) {
  if (server) {
    wolfSSL_CTX_SetEd25519VerifyCb(ctx, eddsa_verify25519);
    wolfSSL_CTX_SetEd448VerifyCb(ctx, eddsa_verify448);
  }
  else {
    wolfSSL_CTX_SetEd25519SignCb(ctx, eddsa_sign25519);
    wolfSSL_CTX_SetEd448SignCb(ctx, eddsa_sign448);
  }
}

#else

int lw_eddsa_restores (void) {
  return 0;
}

void lw_eddsa_install (WOLFSSL_CTX *ctx, int server) {
  (void)ctx;
  (void)server;
}

#endif
