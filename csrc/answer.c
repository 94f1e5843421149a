/*
** answer.c - for those who must be asked before wolfSSL goes on: what they are shown, and what they answer.
*/

#include "connection.h"

/***
Asks that no handshake record reaches wolfSSL before `release`.
@function connection:hold
@tparam boolean on
@tparam[opt] boolean asking true: a server's first ClientHello is held before it was looked at, too, and may
  choose the context; it is held once more when it was found good
*/
static int answer_hold (lua_State *L) {
  lw_Connection *c = lw_connection_check(L, 1);
  luaL_checktype(L, 2, LUA_TBOOLEAN);
  c->holding = lua_toboolean(L, 2) != 0;
  if (lua_toboolean(L, 3)) {
    luaL_argcheck(L, c->server && c->ssl == NULL && c->gate != NULL && !c->gate->hello_seen, 3,
                  "there is no ClientHello to come");
    c->asking = 1;
  }
  return 0;
}

/***
What waits for an answer.
@function connection:held
@treturn[1] string one record; in the plaintext part of a handshake one with whole messages (more when they are
  longer than a record), however they were cut
@treturn[1] boolean whether it is protected
@treturn[2] nil
*/
static int answer_held (lua_State *L) {
  lw_Connection *c = lw_connection_check(L, 1);
  if (!c->held)
    return 0;
  lua_pushlstring(L, (const char *)lw_bytes_data(&c->in), c->gate->examined);
  lua_pushboolean(L, lw_bytes_data(&c->in)[0] == 23 ||
                         (c->facts.version == 0x0303 && c->in_protected));
  return 2;
}

/***
Lets wolfSSL have the held records.
@function connection:release
*/
static int answer_release (lua_State *L) {
  lw_Connection *c = lw_connection_check(L, 1);
  if (!c->held)
    return 0;
  if (c->gate->unguarded) { /* now the guards have their turn */
    c->gate->unguarded = c->asking = c->held = 0;
    c->gate->examined = c->gate->records = 0;
  }
  else
    lw_gate_release(c, c->gate->examined);
  return 0;
}

/***
Ends the connection because of what a handler said.
@function connection:reject
@tparam string message why
@tparam integer alert description of the alert for the peer
@tparam[opt="rejected"] string code `"rejected"`, or `"decode_error"` for what could not be shown to the handler
*/
static int answer_reject (lua_State *L) {
  static const char *const codes[] = {LW_REJECTED, LW_DECODE_ERROR, NULL};
  lw_Connection *c = lw_connection_check(L, 1);
  const char *message = luaL_checkstring(L, 2);
  lua_Integer alert = luaL_checkinteger(L, 3);
  int code = luaL_checkoption(L, 4, LW_REJECTED, codes);
  luaL_argcheck(L, alert >= 0 && alert <= 255, 3, "no alert description");
  lw_connection_fail(c, codes[code], (int)alert, "%s", message);
  return 0;
}

const luaL_Reg lw_answer_methods[] = {
    {"hold", answer_hold},     {"held", answer_held}, {"release", answer_release},
    {"reject", answer_reject}, {NULL, NULL},
};
