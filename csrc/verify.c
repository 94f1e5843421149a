/*
** verify.c - the peer's chain during a handshake. wolfSSL is given no certificate to trust: it reads the chain, takes
** the leaf's key and asks here, where our rules decide along a path of ours. They and wolfSSL's must agree.
*/

#include "transcript.h"
#include "path.h"

#include <string.h>
#include <time.h>

#include <wolfssl/error-ssl.h>

static const lw_Trust nobody;

static const lw_Trust *verify_trust (const lw_Connection *c) {
  const lw_Trust *t = c->trust != NULL ? c->trust : c->context->peer.trust;
  return t != NULL ? t : &nobody;
}

static void verify_demand (const lw_Connection *c, lw_Demand *d) {
  const lw_Demands *peer = &c->context->peer;
  memset(d, 0, sizeof *d);
  d->time = (int64_t)time(NULL);
  d->purpose = c->server ? LW_CLIENT_AUTH : LW_SERVER_AUTH;
  if (!c->server && c->name != NULL && !peer->insecure_no_name_check) {
    d->host.data = (const unsigned char *)c->name;
    d->host.length = strlen(c->name);
  }
  d->depth = peer->depth;
  d->min_rsa_bits = (int)peer->min_rsa_bits;
  d->min_ec_bits = (int)peer->min_ec_bits;
  d->weak_signatures = peer->insecure_weak_signatures;
  d->profile = (lw_Profile)peer->profile;
  d->policies = peer->policies_count == 0 ? NULL : (const char *const *)peer->policies;
  d->policies_count = peer->policies_count;
}

int lw_verify_staple (const lw_Connection *c, lw_Span staple, lw_Verdict *v) {
  lw_Staple asked = c->context->peer.staple;
  lw_Demand d;
  if (asked == LW_STAPLE_NONE || v->length < 2) /* nobody speaks of who is trusted by himself */
    return 0;
  verify_demand(c, &d);
  d.nonce = lw_staple_nonce(c);
  d.nonce_required = c->context->peer.staple_nonce == LW_STAPLE_REQUIRE;
  if (staple.data != NULL)
    return lw_ocsp_apply(staple, &d, v);
  if (asked == LW_STAPLE_REQUIRE || lw_ocsp_required(v->path[0]))
    lw_found(&v->findings, 0, "no_staple");
  return 0;
}

/* The decision. staple: NULL when it is not known yet. 0, or MEMORY_E. */
static int verify_decide (const lw_Connection *c, const lw_X509 *const *chain, size_t count,
                          const lw_Span *staple, lw_Verdict *v) {
  const lw_Demands *peer = &c->context->peer;
  const lw_Trust *t = verify_trust(c);
  lw_Demand d;
  int error;
  verify_demand(c, &d);
  error = lw_path_verify(t, chain, count, &d, v);
  if (error == 0 && v->anchored)
    error = lw_crl_apply((const lw_Crl *const *)peer->crls, peer->crls_count, peer->crl_required,
                         chain, count, &d, v);
  if (error == 0 && v->anchored && staple != NULL)
    error = lw_verify_staple(c, *staple, v);
  if (error == 0 && v->findings.count == 0)
    error = lw_opinion_apply(t, v);
  return error;
}

/* -------------------------------------------------------------------- in the handshake */

/* The peer's certificates, those left out that cannot be read: `places` are those of the others. */
typedef struct Chain {
  size_t count;
  const lw_X509 *list[LW_MAX_CHAIN];
  unsigned char places[LW_MAX_CHAIN];
  lw_X509 room[1]; /* as many as there are */
} Chain;

static Chain *verify_read (const WOLFSSL_BUFFER_INFO *certificates, int count) {
  Chain *chain = (Chain *)lw_alloc(sizeof *chain + (size_t)count * sizeof(lw_X509));
  if (chain == NULL)
    return NULL;
  chain->count = 0;
  for (int i = 0; i < count && i < LW_MAX_CHAIN; i++) {
    lw_X509 *x = &chain->room[chain->count];
    lw_Fault fault = {NULL, NULL, 0};
    lw_Span der;
    der.data = certificates[i].buffer;
    der.length = certificates[i].length;
    if (lw_x509_read(x, der, &fault)) {
      chain->list[chain->count] = x;
      chain->places[chain->count++] = (unsigned char)i;
    }
    else if (i == 0)
      break;
  }
  return chain;
}

