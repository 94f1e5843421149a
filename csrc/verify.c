/*
** verify.c - the peer's chain during a handshake. wolfSSL is given no certificate to trust: it reads the chain, takes
** the leaf's key and asks here, where our rules decide along a path of ours. They and wolfSSL's must agree.
*/

#include "connection.h"
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
  d->policies = peer->policies_count == 0 ? NULL : (const char *const *)peer->policies;
  d->policies_count = peer->policies_count;
}

/* The decision. 0, or MEMORY_E. */
static int verify_decide (const lw_Connection *c, const lw_X509 *const *chain, size_t count,
                          lw_Verdict *v) {
  const lw_Demands *peer = &c->context->peer;
  const lw_Trust *t = verify_trust(c);
  lw_Demand d;
  int error;
  verify_demand(c, &d);
  error = lw_path_verify(t, chain, count, &d, v);
  if (error == 0 && v->anchored)
    error = lw_crl_apply((const lw_Crl *const *)peer->crls, peer->crls_count, peer->crl_required,
                         chain, count, &d, v);
  if (error == 0 && v->findings.count == 0)
    error = lw_opinion_apply(t, v);
  return error;
}

/* -------------------------------------------------------------------- in the handshake */

/* The peer's certificates, those left out that cannot be read: `places` are those of the others. */
typedef struct Chain {
  size_t count;
  const lw_X509 *list[LW_MAX_PATH];
  unsigned char places[LW_MAX_PATH];
  lw_X509 room[1]; /* as many as there are */
} Chain;

