/*
** baseline.c - the scenarios as a plain C program with wolfSSL does them: memory callbacks, the same settings and
** the same certificates as scenario.lua. No gate, no secrets, no chain rules of our own: those are our cost.
**
**   baseline DIRECTORY SCENARIO COUNT
*/

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include "measure.h"

#define WARM_UP 8
#define NAME "localhost"

typedef struct Scenario {
  const char *directory, *name;
  int tls13, mutual;
  const char *key; /* "rsa", "ecdsa" */
} Scenario;

typedef struct Pipe {
  size_t head, tail;
  char bytes[1 << 17];
} Pipe;

typedef struct Pair {
  WOLFSSL *client, *server;
} Pair;

static Pipe to_server, to_client;
static char plaintext[16384];

static void must (int good, const char *what) {
  if (!good) {
    fprintf(stderr, "baseline: %s\n", what);
    exit(1);
  }
}

/* -------------------------------------------------------------------- the network */

static int pipe_read (WOLFSSL *ssl, char *buffer, int size, void *context) {
  Pipe *p = (Pipe *)context;
  size_t n = p->tail - p->head;
  (void)ssl;
  if (n == 0)
    return WOLFSSL_CBIO_ERR_WANT_READ;
  if (n > (size_t)size)
    n = (size_t)size;
  memcpy(buffer, p->bytes + p->head, n);
  p->head += n;
  if (p->head == p->tail)
    p->head = p->tail = 0;
  return (int)n;
}

static int pipe_write (WOLFSSL *ssl, char *buffer, int size, void *context) {
  Pipe *p = (Pipe *)context;
  (void)ssl;
  must(p->tail + (size_t)size <= sizeof p->bytes, "the pipe is full");
  memcpy(p->bytes + p->tail, buffer, (size_t)size);
  p->tail += (size_t)size;
  return size;
}

/* -------------------------------------------------------------------- contexts */

static const unsigned char suites13[] = {0x13, 0x03, 0x13, 0x01, 0x13, 0x02};
static const unsigned char suites12[] = {0xcc, 0xa9, 0xcc, 0xa8, 0xc0, 0x2b,
                                         0xc0, 0x2f, 0xc0, 0x2c, 0xc0, 0x30};
static const unsigned char chacha[] = {0x13, 0x03}, aes128[] = {0x13, 0x01};

static void context_suites (WOLFSSL_CTX *ctx, const Scenario *s) {
  const unsigned char *list = s->tls13 ? suites13 : suites12;
  int length = s->tls13 ? (int)sizeof suites13 : (int)sizeof suites12;
  if (strncmp(s->name, "rec-", 4) == 0) {
    list = strstr(s->name, "chacha") != NULL ? chacha : aes128;
    length = 2;
  }
  must(wolfSSL_CTX_set_cipher_list_bytes(ctx, list, length) == WOLFSSL_SUCCESS, "suites");
}

static void context_groups (WOLFSSL_CTX *ctx, const Scenario *s) {
  int groups[] = {WOLFSSL_ECC_X25519, WOLFSSL_ECC_SECP256R1, WOLFSSL_ECC_SECP384R1};
  if (s->tls13)
    must(wolfSSL_CTX_set_groups(ctx, groups, 3) == WOLFSSL_SUCCESS, "groups");
  else
    for (int i = 0; i < 3; i++)
      must(wolfSSL_CTX_UseSupportedCurve(ctx, (word16)groups[i]) == WOLFSSL_SUCCESS, "groups");
}

static unsigned char *file_read (const Scenario *s, const char *who, const char *what,
                                 long *length) {
  char path[512];
  FILE *f;
  unsigned char *bytes = (unsigned char *)malloc(8192);
  snprintf(path, sizeof path, "%s/%s-%s.%s", s->directory, who, s->key, what);
  f = fopen(path, "rb");
  must(bytes != NULL && f != NULL, path);
  *length = (long)fread(bytes, 1, 8192, f);
  fclose(f);
  return bytes;
}

static void context_trust (WOLFSSL_CTX *ctx, const Scenario *s) {
  long length;
  unsigned char *der = file_read(s, "root", "crt", &length);
  must(wolfSSL_CTX_load_verify_buffer(ctx, der, length, WOLFSSL_FILETYPE_ASN1) == WOLFSSL_SUCCESS,
       "trust");
  free(der);
}

