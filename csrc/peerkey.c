/*
** peerkey.c - wolfSSL 5.5.4 copies the public key of a peer's Ed25519 or Ed448 certificate for whoever verifies the
** peer's signatures himself (eddsa.c). A server of TLS 1.3 makes a copy for each certificate that it is shown, in the
** handshake and after it, and frees the last one only. Who verifies sees where the copies are.
*/

#include "connection.h"

#define FORGETFUL 0x05005004 /* no other wolfSSL's memory is touched */

#if LIBWOLFSSL_VERSION_HEX == FORGETFUL

/* wolfSSL has put this copy where the one before was; of that one nobody else knows. */
void lw_peerkey_follow (int which, const unsigned char *key) {
  lw_Connection *c = lw_current();
  if (c == NULL || c->facts.version != 0x0304 || wolfSSL_lib_version_hex() != FORGETFUL)
    return;
  if (c->peer_key[which] != key)
    lw_free((void *)(uintptr_t)c->peer_key[which]);
  c->peer_key[which] = key;
}

#else

void lw_peerkey_follow (int which, const unsigned char *key) {
  (void)which;
  (void)key;
}

#endif
