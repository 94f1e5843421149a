/*
** start.c - how a connection begins: with options, of which most have none.
*/

#include "connection.h"

#include <string.h>

/* Options that the core knows; each is put where its number says. */
enum { CONTEXT = 1, OPTIONS, SERVER_NAME, SEND_SERVER_NAME, TRUST, SESSION };

/* That of the name below the value at the top; 0: none of the core's. */
static int start_option (lua_State *L) {
  const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
  switch (lua_type(L, -1)) {
  case LUA_TSTRING:
    return strcmp(name, "server_name") == 0 ? SERVER_NAME : 0;
  case LUA_TBOOLEAN:
    return strcmp(name, "send_server_name") == 0 ? SEND_SERVER_NAME : 0;
  case LUA_TUSERDATA:
    return strcmp(name, "session") == 0 ? SESSION : strcmp(name, "trust") == 0 ? TRUST : 0;
  default:
    return 0;
  }
}

/* Is there any that the core does not know? */
static int start_options (lua_State *L) {
  int others = 0;
  luaL_checktype(L, OPTIONS, LUA_TTABLE);
  lua_settop(L, SESSION);
  for (lua_pushnil(L); lua_next(L, OPTIONS) != 0;) {
    int option = start_option(L);
    others |= option == 0;
    if (option != 0)
      lua_replace(L, option);
    else
      lua_pop(L, 1);
  }
  return others;
}

/* RFC 6066 section 3: without the dot of the root. */
static lw_Span start_name (lua_State *L) {
  lw_Span name = {NULL, 0};
  if (!lua_isnil(L, SERVER_NAME)) {
    name.data = (const unsigned char *)lua_tolstring(L, SERVER_NAME, &name.length);
    if (name.length > 1 && name.data[name.length - 1] == '.')
      name.length--;
    if (!lw_hello_isname(name) || name.data[0] == '.' || name.data[name.length - 1] == '.')
      luaL_error(
          L,
          "server_name: a host name (of ASCII, others as A-labels: xn--...) or an IP address "
          "expected, got '%s'",
          name.data);
  }
  return name;
}

static void start_apply (lua_State *L, lw_Connection *c) {
  c->no_server_name = !lua_isnil(L, SEND_SERVER_NAME) && !lua_toboolean(L, SEND_SERVER_NAME);
  if (!lua_isnil(L, TRUST))
    lw_verify_taketrust(L, TRUST, c);
  if (!lua_isnil(L, SESSION))
    lw_session_take(L, SESSION, c);
}

static lw_Connection *start_push (lua_State *L, lw_Context *x) {
  void **box = lw_newboxof(L, &lw_connection_class, lua_upvalueindex(1));
  lw_Connection *c;
  if (*(lw_Context **)lua_touserdata(L, CONTEXT) != x) /* a finalizer has closed it */
    x = lw_context_check(L, CONTEXT);
  c = (lw_Connection *)lw_alloc_zero(sizeof *c);
  if (c == NULL)
    luaL_error(L, "out of memory");
  else {
    c->context = x;
    c->server = x->server != 0;
    c->alert_sent = c->alert_received = -1;
    lw_context_retain(x);
    *box = c;
  }
  return c;
}

/***
Makes a connection. A client's peer must be `server_name` unless its context says otherwise.
@function core.connection
@tparam userdata context
@tparam[opt] table options `server_name`: host name or IP address of the server; a host name is sent unless
  `send_server_name` is false; `trust`: instead of the context's; `session`: to resume, ignored when it was made
  under another policy
@treturn userdata connection
@treturn boolean whether there are other options, or of other types
*/
int lw_connection_new (lua_State *L) {
  lw_Context *x = lw_context_check(L, CONTEXT);
  int given = !lua_isnoneornil(L, OPTIONS), others = 0;
  lw_Span name = {NULL, 0};
  lw_Connection *c;
  if (given) {
    others = start_options(L);
    name = start_name(L);
  }
  if (!x->server && !x->peer.insecure_no_name_check && !x->psk_only && name.data == NULL)
    return luaL_error(L, "a client needs the name of its server: server_name, a string");
  c = start_push(L, x);
  if (!lw_gate_start(c) || (name.data != NULL && !lw_copy(&c->name, name.data, name.length)))
    return luaL_error(L, "out of memory");
  if (given)
    start_apply(L, c);
  lua_pushboolean(L, others);
  return 2;
}