static Chain *verify_read (const WOLFSSL_BUFFER_INFO *certificates, int count) {
  Chain *chain = (Chain *)lw_alloc(sizeof *chain + (size_t)count * sizeof(lw_X509));
  if (chain == NULL)
    return NULL;
  chain->count = 0;
  for (int i = 0; i < count && i < LW_MAX_PATH; i++) {
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
  trial->length = (unsigned char)v->length;
  trial->findings = v->findings;
  for (int i = 0; i < v->length; i++)
    trial->path[i] = verify_place(chain, v->path[i]);
  while (trial->anchor < t->anchors_count && t->anchors[trial->anchor] != v->path[v->length - 1])
    trial->anchor++;
}

/* wolfSSL has no place for more than nine certificates, nor for large ones. */
static int verify_keep (lw_Connection *c, const WOLFSSL_X509_STORE_CTX *store) {
  int good = 1;
  lw_bytes_free(&c->peer_chain); /* of a ticket that was not taken */
  if (store->sesChain != NULL && wolfSSL_get_chain_count(store->sesChain) == store->totalCerts)
    return 1;
  for (int i = 0; i < store->totalCerts && good; i++)
    good = lw_bytes_append(&c->peer_chain, store->certs[i].buffer, store->certs[i].length);
  return good;
}

static int verify_judge (lw_Connection *c, const WOLFSSL_X509_STORE_CTX *store) {
  Chain *chain = verify_read(store->certs, store->totalCerts);
  lw_Verdict v;
  int error = 0;
  memset(&c->trial, 0, sizeof c->trial);
  if (chain == NULL || !verify_keep(c, store))
    error = MEMORY_E;
  else if (chain->count == 0)
    lw_found(&c->trial.findings, 0, "undecodable");
  else {
    error = verify_decide(c, chain->list, chain->count, &v);
    if (error == 0)
      verify_record(c, chain, &v);
  }
  lw_free(chain);
  c->trial.judged = LW_ON_TRIAL;
  if (error != 0)
    lw_connection_fail(c, LW_INTERNAL, LW_INTERNAL_ALERT, "out of memory");
  return error == 0;
}

/* Without anybody to trust wolfSSL always misses the issuer; what else it says counts. */
static void verify_listen (lw_Connection *c, int error) {
  const char *code = lw_opinion_code(error);
  if (strcmp(code, "unknown_issuer") != 0 && strcmp(code, "self_signed") != 0)
    lw_found(&c->trial.findings, 0, code);
}

static int verify_refuse (lw_Connection *c) {
  const lw_Finding *first = &c->trial.findings.list[0];
  const lw_Flaw *flaw = &lw_flaws[first->flaw];
  lw_connection_fail(c, LW_CERTIFICATE_INVALID, flaw->alert, "certificate at depth %d: %s (%s)",
                     first->depth, flaw->text, flaw->code);
  return 0;
}

/* Called for every certificate, the leaf last; but for all of them together there is one decision. */
int lw_verify_callback (int preverified, WOLFSSL_X509_STORE_CTX *store) {
  lw_Connection *c = lw_current();
  int first = store->error_depth == store->totalCerts - 1, leaf = store->error_depth == 0;
  if (c == NULL || c->code != NULL)
    return 0;
  if (c->context->peer.verify == LW_VERIFY_NONE) { /* wolfSSL would take it as it is */
    lw_connection_fail(c, LW_PEER_MISBEHAVED, LW_UNEXPECTED_MESSAGE,
                       "a certificate that was not asked for");
    return 0;
  }
  if (store->totalCerts == 0) /* wolfSSL also calls for an empty list */
    return preverified;
  if ((first || c->trial.judged != LW_ON_TRIAL) && !verify_judge(c, store))
    return 0;
  if (leaf && !preverified)
    verify_listen(c, store->error);
  if (c->trial.findings.count > 0 && !c->context->peer.insecure_accept_invalid)
    return verify_refuse(c);
  if (leaf) {
    c->leaf_approved = 1;
    c->trial.judged = LW_JUDGED; /* another chain may come after the handshake */
  }
  return 1;
}

/* Such as a leaf with a critical extension that it does not know. */
void lw_verify_failed (lw_Connection *c, int error) {
  if (c->trial.findings.count == 0 && error != NO_PEER_CERT)
    lw_found(&c->trial.findings, 0, lw_opinion_code(error));
}

/* -------------------------------------------------------------------- for Lua */

/* What is to be said now of the chain that is the list at arg. */
static int verify_push (lua_State *L, const lw_Connection *c, int arg) {
  const lw_X509 **chain;
  size_t count;
  lw_Verdict v;
  chain = lw_chain_check(L, arg, &count);
  if (verify_decide(c, chain, count, &v) != 0)
    return lw_failure(L, LW_INTERNAL, "out of memory");
  lw_verdict_push(L, &v, arg, chain, count);
  return 1;
}

/***
Verifies a chain as the handshake would: with the same trust, for the same name, and so on.
@function connection:examine
@tparam {certificate,...} chain the leaf first
@treturn[1] table verdict as of `verdict`
@treturn[2] nil
@treturn[2] string message
@treturn[2] string "internal": out of memory
*/
int lw_connection_examine (lua_State *L) {
  const lw_Connection *c = lw_connection_check(L, 1);
  lua_settop(L, 2);
  return verify_push(L, c, 2);
}

static void verify_pushpath (lua_State *L, const lw_Connection *c) {
  const lw_Trial *trial = &c->trial;
  lua_createtable(L, trial->length, 0);
  for (int i = 0; i < trial->length; i++) {
    lw_Span der = trial->path[i] == LW_ANCHOR ? verify_trust(c)->anchors[trial->anchor]->der
                                              : lw_conninfo_peer(c, trial->path[i]);
    lw_certificate_push(L, der.data, der.length);
    lua_rawseti(L, -2, i + 1);
  }
}

/***
What was found out about the peer's chain: the handshake fails for any error in it unless the context is insecure. A
peer without a certificate is not ok. A resumed connection has the chain of the first one, and it is verified again.
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
  if (c->facts.resumed && !c->trial.judged && lw_conninfo_pushpeer(L, c) > 0)
    return verify_push(L, c, 2);
  lua_createtable(L, 0, 4);
  lua_pushboolean(L, c->leaf_approved && f->count == 0);
  lua_setfield(L, -2, "ok");
  lua_pushboolean(L, c->trial.anchored);
  lua_setfield(L, -2, "anchored");
  verify_pushpath(L, c);
  lua_setfield(L, -2, "path");
  lw_findings_push(L, f->list, f->count);
  lua_setfield(L, -2, "errors");
  return 1;
}

/***
Trusts others than the context does; to be called before the handshake.
@function connection:use_trust
@tparam trust trust
*/
int lw_connection_usetrust (lua_State *L) {
  lw_Connection *c = lw_connection_check(L, 1);
  lw_Trust *t = lw_trust_check(L, 2);
  luaL_argcheck(L, c->ssl == NULL, 1, "the handshake has begun");
  luaL_argcheck(L, c->session == NULL, 1, "a session is there already");
  lw_trust_retain(t);
  lw_trust_release(c->trust);
  c->trust = t;
  return 0;
}
