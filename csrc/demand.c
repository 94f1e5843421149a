/*
** demand.c - what a context asks of its peers' chains. Every function sets one option.
*/

#include "connection.h"
#include "path.h"

#include <string.h>

#include <wolfssl/wolfcrypt/error-crypt.h>

/***
@function context:set_verify
@tparam string mode `"none"`, `"optional"` or `"required"`: of the peer's certificate
@tparam integer depth most intermediate certificates, self-issued ones not counted, 0 to 12
*/
static int demand_setverify (lua_State *L) {
  static const char *const modes[] = {"none", "optional", "required", NULL};
  static const int flags[] = {WOLFSSL_VERIFY_NONE, WOLFSSL_VERIFY_PEER,
                              WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT};
  lw_Context *x = lw_context_settable(L);
  int mode = luaL_checkoption(L, 2, NULL, modes);
  lua_Integer depth = luaL_checkinteger(L, 3);
  luaL_argcheck(L, x->server || mode == LW_VERIFY_REQUIRED, 2, "a client always verifies");
  luaL_argcheck(L, depth >= 0 && depth <= LW_MAX_DEPTH, 3, "must be 0 to 12");
  x->peer.verify = (lw_Verify)mode;
  x->peer.depth = (int)depth;
  lw_context_each(x, ctx) {
    wolfSSL_CTX_set_verify(*ctx, flags[mode], lw_verify_callback);
    if (x->server && mode != LW_VERIFY_NONE) /* some versions lose the client's certificate there */
      wolfSSL_CTX_NoTicketTLSv12(*ctx);
  }
  return 0;
}

/***
@function context:set_minimum_keys
@tparam integer rsa_bits
@tparam integer ec_bits
*/
static int demand_setminimumkeys (lua_State *L) {
  lw_Context *x = lw_context_settable(L);
  lua_Integer rsa = luaL_checkinteger(L, 2), ec = luaL_checkinteger(L, 3);
  luaL_argcheck(L, rsa >= 512 && rsa <= 16384, 2, "must be 512 to 16384");
  luaL_argcheck(L, ec >= 160 && ec <= 521, 3, "must be 160 to 521");
  x->peer.min_rsa_bits = (unsigned)rsa;
  x->peer.min_ec_bits = (unsigned)ec;
  lw_context_each(x, ctx) {
    lw_context_must(L, wolfSSL_CTX_SetMinRsaKey_Sz(*ctx, (short)rsa), "this RSA key size");
    lw_context_must(L, wolfSSL_CTX_SetMinEccKey_Sz(*ctx, (short)ec), "this EC key size");
  }
  return 0;
}

/***
@function context:set_profile
@tparam string profile `"rfc5280"` or `"webpki"`: whose rules for those who issue certificates are looked at, too
*/
static int demand_setprofile (lua_State *L) {
  lw_Context *x = lw_context_settable(L);
  lw_Profile profile = lw_profile_find(luaL_checkstring(L, 2));
  luaL_argcheck(L, profile != LW_NO_PROFILE, 2, "\"rfc5280\" or \"webpki\" expected");
  x->peer.profile = (int)profile;
  return 0;
}

/***
@function context:set_insecure
@tparam string what `"no_name_check"`, `"accept_invalid"` (any chain will do; the findings are still listed) or
  `"weak_signatures"` (SHA-1 in a chain)
*/
static int demand_setinsecure (lua_State *L) {
  static const char *const names[] = {"no_name_check", "accept_invalid", "weak_signatures", NULL};
  lw_Context *x = lw_context_settable(L);
  switch (luaL_checkoption(L, 2, NULL, names)) {
  case 0:
    x->peer.insecure_no_name_check = 1;
    break;
  case 1:
    x->peer.insecure_accept_invalid = 1;
    break;
  default:
    x->peer.insecure_weak_signatures = 1;
  }
  return 0;
}

/* -------------------------------------------------------------------- trust */

static void demand_freecrls (lw_Demands *d) {
  for (size_t i = 0; i < d->crls_count; i++)
    lw_crl_release(d->crls[i]);
  lw_free(d->crls);
  d->crls = NULL;
  d->crls_count = 0;
}

static void demand_freepolicies (lw_Demands *d) {
  for (size_t i = 0; i < d->policies_count; i++)
    lw_free(d->policies[i]);
  lw_free(d->policies);
  d->policies = NULL;
  d->policies_count = 0;
}

