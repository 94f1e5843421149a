/*
** share.c - is a peer's key share one of its group? wolfSSL imports points that are not on the curve, and
** values that make every secret the same. RFC 8446 sections 4.2.8.1, 4.2.8.2 and 7.4.2, RFC 7919 section 3.
*/

#include "connection.h"

#include <string.h>

#include <wolfssl/wolfcrypt/dh.h>
#include <wolfssl/wolfcrypt/ecc.h>

#define UNCOMPRESSED 4
#define X25519 29

static int share_oncurve (int curve, size_t size, lw_Span share) {
  ecc_point *point;
  int index, error;
  if (share.length != 1 + 2 * size || share.data[0] != UNCOMPRESSED)
    return 0;
  index = wc_ecc_get_curve_idx(curve);
  point = wc_ecc_new_point();
  if (point == NULL)
    return 0;
  error = wc_ecc_import_point_der(share.data, (word32)share.length, index, point);
  if (error == 0)
    error = wc_ecc_point_is_on_curve(point, index);
  wc_ecc_del_point(point);
  return error == 0;
}

static lw_Span share_number (const unsigned char *data, size_t length) {
  lw_Span n = {data, length};
  while (n.length > 0 && n.data[0] == 0) {
    n.data++;
    n.length--;
  }
  return n;
}

/* p is odd: p - 1 is p but for its last bit. */
static int share_isminusone (lw_Span y, lw_Span p) {
  size_t last = p.length - 1;
  return y.length == p.length && memcmp(y.data, p.data, last) == 0 &&
         y.data[last] == (p.data[last] & 0xfe);
}

int lw_share_inrange (lw_Span y, lw_Span p) {
  y = share_number(y.data, y.length);
  p = share_number(p.data, p.length);
  if (y.length == 0 || p.length == 0 || (y.length == 1 && y.data[0] == 1))
    return 0;
  return (y.length < p.length || (y.length == p.length && memcmp(y.data, p.data, p.length) < 0)) &&
         !share_isminusone(y, p);
}

static int share_ofprime (const DhParams *group, lw_Span share) {
  lw_Span p = {group->p, group->p_len};
  return lw_share_inrange(share, p);
}

#if defined(HAVE_FFDHE_2048)
static int share_2048 (lw_Span share) {
  return share_ofprime(wc_Dh_ffdhe2048_Get(), share);
}
#else
#define share_2048 NULL
#endif

#if defined(HAVE_FFDHE_3072)
static int share_3072 (lw_Span share) {
  return share_ofprime(wc_Dh_ffdhe3072_Get(), share);
}
#else
#define share_3072 NULL
#endif

static int share_256 (lw_Span share) {
  return share_oncurve(ECC_SECP256R1, 32, share);
}

static int share_384 (lw_Span share) {
  return share_oncurve(ECC_SECP384R1, 48, share);
}

static int share_521 (lw_Span share) {
  return share_oncurve(ECC_SECP521R1, 66, share);
}

/* The points of small order, RFC 7748 section 6.1: 0, 1, p - 1 and two of order 8; p and p + 1 stand for 0 and 1. */
static const unsigned char small_order[][32] = {
    {0},
    {1},
    {0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a,
     0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8},
    {0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1,
     0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c,
     0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57},
};

/* p - 1, p and p + 1 differ in their first byte only. */
static int share_isaboutp (const unsigned char *x) {
  for (int i = 1; i < 31; i++)
    if (x[i] != 0xff)
      return 0;
  return x[0] >= 0xec && x[0] <= 0xee && (x[31] & 0x7f) == 0x7f;
}

static int share_25519 (lw_Span share) {
  unsigned char x[32];
  if (share.length != sizeof x)
    return 0;
  memcpy(x, share.data, sizeof x);
  x[31] &= 0x7f; /* the highest bit does not count */
  for (size_t i = 0; i < sizeof small_order / sizeof small_order[0]; i++)
    if (memcmp(x, small_order[i], sizeof x) == 0)
      return 0;
  return !share_isaboutp(x);
}

/* RFC 7748 section 5: the highest bit does not count. wolfSSL refuses a share that has it. */
static int share_ismasked (unsigned group, lw_Span share) {
  return group == X25519 && share.length == 32 && (share.data[31] & 0x80) != 0;
}

int lw_share_masked (lw_Span shares) {
  lw_Span share;
  unsigned group;
  while (lw_hello_next(&shares, &group, &share))
    if (share_ismasked(group, share))
      return 1;
  return 0;
}

void lw_share_mask (unsigned char *shares, size_t length) {
  lw_Span list = {shares, length}, share;
  unsigned group;
  while (lw_hello_next(&list, &group, &share))
    if (share_ismasked(group, share))
      shares[share.data - shares + 31] &= 0x7f;
}

typedef struct Check {
  unsigned group;
  int (*check)(lw_Span share);
} Check;

static const Check checks[] = {
    {23, share_256},       {24, share_384},     {25, share_521},
    {X25519, share_25519}, {0x100, share_2048}, {0x101, share_3072},
};

int lw_share_padded (unsigned group, lw_Span share) {
  return (group != 0x0100 || share.length == 256) && (group != 0x0101 || share.length == 384);
}

int lw_share_good (unsigned group, lw_Span share) {
  for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++)
    if (checks[i].group == group && checks[i].check != NULL)
      return checks[i].check(share);
  return 1;
}
