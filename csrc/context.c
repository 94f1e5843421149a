/*
** context.c - what many connections share: versions, suites, certificates, trust. Every function sets one
** option, on each WOLFSSL_CTX of the context; context.lua says which are set and to what.
*/

#include "connection.h"

#include <limits.h>
#include <string.h>

lw_Context *lw_context_settable (lua_State *L) {
  lw_Context *x = lw_context_check(L, 1);
  if (x->in_use)
    luaL_error(L, "a context cannot be changed once it has connections");
  return x;
}

lw_Context *lw_context_check (lua_State *L, int arg) {
  return (lw_Context *)lw_check(L, arg, &lw_context_class);
}

void lw_context_retain (lw_Context *x) {
  x->references++;
  if (!x->in_use)
    lw_context_fixpolicy(x);
  x->in_use = 1;
}

void lw_context_release (lw_Context *x) {
  if (--x->references > 0)
    return;
  for (size_t i = 0; i < LW_MAX_IDENTITIES; i++) {
    if (x->ctx[i] != NULL)
      wolfSSL_CTX_free(x->ctx[i]);
    lw_bytes_free(&x->chain[i]);
    lw_bytes_free(&x->response[i]);
    lw_bytes_free(&x->cached[i]);
  }
  lw_bytes_free(&x->authorities);
  lw_demands_free(&x->peer);
  lw_psk_freeall(x);
  lw_store_free(x->store);
  lw_names_free(x->names);
  lw_free(x->name);
  lw_free_secret(x, sizeof *x);
}

static int context_close (lua_State *L) {
  void **box = (void **)lua_touserdata(L, 1);
  lw_Context *x = (lw_Context *)*box;
  *box = NULL;
  lw_context_release(x);
  return 0;
}

static int context_tostring (lua_State *L) {
  const lw_Context *x = lw_context_check(L, 1);
  lua_pushfstring(L, "wolfssl.context: %s", x->server ? "server" : "client");
  return 1;
}

/* -------------------------------------------------------------------- making one */

static WOLFSSL_METHOD *context_method (const lw_Context *x) {
  if (x->min_version == 0x0304)
    return x->server ? wolfTLSv1_3_server_method() : wolfTLSv1_3_client_method();
  if (x->max_version == 0x0303)
    return x->server ? wolfTLSv1_2_server_method() : wolfTLSv1_2_client_method();
  return x->server ? wolfTLS_server_method() : wolfTLS_client_method();
}

/* The stored session that the client's id names; wolfSSL frees what it gets. */
static WOLFSSL_SESSION *context_getsession (WOLFSSL *ssl, const unsigned char *id, int length,
                                            int *copy) {
  lw_Connection *c = lw_current();
  (void)ssl;
  *copy = 0;
  return c == NULL ? NULL : lw_session_find(c, id, (size_t)length);
}

static WOLFSSL_CTX *context_newctx (lw_Context *x) {
  WOLFSSL_CTX *ctx = wolfSSL_CTX_new(context_method(x));
  if (ctx == NULL)
    return NULL;
  if (x->min_version == 0x0303 && x->max_version == 0x0304 &&
      wolfSSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != WOLFSSL_SUCCESS) {
    wolfSSL_CTX_free(ctx);
    return NULL;
  }
  lw_engine_install(ctx);
  lw_secrets_install(ctx);
  wolfSSL_CTX_set_group_messages(ctx);
  wolfSSL_CTX_set_verify(ctx, x->server ? WOLFSSL_VERIFY_NONE : WOLFSSL_VERIFY_PEER,
                         lw_verify_callback);
  wolfSSL_CTX_set_session_cache_mode(ctx, WOLFSSL_SESS_CACHE_NO_INTERNAL);
  wolfSSL_CTX_SetMinDhKey_Sz(ctx, 2048);
  lw_eddsa_install(ctx, x->server);
  if (!x->server)
    lw_session_install(ctx);
  else {
    wolfSSL_CTX_sess_set_get_cb(ctx, context_getsession);
    wolfSSL_CTX_set_TicketEncCb(ctx, lw_ticket_callback);
    wolfSSL_CTX_set_TicketEncCtx(ctx, x);
  }
  return ctx;
}

static unsigned context_checkversion (lua_State *L, int arg) {
  lua_Integer version = luaL_checkinteger(L, arg);
  luaL_argcheck(L, version == 0x0303 || version == 0x0304, arg, "must be 0x0303 or 0x0304");
  return (unsigned)version;
}