static void context_identity (WOLFSSL_CTX *ctx, const Scenario *s, const char *who) {
  long length;
  unsigned char *der = file_read(s, who, "crt", &length);
  must(wolfSSL_CTX_use_certificate_buffer(ctx, der, length, WOLFSSL_FILETYPE_ASN1) ==
           WOLFSSL_SUCCESS,
       "certificate");
  free(der);
  der = file_read(s, who, "key", &length);
  must(wolfSSL_CTX_use_PrivateKey_buffer(ctx, der, length, WOLFSSL_FILETYPE_ASN1) ==
           WOLFSSL_SUCCESS,
       "key");
  free(der);
}

static WOLFSSL_CTX *context_new (const Scenario *s, WOLFSSL_METHOD *method) {
  WOLFSSL_CTX *ctx = wolfSSL_CTX_new(method);
  must(ctx != NULL, "context");
  context_suites(ctx, s);
  context_groups(ctx, s);
  must(wolfSSL_CTX_set1_sigalgs_list(
           ctx,
           "ED25519:ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:RSA-PSS+SHA256:"
           "RSA-PSS+SHA384:RSA-PSS+SHA512:RSA+SHA256:RSA+SHA384:RSA+SHA512") == WOLFSSL_SUCCESS,
       "signature algorithms");
  wolfSSL_CTX_SetIORecv(ctx, pipe_read);
  wolfSSL_CTX_SetIOSend(ctx, pipe_write);
  wolfSSL_CTX_set_group_messages(ctx);
  return ctx;
}

static WOLFSSL_CTX *context_client (const Scenario *s) {
  WOLFSSL_CTX *ctx =
      context_new(s, s->tls13 ? wolfTLSv1_3_client_method() : wolfTLSv1_2_client_method());
  wolfSSL_CTX_set_verify(ctx, WOLFSSL_VERIFY_PEER, NULL);
  context_trust(ctx, s);
  if (s->mutual)
    context_identity(ctx, s, "client");
  return ctx;
}