/* RFC 8446 section 4.2.3: a curve has one scheme, or none, which is told by a number that no scheme has. */
static uint16_t verify_scheme (const lw_X509 *leaf) {
  static const struct Curve {
    lw_Span oid;
    uint16_t scheme;
  } curves[] = {
      {{(const unsigned char *)"\x2a\x86\x48\xce\x3d\x03\x01\x07", 8}, 0x0403},
      {{(const unsigned char *)"\x2b\x81\x04\x00\x22", 5}, 0x0503},
      {{(const unsigned char *)"\x2b\x81\x04\x00\x23", 5}, 0x0603},
  };
  if (leaf->key.type != LW_KEY_EC)
    return 0;
  for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++)
    if (lw_span_equal(leaf->key.curve, curves[i].oid))
      return curves[i].scheme;
  return 0xffff;
}

static unsigned char verify_place (const Chain *chain, const lw_X509 *x) {
  for (size_t i = 0; i < chain->count; i++)
    if (chain->list[i] == x)
      return chain->places[i];
  return LW_ANCHOR;
}

static void verify_record (lw_Connection *c, const Chain *chain, const lw_Verdict *v) {
  const lw_Trust *t = verify_trust(c);
  lw_Trial *trial = &c->trial;
  trial->anchored = v->anchored != 0;
  trial->scheme = verify_scheme(&chain->room[0]);
  trial->key = (unsigned char)chain->room[0].key.type;
  trial->length = (unsigned char)v->length;
  trial->findings = v->findings;
  for (int i = 0; i < v->length; i++)
    trial->path[i] = verify_place(chain, v->path[i]);
  while (trial->anchor < t->anchors_count && t->anchors[trial->anchor] != v->path[v->length - 1])
    trial->anchor++;
}

int lw_verify_judge (lw_Connection *c, const WOLFSSL_BUFFER_INFO *certificates, int count,
                     const lw_Span *staple) {
  Chain *chain = verify_read(certificates, count);
  lw_Verdict v;
  int error = chain == NULL ? MEMORY_E : 0;
  memset(&c->trial, 0, sizeof c->trial);
  if (chain != NULL && chain->count == 0)
    lw_found(&c->trial.findings, 0, "undecodable");
  else if (chain != NULL) {
    error = verify_decide(c, chain->list, chain->count, staple, &v);
    if (error == 0)
      verify_record(c, chain, &v);
  }
  lw_free(chain);
  c->trial.judged = LW_ON_TRIAL;
  if (error != 0)
    lw_connection_fail(c, LW_INTERNAL, LW_INTERNAL_ALERT, "out of memory");
  return error == 0;
}

static void verify_fail (lw_Connection *c, int alerted) {
  const lw_Finding *gravest = lw_findings_gravest(&c->trial.findings);
  const lw_Flaw *flaw = &lw_flaws[gravest->flaw];
  lw_connection_fail(c, LW_CERTIFICATE_INVALID, alerted ? -1 : flaw->alert,
                     "certificate at depth %d: %s (%s)", gravest->depth, flaw->text, flaw->code);
}

int lw_verify_passes (lw_Connection *c) {
  if (c->trial.findings.count == 0 || c->context->peer.insecure_accept_invalid)
    return 1;
  verify_fail(c, 0);
  return 0;
}

/* -------------------------------------------------------------------- wolfSSL asks */

/* The same bytes that the gate has seen? */
static int verify_isforeseen (const lw_Connection *c, const WOLFSSL_X509_STORE_CTX *store) {
  if (c->trial.judged != LW_FORESEEN)
    return 0;
  if (c->shortened)
    return store->totalCerts == 1 && lw_shorten_isleaf(c, &store->certs[0]);
  for (int i = 0; i < store->totalCerts; i++)
    if (!lw_chain_has(&c->peer_chain, (size_t)i, &store->certs[i]))
      return 0;
  return lw_chain_nth(&c->peer_chain, (size_t)store->totalCerts).data == NULL;
}

/* wolfSSL has no place for more than nine certificates, nor for large ones. */
static int verify_keep (lw_Connection *c, const WOLFSSL_X509_STORE_CTX *store) {
  lw_bytes_free(&c->peer_chain); /* of a ticket that was not taken */
  if (store->sesChain != NULL && wolfSSL_get_chain_count(store->sesChain) == store->totalCerts)
    return 1;
  for (int i = 0; i < store->totalCerts; i++)
    if (!lw_chain_keep(&c->peer_chain, &store->certs[i])) {
      lw_connection_fail(c, LW_INTERNAL, LW_INTERNAL_ALERT, "out of memory");
      return 0;
    }
  return 1;
}

