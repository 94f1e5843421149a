/*
** gate.c - any bytes as ciphertext, in any pieces, at every stage of a connection. The first byte is
** the stage: 1 server, 2 TLS 1.3, 4 protected, 8 open, 16 held. What is released are whole records.
*/

#include <stdlib.h>
#include <string.h>

#include "connection.h"

static void require (int condition) {
  if (!condition)
    abort();
}

static void set_context (lw_Context *x, int server) {
  static const unsigned char suites[] = {0x13, 0x01, 0x13, 0x03, 0xc0, 0x2b};
  memset(x, 0, sizeof *x);
  x->server = server;
  x->min_version = 0x0303;
  x->max_version = 0x0304;
  memcpy(x->suites, suites, sizeof suites);
  x->suites_length = sizeof suites;
  x->identities = 1;
}

/* What a client has offered: TLS 1.2 and 1.3, x25519 with a share of zeros, a random of zeros. */
static void offer (lw_Connection *c) {
  static const unsigned char front[] = {1, 0, 0, 123, 3, 3};
  static const unsigned char back[] = {
      0,    0,  6, 0x13, 0x01, 0x13, 0x03, 0xc0, 0x2b, 1,  0, /* suites */
      0,    76,                                               /* extensions */
      0,    43, 0, 5,    4,    3,    4,    3,    3,           /* versions */
      0,    10, 0, 4,    0,    2,    0,    29,                /* groups */
      0,    13, 0, 4,    0,    2,    4,    3,                 /* schemes */
      0,    23, 0, 0,                                         /* master secret */
      0xff, 1,  0, 1,    0,                                   /* renegotiation */
      0,    51, 0, 38,   0,    36,   0,    29,   0,    32,    /* share */
  };
  unsigned char hello[127];
  memset(hello, 0, sizeof hello);
  memcpy(hello, front, sizeof front);
  memcpy(hello + sizeof front + 32, back, sizeof back);
  require(sizeof front + 32 + sizeof back + 32 == sizeof hello);
  require(lw_guard_sent(c, hello, sizeof hello));
}

static void set_stage (lw_Connection *c, lw_Context *x, unsigned stage) {
  memset(c, 0, sizeof *c);
  c->context = x;
  c->server = x->server != 0;
  c->alert_sent = c->alert_received = -1;
  c->in_protected = (stage & 4) != 0;
  c->open = (stage & 12) == 12;
  c->holding = (stage & 16) != 0;
  if (c->in_protected) {
    c->facts.version = stage & 2 ? 0x0304 : 0x0303;
    c->facts.suite = stage & 2 ? 0x1301 : 0xc02b;
    c->suite = lw_suite(c->facts.suite);
  }
  if (c->open)
    return;
  require(lw_gate_start(c));
  if (!c->server)
    offer(c);
}

/* The released bytes are records from the first to the last. */
static void whole_records (const unsigned char *p, size_t n) {
  while (n > 0) {
    size_t size;
    require(n >= 5 && p[0] >= 20 && p[0] <= 23);
    size = 5 + lw_read16(p + 3);
    require(size <= n);
    p += size;
    n -= size;
  }
}

/* As wolfSSL does it: takes what is released, then asks for more. */
static void drain (lw_Connection *c) {
  for (;;) {
    int passed = lw_gate_next(c);
    require((passed < 0) == (c->code != NULL));
    if (c->held) {
      require(c->gate != NULL && c->gate->examined <= lw_bytes_length(&c->in) && passed == 0);
      require(lw_gate_next(c) == 0);
      lw_gate_release(c, c->gate->examined);
    }
    else if (passed <= 0)
      return;
    require(c->released > 0 && c->released <= lw_bytes_length(&c->in));
    whole_records(lw_bytes_data(&c->in), c->released);
    lw_bytes_remove(&c->in, c->released);
    c->released = 0;
  }
}

static void release (lw_Connection *c) {
  lw_gate_free(c);
  lw_bytes_free(&c->in);
  lw_bytes_free(&c->out);
  lw_free(c->facts.alpn);
  lw_free(c->facts.server_name);
  lw_free(c->message);
  lw_bytes_free(&c->peer_chain);
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size) {
  static lw_Context x;
  lw_Connection c;
  size_t piece;
  if (size < 2)
    return 0;
  set_context(&x, data[0] & 1);
  set_stage(&c, &x, data[0]);
  piece = data[1] == 0 ? size : data[1];
  data += 2;
  size -= 2;
  while (size > 0) {
    size_t n = piece < size ? piece : size;
    require(lw_bytes_append(&c.in, data, n));
    drain(&c);
    data += n;
    size -= n;
  }
  if (c.code != NULL) { /* for good */
    const char *code = c.code;
    require(lw_gate_next(&c) < 0 && c.code == code && c.message != NULL);
  }
  release(&c);
  return 0;
}
