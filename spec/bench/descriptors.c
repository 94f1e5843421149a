/*
** descriptors.c - what transports.lua is measured against: client and server of wolfSSL in one process, over TCP on
** loopback, with wolfSSL's own I/O on non-blocking descriptors. TLS 1.3, x25519, ECDSA, ChaCha20-Poly1305.
**
**   descriptors DIRECTORY HANDSHAKES RECORDS    prints nanoseconds of CPU for a handshake and for a 16 KiB record
*/

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include "measure.h"

#define WARM_UP 8

typedef struct Pair {
  WOLFSSL *client, *server;
} Pair;

static void must (int good, const char *what) {
  if (!good) {
    fprintf(stderr, "descriptors: %s\n", what);
    exit(1);
  }
}

static void tcp_pair (int fds[2]) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof a;
  int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
  must(bind(listener, (struct sockaddr *)&a, size) == 0 && listen(listener, 1) == 0, "listen");
  getsockname(listener, (struct sockaddr *)&a, &size);
  fds[0] = socket(AF_INET, SOCK_STREAM, 0);
  must(connect(fds[0], (struct sockaddr *)&a, size) == 0, "connect");
  fds[1] = accept(listener, NULL, NULL);
  close(listener);
  for (int i = 0; i < 2; i++) {
    setsockopt(fds[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(fds[i], F_SETFL, O_NONBLOCK);
  }
}

static WOLFSSL_CTX *context_new (const char *directory, int server) {
  WOLFSSL_CTX *ctx =
      wolfSSL_CTX_new(server ? wolfTLSv1_3_server_method() : wolfTLSv1_3_client_method());
  int group = WOLFSSL_ECC_X25519;
  char path[512];
  wolfSSL_CTX_set_cipher_list(ctx, "TLS13-CHACHA20-POLY1305-SHA256");
  wolfSSL_CTX_set_groups(ctx, &group, 1);
  wolfSSL_CTX_set_group_messages(ctx);
  snprintf(path, sizeof path, "%s/%s-ecdsa.crt", directory, server ? "server" : "root");
  if (!server) {
    wolfSSL_CTX_set_verify(ctx, WOLFSSL_VERIFY_PEER, NULL);
    must(wolfSSL_CTX_der_load_verify_locations(ctx, path, WOLFSSL_FILETYPE_ASN1), "trust");
    return ctx;
  }
  must(wolfSSL_CTX_use_certificate_file(ctx, path, WOLFSSL_FILETYPE_ASN1) == 1, "certificate");
  snprintf(path, sizeof path, "%s/server-ecdsa.key", directory);
  must(wolfSSL_CTX_use_PrivateKey_file(ctx, path, WOLFSSL_FILETYPE_ASN1) == 1, "key");
  return ctx;
}

static void handshake (WOLFSSL *client, WOLFSSL *server) {
  int a = 0, b = 0;
  for (int i = 0; i < 100000 && !(a && b); i++) {
    a = a || wolfSSL_connect(client) == WOLFSSL_SUCCESS;
    b = b || wolfSSL_accept(server) == WOLFSSL_SUCCESS;
  }
  must(a && b, "handshake");
}

/* Whoever can go on does, as in an event loop: a writer until the socket is full, a reader until it is empty. */
static double records (WOLFSSL *client, WOLFSSL *server, int count) {
  static char data[16384];
  double began = 0;
  for (int lap = 0; lap < 2; lap++) {
    long unwritten = lap == 0 ? WARM_UP : count, unread = unwritten * (long)sizeof data;
    began = measure_cpu();
    while (unread > 0) {
      int n;
      while (unwritten > 0 && wolfSSL_write(client, data, sizeof data) > 0)
        unwritten--;
      while ((n = wolfSSL_read(server, data, sizeof data)) > 0)
        unread -= n;
    }
  }
  return (measure_cpu() - began) * 1e9 / count;
}

static void open_pair (Pair *pair, WOLFSSL_CTX *client, WOLFSSL_CTX *server) {
  int fds[2];
  tcp_pair(fds);
  pair->client = wolfSSL_new(client);
  pair->server = wolfSSL_new(server);
  wolfSSL_set_fd(pair->client, fds[0]);
  wolfSSL_set_fd(pair->server, fds[1]);
  wolfSSL_check_domain_name(pair->client, "localhost");
}

int main (int argc, char **argv) {
  int count = argc == 4 ? atoi(argv[2]) + WARM_UP : 0;
  Pair *pairs = (Pair *)calloc((size_t)count, sizeof *pairs);
  WOLFSSL_CTX *client, *server;
  double began = 0;
  must(count > WARM_UP && pairs != NULL, "usage: descriptors DIRECTORY HANDSHAKES RECORDS");
  wolfSSL_Init();
  client = context_new(argv[1], 0);
  server = context_new(argv[1], 1);
  for (int i = 0; i < count; i++)
    open_pair(&pairs[i], client, server);
  for (int i = 0; i < count; i++) {
    if (i == WARM_UP)
      began = measure_cpu();
    handshake(pairs[i].client, pairs[i].server);
  }
  printf("%.0f", (measure_cpu() - began) * 1e9 / (count - WARM_UP));
  printf(" %.0f\n", records(pairs[0].client, pairs[0].server, atoi(argv[3])));
  return 0;
}
