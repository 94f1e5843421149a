/*
** chain.c - core.verify: Lua's values into a demand, and a verdict into Lua's values.
*/

#include <string.h>
#include <time.h>

#include "path.h"

#define FARTHEST 9007199254740992.0 /* seconds: every whole number up to it is exact */

typedef struct Request {
  const lw_Trust *trust;
  const lw_X509 **chain;
  size_t count;
  lw_Demand demand;
  const lw_Crl **crls;
  size_t crls_count;
  int crl_required; /* most depth at which there must be one; -1: none */
  lw_Span staple;
  int staple_awaited; /* the caller says that there was one, or none */
  lw_Verdict verdict;
} Request;

/* ------------------------------------------------------------------ options
**
** Argument 3 is their table; it keeps alive what the demand points to.
*/

static int option_boolean (lua_State *L, const char *name) {
  int value;
  lua_getfield(L, 3, name);
  value = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return value;
}

static int option_integer (lua_State *L, const char *name, int fallback, int least, int most) {
  lua_Number value = fallback;
  lua_getfield(L, 3, name);
  if (lua_isnumber(L, -1))
    value = lua_tonumber(L, -1);
  lua_pop(L, 1);
  if (!(value >= least && value <= most)) /* nor is NaN */
    luaL_argerror(L, 3, lua_pushfstring(L, "option '%s': must be %d to %d", name, least, most));
  return (int)value;
}

static lw_Span option_string (lua_State *L, const char *name) {
  lw_Span s = {NULL, 0};
  lua_getfield(L, 3, name);
  if (lua_type(L, -1) == LUA_TSTRING)
    s.data = (const unsigned char *)lua_tolstring(L, -1, &s.length);
  lua_pop(L, 1);
  return s;
}

static int64_t option_time (lua_State *L) {
  int64_t seconds = (int64_t)time(NULL);
  lua_getfield(L, 3, "time");
  if (lua_isnumber(L, -1)) {
    double exact = (double)lua_tonumber(L, -1);
    luaL_argcheck(L, exact >= -FARTHEST && exact <= FARTHEST, 3,
                  "option 'time': Unix seconds expected");
    seconds = (int64_t)exact;
    if ((double)seconds > exact)
      seconds--;
  }
  lua_pop(L, 1);
  return seconds;
}

static const char *option_purpose (lua_State *L) {
  lw_Span purpose = option_string(L, "purpose");
  if (purpose.data == NULL)
    return NULL;
  if (lw_span_equal(purpose, LW_SPAN("server_auth")))
    return LW_SERVER_AUTH;
  if (lw_span_equal(purpose, LW_SPAN("client_auth")))
    return LW_CLIENT_AUTH;
  return (const char *)purpose.data;
}

/* A block for so many elements, which the stack keeps until we return. */
static void *room (lua_State *L, size_t count, size_t size) {
  luaL_checkstack(L, 1, "too many certificates");
  return lua_newuserdata(L, count * size + 1);
}

/* A list among the options, and a block for its elements: both stay on the stack. */
typedef struct List {
  int at;
  size_t count;
  void *room;
} List;

static List option_list (lua_State *L, const char *name) {
  List l;
  lua_getfield(L, 3, name);
  l.at = lua_gettop(L);
  l.count = lua_istable(L, -1) ? lua_rawlen(L, -1) : 0;
  l.room = room(L, l.count, sizeof(void *));
  return l;
}

static void read_policies (lua_State *L, lw_Demand *d, const List *l) {
  const char **list = (const char **)l->room;
  if (!lua_istable(L, l->at))
    return;
  for (size_t i = 0; i < l->count; i++) {
    lua_rawgeti(L, l->at, (int)i + 1);
    luaL_argcheck(L, lua_type(L, -1) == LUA_TSTRING, 3, "policy: list of dotted OIDs expected");
    list[i] = lua_tostring(L, -1);
    lua_pop(L, 1);
  }
  d->policies = list;
  d->policies_count = l->count;
}

static void read_crls (lua_State *L, Request *q, const List *l) {
  q->crls = (const lw_Crl **)l->room;
  q->crls_count = l->count;
  for (size_t i = 0; i < l->count; i++) {
    lua_rawgeti(L, l->at, (int)i + 1);
    q->crls[i] = lw_crl_check(L, -1);
    lua_pop(L, 1);
  }
}

static void read_demand (lua_State *L, lw_Demand *d) {
  d->time = option_time(L);
  d->purpose = option_purpose(L);
  d->host = option_string(L, "host");
  d->ip = option_string(L, "ip");
  d->depth = option_integer(L, "depth", 8, 0, LW_MAX_DEPTH);
  d->min_rsa_bits = option_integer(L, "min_rsa_bits", 2048, 512, 16384);
  d->min_ec_bits = option_integer(L, "min_ec_bits", 256, 160, 521);
  d->weak_signatures = option_boolean(L, "insecure_weak_signatures");
  d->ca_leaf = option_boolean(L, "ca_leaf");
  d->profile = lw_profile_find((const char *)option_string(L, "profile").data);
}

