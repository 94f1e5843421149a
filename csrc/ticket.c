/*
** ticket.c - session tickets sealed with AES-256-GCM under keys that an application may give, rotate and share.
** What is sealed is bound to the context's policy: a ticket that a lenient context gave is void at a strict one.
*/

#include "lwolfssl.h"

#include <string.h>

#include <wolfssl/wolfcrypt/aes.h>

enum { NAME = 16, IV = 12, TAG = 16, AAD = NAME + 32 };

static const lw_TicketKey *ticket_key (const lw_Context *x, const unsigned char *name) {
  for (size_t i = 0; i < x->ticket_keys_count; i++)
    if (memcmp(x->ticket_keys[i].name, name, NAME) == 0)
      return &x->ticket_keys[i];
  return NULL;
}

static int ticket_crypt (const lw_TicketKey *key, int seal, const unsigned char *aad, unsigned char *iv,
                         unsigned char *tag, unsigned char *ticket, word32 length) {
  Aes *aes = (Aes *)lw_alloc(sizeof *aes);
  int result = MEMORY_E;
  if (aes == NULL)
    return result;
  if (wc_AesInit(aes, NULL, INVALID_DEVID) == 0 && wc_AesGcmSetKey(aes, key->key, sizeof key->key) == 0)
    result = seal ? wc_AesGcmEncrypt(aes, ticket, ticket, length, iv, IV, tag, TAG, aad, AAD)
                  : wc_AesGcmDecrypt(aes, ticket, ticket, length, iv, IV, tag, TAG, aad, AAD);
  wc_AesFree(aes);
  lw_free_secret(aes, sizeof *aes);
  return result;
}

int lw_ticket_callback (WOLFSSL *ssl, unsigned char name[16], unsigned char iv[16], unsigned char mac[32],
                        int seal, unsigned char *ticket, int length, int *out_length, void *context) {
  const lw_Context *x = (const lw_Context *)context;
  const lw_TicketKey *key;
  unsigned char aad[AAD];
  (void)ssl;
  if (x->ticket_keys_count == 0 || length < 0)
    return WOLFSSL_TICKET_RET_REJECT;
  key = seal ? &x->ticket_keys[0] : ticket_key(x, name);
  if (key == NULL)
    return WOLFSSL_TICKET_RET_REJECT;
  memcpy(aad, key->name, NAME);
  lw_context_policy(x, NULL, aad + NAME);
  if (seal) {
    memcpy(name, key->name, NAME);
    memset(iv, 0, WOLFSSL_TICKET_IV_SZ);
    memset(mac, 0, WOLFSSL_TICKET_MAC_SZ);
    if (wolfSSL_RAND_bytes(iv, IV) != WOLFSSL_SUCCESS)
      return WOLFSSL_TICKET_RET_FATAL;
  }
  if (ticket_crypt(key, seal, aad, iv, mac, ticket, (word32)length) != 0)
    return seal ? WOLFSSL_TICKET_RET_FATAL : WOLFSSL_TICKET_RET_REJECT;
  *out_length = length;
  return WOLFSSL_TICKET_RET_OK;
}
