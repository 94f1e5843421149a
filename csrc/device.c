/*
** device.c - wolfSSL asks a connection's "device" before it computes a hash or an HMAC. This one computes nothing but
** the hash of messages that stand otherwise on the wire (transcript.c, request.c), looks at what goes into the PRF
** (inner.c), and has hashes of the handshake left out that nobody will ask for.
*/

#define HAVE_ANONYMOUS_INLINE_AGGREGATES \
  1 /* as a wolfSSL has it that was built with C11, not C99 */

#include "transcript.h"

#include <stdint.h>

#include <wolfssl/wolfcrypt/hmac.h>
#include <wolfssl/wolfcrypt/random.h>

#if defined(WOLF_CRYPTO_CB)

#include <wolfssl/wolfcrypt/cryptocb.h>

static const unsigned char probe[] = "probe";
static wc_Sha256 *probed;
static int drawing;
/* What wolfSSL tells its devices looks as we think: written once per process. */
static int hears_hmac, hears_hash;
static unsigned draws; /* with which hashes it makes random numbers */

/* The address tells the devices of several builds in one process apart. */
static int device_id (void) {
  return (int)(((uintptr_t)&hears_hmac >> 1) & 0x3fffffff) | 0x40000000;
}

/* That of the hashes of a handshake, and of its random numbers. wolfSSL asks the first device there is, too, wherever
   it hashes something at once; so this is the second. */
static int device_handshake (void) {
  return device_id() + 1;
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
    (hash)->devId = id;                                          \
  } while (0)

static int device_update (int id, wc_CryptoInfo *info, lw_Span bytes) {
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
  lw_Transcript *t = lw_transcript_of(c);
  return (t != NULL && lw_transcript_replaces(t, hash, bytes)) ||
         lw_request_replaces(c, hash, bytes);
}

/* Of random numbers nothing is left out. */
static int device_idle (const lw_Connection *c, int id, int hash) {
  return id == device_handshake() && hash != WC_HASH_TYPE_SHA256 && (draws & 1u << hash) == 0 &&
         lw_transcript_idle(c, hash);
}

static void device_learn (const wc_CryptoInfo *info) {
  if (drawing)
    draws |= 1u << info->hash.type;
  if (probed != NULL && info->hash.in == probe && info->hash.inSz == sizeof probe)
    hears_hash = info->hash.type == WC_HASH_TYPE_SHA256 && info->hash.sha256 == probed;
}

/* What wolfSSL hashes at once comes to the first device, and a peer has a say in it: a ServerKeyExchange is signed with
   the client's random bytes in front. A handshake's hash is only there since a HelloRetryRequest. */
static int device_isforeign (const lw_Connection *c, int id) {
  return id != device_handshake() && c->gate != NULL && c->gate->version == 0x0303;
}

static int device_hash (int id, wc_CryptoInfo *info) {
  lw_Connection *c;
  lw_Span bytes;
  if (info->hash.in == NULL) /* the end of one */
    return CRYPTOCB_UNAVAILABLE;
  c = lw_current();
  if (c == NULL) {
    device_learn(info);
    return CRYPTOCB_UNAVAILABLE;
  }
  if (device_isforeign(c, id))
    return CRYPTOCB_UNAVAILABLE;
  if (device_idle(c, id, info->hash.type))
    return 0;
  bytes.data = info->hash.in;
  bytes.length = info->hash.inSz;
  if (id == device_handshake())
    lw_rewind(c, info->hash.type, info->hash.sha256, bytes); /* it is a union */
  return device_replaces(c, info->hash.type, &bytes) ? device_update(id, info, bytes)
                                                     : CRYPTOCB_UNAVAILABLE;
}

static int device_asked (int id, wc_CryptoInfo *info, void *context) {
  (void)context;
  if (info->algo_type == WC_ALGO_TYPE_HASH)
    return device_hash(id, info);
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
  if (wc_InitSha256_ex(&sha, NULL, device_handshake()) != 0)
    return;
  probed = &sha;
  wc_Sha256Update(&sha, probe, sizeof probe);
  probed = NULL;
  wc_Sha256Free(&sha);
}

static void device_trydraw (void) {
  unsigned char byte;
  WC_RNG rng;
  drawing = 1;
  if (wc_InitRng_ex(&rng, NULL, device_handshake()) == 0) {
    wc_RNG_GenerateBlock(&rng, &byte, sizeof byte);
    wc_FreeRng(&rng);
  }
  drawing = 0;
}

void lw_device_start (void) {
  if (wc_CryptoCb_RegisterDevice(device_id(), device_asked, NULL) != 0)
    return;
  device_tryhmac();
  if (wc_CryptoCb_RegisterDevice(device_handshake(), device_asked, NULL) == 0) {
    device_trydraw();
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
  wolfSSL_CTX_SetDevId(ctx, device_handshake());
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
