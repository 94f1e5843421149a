/*
** device.c - wolfSSL asks a connection's "device" before it computes a hash or an HMAC. This one computes nothing but
** the hash of messages that stand otherwise on the wire (transcript.c, request.c), and looks at what goes into the PRF
** (inner.c).
*/

#define HAVE_ANONYMOUS_INLINE_AGGREGATES \
  1 /* as a wolfSSL has it that was built with C11, not C99 */

#include "transcript.h"

#include <stdint.h>

#include <wolfssl/wolfcrypt/hmac.h>

#if defined(WOLF_CRYPTO_CB)

#include <wolfssl/wolfcrypt/cryptocb.h>

static const unsigned char probe[] = "probe";
static wc_Sha256 *probed;
/* What wolfSSL tells its devices looks as we think: written once per process. */
static int hears_hmac, hears_hash;

/* The address tells the devices of several builds in one process apart. */
static int device_id (void) {
  return (int)(((uintptr_t)&hears_hmac >> 1) & 0x3fffffff) | 0x40000000;
}

static void device_hmac (wc_CryptoInfo *info) {
  lw_Connection *c = lw_current();
  if (info->hmac.in == probe && info->hmac.inSz == sizeof probe)
    hears_hmac = 1;
  else if (c != NULL && c->inner != NULL && info->hmac.in != NULL)
    lw_inner_hmac(c, info->hmac.in, info->hmac.inSz, info->hmac.hmac->keyRaw,
                  info->hmac.hmac->keyLen);
}

/* Has wolfSSL do it, for the moment without a device. */
#define software(hash, update, bytes)                            \
  do {                                                           \
    (hash)->devId = INVALID_DEVID;                               \
    result = update(hash, (bytes).data, (word32)(bytes).length); \
    (hash)->devId = device_id();                                 \
  } while (0)

static int device_update (wc_CryptoInfo *info, lw_Span bytes) {
  int result = CRYPTOCB_UNAVAILABLE;
  switch (info->hash.type) {
  case WC_HASH_TYPE_SHA:
    software(info->hash.sha1, wc_ShaUpdate, bytes);
    break;
  case WC_HASH_TYPE_SHA256:
    software(info->hash.sha256, wc_Sha256Update, bytes);
    break;
  case WC_HASH_TYPE_SHA384:
    software(info->hash.sha384, wc_Sha384Update, bytes);
    break;
  case WC_HASH_TYPE_SHA512:
    software(info->hash.sha512, wc_Sha512Update, bytes);
    break;
  default:
    result = BAD_STATE_E;
  }
  return result;
}

/* What wolfSSL was given, or what it made. */
static int device_replaces (lw_Connection *c, int hash, lw_Span *bytes) {
  lw_Transcript *t = c->gate == NULL ? NULL : c->gate->transcript;
  return (t != NULL && lw_transcript_replaces(t, hash, bytes)) ||
         lw_request_replaces(c, hash, bytes);
}

static int device_hash (wc_CryptoInfo *info) {
  lw_Connection *c;
  lw_Span bytes;
  if (info->hash.in == NULL) /* the end of one */
    return CRYPTOCB_UNAVAILABLE;
  if (probed != NULL && info->hash.in == probe && info->hash.inSz == sizeof probe)
    hears_hash = info->hash.type == WC_HASH_TYPE_SHA256 && info->hash.sha256 == probed;
  c = lw_current();
  if (c == NULL)
    return CRYPTOCB_UNAVAILABLE;
  bytes.data = info->hash.in;
  bytes.length = info->hash.inSz;
  return device_replaces(c, info->hash.type, &bytes) ? device_update(info, bytes)
                                                     : CRYPTOCB_UNAVAILABLE;
}

static int device_asked (int id, wc_CryptoInfo *info, void *context) {
  (void)id;
  (void)context;
  if (info->algo_type == WC_ALGO_TYPE_HASH)
    return device_hash(info);
  if (info->algo_type == WC_ALGO_TYPE_HMAC)
    device_hmac(info);
  return CRYPTOCB_UNAVAILABLE; /* wolfSSL computes it by itself */
}

static void device_tryhmac (void) {
  Hmac hmac;
  if (wc_HmacInit(&hmac, NULL, device_id()) != 0)
    return;
  if (wc_HmacSetKey(&hmac, WC_SHA256, probe, sizeof probe) == 0)
    wc_HmacUpdate(&hmac, probe, sizeof probe);
  wc_HmacFree(&hmac);
}

static void device_tryhash (void) {
  wc_Sha256 sha;
  if (wc_InitSha256_ex(&sha, NULL, device_id()) != 0)
    return;
  probed = &sha;
  wc_Sha256Update(&sha, probe, sizeof probe);
  probed = NULL;
  wc_Sha256Free(&sha);
}

void lw_device_start (void) {
  if (wc_CryptoCb_RegisterDevice(device_id(), device_asked, NULL) == 0) {
    device_tryhmac();
    device_tryhash();
  }
}

int lw_device_hears (lw_Hearing what) {
  return what == LW_HMAC ? hears_hmac : hears_hash;
}

void lw_device_attach (WOLFSSL *ssl) {
  wolfSSL_SetDevId(ssl, device_id());
}

WOLFSSL *lw_device_new (WOLFSSL_CTX *ctx) {
  WOLFSSL *ssl;
  wolfSSL_CTX_SetDevId(ctx, device_id());
  ssl = wolfSSL_new(ctx);
  wolfSSL_CTX_SetDevId(ctx, INVALID_DEVID);
  if (ssl != NULL) /* the rest need not ask */
    wolfSSL_SetDevId(ssl, INVALID_DEVID);
  return ssl;
}

#else

void lw_device_start (void) {
}

int lw_device_hears (lw_Hearing what) {
  (void)what;
  return 0;
}

void lw_device_attach (WOLFSSL *ssl) {
  (void)ssl;
}

WOLFSSL *lw_device_new (WOLFSSL_CTX *ctx) {
  return wolfSSL_new(ctx);
}

#endif