/***
Makes a context that verifies its peers (a client) or asks for no certificate (a server). Nothing else is set:
`wolfssl.client` and `wolfssl.server` do that.
@function core.context
@tparam string role `"client"` or `"server"`
@tparam integer min_version 0x0303 or 0x0304
@tparam integer max_version likewise
@tparam[opt=1] integer identities number of certificates that will be added, 1 to 4
@treturn userdata context
*/
static int context_new (lua_State *L) {
  static const char *const roles[] = {"client", "server", NULL};
  int server = luaL_checkoption(L, 1, NULL, roles);
  unsigned min = context_checkversion(L, 2), max = context_checkversion(L, 3);
  lua_Integer identities = luaL_optinteger(L, 4, 1);
  void **box;
  lw_Context *x;
  luaL_argcheck(L, min <= max, 3, "is below the minimum version");
  luaL_argcheck(L, identities >= 1 && identities <= LW_MAX_IDENTITIES, 4, "must be 1 to 4");
  box = lw_newbox(L, &lw_context_class);
  x = (lw_Context *)lw_alloc_zero(sizeof *x);
  if (x == NULL)
    return luaL_error(L, "out of memory");
  x->references = 1;
  x->server = server;
  x->min_version = min;
  x->max_version = max;
  x->peer.min_rsa_bits = 2048;
  x->peer.min_ec_bits = 256;
  x->peer.crl_required = -1;
  x->peer.verify = server ? LW_VERIFY_NONE : LW_VERIFY_REQUIRED;
  x->max_client_hello = 65536;
  *box = x;
  for (lua_Integer i = 0; i < identities; i++) {
    x->ctx[i] = context_newctx(x);
    if (x->ctx[i] == NULL)
      return luaL_error(L, "out of memory");
  }
  return 1;
}

/* -------------------------------------------------------------------- options */

/* What wolfSSL refuses although it should not can only be a matter of memory or of how it was built. */
void lw_context_must (lua_State *L, int result, const char *what) {
  if (result != WOLFSSL_SUCCESS)
    luaL_error(L, "wolfSSL refused %s: %s", what,
               result == WOLFSSL_FAILURE ? "out of memory, or not compiled in" : lw_reason(result));
}

/***
@function context:set_suites
@tparam string bytes two bytes a suite, as on the wire, in order of preference
*/
static int context_setsuites (lua_State *L) {
  lw_Context *x = lw_context_settable(L);
  size_t length;
  const char *bytes = luaL_checklstring(L, 2, &length);
  luaL_argcheck(L, length >= 2 && length % 2 == 0 && length <= sizeof x->suites, 2,
                "must hold 1 to 64 suites of two bytes");
  for (size_t i = 0; i < length; i += 2)
    if (lw_suite(lw_read16((const unsigned char *)bytes + i)) == NULL)
      return luaL_argerror(
          L, 2,
          lua_pushfstring(L, "suite number %d is not one that may be used", (int)(i / 2 + 1)));
  memcpy(x->suites, bytes, length);
  x->suites_length = length;
  lw_context_each(x, ctx) lw_context_must(L, lw_suite_use(*ctx, x), "these cipher suites");
  return 0;
}

static size_t context_checklist (lua_State *L, int arg, uint16_t *list, size_t size) {
  lua_Number code;
  size_t n;
  luaL_checktype(L, arg, LUA_TTABLE);
  n = lua_rawlen(L, arg);
  luaL_argcheck(L, n >= 1 && n <= size, arg, "has too few or too many entries");
  for (size_t i = 0; i < n; i++) {
    lua_rawgeti(L, arg, (int)i + 1);
    code = lua_tonumber(L, -1);
    luaL_argcheck(L, lua_isnumber(L, -1) && code >= 0 && code <= 0xffff, arg,
                  "must hold code points");
    list[i] = (uint16_t)code;
    lua_pop(L, 1);
  }
  return n;
}

static int context_usegroups (WOLFSSL_CTX *ctx, const lw_Context *x) {
  int groups[LW_MAX_LIST], result = WOLFSSL_SUCCESS;
  for (size_t i = 0; i < x->groups_count; i++)
    groups[i] = x->groups[i];
  if (x->max_version == 0x0304)
    return wolfSSL_CTX_set_groups(ctx, groups, (int)x->groups_count);
  for (size_t i = 0; i < x->groups_count && result == WOLFSSL_SUCCESS; i++)
    result = wolfSSL_CTX_UseSupportedCurve(ctx, x->groups[i]);
  return result;
}

/***
@function context:set_groups
@tparam {integer,...} groups code points in order of preference; a client sends a key share for the first
*/
static int context_setgroups (lua_State *L) {
  lw_Context *x = lw_context_settable(L);
  x->groups_count = context_checklist(L, 2, x->groups, LW_MAX_LIST);
  lw_context_each(x, ctx) lw_context_must(L, context_usegroups(*ctx, x), "these groups");
  return 0;
}

/* wolfSSL's words for the schemes of RFC 8446 section 4.2.3; "RSA-PSS" stands for rsae and pss keys. */
static const char *context_schemename (unsigned scheme) {
  switch (scheme) {
  case 0x0401:
    return "RSA+SHA256";
  case 0x0501:
    return "RSA+SHA384";
  case 0x0601:
    return "RSA+SHA512";
  case 0x0403:
    return "ECDSA+SHA256";
  case 0x0503:
    return "ECDSA+SHA384";
  case 0x0603:
    return "ECDSA+SHA512";
  case 0x0804:
    return "RSA-PSS+SHA256";
  case 0x0805:
    return "RSA-PSS+SHA384";
  case 0x0806:
    return "RSA-PSS+SHA512";
  case 0x0807:
    return "ED25519";
  case 0x0808:
    return "ED448";
  default:
    return NULL;
  }
}