/* Is what wolfSSL has the leaf of the chain that will be judged? Another Certificate may have come before that one. */
static int verify_isleaf (lw_Connection *c, const WOLFSSL_X509_STORE_CTX *store) {
  if (store->totalCerts == 1 && lw_shorten_isleaf(c, &store->certs[0]))
    return 1;
  lw_connection_fail(c, LW_PEER_MISBEHAVED, LW_UNEXPECTED_MESSAGE, "Certificate: the second one");
  return 0;
}

static int verify_begin (lw_Connection *c, const WOLFSSL_X509_STORE_CTX *store) {
  WOLFSSL_BUFFER_INFO list[LW_MAX_CHAIN];
  lw_Span staple = {NULL, 0};
  int tls13 = c->facts.version == 0x0304;
  if (verify_isforeseen(c, store)) {
    c->trial.judged = LW_ON_TRIAL;
    return 1;
  }
  if (tls13 && !c->server)
    staple = lw_staple_beside(&store->certs[0]);
  if (c->shortened && (c->gate != NULL || c->answer != NULL))
    return verify_isleaf(c, store) &&
           lw_verify_judge(c, list, lw_shorten_list(c, list, LW_MAX_CHAIN), tls13 ? &staple : NULL);
  c->shortened = 0;
  return verify_keep(c, store) &&
         lw_verify_judge(c, store->certs, store->totalCerts, tls13 ? &staple : NULL);
}

/* wolfSSL takes a client's certificate with a session or a pre-shared key, too, and then does not miss its
   CertificateVerify. */
static int verify_isasked (const lw_Connection *c) {
  if (!c->server || c->answer != NULL)
    return 1;
  return c->context->peer.verify != LW_VERIFY_NONE && c->gate != NULL && !c->gate->resumes &&
         c->suite->auth != LW_AUTH_PSK;
}

/* Called for every certificate, the leaf last; but for all of them together there is one decision. wolfSSL's word on
   each is of no use, for it has no issuer, or one of those that we have lent, which need not be the right one: it was
   asked for its opinion of the path. */
int lw_verify_callback (int preverified, WOLFSSL_X509_STORE_CTX *store) {
  lw_Connection *c = lw_current();
  if (c == NULL || c->code != NULL)
    return 0;
  if (!verify_isasked(c)) {
    lw_connection_fail(c, LW_PEER_MISBEHAVED, LW_UNEXPECTED_MESSAGE,
                       "a certificate that was not asked for");
    return 0;
  }
  if (store->totalCerts == 0) /* wolfSSL also calls for an empty list */
    return preverified;
  if (c->trial.judged != LW_ON_TRIAL && !verify_begin(c, store))
    return 0;
  if (!lw_verify_passes(c))
    return 0;
  if (store->error_depth == 0) {
    c->leaf_approved = 1;
    c->trial.judged = LW_JUDGED; /* another chain may come after the handshake */
  }
  return c->answer != NULL || lw_exchange_fits(c, lw_exchange_peers(c));
}

/* Those of the Certificate that wolfSSL has begun to read, as far as it keeps them. */
static int verify_list (const lw_Connection *c, WOLFSSL_BUFFER_INFO *list, int most) {
  WOLFSSL_X509_CHAIN *chain = wolfSSL_get_peer_chain(c->ssl);
  int count = chain == NULL ? 0 : wolfSSL_get_chain_count(chain);
  if (c->shortened && c->gate != NULL)
    return lw_shorten_list(c, list, most);
  for (int i = 0; i < count && i < most; i++) {
    list[i].buffer = wolfSSL_get_chain_cert(chain, i);
    list[i].length = (unsigned)wolfSSL_get_chain_length(chain, i);
  }
  return count < most ? count : most;
}

/* It keeps no large ones: is the leaf among them, and the one that it cannot read? */
static int verify_isculprit (const WOLFSSL_BUFFER_INFO *leaf, int error) {
  lw_Span der = {leaf->buffer, leaf->length};
  return lw_opinion_alone(der) == error;
}

int lw_verify_explains (lw_Connection *c, int error, int alerted) {
  WOLFSSL_BUFFER_INFO list[LW_MAX_CHAIN];
  int count = c->trial.judged == LW_ON_TRIAL || c->leaf_approved || c->open
                  ? 0
                  : verify_list(c, list, LW_MAX_CHAIN);
  if (count == 0 || !verify_isculprit(&list[0], error) ||
      (c->trial.judged == 0 && !lw_verify_judge(c, list, count, NULL)))
    return 0;
  if (c->context->peer.insecure_accept_invalid && c->trial.length > 0)
    return 0;
  if (c->trial.findings.count > 0)
    verify_fail(c, alerted);
  return c->code != NULL;
}

