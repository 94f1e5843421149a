/*
** suite.c - the cipher suites a handshake may end with: forward secrecy and a certificate or a PSK, no NULL,
** no anonymous ones, no RC4, no DES. What is absent here is refused by the gate, whatever wolfSSL thinks.
*/

#include "connection.h"

#include <string.h>

#include <wolfssl/wolfcrypt/dh.h>
#include <wolfssl/wolfcrypt/hash.h>

#define H256 WC_HASH_TYPE_SHA256
#define H384 WC_HASH_TYPE_SHA384

/* An AEAD record adds its tag; TLS 1.2's GCM and CCM an explicit nonce of 8 bytes; CBC an IV, the
   MAC and padding up to a whole block. */
static const lw_Suite suites[] = {
    {0x1301, LW_AUTH_ANY, LW_AES_GCM, 16, 0, H256, 16},
    {0x1302, LW_AUTH_ANY, LW_AES_GCM, 32, 0, H384, 16},
    {0x1303, LW_AUTH_ANY, LW_CHACHA20, 32, 0, H256, 16},
    {0x1304, LW_AUTH_ANY, LW_AES_CCM, 16, 0, H256, 16},
    {0x1305, LW_AUTH_ANY, LW_AES_CCM_8, 16, 0, H256, 8},
    {0xcca8, LW_AUTH_RSA, LW_CHACHA20, 32, 0, H256, 16},
    {0xcca9, LW_AUTH_ECDSA, LW_CHACHA20, 32, 0, H256, 16},
    {0xc02b, LW_AUTH_ECDSA, LW_AES_GCM, 16, 0, H256, 24},
    {0xc02c, LW_AUTH_ECDSA, LW_AES_GCM, 32, 0, H384, 24},
    {0xc02f, LW_AUTH_RSA, LW_AES_GCM, 16, 0, H256, 24},
    {0xc030, LW_AUTH_RSA, LW_AES_GCM, 32, 0, H384, 24},
    {0xccaa, LW_AUTH_RSA, LW_CHACHA20, 32, 0, H256, 16},
    {0x009e, LW_AUTH_RSA, LW_AES_GCM, 16, 0, H256, 24},
    {0x009f, LW_AUTH_RSA, LW_AES_GCM, 32, 0, H384, 24},
    {0xc0ac, LW_AUTH_ECDSA, LW_AES_CCM, 16, 0, H256, 24},
    {0xc0ad, LW_AUTH_ECDSA, LW_AES_CCM, 32, 0, H256, 24},
    {0xc0ae, LW_AUTH_ECDSA, LW_AES_CCM_8, 16, 0, H256, 16},
    {0xc0af, LW_AUTH_ECDSA, LW_AES_CCM_8, 32, 0, H256, 16},
    {0xc023, LW_AUTH_ECDSA, LW_CBC, 16, 32, H256, 64},
    {0xc024, LW_AUTH_ECDSA, LW_CBC, 32, 48, H384, 80},
    {0xc027, LW_AUTH_RSA, LW_CBC, 16, 32, H256, 64},
    {0xc028, LW_AUTH_RSA, LW_CBC, 32, 48, H384, 80},
    {0xc009, LW_AUTH_ECDSA, LW_CBC, 16, 20, H256, 48},
    {0xc00a, LW_AUTH_ECDSA, LW_CBC, 32, 20, H256, 48},
    {0xc013, LW_AUTH_RSA, LW_CBC, 16, 20, H256, 48},
    {0xc014, LW_AUTH_RSA, LW_CBC, 32, 20, H256, 48},
    {0x0067, LW_AUTH_RSA, LW_CBC, 16, 32, H256, 64},
    {0x006b, LW_AUTH_RSA, LW_CBC, 32, 32, H256, 64},
    {0x0033, LW_AUTH_RSA, LW_CBC, 16, 20, H256, 48},
    {0x0039, LW_AUTH_RSA, LW_CBC, 32, 20, H256, 48},
    {0xd001, LW_AUTH_PSK, LW_AES_GCM, 16, 0, H256, 24},
    {0xccac, LW_AUTH_PSK, LW_CHACHA20, 32, 0, H256, 16},
    {0xccad, LW_AUTH_PSK, LW_CHACHA20, 32, 0, H256, 16},
    {0x00aa, LW_AUTH_PSK, LW_AES_GCM, 16, 0, H256, 24},
    {0x00ab, LW_AUTH_PSK, LW_AES_GCM, 32, 0, H384, 24},
    {0xc037, LW_AUTH_PSK, LW_CBC, 16, 32, H256, 64},
};

const lw_Suite *lw_suite (unsigned value) {
  for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++)
    if (suites[i].value == value)
      return &suites[i];
  return NULL;
}

int lw_suite_elliptic (unsigned value) {
  return value >> 8 == 0xc0 || (value >> 8 == 0xcc && value != 0xccaa && value != 0xccad) ||
         value >> 8 == 0xd0;
}

#if defined(HAVE_FFDHE_2048)
static int suite_usegroup (WOLFSSL_CTX *ctx) {
  const DhParams *group = wc_Dh_ffdhe2048_Get();
  return wolfSSL_CTX_SetTmpDH(ctx, group->p, (int)group->p_len, group->g, (int)group->g_len);
}
#else
static int suite_usegroup (WOLFSSL_CTX *ctx) {
  (void)ctx;
  return NOT_COMPILED_IN;
}
#endif

/* To set suites resets the schemes. */
static int suite_set (lw_Connection *c, const unsigned char *list, size_t length) {
  char schemes[LW_SCHEME_NAMES];
  lw_context_nameschemes(c->context, schemes);
  return wolfSSL_set_cipher_list_bytes(c->ssl, list, (int)length) == WOLFSSL_SUCCESS &&
         wolfSSL_set1_sigalgs_list(c->ssl, schemes) == WOLFSSL_SUCCESS;
}

int lw_suite_narrow (lw_Connection *c, int exchanges) {
  const lw_Context *x = c->context;
  int own = c->answers != NULL && lw_bytes_length(&c->answers->chain) > 0;
  unsigned char list[sizeof x->suites];
  size_t length = 0;
  if (!own && exchanges == (LW_ELLIPTIC | LW_MODULAR))
    return 1;
  for (size_t i = 0; i < x->suites_length; i += 2) {
    unsigned value = lw_read16(x->suites + i);
    lw_Auth auth = lw_suite(value)->auth;
    if (lw_choice_can(exchanges, value) &&
        (!own || auth == c->answers->auth || auth == LW_AUTH_ANY || auth == LW_AUTH_PSK)) {
      memcpy(list + length, x->suites + i, 2);
      length += 2;
    }
  }
  return (!own && length == x->suites_length) || suite_set(c, list, length);
}

int lw_suite_use (WOLFSSL_CTX *ctx, const lw_Context *x) {
  int result = wolfSSL_CTX_set_cipher_list_bytes(ctx, x->suites, (int)x->suites_length);
  for (size_t i = 0; i < x->suites_length && x->server; i += 2) {
    unsigned value = lw_read16(x->suites + i);
    if (result == WOLFSSL_SUCCESS && value >> 8 != 0x13 && !lw_suite_elliptic(value))
      return suite_usegroup(ctx);
  }
  return result;
}
