/*
** cbc.c - an alert of TLS 1.2 under a CBC suite, MAC first or encryption first. RFC 5246 section 6.2.3.2, RFC 7366.
*/

#include "connection.h"
#include "crypto.h"

#include <string.h>

#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/hmac.h>

#define HEADER 5
#define BLOCK 16

static int cbc_hash (const lw_Suite *suite) {
  if (suite->mac_length == 48)
    return WC_SHA384;
  return suite->mac_length == 32 ? WC_SHA256 : WC_SHA;
}

static int cbc_mac (const lw_Connection *c, const unsigned char *data, size_t length,
                    unsigned char *mac) {
  const unsigned char *secret = wolfSSL_GetMacSecret(c->ssl, 0);
  unsigned char head[8 + HEADER];
  Hmac hmac;
  int good;
  for (int i = 0; i < 8; i++)
    head[i] = (unsigned char)(c->out_sequence >> (8 * (7 - i)));
  lw_record_header(head + 8, 21, length);
  if (secret == NULL || wc_HmacInit(&hmac, NULL, INVALID_DEVID) != 0)
    return 0;
  good = wc_HmacSetKey(&hmac, cbc_hash(c->suite), secret, c->suite->mac_length) == 0 &&
         wc_HmacUpdate(&hmac, head, sizeof head) == 0 &&
         wc_HmacUpdate(&hmac, data, (word32)length) == 0 && wc_HmacFinal(&hmac, mac) == 0;
  wc_HmacFree(&hmac);
  return good;
}

/* Pads what follows the IV and encrypts it in place; the new length, 0: failed. */
static size_t cbc_encrypt (const lw_Connection *c, unsigned char *iv, size_t length) {
  const unsigned char *key =
      c->server ? wolfSSL_GetServerWriteKey(c->ssl) : wolfSSL_GetClientWriteKey(c->ssl);
  unsigned char *text = iv + BLOCK;
  size_t padding = BLOCK - length % BLOCK;
  Aes aes;
  int good;
  memset(text + length, (int)padding - 1, padding);
  length += padding;
  if (key == NULL || !lw_random(iv, BLOCK) || wc_AesInit(&aes, NULL, INVALID_DEVID) != 0)
    return 0;
  good = wc_AesSetKey(&aes, key, c->suite->key_length, iv, AES_ENCRYPTION) == 0 &&
         wc_AesCbcEncrypt(&aes, text, text, (word32)length) == 0;
  wc_AesFree(&aes);
  return good ? length : 0;
}

size_t lw_record_cbc (const lw_Connection *c, const unsigned char alert[2],
                      unsigned char record[LW_SMALL_RECORD]) {
  unsigned char *iv = record + HEADER, *text = iv + BLOCK;
  size_t length = 2, mac = c->suite->mac_length;
  int first = !c->facts.encrypt_then_mac;
  memcpy(text, alert, 2);
  if (first && !cbc_mac(c, text, 2, text + 2))
    return 0;
  length = cbc_encrypt(c, iv, first ? 2 + mac : 2);
  if (length == 0 || (!first && !cbc_mac(c, iv, BLOCK + length, text + length)))
    return 0;
  length += BLOCK + (first ? 0 : mac);
  lw_record_header(record, 21, length);
  return HEADER + length;
}
