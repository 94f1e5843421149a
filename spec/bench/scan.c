/*
** scan.c - what a scan is measured against.
**
**   scan serve                          two ports: one answers each client's first bytes with a
**                                       ServerHello of TLS 1.3, the other never says a word;
**                                       it prints the ports and its process id
**   scan probe PORT COUNT AT_ONCE       COUNT hosts of 127.0.0.0/8, each sent a ClientHello with a
**                                       fresh key share, and read to its ServerHello
**
** probe prints how many answered, its CPU seconds, wall seconds, and the most memory it had, in KB.
*/

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/curve25519.h>
#include <wolfssl/wolfcrypt/random.h>

enum { EVENTS = 256, BUFFER = 4096, BACKLOG = 4096 };

static void die (const char *what) {
  perror(what);
  exit(1);
}

static double seconds (clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void watch (int queue, int fd, unsigned events) {
  struct epoll_event e;
  memset(&e, 0, sizeof e);
  e.events = events;
  e.data.fd = fd;
  if (epoll_ctl(queue, EPOLL_CTL_ADD, fd, &e) < 0 && epoll_ctl(queue, EPOLL_CTL_MOD, fd, &e) < 0)
    die("epoll_ctl");
}

/* ------------------------------------------------------------------ serving */

static int listen_at (int *port) {
  struct sockaddr_in a;
  socklen_t size = sizeof a;
  int on = 1;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  memset(&a, 0, sizeof a);
  a.sin_family = AF_INET;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (fd < 0 || bind(fd, (struct sockaddr *)&a, size) < 0 || listen(fd, BACKLOG) < 0 ||
      getsockname(fd, (struct sockaddr *)&a, &size) < 0)
    die("listen");
  *port = ntohs(a.sin_port);
  return fd;
}

static size_t put (unsigned char *out, size_t at, const char *bytes, size_t n) {
  memcpy(out + at, bytes, n);
  return at + n;
}

/* TLS_AES_128_GCM_SHA256 with x25519: the share is the base point, which any key agrees with. */
static size_t server_hello (unsigned char *out) {
  size_t n = put(out, 0, "\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03", 11);
  memset(out + n, 0x5a, 32);
  n = put(out, n + 32, "\x20", 1);
  memset(out + n, 0xa5, 32);
  n = put(out, n + 32, "\x13\x01\x00\x00\x2e\x00\x2b\x00\x02\x03\x04", 11);
  n = put(out, n, "\x00\x33\x00\x24\x00\x1d\x00\x20\x09", 9);
  memset(out + n, 0, 31);
  return n + 31;
}

static void accept_all (int queue, int listener) {
  int fd;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
    watch(queue, fd, EPOLLIN);
}

static void answer (int fd, const unsigned char *hello, size_t size) {
  unsigned char buffer[BUFFER];
  ssize_t n = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
  if (n <= 0 || send(fd, hello, size, MSG_NOSIGNAL) < 0)
    close(fd);
}

static int serve (void) {
  struct epoll_event ready[EVENTS];
  unsigned char hello[BUFFER];
  size_t size = server_hello(hello);
  int port, silent, i, n;
  int queue = epoll_create1(EPOLL_CLOEXEC);
  int listener = listen_at(&port);
  listen_at(&silent);
  printf("%d %d %ld\n", port, silent, (long)getpid());
  fflush(stdout);
  watch(queue, listener, EPOLLIN);
  while ((n = epoll_wait(queue, ready, EVENTS, -1)) > 0 || errno == EINTR)
    for (i = 0; i < n; i++)
      if (ready[i].data.fd == listener)
        accept_all(queue, listener);
      else
        answer(ready[i].data.fd, hello, size);
  return 1;
}

/* ------------------------------------------------------------------ probing */

static const unsigned char head[] = {0x16, 0x03, 0x01, 0x00, 0xa0, 0x01,
                                     0x00, 0x00, 0x9c, 0x03, 0x03};
static const unsigned char tail[] = {
    0x00, 0x06, 0x13, 0x01, 0x13, 0x02, 0x13, 0x03, 0x01, 0x00, /* suites, compression */
    0x00, 0x4d, 0x00, 0x2b, 0x00, 0x03, 0x02, 0x03, 0x04,       /* supported_versions */
    0x00, 0x0d, 0x00, 0x0a, 0x00, 0x08, 0x04, 0x03, 0x08, 0x04,
    0x04, 0x01,                                                  /* signature_algorithms */
    0x02, 0x03, 0x00, 0x0a, 0x00, 0x04, 0x00, 0x02, 0x00, 0x1d,  /* supported_groups */
    0x00, 0x2d, 0x00, 0x02, 0x01, 0x01,                          /* psk_key_exchange_modes */
    0x00, 0x33, 0x00, 0x26, 0x00, 0x24, 0x00, 0x1d, 0x00, 0x20}; /* key_share */

static size_t client_hello (WC_RNG *rng, unsigned char *out) {
  curve25519_key key;
  word32 size = CURVE25519_KEYSIZE;
  size_t n = sizeof head;
  memcpy(out, head, n);
  wc_RNG_GenerateBlock(rng, out + n, 32);
  out[n + 32] = 32;
  wc_RNG_GenerateBlock(rng, out + n + 33, 32);
  n += 65;
  memcpy(out + n, tail, sizeof tail);
  n += sizeof tail;
  wc_curve25519_init(&key);
  if (wc_curve25519_make_key(rng, CURVE25519_KEYSIZE, &key) != 0 ||
      wc_curve25519_export_public_ex(&key, out + n, &size, EC25519_LITTLE_ENDIAN) != 0)
    die("x25519");
  wc_curve25519_free(&key);
  n += size;
  out[3] = (unsigned char)((n - 5) >> 8);
  out[4] = (unsigned char)((n - 5) & 255);
  out[7] = (unsigned char)((n - 9) >> 8);
  out[8] = (unsigned char)((n - 9) & 255);
  return n;
}

static void dial (int queue, unsigned host, int port) {
  struct sockaddr_in a;
  int on = 1;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  memset(&a, 0, sizeof a);
  a.sin_family = AF_INET;
  a.sin_port = htons((unsigned short)port);
  a.sin_addr.s_addr = htonl(0x7f000001u + host);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (fd < 0 || (connect(fd, (struct sockaddr *)&a, sizeof a) < 0 && errno != EINPROGRESS))
    die("connect");
  watch(queue, fd, EPOLLOUT);
}

/* 1 for a ServerHello of TLS 1.3 with one of our suites. */
static int judge (const unsigned char *b, ssize_t n) {
  return n > 79 && b[0] == 0x16 && b[5] == 2 && b[43] == 32 && b[76] == 0x13;
}

/* Whether the connection is over. */
static int step (int queue, const struct epoll_event *e, WC_RNG *rng, int *good) {
  unsigned char buffer[BUFFER];
  int fd = e->data.fd;
  if (e->events & EPOLLOUT) {
    size_t size = client_hello(rng, buffer);
    if (send(fd, buffer, size, MSG_NOSIGNAL) < 0)
      die("send");
    watch(queue, fd, EPOLLIN);
    return 0;
  }
  *good += judge(buffer, recv(fd, buffer, sizeof buffer, 0));
  close(fd);
  return 1;
}

static int probe (int port, unsigned count, unsigned at_once) {
  struct epoll_event ready[EVENTS];
  struct rusage usage;
  WC_RNG rng;
  double began = seconds(CLOCK_MONOTONIC);
  unsigned next = 0, active = 0;
  int good = 0, i, n;
  int queue = epoll_create1(EPOLL_CLOEXEC);
  if (wc_InitRng(&rng) != 0)
    die("random");
  while (next < count || active > 0) {
    for (; next < count && active < at_once; active++)
      dial(queue, next++, port);
    n = epoll_wait(queue, ready, EVENTS, -1);
    for (i = 0; i < n; i++)
      active -= (unsigned)step(queue, &ready[i], &rng, &good);
  }
  wc_FreeRng(&rng);
  getrusage(RUSAGE_SELF, &usage);
  printf("%d %.6f %.6f %ld\n", good, seconds(CLOCK_PROCESS_CPUTIME_ID),
         seconds(CLOCK_MONOTONIC) - began, usage.ru_maxrss);
  return 0;
}

int main (int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "serve") == 0)
    return serve();
  if (argc == 5 && strcmp(argv[1], "probe") == 0)
    return probe(atoi(argv[2]), (unsigned)atoi(argv[3]), (unsigned)atoi(argv[4]));
  fprintf(stderr, "scan serve | scan probe PORT COUNT AT_ONCE\n");
  return 2;
}
