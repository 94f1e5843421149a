/*
** aead.c - the authenticated ciphers of TLS, over wolfCrypt.
*/

#include "crypto.h"

static word32 size_of (lw_Span s) {
  return (word32)s.length;
}

static int aes_start (Aes *aes, int (*setkey)(Aes *, const byte *, word32), const lw_Box *b) {
  int error = wc_AesInit(aes, NULL, INVALID_DEVID);
  return error != 0 ? error : setkey(aes, b->key.data, size_of(b->key));
}

static int aes_end (Aes *aes, int error) {
  wc_AesFree(aes);
  lw_wipe(aes, sizeof *aes);
  return error;
}

/* ------------------------------------------------------------------ AES-GCM, RFC 5288 */

int lw_gcm_seal (lw_Box *b) {
  Aes aes;
  int error = aes_start(&aes, wc_AesGcmSetKey, b);
  if (error == 0)
    error =
        wc_AesGcmEncrypt(&aes, b->out, b->in.data, size_of(b->in), b->nonce.data, size_of(b->nonce),
                         b->tag, b->tag_length, b->aad.data, size_of(b->aad));
  return aes_end(&aes, error);
}

int lw_gcm_open (lw_Box *b) {
  Aes aes;
  int error = aes_start(&aes, wc_AesGcmSetKey, b);
  if (error == 0)
    error =
        wc_AesGcmDecrypt(&aes, b->out, b->in.data, size_of(b->in), b->nonce.data, size_of(b->nonce),
                         b->tag, b->tag_length, b->aad.data, size_of(b->aad));
  return aes_end(&aes, error);
}

/* ------------------------------------------------------------------ AES-CCM, RFC 6655 */

#if defined(HAVE_AESCCM)

int lw_ccm_seal (lw_Box *b) {
  Aes aes;
  int error = aes_start(&aes, wc_AesCcmSetKey, b);
  if (error == 0)
    error =
        wc_AesCcmEncrypt(&aes, b->out, b->in.data, size_of(b->in), b->nonce.data, size_of(b->nonce),
                         b->tag, b->tag_length, b->aad.data, size_of(b->aad));
  return aes_end(&aes, error);
}

int lw_ccm_open (lw_Box *b) {
  Aes aes;
  int error = aes_start(&aes, wc_AesCcmSetKey, b);
  if (error == 0)
    error =
        wc_AesCcmDecrypt(&aes, b->out, b->in.data, size_of(b->in), b->nonce.data, size_of(b->nonce),
                         b->tag, b->tag_length, b->aad.data, size_of(b->aad));
  return aes_end(&aes, error);
}

#else

int lw_ccm_seal (lw_Box *b) {
  (void)b;
  return NOT_COMPILED_IN;
}

int lw_ccm_open (lw_Box *b) {
  (void)b;
  return NOT_COMPILED_IN;
}

#endif

/* ------------------------------------------------------------------ ChaCha20-Poly1305, RFC 8439 */

#if defined(HAVE_CHACHA) && defined(HAVE_POLY1305)

int lw_chacha_seal (lw_Box *b) {
  return wc_ChaCha20Poly1305_Encrypt(b->key.data, b->nonce.data, b->aad.data, size_of(b->aad),
                                     b->in.data, size_of(b->in), b->out, b->tag);
}

int lw_chacha_open (lw_Box *b) {
  return wc_ChaCha20Poly1305_Decrypt(b->key.data, b->nonce.data, b->aad.data, size_of(b->aad),
                                     b->in.data, size_of(b->in), b->tag, b->out);
}

#else

int lw_chacha_seal (lw_Box *b) {
  (void)b;
  return NOT_COMPILED_IN;
}

int lw_chacha_open (lw_Box *b) {
  (void)b;
  return NOT_COMPILED_IN;
}

#endif