void lw_demands_free (lw_Demands *d) {
  lw_trust_release(d->trust);
  demand_freecrls(d);
  demand_freepolicies(d);
}

/***
@function context:set_trust
@tparam trust trust of `core.trust`; any number of contexts share it
*/
static int demand_settrust (lua_State *L) {
  lw_Context *x = lw_context_settable(L);
  lw_Trust *t = lw_trust_check(L, 2);
  lw_trust_retain(t);
  lw_trust_release(x->peer.trust);
  x->peer.trust = t;
  return 0;
}

/* Room for the list that is argument 2. */
static void *demand_room (lua_State *L, size_t size) {
  void *list;
  luaL_checktype(L, 2, LUA_TTABLE);
  list = lw_alloc(lua_rawlen(L, 2) * size);
  if (list == NULL)
    luaL_error(L, "out of memory");
  return list;
}

/***
@function context:set_crls
@tparam {crl,...} crls
@tparam integer required most depth at which there must be one; -1: nowhere
*/
static int demand_setcrls (lua_State *L) {
  lw_Demands *d = &lw_context_settable(L)->peer;
  lua_Integer required = luaL_checkinteger(L, 3);
  luaL_argcheck(L, required >= -1 && required <= LW_PATH, 3, "must be -1 to 16");
  demand_freecrls(d);
  d->crls = (lw_Crl **)demand_room(L, sizeof *d->crls);
  for (size_t i = 0; i < lua_rawlen(L, 2); i++) {
    lua_rawgeti(L, 2, (int)i + 1);
    d->crls[i] = lw_crl_check(L, -1);
    lw_crl_retain(d->crls[i]);
    d->crls_count++;
    lua_pop(L, 1);
  }
  d->crl_required = (int)required;
  return 0;
}

/***
@function context:set_policies
@tparam {string,...} policies dotted OIDs, one of which must hold for the path
*/
static int demand_setpolicies (lua_State *L) {
  lw_Demands *d = &lw_context_settable(L)->peer;
  demand_freepolicies(d);
  d->policies = (char **)demand_room(L, sizeof *d->policies);
  for (size_t i = 0; i < lua_rawlen(L, 2); i++) {
    const char *oid;
    lua_rawgeti(L, 2, (int)i + 1);
    oid = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
    luaL_argcheck(L, oid != NULL, 2, "list of dotted OIDs expected");
    d->policies[i] = NULL;
    if (!lw_copy(&d->policies[i], oid, strlen(oid)))
      return luaL_error(L, "out of memory");
    d->policies_count++;
    lua_pop(L, 1);
  }
  return 0;
}

/***
@function context:set_staple
@tparam string mode `"none"`, `"request"` or `"require"`: of the OCSP response that a server may send along
@tparam[opt="none"] string nonce likewise: of a nonce of our own in it
@treturn[1] boolean true
@treturn[2] nil
@treturn[2] string message
@treturn[2] string "not_compiled_in"
*/
static int demand_setstaple (lua_State *L) {
  static const char *const modes[] = {"none", "request", "require", NULL};
  lw_Context *x = lw_context_settable(L);
  int mode = luaL_checkoption(L, 2, NULL, modes), nonce = luaL_checkoption(L, 3, "none", modes);
  luaL_argcheck(L, !x->server, 1, "only a client asks for it");
  lw_context_each(x, ctx) {
    int result = mode == LW_STAPLE_NONE ? WOLFSSL_SUCCESS : lw_staple_enable(*ctx);
    if (result == NOT_COMPILED_IN)
      return lw_failure(L, LW_NOT_COMPILED_IN, "this wolfSSL was built without OCSP stapling");
    lw_context_must(L, result, "OCSP stapling");
  }
  x->peer.staple = (lw_Staple)mode;
  x->peer.staple_nonce = (lw_Staple)nonce;
  lua_pushboolean(L, 1);
  return 1;
}

const luaL_Reg lw_demand_methods[] = {
    {"set_verify", demand_setverify},
    {"set_minimum_keys", demand_setminimumkeys},
    {"set_profile", demand_setprofile},
    {"set_insecure", demand_setinsecure},
    {"set_trust", demand_settrust},
    {"set_crls", demand_setcrls},
    {"set_policies", demand_setpolicies},
    {"set_staple", demand_setstaple},
    {"set_authorities", lw_context_setauthorities},
    {NULL, NULL},
};