size_t lw_context_nameschemes (const lw_Context *x, char list[LW_SCHEME_NAMES]) {
  list[0] = '\0';
  for (size_t i = 0; i < x->schemes_count; i++) {
    const char *name = context_schemename(x->schemes[i]);
    if (name == NULL)
      return i + 1;
    if (i > 0)
      strcat(list, ":");
    strcat(list, name);
  }
  return 0;
}

/***
@function context:set_schemes
@tparam {integer,...} schemes signature schemes in order of preference
*/
static int context_setschemes (lua_State *L) {
  lw_Context *x = lw_context_settable(L);
  char list[LW_SCHEME_NAMES];
  size_t unknown;
  x->schemes_count = context_checklist(L, 2, x->schemes, 2 * LW_MAX_LIST);
  unknown = lw_context_nameschemes(x, list);
  if (unknown > 0)
    return luaL_argerror(
        L, 2, lua_pushfstring(L, "scheme number %d is not one that may be used", (int)unknown));
  lw_context_each(x, ctx)
      lw_context_must(L, wolfSSL_CTX_set1_sigalgs_list(*ctx, list), "these signature schemes");
  return 0;
}

/***
@function context:set_alpn
@tparam string names protocol names in order of preference, each after a byte with its length
*/
static int context_setalpn (lua_State *L) {
  lw_Context *x = lw_context_settable(L);
  size_t length;
  const char *names = luaL_checklstring(L, 2, &length),
             *bad = lw_choice_badprotocols(names, length);
  luaL_argcheck(L, bad == NULL, 2, bad);
  memcpy(x->alpn, names, length);
  x->alpn_length = length;
  return 0;
}

/***
@function context:set_tickets
@tparam boolean on whether a server gives tickets
@tparam integer lifetime seconds for which a server's tickets and sessions are good
@tparam integer limit number of sessions that a server keeps; 0: none
@tparam[opt] boolean external true: what it keeps goes into a store of the application's, see `session_to_store`
*/
static int context_settickets (lua_State *L) {
  lw_Context *x = lw_context_settable(L);
  lua_Integer lifetime = luaL_checkinteger(L, 3), limit = luaL_checkinteger(L, 4);
  luaL_checktype(L, 2, LUA_TBOOLEAN);
  luaL_argcheck(L, x->server, 1, "only a server gives tickets");
  luaL_argcheck(L, lifetime >= 1 && lifetime <= 604800, 3, "must be 1 to 604800");
  luaL_argcheck(L, limit >= 0 && limit <= INT_MAX, 4, "must not be negative");
  x->session_lifetime = (long)lifetime;
  x->external = lua_toboolean(L, 5);
  lw_store_free(x->store);
  x->store = NULL;
  if (limit > 0 && !x->external && (x->store = lw_store_new((size_t)limit)) == NULL)
    return luaL_error(L, "out of memory");
  lw_context_each(x, ctx) {
    wolfSSL_CTX_set_timeout(*ctx, (unsigned)lifetime);
    wolfSSL_CTX_set_TicketHint(*ctx, (int)lifetime);
    if (!lua_toboolean(L, 2) ||
        (limit == 0 && !x->external && x->peer.verify != LW_VERIFY_NONE)) { /* see ticket.c */
      wolfSSL_CTX_NoTicketTLSv12(*ctx);
      if (x->max_version == 0x0304)
        wolfSSL_CTX_no_ticket_TLSv13(*ctx);
    }
  }
  return 0;
}

/***
@function context:set_max_client_hello
@tparam integer bytes longest ClientHello that a server takes
*/
static int context_setmaxclienthello (lua_State *L) {
  lw_Context *x = lw_context_settable(L);
  lua_Integer bytes = luaL_checkinteger(L, 2);
  luaL_argcheck(L, bytes >= 64 && bytes <= LW_LARGEST_HELLO, 2, "must be 64 to 131396");
  x->max_client_hello = (size_t)bytes;
  return 0;
}

static const luaL_Reg context_methods[] = {
    {"set_suites", context_setsuites},
    {"set_groups", context_setgroups},
    {"set_schemes", context_setschemes},
    {"set_alpn", context_setalpn},
    {"set_tickets", context_settickets},
    {"set_ticket_keys", lw_context_setticketkeys},
    {"set_max_client_hello", context_setmaxclienthello},
    {"set_names", lw_context_setnames},
    {"use_certificate", lw_context_usecertificate},
    {"set_response", lw_context_setresponse},
    {"certificate", lw_context_certificate},
    {"use_psk", lw_context_usepsk},
    {"add_psk", lw_context_addpsk},
    {"allow_late_certificate", lw_context_allowlate},
    {NULL, NULL},
};

static const luaL_Reg *const more_methods[] = {lw_demand_methods, NULL};

const lw_Class lw_context_class = {"wolfssl.context", context_methods, context_close,
                                   context_tostring, more_methods};

void lw_open_context (lua_State *L) {
  lw_register(L, &lw_context_class);
  lua_pushcfunction(L, context_new);
  lua_setfield(L, -2, "context");
}
