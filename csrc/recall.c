/*
** recall.c - when wolfSSL 5.5.4 is asked for a staple in TLS 1.3 it decodes the server's certificate, and forgets what
** it decoded; and it forgets the response. Nobody else can find these blocks. So while it reads a ClientHello its
** memory is watched: what belongs to the decoded certificate is freed with it, the response with the handshake.
*/

#include "connection.h"

#include <stdlib.h>
#include <string.h>

#define FORGETFUL 0x05005004 /* no other wolfSSL's memory is touched */

#if LIBWOLFSSL_VERSION_HEX == FORGETFUL && defined(USE_WOLFSSL_MEMORY) && \
    defined(HAVE_CERTIFICATE_STATUS_REQUEST)

#include <pthread.h>

#include <wolfssl/wolfcrypt/asn.h>
#include <wolfssl/wolfcrypt/memory.h>

enum { CANDIDATES = 8 };

typedef struct Recall {
  int watching;
  void *certificate; /* a block that may be it */
  /* Blocks of the response's size, made once the certificate was found, in their order; NULL: freed. The first that
     holds the response is the copy that is forgotten; a later one is the cache's. */
  void *candidates[CANDIDATES];
  int count;
  int found;
  lw_Span leaf, response; /* which the certificate decodes, and which is copied */
  int asked;              /* for memory */
} Recall;

static __thread Recall recall;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static size_t decoded; /* bytes of wolfSSL's decoded certificate; 0: it is not known */
static wolfSSL_Malloc_cb before_malloc;
static wolfSSL_Free_cb before_free;
static wolfSSL_Realloc_cb before_realloc;

static int recall_iscopy (const void *block) {
  return memcmp(block, recall.response.data, recall.response.length) == 0;
}

/* wolfSSL frees it itself: then nothing is left to be found. */
static void recall_forget (const void *block) {
  for (int i = 0; i < recall.count; i++)
    if (recall.candidates[i] == block) {
      recall.candidates[i] = NULL;
      if (recall_iscopy(block))
        recall.count = recall.found = 0;
      return;
    }
}

static void *recall_malloc (size_t size) {
  void *block = before_malloc != NULL ? before_malloc(size) : malloc(size);
  recall.asked = 1;
  if (recall.watching && size == decoded)
    recall.certificate = block;
  else if (recall.found && size > 0 && size == recall.response.length && recall.count < CANDIDATES)
    recall.candidates[recall.count++] = block;
  return block;
}

static void recall_release (void *block) {
  if (before_free != NULL)
    before_free(block);
  else
    free(block);
}

static int recall_isours (const DecodedCert *certificate) {
  return certificate->maxIdx == recall.leaf.length && certificate->source != NULL &&
         memcmp(certificate->source, recall.leaf.data, recall.leaf.length) == 0;
}

/* Takes out the copy of the response: other blocks of its size are wolfSSL's. NULL: there is none. */
static void *recall_copy (void) {
  int count = recall.count;
  recall.count = 0;
  for (int i = 0; i < count; i++)
    if (recall.candidates[i] != NULL && recall_iscopy(recall.candidates[i]))
      return recall.candidates[i];
  return NULL;
}

/* A second ClientHello has its own: what was for the first one is not wanted any more. */
static void recall_certificate (DecodedCert *certificate) {
  recall.certificate = NULL;
  if (!recall_isours(certificate))
    return;
  recall.found = 1;
  recall_release(recall_copy());
  wc_FreeDecodedCert(certificate);
}

static void recall_free (void *block) {
  if (block == NULL)
    return;
  if (block == recall.certificate)
    recall_certificate((DecodedCert *)block);
  else
    recall_forget(block);
  recall_release(block);
}

static void *recall_realloc (void *block, size_t size) {
  if (block != NULL)
    recall_forget(block);
  return before_realloc != NULL ? before_realloc(block, size) : realloc(block, size);
}

/* How much of a block wolfSSL writes to when it begins to decode; it must agree with its header. */
static size_t recall_measure (void) {
  static const unsigned char source[] = {0x30, 0x00};
  size_t size = 2 * sizeof(DecodedCert);
  unsigned char *block = (unsigned char *)malloc(size);
  DecodedCert *certificate = (DecodedCert *)(void *)block;
  if (block == NULL)
    return 0;
  memset(block, 0xa5, size);
  wc_InitDecodedCert(certificate, source, sizeof source, NULL);
  while (size > 0 && block[size - 1] == 0xa5)
    size--;
  if (certificate->source != source || certificate->maxIdx != sizeof source)
    size = 0;
  wc_FreeDecodedCert(certificate);
  free(block);
  return size == sizeof(DecodedCert) ? size : 0;
}

static void recall_prepare (void) {
  if (wolfSSL_lib_version_hex() == FORGETFUL)
    decoded = recall_measure();
}

/* Somebody may have put other allocators before ours, which is well, or in their place. */
static int recall_isasked (void) {
  recall.asked = 0;
  lw_free(lw_alloc(1));
  return recall.asked;
}

static int recall_install (void) {
  return recall_isasked() ||
         (wolfSSL_GetAllocators(&before_malloc, &before_free, &before_realloc) == 0 &&
          wolfSSL_SetAllocators(recall_malloc, recall_free, recall_realloc) == 0);
}

int lw_recall_ready (void) {
  int ready;
  pthread_once(&once, recall_prepare);
  if (decoded == 0)
    return 0;
  pthread_mutex_lock(&lock);
  ready = recall_install();
  pthread_mutex_unlock(&lock);
  return ready;
}

void lw_recall_begin (lw_Span leaf, lw_Span response) {
  memset(&recall, 0, sizeof recall);
  recall.watching = 1;
  recall.leaf = leaf;
  recall.response = response;
}

void lw_recall_expect (lw_Span response) {
  recall.count = 0;
  recall.response = response;
}

void *lw_recall_end (void) {
  void *response = recall_copy();
  memset(&recall, 0, sizeof recall);
  return response;
}

#else

/* Later ones forget nothing. */
int lw_recall_ready (void) {
  return LIBWOLFSSL_VERSION_HEX > FORGETFUL;
}

void lw_recall_begin (lw_Span leaf, lw_Span response) {
  (void)leaf;
  (void)response;
}

void lw_recall_expect (lw_Span response) {
  (void)response;
}

void *lw_recall_end (void) {
  return NULL;
}

#endif
