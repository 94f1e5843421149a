/*
** chain.c - any bytes as what a verifier is given. The input is a list of records: a letter, two bytes of length, so
** many bytes. "a" is an anchor, "c" the peer's next certificate, "r" a revocation list, "s" a stapled response. There
** is a verdict, whatever they are; its path and its findings hold together; and without anchors nothing is good.
*/

#include <stdlib.h>
#include <string.h>

#include "path.h"

#define MOST 16

typedef struct Input {
  const lw_X509 *anchors[MOST], *chain[MOST];
  size_t anchors_count, count, crls_count;
  const lw_Crl *crls[MOST];
  lw_Span staple;
} Input;

static void require (int condition) {
  if (!condition)
    abort();
}

static void add_certificate (const lw_X509 **list, size_t *count, lw_Span der) {
  lw_X509 *x = (lw_X509 *)malloc(sizeof *x);
  lw_Fault fault;
  if (*count < MOST && lw_x509_read(x, der, &fault))
    list[(*count)++] = x;
  else
    free(x);
}

static void add_crl (Input *in, lw_Span der) {
  lw_Crl *crl = (lw_Crl *)malloc(sizeof *crl);
  lw_Fault fault;
  if (in->crls_count < MOST && lw_crl_read(crl, der, &fault))
    in->crls[in->crls_count++] = crl;
  else
    free(crl);
}

static void add (Input *in, int kind, lw_Span bytes) {
  if (kind == 'a')
    add_certificate(in->anchors, &in->anchors_count, bytes);
  else if (kind == 'c')
    add_certificate(in->chain, &in->count, bytes);
  else if (kind == 'r')
    add_crl(in, bytes);
  else if (kind == 's')
    in->staple = bytes;
}

static void read_input (Input *in, const uint8_t *data, size_t size) {
  size_t length;
  lw_Span bytes;
  memset(in, 0, sizeof *in);
  while (size >= 3) {
    length = (size_t)(data[1] << 8 | data[2]);
    bytes.data = data + 3;
    bytes.length = length < size - 3 ? length : size - 3;
    add(in, data[0], bytes);
    data += 3 + bytes.length;
    size -= 3 + bytes.length;
  }
}

static void free_input (Input *in) {
  for (size_t i = 0; i < MOST; i++) {
    free((void *)(uintptr_t)in->anchors[i]);
    free((void *)(uintptr_t)in->chain[i]);
    free((void *)(uintptr_t)in->crls[i]);
  }
}

static void check (const Input *in, const lw_Verdict *v) {
  require(v->length >= 1 && v->length <= LW_PATH);
  require(lw_span_equal(v->path[0]->der, in->chain[0]->der));
  require(v->anchored || v->findings.count > 0);
  for (int i = 0; i + 1 < v->length; i++)
    require(lw_name_equal(v->path[i]->issuer, v->path[i + 1]->subject));
  for (size_t i = 0; i < v->findings.count; i++)
    require(v->findings.list[i].depth < v->length);
}

static void verify (const Input *in, lw_Trust *trust, const lw_Demand *d) {
  lw_Verdict v;
  require(lw_path_verify(trust, in->chain, in->count, d, &v) == 0);
  check(in, &v);
  if (v.anchored) {
    require(lw_crl_apply(in->crls, in->crls_count, 99, in->chain, in->count, d, &v) == 0);
    if (in->staple.data != NULL)
      require(lw_ocsp_apply(in->staple, d, &v) == 0);
    check(in, &v);
  }
  trust->anchors_count = 0;
  require(lw_path_verify(trust, in->chain, in->count, d, &v) == 0);
  require(!v.anchored && v.findings.count > 0);
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size) {
  static const char *const policies[] = {"1.2.3.1"};
  lw_Demand d = {.time = 1800000000,
                 .purpose = LW_SERVER_AUTH,
                 .host = LW_SPAN("www.example.com"),
                 .depth = 8,
                 .min_rsa_bits = 2048,
                 .min_ec_bits = 256};
  lw_Trust trust = {.references = 1};
  Input in;
  read_input(&in, data, size);
  trust.anchors_count = in.anchors_count;
  trust.anchors = in.anchors;
  d.profile = (lw_Profile)(size / 2 % 3);
  if (size % 2 == 1) {
    d.policies = policies;
    d.policies_count = 1;
  }
  if (in.count > 0)
    verify(&in, &trust, &d);
  free_input(&in);
  return 0;
}