static WOLFSSL_CTX *context_server (const Scenario *s) {
  WOLFSSL_CTX *ctx =
      context_new(s, s->tls13 ? wolfTLSv1_3_server_method() : wolfTLSv1_2_server_method());
  context_identity(ctx, s, "server");
  if (s->mutual) {
    wolfSSL_CTX_set_verify(ctx, WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    context_trust(ctx, s);
  }
  return ctx;
}

/* -------------------------------------------------------------------- connections */

static WOLFSSL *connection_new (WOLFSSL_CTX *ctx, Pipe *in, Pipe *out) {
  WOLFSSL *ssl = wolfSSL_new(ctx);
  must(ssl != NULL, "connection");
  wolfSSL_SetIOReadCtx(ssl, in);
  wolfSSL_SetIOWriteCtx(ssl, out);
  return ssl;
}

static void pair_handshake (const Pair *p) {
  int client = 0, server = 0;
  for (int turn = 0; turn < 10 && !(client && server); turn++) {
    client = client || wolfSSL_connect(p->client) == WOLFSSL_SUCCESS;
    server = server || wolfSSL_accept(p->server) == WOLFSSL_SUCCESS;
  }
  must(client && server, "handshake");
}

static Pair pair_new (const Scenario *s, WOLFSSL_CTX *client, WOLFSSL_CTX *server,
                      WOLFSSL_SESSION *session) {
  Pair p;
  p.client = connection_new(client, &to_client, &to_server);
  must(wolfSSL_UseSNI(p.client, WOLFSSL_SNI_HOST_NAME, NAME, strlen(NAME)) == WOLFSSL_SUCCESS,
       "name");
  must(wolfSSL_check_domain_name(p.client, NAME) == WOLFSSL_SUCCESS, "name check");
  if (!s->tls13) /* RFC 5746 section 3.4 */
    must(wolfSSL_UseSecureRenegotiation(p.client) == WOLFSSL_SUCCESS, "renegotiation_info");
  if (session != NULL)
    must(wolfSSL_set_session(p.client, session) == WOLFSSL_SUCCESS, "session");
  p.server = connection_new(server, &to_server, &to_client);
  pair_handshake(&p);
  if (s->tls13) /* the ticket */
    must(wolfSSL_read(p.client, plaintext, sizeof plaintext) < 0, "a ticket and no more");
  return p;
}

static void pair_free (const Pair *p) {
  wolfSSL_free(p->client);
  wolfSSL_free(p->server);
}

static void record_pass (WOLFSSL *from, WOLFSSL *to, int size) {
  static char data[16384];
  must(wolfSSL_write(from, data, size) == size, "write");
  must(wolfSSL_read(to, plaintext, sizeof plaintext) == size, "read");
}

/* -------------------------------------------------------------------- scenarios */

static double began;

static void begin (void) {
  began = measure_cpu();
  measure_start();
}

static void end (int count) {
  measure_stop();
  printf("%.1f\n", (measure_cpu() - began) * 1e9 / count);
}

static void run_handshakes (const Scenario *s, WOLFSSL_CTX *client, WOLFSSL_CTX *server,
                            int count) {
  int resume = strncmp(s->name, "resume-", 7) == 0;
  WOLFSSL_SESSION *session = NULL;
  for (int i = -WARM_UP; i < count; i++) {
    Pair p;
    if (i == 0)
      begin();
    p = pair_new(s, client, server, session);
    if (resume && session == NULL)
      session = wolfSSL_get1_session(p.client);
    else if (resume)
      must(wolfSSL_session_reused(p.client), "resumption");
    pair_free(&p);
  }
  end(count);
  wolfSSL_SESSION_free(session);
}

static void run_records (const Scenario *s, WOLFSSL_CTX *client, WOLFSSL_CTX *server, int count) {
  Pair p = pair_new(s, client, server, NULL);
  int size = atoi(s->name + 4);
  for (int i = -WARM_UP; i < count; i++) {
    if (i == 0)
      begin();
    record_pass(p.client, p.server, size);
  }
  end(count);
  pair_free(&p);
}

static void run_contexts (const Scenario *s, int count) {
  for (int i = -WARM_UP; i < count; i++) {
    WOLFSSL_CTX *client, *server;
    if (i == 0)
      begin();
    client = context_client(s);
    server = context_server(s);
    wolfSSL_CTX_free(client);
    wolfSSL_CTX_free(server);
  }
  end(count);
}

/* Bytes for one connection, client and server averaged, after a long and a short record each way. */
static void run_idle (const Scenario *s, WOLFSSL_CTX *client, WOLFSSL_CTX *server, int count) {
  static const int sizes[] = {16384, 64};
  Pair *pairs = (Pair *)malloc((size_t)count * sizeof(Pair)), first;
  double before;
  must(pairs != NULL, "memory");
  for (int i = 0; i < WARM_UP; i++) {
    first = pair_new(s, client, server, NULL);
    pair_free(&first);
  }
  before = measure_heap();
  for (int i = 0; i < count; i++) {
    pairs[i] = pair_new(s, client, server, NULL);
    for (int k = 0; k < 2; k++) {
      record_pass(pairs[i].client, pairs[i].server, sizes[k]);
      record_pass(pairs[i].server, pairs[i].client, sizes[k]);
    }
  }
  printf("%.1f\n", (measure_heap() - before) / count / 2);
  for (int i = 0; i < count; i++)
    pair_free(&pairs[i]);
  free(pairs);
}

/* Bytes for one context, client and server averaged. */
static void run_held_contexts (const Scenario *s, int count) {
  WOLFSSL_CTX **held = (WOLFSSL_CTX **)malloc(2 * (size_t)count * sizeof(WOLFSSL_CTX *));
  double before = measure_heap();
  must(held != NULL, "memory");
  before = measure_heap();
  for (int i = 0; i < count; i++) {
    held[2 * i] = context_client(s);
    held[2 * i + 1] = context_server(s);
  }
  printf("%.1f\n", (measure_heap() - before) / count / 2);
  for (int i = 0; i < 2 * count; i++)
    wolfSSL_CTX_free(held[i]);
  free(held);
}

static void run (const Scenario *s, int count) {
  WOLFSSL_CTX *client = context_client(s), *server = context_server(s);
  if (strncmp(s->name, "rec-", 4) == 0)
    run_records(s, client, server, count);
  else if (strcmp(s->name, "ctx") == 0)
    run_contexts(s, count);
  else if (strcmp(s->name, "heap-ctx") == 0)
    run_held_contexts(s, count);
  else if (strncmp(s->name, "heap-", 5) == 0)
    run_idle(s, client, server, count);
  else
    run_handshakes(s, client, server, count);
  wolfSSL_CTX_free(client);
  wolfSSL_CTX_free(server);
}

int main (int argc, char **argv) {
  Scenario s;
  must(argc == 4, "usage: baseline DIRECTORY SCENARIO COUNT");
  s.directory = argv[1];
  s.name = argv[2];
  s.tls13 = strstr(s.name, "-12") == NULL;
  s.mutual = strstr(s.name, "mutual") != NULL;
  s.key = strstr(s.name, "rsa") != NULL ? "rsa" : "ecdsa";
  must(wolfSSL_Init() == WOLFSSL_SUCCESS, "wolfSSL");
  run(&s, atoi(argv[3]));
  wolfSSL_Cleanup();
  return 0;
}
