/*
** exchange.c - the key exchange of TLS 1.2, and what the peer signs with in either version: shares of their groups,
** groups and signature schemes that were offered.
*/

#include "transcript.h"

enum { SERVER_KEY_EXCHANGE = 12, CERTIFICATE_VERIFY = 15, CLIENT_KEY_EXCHANGE = 16 };

static int exchange_misbehaved (lw_Connection *c, const char *what) {
  lw_connection_fail(c, LW_PEER_MISBEHAVED, LW_ILLEGAL_PARAMETER, "%s", what);
  return -1;
}

/* -------------------------------------------------------------------- what the peer signs with */

static int exchange_has (const uint16_t *list, size_t count, unsigned code) {
  for (size_t i = 0; i < count; i++)
    if (list[i] == code)
      return 1;
  return 0;
}

/* RFC 8446 section 4.2.3: neither SHA-1 nor PKCS #1 signs messages of TLS 1.3. */
static int exchange_ismodern (unsigned scheme) {
  unsigned hash = scheme >> 8;
  return hash == 8 || (hash >= 4 && hash <= 6 && (scheme & 255) == 3);
}

/* A server's wolfSSL takes whatever fits the client's key. */
static int exchange_accepts (const lw_Connection *c, unsigned scheme) {
  if (!c->server)
    return lw_hello_has(c->gate->offered.schemes, scheme);
  if (scheme >= 0x0809 && scheme <= 0x080b) /* rsa_pss_pss goes with its rsa_pss_rsae */
    scheme -= 5;
  return exchange_has(c->context->schemes, c->context->schemes_count, scheme);
}

int lw_exchange_scheme (lw_Connection *c, unsigned scheme) {
  int modern = c->facts.version != 0x0304 || exchange_ismodern(scheme);
  if (modern && exchange_accepts(c, scheme))
    return 1;
  if (modern && c->server && c->facts.version == 0x0304 &&
      !lw_device_hears(LW_HASH)) /* wolfSSL did ask for it */
    lw_connection_fail(c, LW_PEER_INCOMPATIBLE, LW_HANDSHAKE_FAILURE,
                       "the client signed with a scheme that is not one of this server's");
  else
    exchange_misbehaved(c, "a signature scheme that was not offered");
  return 0;
}

/* Of which type are the keys that sign so? */
static int exchange_keytype (unsigned scheme) {
  if (scheme == 0x0807)
    return LW_KEY_ED25519;
  if (scheme == 0x0808)
    return LW_KEY_ED448;
  return scheme >> 8 != 8 && (scheme & 255) == 3 ? LW_KEY_EC : LW_KEY_RSA;
}

static int exchange_fitskey (unsigned scheme, int type) {
  return exchange_keytype(scheme) == (type == LW_KEY_RSA_PSS ? LW_KEY_RSA : type);
}

/* In TLS 1.2 a server's wolfSSL takes what an EC key signs under any name. */
int lw_exchange_fits (lw_Connection *c, unsigned scheme) {
  const lw_Trial *t = &c->trial;
  if (scheme == 0 || t->key == LW_KEY_OTHER) /* nothing to compare yet */
    return 1;
  if (!exchange_fitskey(scheme, t->key))
    exchange_misbehaved(c, "a signature scheme that is not of the certificate's key");
  else if (c->facts.version == 0x0304 && t->scheme != 0 && t->scheme != scheme)
    exchange_misbehaved(c, "a signature scheme that is not of the certificate's curve");
  return c->code == NULL;
}

/* -------------------------------------------------------------------- the key exchange of TLS 1.2 */

static int exchange_hasgroup (const lw_Context *x, unsigned group) {
  return exchange_has(x->groups, x->groups_count, group);
}

/* Might wolfSSL, which takes any curve of a client's in TLS 1.2, take one that is not ours? */
static int exchange_haschoice (const lw_Context *x, lw_Span groups) {
  for (size_t i = 0; i + 1 < groups.length; i += 2)
    if (!exchange_hasgroup(x, lw_read16(groups.data + i)))
      return 1;
  return 0;
}

/* Of a share, as wolfSSL counts it. */
static uint16_t exchange_octets (unsigned group) {
  switch (group) {
  case 0x0018:
    return 48;
  case 0x0019:
    return 66;
  case 0x001e:
    return 57;
  default:
    return 32;
  }
}

/* Octets of the primes of RFC 7919, from ffdhe2048 on. */
static const uint16_t primes[] = {256, 384, 512, 768, 1024};

enum { FIELDS = sizeof primes / sizeof primes[0], FFDHE2048 = 0x0100 };

/* 0: of none. */
static uint16_t exchange_field (size_t octets) {
  for (int i = 0; i < FIELDS; i++)
    if (primes[i] == octets)
      return (uint16_t)(FFDHE2048 + i);
  return 0;
}

/* A context of TLS 1.2 alone cannot be told which finite fields: wolfSSL takes the largest that the client names. */
static int exchange_limit (lw_Connection *c) {
  for (int i = FIELDS - 1; i >= 0; i--)
    if (exchange_hasgroup(c->context, (unsigned)(FFDHE2048 + i)))
      return wolfSSL_SetMaxDhKey_Sz(c->ssl, (word16)(8 * primes[i])) == WOLFSSL_SUCCESS;
  return 1;
}

/* Of several curves with shares of the size that it wants wolfSSL takes the first, and what is set here comes before
   what the client offers. */
static int exchange_prefer (lw_Connection *c) {
  const lw_Context *x = c->context;
  if (!exchange_haschoice(x, c->gate->offered.groups))
    return 1;
  for (size_t i = 0; i < x->groups_count; i++)
    if (x->groups[i] < 0x0100 && lw_hello_has(c->gate->offered.groups, x->groups[i]))
      return wolfSSL_UseSupportedCurve(c->ssl, x->groups[i]) == WOLFSSL_SUCCESS &&
             wolfSSL_SetTmpEC_DHE_Sz(c->ssl, exchange_octets(x->groups[i])) >= 0;
  return 1;
}

