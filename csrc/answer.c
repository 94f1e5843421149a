/*
** answer.c - for those who must be asked before wolfSSL goes on: what they are shown, and what they answer.
*/

#include "connection.h"

#include <string.h>

lw_Answers *lw_answers (lw_Connection *c) {
  if (c->answers == NULL)
    c->answers = (lw_Answers *)lw_alloc_zero(sizeof *c->answers);
  return c->answers;
}

void lw_answers_free (lw_Connection *c) {
  lw_free(c->matched);
  if (c->answers == NULL)
    return;
  lw_identity_free(c->answers);
  lw_free(c->answers->alpn);
  lw_free(c->answers);
}

static int answer_hascertificate (const lw_Connection *c) {
  return c->answers != NULL && lw_bytes_length(&c->answers->chain) > 0;
}

const lw_Bytes *lw_connection_chain (const lw_Connection *c) {
  if (answer_hascertificate(c))
    return &c->answers->chain;
  return &c->context->chain[c->identity];
}

uint16_t lw_connection_scheme (const lw_Connection *c) {
  return answer_hascertificate(c) ? c->answers->scheme : c->context->scheme[c->identity];
}

int lw_connection_choose (const lw_Connection *c, const lw_Hello *h, unsigned version) {
  const lw_Answers *a = c->answers;
  if (!answer_hascertificate(c))
    return lw_context_choose(c->context, h, version);
  return lw_choice_suits(c->context, h, a->auth, a->scheme, version) ? 0 : -1;
}

lw_Span lw_connection_alpn (const lw_Connection *c) {
  lw_Span names;
  int own = c->answers != NULL && c->answers->alpn != NULL;
  names.data = own ? c->answers->alpn : c->context->alpn;
  names.length = own ? c->answers->alpn_length : c->context->alpn_length;
  return names;
}

void lw_connection_usecontext (lw_Connection *c, lw_Context *x) {
  lw_context_retain(x);
  lw_context_release(c->context);
  c->context = x;
  lw_kept_settle(c); /* what the other context's keys have opened */
}

/***
Asks that no handshake record reaches wolfSSL before `release`. With the end of the handshake that is over; asked for
again, it is so after a handshake of TLS 1.3, too.
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
@treturn[1] boolean whether it is a server's first ClientHello, which nobody has looked at
@treturn[2] nil
*/
static int answer_held (lua_State *L) {
  const lw_Connection *c = lw_connection_check(L, 1);
  size_t length = lw_gate_held(c);
  char *copy;
  if (length == 0)
    return 0;
  copy = (char *)lua_newuserdata(L, length); /* a finalizer may release: then the queue moves */
  c = lw_connection_still(L);
  if (c == NULL || lw_gate_held(c) != length)
    return 0;
  memcpy(copy, lw_bytes_data(&c->in), length);
  lua_pushboolean(L, copy[0] == 23 || (c->facts.version == 0x0303 && c->in_protected));
  lua_pushboolean(L, c->gate != NULL && c->gate->unguarded);
  lua_pushlstring(L, copy, length);
  lua_insert(L, -3);
  return 3;
}

/***
Lets wolfSSL have the held records.
@function connection:release
*/
static int answer_release (lua_State *L) {
  lw_Connection *c = lw_connection_check(L, 1);
  if (!c->held)
    return 0;
  if (c->gate != NULL && c->gate->unguarded) { /* now the guards have their turn */
    c->gate->unguarded = c->asking = c->held = 0;
    c->gate->examined = c->gate->records = 0;
  }
  else
    lw_gate_release(c, lw_gate_held(c));
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

static void answer_checkasked (lua_State *L, const lw_Connection *c) {
  luaL_argcheck(L, c->server && c->held && c->gate != NULL && c->gate->unguarded, 1,
                "no ClientHello waits that nobody has looked at");
}

/***
Puts another context in the place of a server's own, while its first ClientHello is held.
@function connection:use_context
@tparam userdata context of a server
*/
static int answer_usecontext (lua_State *L) {
  lw_Connection *c = lw_connection_check(L, 1);
  lw_Context *x = lw_context_check(L, 2);
  luaL_argcheck(L, x->server, 2, "must be a server's");
  answer_checkasked(L, c);
  lw_connection_usecontext(c, x);
  c->chosen = 1;
  return 0;
}

/***
Sets the protocols that a server has for this client, in the place of its context's, while its first ClientHello is
held.
@function connection:use_alpn
@tparam string names in order of preference, each after a byte with its length
*/
static int answer_usealpn (lua_State *L) {
  lw_Connection *c = lw_connection_check(L, 1);
  size_t length;
  const char *names = luaL_checklstring(L, 2, &length),
             *bad = lw_choice_badprotocols(names, length);
  lw_Answers *a = lw_answers(c);
  luaL_argcheck(L, bad == NULL, 2, bad);
  answer_checkasked(L, c);
  if (a == NULL)
    return luaL_error(L, "out of memory");
  lw_free(a->alpn);
  a->alpn = (unsigned char *)lw_alloc(length);
  if (a->alpn == NULL)
    return luaL_error(L, "out of memory");
  memcpy(a->alpn, names, length);
  a->alpn_length = length;
  return 0;
}

/***
Which of its context's `names` a server's client has asked for.
@function connection:matched_name
@treturn string|nil as `context:set_names` has it; nil: none
*/
static int answer_matchedname (lua_State *L) {
  lua_pushstring(L, lw_connection_check(L, 1)->matched);
  return 1;
}

const luaL_Reg lw_answer_methods[] = {
    {"hold", answer_hold},
    {"held", answer_held},
    {"release", answer_release},
    {"reject", answer_reject},
    {"use_context", answer_usecontext},
    {"use_alpn", answer_usealpn},
    {"use_certificate", lw_connection_usecertificate},
    {"matched_name", answer_matchedname},
    {NULL, NULL},
};
