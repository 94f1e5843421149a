/*
** hello.h - what decides a handshake: hellos, suites, key shares.
*/

#ifndef LW_HELLO_H
#define LW_HELLO_H

#include "lwolfssl.h"

#pragma GCC visibility push(hidden)

/* ------------------------------------------------------------------ hello (hello.c)
**
** Strict, bounded readers of the two messages that decide a handshake. No copy: spans point into the input.
*/

typedef struct lw_Hello {
  unsigned legacy_version;
  unsigned version; /* ServerHello: negotiated. ClientHello: the highest offered below 0x0400 */
  lw_Span random, session_id;
  lw_Span suites;       /* ClientHello: the list; ServerHello: the one */
  lw_Span compressions; /* likewise */
  lw_Span extensions;   /* all of them, without the outer length */
  uint64_t kinds;       /* a bit for each of their types, which others may share */
  lw_Span key_share, groups, schemes, supported_versions, server_name, alpn;
  lw_Span psks, psk_modes; /* identities of pre_shared_key; psk_key_exchange_modes */
  int has_key_share, has_pre_shared_key, has_extended_master_secret;
  int has_cookie;
  int only_compressed;     /* points, says ec_point_formats */
  int renegotiates;        /* its renegotiation_info is that of a further handshake */
  int alert;               /* for what is wrong, if not decode_error */
  int retry;               /* a HelloRetryRequest */
  const unsigned char *at; /* the field that was read last: where it went wrong */
} lw_Hello;

/* Each returns NULL, or what is wrong: "field: what"; *alert then is the alert that says so. */
const char *lw_hello_client (lw_Hello *h, const unsigned char *body, size_t length, int *alert);
const char *lw_hello_server (lw_Hello *h, const unsigned char *body, size_t length, int *alert);
/* Walks a list of extensions: 0 at its end. The list must have been accepted by a reader above. */
int lw_hello_next (lw_Span *list, unsigned *type, lw_Span *content);
/* Takes a vector with a length of `width` bytes from the front of s; 0: there is none. */
int lw_hello_vector (lw_Span *s, int width, lw_Span *vector);
int lw_hello_has (lw_Span list, unsigned code); /* in a list of 16-bit code points? */
/* RFC 8446 section 4.2.8: are all shares of groups that it names? */
int lw_hello_namesgroups (const lw_Hello *h);
int lw_hello_isname (lw_Span name); /* as server_name may have it: RFC 6066 section 3 */
lw_Span lw_hello_extension (const lw_Hello *h, unsigned type); /* data is NULL: there is none */
/* Walks the identities of a ClientHello's pre_shared_key: 0 at the end. */
int lw_hello_identity (lw_Span *list, lw_Span *identity);

static inline uint16_t lw_read16 (const unsigned char *p) {
  return (uint16_t)((unsigned)p[0] << 8 | p[1]);
}

/* ------------------------------------------------------------------ cipher suites (suite.c) */

typedef enum { LW_AES_GCM, LW_AES_CCM, LW_AES_CCM_8, LW_CHACHA20, LW_CBC } lw_Cipher;
typedef enum { LW_AUTH_ANY, LW_AUTH_RSA, LW_AUTH_ECDSA, LW_AUTH_PSK } lw_Auth;

typedef struct lw_Suite {
  unsigned value;
  lw_Auth auth;
  lw_Cipher cipher;
  unsigned char key_length, mac_length;
  unsigned char hash;     /* wolfCrypt's number of the PRF's or HKDF's hash */
  unsigned char overhead; /* bytes that protection adds to an empty record, at the least */
} lw_Suite;

const lw_Suite *lw_suite (unsigned value); /* NULL: not one that this module lets a peer choose */
int lw_suite_elliptic (unsigned value);    /* of TLS 1.2: ECDHE, not DHE */

/* ------------------------------------------------------------------ key shares (share.c) */

/* Is there a share with a bit that does not count and that wolfSSL would mind? And without it. */
int lw_share_masked (lw_Span shares);
void lw_share_mask (unsigned char *shares, size_t length);
int lw_share_good (unsigned group, lw_Span share); /* is it one of its group, as far as known here? */
int lw_share_inrange (lw_Span y, lw_Span p);       /* 1 < y < p - 1, p being odd */
/* RFC 8446 section 4.2.8.1: in TLS 1.3 a number is as long as the prime of its group. */
int lw_share_padded (unsigned group, lw_Span share);

#pragma GCC visibility pop

#endif