int lw_exchange_start (lw_Connection *c) {
  if (!c->server)
    return 1;
  if (c->gate->version != 0x0303)
    return lw_suite_narrow(c, LW_ELLIPTIC | LW_MODULAR);
  return lw_suite_narrow(c, lw_choice_exchanges(c->context, &c->gate->offered)) &&
         exchange_prefer(c) && exchange_limit(c);
}

int lw_exchange_usespsk (const lw_Connection *c) {
  return c->suite != NULL && c->suite->auth == LW_AUTH_PSK;
}

static int exchange_badshare (lw_Connection *c) {
  return exchange_misbehaved(c, "a key share that is not of its group");
}

static int exchange_malformed (lw_Connection *c) {
  lw_connection_fail(c, LW_DECODE_ERROR, LW_DECODE_ALERT, "malformed key exchange");
  return -1;
}

/* What follows the share of a server: a signature, but with a PSK. wolfSSL misses it where it must be there. */
static int exchange_signed (lw_Connection *c, lw_Span rest) {
  if (rest.length < 2)
    return 1;
  c->facts.scheme = lw_read16(rest.data);
  return c->server || lw_exchange_scheme(c, c->facts.scheme);
}

/* RFC 5246 section 7.4.3: modulus, generator, public value; then the signature. */
static int exchange_modular (lw_Connection *c, lw_Span rest) {
  lw_Span p, g, y;
  if (!lw_hello_vector(&rest, 2, &p) || !lw_hello_vector(&rest, 2, &g) ||
      !lw_hello_vector(&rest, 2, &y))
    return exchange_malformed(c);
  if (c->server)
    c->facts.group = exchange_field(p.length);
  if (!exchange_signed(c, rest))
    return -1;
  return lw_share_inrange(y, p) ? 0 : exchange_badshare(c);
}

/* RFC 8422 section 5.4: a named curve, the point; then the signature. */
static int exchange_elliptic (lw_Connection *c, lw_Span rest) {
  lw_Span point;
  if (rest.length < 4)
    return exchange_malformed(c);
  if (rest.data[0] != 3)
    return exchange_misbehaved(c, "ServerKeyExchange: not a named curve");
  c->facts.group = lw_read16(rest.data + 1);
  rest.data += 3;
  rest.length -= 3;
  if (!lw_hello_vector(&rest, 1, &point))
    return exchange_malformed(c);
  if (!exchange_signed(c, rest))
    return -1;
  if (c->server) /* so says wolfSSL */
    return exchange_hasgroup(c->context, c->facts.group) ? 0 : -1;
  if (!lw_hello_has(c->gate->offered.groups, c->facts.group))
    return exchange_misbehaved(c, "ServerKeyExchange: a group that was not offered");
  return lw_share_good(c->facts.group, point) ? 0 : exchange_badshare(c);
}

/* RFC 5489 section 2: with a PSK a hint comes first. */
static int exchange_server (lw_Connection *c, const unsigned char *body, size_t length) {
  lw_Span rest = {body, length}, hint;
  if (lw_exchange_usespsk(c) && !lw_hello_vector(&rest, 2, &hint))
    return exchange_malformed(c);
  return lw_suite_elliptic(c->facts.suite) ? exchange_elliptic(c, rest) : exchange_modular(c, rest);
}

/* The share of a client; with a PSK its identity comes first. */
static int exchange_client (lw_Connection *c, const unsigned char *body, size_t length) {
  lw_Span rest = {body, length}, identity, share;
  int elliptic = lw_suite_elliptic(c->facts.suite);
  if ((lw_exchange_usespsk(c) && !lw_hello_vector(&rest, 2, &identity)) ||
      !lw_hello_vector(&rest, elliptic ? 1 : 2, &share) || rest.length != 0 || share.length == 0)
    return exchange_malformed(c);
  return lw_share_good(c->facts.group, share) ? 0 : exchange_badshare(c);
}

/* EdDSA signs the messages, not their hash, and wolfSSL keeps those that it was given. */
static int exchange_canverify (lw_Connection *c) {
  unsigned scheme = c->facts.client_scheme;
  if (c->gate->transcript == NULL || (scheme != 0x0807 && scheme != 0x0808) || lw_eddsa_restores())
    return 1;
  lw_connection_fail(c, LW_PEER_INCOMPATIBLE, LW_HANDSHAKE_FAILURE,
                     "EdDSA of a client in TLS 1.2, over a message that wolfSSL does not read");
  return 0;
}

/* Whoever sent it: facts of a TLS 1.2 handshake. */
int lw_exchange_message (lw_Connection *c, unsigned type, const unsigned char *body,
                         size_t length) {
  if (type == SERVER_KEY_EXCHANGE)
    return exchange_server(c, body, length);
  if (type == CERTIFICATE_VERIFY && length < 2)
    return exchange_malformed(c);
  if (type == CERTIFICATE_VERIFY)
    c->facts.client_scheme = lw_read16(body);
  if (type == CERTIFICATE_VERIFY && c->server && !lw_exchange_scheme(c, c->facts.client_scheme))
    return -1;
  if (type == CERTIFICATE_VERIFY && !exchange_canverify(c))
    return -1;
  if (type == CLIENT_KEY_EXCHANGE && c->server && exchange_client(c, body, length) < 0)
    return -1;
  if (type == CLIENT_KEY_EXCHANGE && c->server && lw_exchange_usespsk(c))
    return lw_psk_named(c, body, length);
  return 0;
}
