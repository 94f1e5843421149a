/*
** choice.c - what a server decides from a ClientHello before wolfSSL sees it, and what tells contexts apart.
*/

#include "connection.h"
#include "path.h"

#include <string.h>

#include <wolfssl/wolfcrypt/sha256.h>

static int choice_hasscheme (const lw_Context *x, const lw_Hello *h, unsigned scheme) {
  if (!lw_hello_has(h->schemes, scheme))
    return 0;
  for (size_t i = 0; i < x->schemes_count; i++)
    if (x->schemes[i] == scheme)
      return 1;
  return 0;
}

static int choice_rsa (const lw_Context *x, const lw_Hello *h, int tls13) {
  static const unsigned pss[] = {0x0804, 0x0805, 0x0806}, pkcs1[] = {0x0401, 0x0501, 0x0601};
  for (int i = 0; i < 3; i++)
    if (choice_hasscheme(x, h, pss[i]) || (!tls13 && choice_hasscheme(x, h, pkcs1[i])))
      return 1;
  return 0;
}

/* In TLS 1.2 the hash of an ECDSA scheme says nothing about the curve; EdDSA counts as ECDSA. */
static int choice_scheme (const lw_Context *x, const lw_Hello *h, lw_Auth auth, unsigned scheme,
                          int tls13) {
  if (auth == LW_AUTH_RSA)
    return choice_rsa(x, h, tls13);
  if (!tls13 && scheme >> 8 != 8)
    return choice_hasscheme(x, h, 0x0403) || choice_hasscheme(x, h, 0x0503) ||
           choice_hasscheme(x, h, 0x0603);
  return choice_hasscheme(x, h, scheme);
}

/* RFC 8422 section 4: who names no groups knows all curves; wolfSSL takes P-256. */
static int choice_hascurve (const lw_Context *x, const lw_Hello *h) {
  for (size_t i = 0; i < x->groups_count; i++)
    if (x->groups[i] < 0x0100 &&
        (h->groups.length == 0 ? x->groups[i] == 0x0017 : lw_hello_has(h->groups, x->groups[i])))
      return 1;
  return 0;
}

/* RFC 7919 section 4: who names no finite field takes any; ours is ffdhe2048, see lw_suite_use. */
static int choice_hasfield (const lw_Context *x, const lw_Hello *h) {
  int named = 0, common = 0;
  for (size_t i = 0; i + 1 < h->groups.length; i += 2)
    named |= (lw_read16(h->groups.data + i) >> 8 == 1);
  for (size_t i = 0; i < x->groups_count && named; i++)
    common |= (x->groups[i] >> 8 == 1 && lw_hello_has(h->groups, x->groups[i]));
  return !named || common;
}

int lw_choice_exchanges (const lw_Context *x, const lw_Hello *h) {
  return (choice_hascurve(x, h) ? LW_ELLIPTIC : 0) | (choice_hasfield(x, h) ? LW_MODULAR : 0);
}

int lw_choice_can (int exchanges, unsigned suite) {
  return suite >> 8 == 0x13 ||
         (exchanges & (lw_suite_elliptic(suite) ? LW_ELLIPTIC : LW_MODULAR)) != 0;
}

static int choice_suite (const lw_Context *x, const lw_Hello *h, lw_Auth auth) {
  int exchanges = lw_choice_exchanges(x, h);
  for (size_t i = 0; i < x->suites_length; i += 2) {
    const lw_Suite *suite = lw_suite(lw_read16(x->suites + i));
    if (suite != NULL && suite->auth == auth && lw_hello_has(h->suites, suite->value) &&
        lw_choice_can(exchanges, suite->value))
      return 1;
  }
  return 0;
}

int lw_choice_suits (const lw_Context *x, const lw_Hello *h, lw_Auth auth, unsigned scheme,
                     unsigned version) {
  return choice_scheme(x, h, auth, scheme, version == 0x0304) &&
         (version == 0x0304 || choice_suite(x, h, auth));
}

int lw_context_choose (const lw_Context *x, const lw_Hello *h, unsigned version) {
  if (x->identities == 0)
    return 0;
  for (size_t i = 0; i < x->identities; i++)
    if (lw_choice_suits(x, h, x->auth[i], x->scheme[i], version))
      return (int)i;
  return -1;
}

static int choice_hasname (lw_Span list, const unsigned char *name) {
  for (size_t at = 0; at < list.length; at += 1u + list.data[at])
    if (list.data[at] == name[0] && memcmp(list.data + at + 1, name + 1, name[0]) == 0)
      return 1;
  return 0;
}

/* RFC 7301 section 3.2: the server's preference counts; wolfSSL would follow the client's. */
lw_Span lw_choice_protocol (lw_Span names, const lw_Hello *h) {
  lw_Span name = {names.data, 0};
  for (; name.data < names.data + names.length; name.data += 1u + name.data[0])
    if (choice_hasname(h->alpn, name.data)) {
      name.length = 1u + name.data[0];
      break;
    }
  return name;
}