const lw_X509 **lw_chain_check (lua_State *L, int arg, size_t *count) {
  const lw_X509 **chain;
  luaL_checktype(L, arg, LUA_TTABLE);
  *count = lua_rawlen(L, arg);
  luaL_argcheck(L, *count > 0, arg, "a leaf certificate, at the least, expected");
  chain = (const lw_X509 **)room(L, *count, sizeof *chain);
  for (size_t i = 0; i < *count; i++) {
    lua_rawgeti(L, arg, (int)i + 1);
    chain[i] = lw_certificate_check(L, -1);
    lua_pop(L, 1);
  }
  return chain;
}

enum { BOX = 4 };

/* What is made comes first: that may run finalizers, and they may close what is read afterwards. */
static void read_request (lua_State *L, Request *q) {
  List policies, crls;
  memset(q, 0, sizeof *q);
  luaL_checktype(L, 3, LUA_TTABLE);
  lua_settop(L, 3);
  lw_certificate_box(L);
  policies = option_list(L, "policy");
  crls = option_list(L, "crls");
  q->chain = lw_chain_check(L, 1, &q->count);
  q->trust = lw_trust_check(L, 2);
  read_demand(L, &q->demand);
  read_policies(L, &q->demand, &policies);
  read_crls(L, q, &crls);
  q->crl_required = option_integer(L, "crl_required", -1, -1, LW_PATH);
  q->staple = option_string(L, "staple");
  q->demand.nonce = option_string(L, "nonce");
  q->demand.nonce_required = option_boolean(L, "nonce_required");
  lua_getfield(L, 3, "staple");
  q->staple_awaited = !lua_isnil(L, -1);
}

/* ------------------------------------------------------------------ the verdict */

/* Revocation is looked at where there is a path to look along. */
static int verify (Request *q) {
  lw_Verdict *v = &q->verdict;
  int error = lw_path_verify(q->trust, q->chain, q->count, &q->demand, v);
  if (error != 0 || !v->anchored)
    return error;
  error = lw_crl_apply(q->crls, q->crls_count, q->crl_required, q->chain, q->count, &q->demand, v);
  if (error == 0 && q->staple.data != NULL)
    return lw_ocsp_apply(q->staple, &q->demand, v);
  if (q->staple_awaited && lw_ocsp_required(v->path[0]))
    lw_found(&v->findings, 0, "no_staple");
  return error;
}

/* Where it stands in the caller's list, from 1; 0: it is the trust's. */
static int place_of (const lw_X509 *x, const lw_X509 *const *chain, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (chain[i] == x)
      return (int)i + 1;
  return 0;
}

/* The trust's, which can only be the last, is copied before a finalizer may close it. */
static void copy_anchor (lua_State *L, const lw_X509 *x, int box, const lw_X509 *const *chain,
                         size_t count) {
  if (place_of(x, chain, count) > 0)
    return;
  lua_pushvalue(L, box);
  lw_certificate_fill(L, x->der);
  lua_pop(L, 1);
}

void lw_verdict_push (lua_State *L, const lw_Verdict *v, int arg, int box,
                      const lw_X509 *const *chain, size_t count) {
  copy_anchor(L, v->path[v->length - 1], box, chain, count);
  lua_createtable(L, 0, 4);
  lua_pushboolean(L, v->findings.count == 0);
  lua_setfield(L, -2, "ok");
  lua_pushboolean(L, v->anchored);
  lua_setfield(L, -2, "anchored");
  lw_findings_push(L, v->findings.list, v->findings.count);
  lua_setfield(L, -2, "errors");
  lua_createtable(L, v->length, 0);
  for (int i = 0; i < v->length; i++) {
    int place = place_of(v->path[i], chain, count);
    if (place > 0)
      lua_rawgeti(L, arg, place);
    else
      lua_pushvalue(L, box);
    lua_rawseti(L, -2, i + 1);
  }
  lua_setfield(L, -2, "path");
}

/***
Verifies a chain; see `wolfssl.verify`, which reads what this takes ready-made.
@function core.verify
@tparam {certificate,...} chain the leaf first, the others in any order
@tparam trust trust
@tparam table options
@treturn[1] {ok=boolean,anchored=boolean,path={certificate,...},errors={{depth=int,code=string,reason=string},...}}
@treturn[2] nil
@treturn[2] string message
@treturn[2] string "internal": out of memory
*/
static int core_verify (lua_State *L) {
  Request q;
  int error;
  read_request(L, &q);
  error = verify(&q);
  if (error != 0)
    return lw_failure(L, LW_INTERNAL, "verify: %s", lw_reason(error));
  lw_verdict_push(L, &q.verdict, 1, BOX, q.chain, q.count);
  return 1;
}

void lw_open_chain (lua_State *L) {
  lua_pushcfunction(L, core_verify);
  lua_setfield(L, -2, "verify");
}