/* Such as a leaf with a critical extension that it does not know. */
void lw_verify_failed (lw_Connection *c, int error) {
  if (c->trial.findings.count == 0 && error != NO_PEER_CERT)
    lw_found(&c->trial.findings, 0, lw_opinion_code(error));
}

/* -------------------------------------------------------------------- for Lua */

/* What is to be said now of the chain that is the list at arg. */
static int verify_push (lua_State *L, const lw_Connection *c, int arg, const lw_Span *staple) {
  const lw_X509 **chain;
  size_t count;
  lw_Verdict v;
  int box;
  lw_certificate_box(L);
  box = lua_gettop(L);
  chain = lw_chain_check(L, arg, &count);
  if (verify_decide(c, chain, count, staple, &v) != 0)
    return lw_failure(L, LW_INTERNAL, "out of memory");
  lw_verdict_push(L, &v, arg, box, chain, count);
  return 1;
}

/***
Verifies a chain as the handshake would: with the same trust, for the same name, and so on.
@function connection:examine
@tparam {certificate,...} chain the leaf first
@tparam[opt] string|boolean staple the OCSP response that came with it; false: none did; nil: not looked at
@treturn[1] table verdict as of `verdict`
@treturn[2] nil
@treturn[2] string message
@treturn[2] string "internal": out of memory
*/
int lw_connection_examine (lua_State *L) {
  const lw_Connection *c = lw_connection_check(L, 1);
  lw_Span staple = {NULL, 0};
  lua_settop(L, 3);
  if (lua_type(L, 3) == LUA_TSTRING)
    staple.data = (const unsigned char *)lua_tolstring(L, 3, &staple.length);
  return verify_push(L, c, 2, lua_isnil(L, 3) ? NULL : &staple);
}

lw_Span lw_verify_path (const lw_Connection *c, size_t i) {
  lw_Span none = {NULL, 0};
  if (i >= c->trial.length)
    return none;
  return c->trial.path[i] == LW_ANCHOR ? verify_trust(c)->anchors[c->trial.anchor]->der
                                       : lw_conninfo_peer(c, c->trial.path[i]);
}

/***
What was found out about the peer's chain: the handshake fails for any error in it unless the context is insecure. A
peer without a certificate is not ok, nor one that owes the answer to `request_certificate`. A resumed connection has the chain of the first one, and it is verified again.
@function connection:verdict
@treturn[1] {ok=boolean,anchored=boolean,path={certificate,...},errors={table,...}} path: from the leaf to the anchor,
  or as far as it goes when not anchored; errors: `{depth=, code=, reason=}`, depth 0 being the leaf
@treturn[2] nil
@treturn[2] string message
@treturn[2] string "internal": out of memory
*/
int lw_connection_verdict (lua_State *L) {
  const lw_Connection *c = lw_connection_check(L, 1);
  const lw_Findings *f = &c->trial.findings;
  lua_settop(L, 1);
  if (c->facts.resumed && !c->trial.judged && lw_conninfo_pushall(L, c, lw_conninfo_peer) > 0)
    return verify_push(L, c, 2, NULL);
  lua_createtable(L, 0, 4);
  lua_pushboolean(L, c->leaf_approved && f->count == 0 && c->answer == NULL);
  lua_setfield(L, -2, "ok");
  lua_pushboolean(L, c->trial.anchored);
  lua_setfield(L, -2, "anchored");
  lw_conninfo_pushall(L, c, lw_verify_path);
  lua_setfield(L, -2, "path");
  lw_findings_push(L, f->list, f->count);
  lua_setfield(L, -2, "errors");
  return 1;
}

void lw_verify_taketrust (lua_State *L, int arg, lw_Connection *c) {
  lw_Trust *t = lw_trust_check(L, arg);
  lw_trust_retain(t);
  lw_trust_release(c->trust);
  c->trust = t;
}

/***
Trusts others than the context does; to be called before the handshake.
@function connection:use_trust
@tparam trust trust
*/
int lw_connection_usetrust (lua_State *L) {
  lw_Connection *c = lw_connection_check(L, 1);
  luaL_argcheck(L, c->ssl == NULL, 1, "the handshake has begun");
  luaL_argcheck(L, c->session == NULL, 1, "a session is there already");
  lw_verify_taketrust(L, 2, c);
  return 0;
}
