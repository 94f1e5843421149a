/*
** ticket.c - session tickets, sealed with ChaCha20-Poly1305 (a key of AES costs twenty times as much to set up) under
** keys that an application may give, rotate and share.
** What is sealed is bound to the context's policy: a ticket that a lenient context gave is void at a strict one,
** and so is one that was given to a client who asked for another server_name.
*/

#include "connection.h"
#include "crypto.h"

#include <string.h>

enum { NAME = 16, IV = 12, HANDLE = 32, AAD = NAME + 32 };

static const lw_TicketKey *ticket_key (const lw_Context *x, const unsigned char *name) {
  for (size_t i = 0; i < x->ticket_keys_count; i++)
    if (memcmp(x->ticket_keys[i].name, name, NAME) == 0)
      return &x->ticket_keys[i];
  return NULL;
}

static int ticket_crypt (const lw_TicketKey *key, int (*crypt)(lw_Box *), const unsigned char *aad,
                         const unsigned char *iv, unsigned char *tag, unsigned char *ticket,
                         size_t length) {
  lw_Box b;
  b.key.data = key->key;
  b.key.length = sizeof key->key;
  b.nonce.data = iv;
  b.nonce.length = IV;
  b.aad.data = aad;
  b.aad.length = AAD;
  b.in.data = b.out = ticket;
  b.in.length = length;
  b.tag = tag;
  b.tag_length = CHACHA20_POLY1305_AEAD_AUTHTAG_SIZE;
  return crypt(&b);
}

/* A ticket has no room for the client's chain, which must still be known when it comes back: the store keeps it
   under a random handle, and the handle goes into the ticket. All zero: the client showed no certificate. */
static int ticket_keepchain (const lw_Context *x, WOLFSSL_X509_CHAIN *chain,
                             const unsigned char handle[HANDLE]) {
  int count = wolfSSL_get_chain_count(chain), good = 1;
  lw_Bytes all = {NULL, 0, 0, 0};
  for (int i = 0; i < count && good; i++)
    good = lw_bytes_append(&all, wolfSSL_get_chain_cert(chain, i),
                           (size_t)wolfSSL_get_chain_length(chain, i));
  if (good && x->store != NULL)
    lw_store_put(x->store, handle, HANDLE, lw_bytes_data(&all), lw_bytes_length(&all));
  lw_bytes_free(&all);
  return good;
}

/* No chain, no resumption: the handshake then is a full one, in which the client shows it again. */
static int ticket_findchain (const lw_Context *x, const unsigned char handle[HANDLE]) {
  static const unsigned char none[HANDLE];
  lw_Connection *c = lw_current();
  const unsigned char *chain;
  size_t length;
  if (x->peer.verify == LW_VERIFY_NONE)
    return 1;
  if (c == NULL)
    return 0;
  lw_bytes_free(
      &c->peer_chain); /* of another ticket in the same hello, which was no good after all */
  if (memcmp(handle, none, HANDLE) == 0)
    return x->peer.verify == LW_VERIFY_OPTIONAL;
  chain = x->store == NULL ? NULL : lw_store_get(x->store, handle, HANDLE, &length);
  if (chain == NULL)
    return 0;
  return lw_bytes_append(&c->peer_chain, chain, length);
}

static int ticket_seal (const lw_Context *x, WOLFSSL *ssl, const lw_TicketKey *key,
                        const unsigned char *aad, unsigned char *iv, unsigned char *tag,
                        unsigned char *ticket, int length, int *size) {
  unsigned char fresh[IV + HANDLE] = {
      0}; /* in one go: each costs as much as a kilobyte of cipher */
  WOLFSSL_X509_CHAIN *chain = x->peer.verify == LW_VERIFY_NONE ? NULL : wolfSSL_get_peer_chain(ssl);
  int shown = chain != NULL && wolfSSL_get_chain_count(chain) > 0;
  if (*size < length + HANDLE ||
      wolfSSL_RAND_bytes(fresh, shown ? IV + HANDLE : IV) != WOLFSSL_SUCCESS)
    return WOLFSSL_TICKET_RET_FATAL;
  memcpy(iv, fresh, IV);
  memcpy(ticket + length, fresh + IV, HANDLE);
  if ((shown && !ticket_keepchain(x, chain, fresh + IV)) ||
      ticket_crypt(key, lw_chacha_seal, aad, iv, tag, ticket, (size_t)(length + HANDLE)) != 0)
    return WOLFSSL_TICKET_RET_FATAL;
  *size = length + HANDLE;
  return WOLFSSL_TICKET_RET_OK;
}

static int ticket_open (const lw_Context *x, const lw_TicketKey *key, const unsigned char *aad,
                        unsigned char *iv, unsigned char *tag, unsigned char *ticket, int length,
                        int *size) {
  if (length <= HANDLE ||
      ticket_crypt(key, lw_chacha_open, aad, iv, tag, ticket, (size_t)length) != 0 ||
      !ticket_findchain(x, ticket + length - HANDLE))
    return WOLFSSL_TICKET_RET_REJECT;
  *size = length - HANDLE;
  return WOLFSSL_TICKET_RET_OK;
}

int lw_ticket_callback (WOLFSSL *ssl, unsigned char name[16], unsigned char iv[16],
                        unsigned char mac[32], int seal, unsigned char *ticket, int length,
                        int *size, void *context) {
  lw_Context *x = (lw_Context *)context;
  const lw_TicketKey *key = seal ? &x->ticket_keys[0] : ticket_key(x, name);
  const lw_Connection *c = lw_current();
  unsigned char aad[AAD];
  if (x->ticket_keys_count == 0 || key == NULL || c == NULL)
    return WOLFSSL_TICKET_RET_REJECT;
  memcpy(aad, key->name, NAME);
  memcpy(aad + NAME, lw_connection_policy(c), 32); /* RFC 6066 section 3 */
  if (!seal)
    return ticket_open(x, key, aad, iv, mac, ticket, length, size);
  memcpy(name, key->name, NAME);
  memset(iv, 0, WOLFSSL_TICKET_IV_SZ);
  memset(mac, 0, WOLFSSL_TICKET_MAC_SZ);
  return ticket_seal(x, ssl, key, aad, iv, mac, ticket, length, size);
}