const char *lw_choice_badprotocols (const char *names, size_t length) {
  if (length > 255)
    return "is too long";
  for (size_t i = 0; i < length;) {
    size_t n = (unsigned char)names[i];
    if (n == 0 || n >= length - i)
      return "is no list of names";
    if (memchr(names + i + 1, ',', n) != NULL)
      return "wolfSSL cannot have a comma in a name";
    i += n + 1;
  }
  return NULL;
}

static void choice_demands (const lw_Demands *d, wc_Sha256 *sha) {
  unsigned char flags[11];
  flags[0] = (unsigned char)d->verify;
  flags[1] = (unsigned char)d->depth;
  flags[2] = (unsigned char)(d->insecure_no_name_check | d->insecure_accept_invalid << 1 |
                             d->insecure_weak_signatures << 2 | d->profile << 3);
  flags[3] = (unsigned char)(d->crl_required + 1);
  flags[4] = (unsigned char)(d->min_rsa_bits >> 8);
  flags[5] = (unsigned char)d->min_rsa_bits;
  flags[6] = (unsigned char)(d->min_ec_bits >> 8);
  flags[7] = (unsigned char)d->min_ec_bits;
  flags[8] = d->trust != NULL;
  flags[9] = (unsigned char)d->crls_count;
  flags[10] = (unsigned char)(d->staple | d->staple_nonce << 2);
  wc_Sha256Update(sha, flags, sizeof flags);
  if (d->trust != NULL)
    wc_Sha256Update(sha, d->trust->digest, sizeof d->trust->digest);
  for (size_t i = 0; i < d->crls_count; i++)
    wc_Sha256Update(sha, d->crls[i]->tbs.data, (word32)d->crls[i]->tbs.length);
  for (size_t i = 0; i < d->policies_count; i++)
    wc_Sha256Update(sha, (const unsigned char *)d->policies[i], (word32)strlen(d->policies[i]) + 1);
}

void lw_context_fixpolicy (lw_Context *x) {
  unsigned char flags[2];
  wc_Sha256 sha;
  flags[0] = (unsigned char)x->server;
  flags[1] = (unsigned char)x->alpn_length;
  if (wc_InitSha256(&sha) == 0) {
    choice_demands(&x->peer, &sha);
    wc_Sha256Update(&sha, flags, sizeof flags);
    wc_Sha256Update(&sha, x->alpn, (word32)x->alpn_length);
    if (!x->server) /* whom the server takes us for */
      wc_Sha256Update(&sha, lw_bytes_data(&x->chain[0]), (word32)lw_bytes_length(&x->chain[0]));
    wc_Sha256Final(&sha, x->policy);
    wc_Sha256Free(&sha);
  }
}

/* A client that chose its certificate for one connection: whom the server takes it for is nobody else's affair. */
static const lw_Bytes *choice_latechain (const lw_Connection *c) {
  return !c->server && c->answers != NULL && lw_bytes_length(&c->answers->chain) > 0
             ? &c->answers->chain
             : NULL;
}

static void choice_policy (const lw_Connection *c, const char *name, unsigned char policy[32]) {
  const lw_Context *x = c->context;
  const lw_Trust *t = c->trust;
  const lw_Bytes *late = choice_latechain(c);
  wc_Sha256 sha;
  memset(policy, 0, 32);
  if (wc_InitSha256(&sha) == 0) {
    unsigned char own = t != NULL;
    wc_Sha256Update(&sha, x->policy, sizeof x->policy);
    wc_Sha256Update(&sha, &own, 1);
    if (t != NULL)
      wc_Sha256Update(&sha, t->digest, sizeof t->digest);
    wc_Sha256Update(&sha, (const unsigned char *)name, (word32)strlen(name) + (late != NULL));
    if (late != NULL)
      wc_Sha256Update(&sha, lw_bytes_data(late), (word32)lw_bytes_length(late));
    wc_Sha256Final(&sha, policy);
    wc_Sha256Free(&sha);
  }
}

/* Each connection asks once or twice, and most often for the same name as the one before. */
const unsigned char *lw_connection_policy (const lw_Connection *c) {
  lw_Context *x = c->context;
  const char *name = c->server ? c->facts.server_name : c->name;
  int special = c->trust != NULL || choice_latechain(c) != NULL;
  if (name == NULL && !special)
    return x->policy;
  if (x->name != NULL && name != NULL && !special && strcmp(x->name, name) == 0)
    return x->named_policy;
  choice_policy(c, name == NULL ? "" : name, x->named_policy);
  if (name != NULL && !special)
    lw_copy(&x->name, name, strlen(name)); /* no memory: hashed again next time */
  else
    lw_free(x->name), x->name = NULL;
  return x->named_policy;
}
