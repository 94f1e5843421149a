/*
** peerkey.c - wolfSSL 5.5.4 copies the public key of a peer's Ed25519 or Ed448 certificate for whoever verifies the
** peer's signatures himself. A server of TLS 1.3 makes a copy for each certificate that it is shown, in the handshake
** and after it, and frees the last one only. So here is somebody who verifies himself: he sees where the copies are.
*/

#include "connection.h"
#include "crypto.h"

#define FORGETFUL 0x05005004 /* no other wolfSSL's memory is touched */

#if LIBWOLFSSL_VERSION_HEX == FORGETFUL && defined(HAVE_PK_CALLBACKS) && defined(HAVE_ED25519) && \
    defined(HAVE_ED448)

enum { ED25519, ED448 }; /* of lw_Connection.peer_key */

/* wolfSSL has put this copy where the one before was; of that one nobody else knows. */
static void peerkey_follow (int which, const unsigned char *key) {
  lw_Connection *c = lw_current();
  if (c == NULL || c->facts.version != 0x0304)
    return;
  if (c->peer_key[which] != key)
    lw_free((void *)(uintptr_t)c->peer_key[which]);
  c->peer_key[which] = key;
}

static int peerkey_ed25519 (WOLFSSL *ssl, const unsigned char *signature, unsigned signature_length,
                            const unsigned char *message, unsigned message_length,
                            const unsigned char *key, unsigned length, int *good, void *context) {
  ed25519_key k;
  int error = wc_ed25519_init(&k);
  (void)ssl;
  (void)context;
  peerkey_follow(ED25519, key);
  if (error != 0)
    return error;
  error = wc_ed25519_import_public(key, length, &k);
  if (error == 0)
    error = wc_ed25519_verify_msg(signature, signature_length, message, message_length, good, &k);
  wc_ed25519_free(&k);
  return error;
}

static int peerkey_ed448 (WOLFSSL *ssl, const unsigned char *signature, unsigned signature_length,
                          const unsigned char *message, unsigned message_length,
                          const unsigned char *key, unsigned length, int *good, void *context) {
  ed448_key k;
  int error = wc_ed448_init(&k);
  (void)ssl;
  (void)context;
  peerkey_follow(ED448, key);
  if (error != 0)
    return error;
  error = wc_ed448_import_public(key, length, &k);
  if (error == 0)
    error = wc_ed448_verify_msg(signature, signature_length, message, message_length, good, &k,
                                NULL, 0);
  wc_ed448_free(&k);
  return error;
}

void lw_peerkey_install (WOLFSSL_CTX *ctx) {
  if (wolfSSL_lib_version_hex() != FORGETFUL)
    return;
  wolfSSL_CTX_SetEd25519VerifyCb(ctx, peerkey_ed25519);
  wolfSSL_CTX_SetEd448VerifyCb(ctx, peerkey_ed448);
}

#else

void lw_peerkey_install (WOLFSSL_CTX *ctx) {
  (void)ctx;
}

#endif
