/*
** connection.c - a TLS connection without I/O, as Lua sees it: ciphertext in and out, plaintext in and out.
*/

#include "transcript.h"
#include "path.h"

#include <string.h>

#define MORE "more ciphertext is needed"

/* Only their addresses count: registry keys of tables in which Lua finds what errors show. */
static const char alerts_key, faults_key;

/* Replaces the value at the top by what stands under it. */
static void connection_find (lua_State *L, const char *table) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, table);
  lua_insert(L, -2);
  lua_gettable(L, -2);
  lua_remove(L, -2);
}

static int connection_alert (lua_State *L, const lw_Connection *c) {
  lua_pushinteger(L, c->alert_received);
  connection_find(L, &alerts_key);
  return 1;
}

/* Argument 1 is the connection. */
static int connection_rejection (lua_State *L) {
  lw_own(L, 1, &lw_connection_class);
  lua_getfield(L, -1, "rejection");
  lua_remove(L, -2);
  return 1;
}

/* As the decoders of handshake messages in Lua have it. */
static int connection_fault (lua_State *L, const lw_Connection *c) {
  lua_createtable(L, 0, 3);
  lua_pushstring(L, c->server ? "client_hello" : "server_hello");
  lua_setfield(L, -2, "message");
  lua_pushliteral(L, "body.");
  lua_pushlstring(L, c->gate->field, strcspn(c->gate->field, ":"));
  lua_concat(L, 2);
  lua_setfield(L, -2, "path");
  lua_pushinteger(L, (lua_Integer)c->gate->offset);
  lua_setfield(L, -2, "offset");
  return 1;
}

/* These decoders are asked what is wrong. They may find nothing. */
static int connection_undecoded (lua_State *L, const lw_Connection *c) {
  const lw_Bytes *messages = &c->gate->messages;
  lua_createtable(L, 0, 3);
  lua_pushlstring(L, (const char *)lw_bytes_data(messages), lw_bytes_length(messages));
  lua_setfield(L, -2, "messages");
  lua_pushinteger(L, c->facts.version);
  lua_setfield(L, -2, "version");
  lua_pushinteger(L, c->facts.suite);
  lua_setfield(L, -2, "cipher_suite");
  connection_find(L, &faults_key);
  return 1;
}

/* What a code alone does not say: how many values it pushed. */
static int connection_detail (lua_State *L, const lw_Connection *c) {
  if (strcmp(c->code, LW_CERTIFICATE_INVALID) == 0) {
    lw_findings_push(L, c->trial.findings.list, c->trial.findings.count);
    return 1;
  }
  if (strcmp(c->code, LW_ALERT_RECEIVED) == 0)
    return connection_alert(L, c);
  if (strcmp(c->code, LW_REJECTED) == 0 && c->owns)
    return connection_rejection(L);
  if (strcmp(c->code, LW_DECODE_ERROR) == 0 && c->gate != NULL && c->gate->field != NULL)
    return connection_fault(L, c);
  if (strcmp(c->code, LW_DECODE_ERROR) == 0 && c->gate != NULL && c->gate->undecoded)
    return connection_undecoded(L, c);
  return 0;
}

static int connection_failure (lua_State *L, const lw_Connection *c) {
  int pushed;
  lw_object_enter(L);
  pushed = lw_failure(L, c->code, "%s", lw_connection_message(c));
  pushed += connection_detail(L, c);
  lw_object_leave(L);
  return pushed;
}

/* Why nothing was done. */
int lw_connection_result (lua_State *L, const lw_Connection *c) {
  if (c->code != NULL)
    return connection_failure(L, c);
  if (c->close_received)
    return lw_failure(L, LW_CLOSED, "the peer sent close_notify");
  if (c->held)
    return lw_failure(L, LW_HELD, "a handshake record waits for an answer");
  return lw_failure(L, LW_WANT_READ, MORE);
}

/* The same for methods that wait so often that they have the texts as upvalues. */
static int connection_result (lua_State *L, const lw_Connection *c) {
  if (c->code != NULL || c->close_received || c->held)
    return lw_connection_result(L, c);
  lua_pushnil(L);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushvalue(L, lua_upvalueindex(2));
  return 3;
}

/***
Does what of the handshake can be done with the ciphertext that is there.
@function connection:handshake
@treturn[1] boolean true: it is complete
@treturn[2] nil
@treturn[2] string message
@treturn[2] string code: `want_read`, `held`, or why it failed
@treturn[2] detail `certificate_invalid`: list of `{depth, code, reason}`; `alert_received`: the alert;
  `rejected`: what the handler raised; `decode_error` of a message without protection: `{message, path, offset}` where
  its field is known
*/
static int connection_handshake (lua_State *L) {
  lw_Connection *c = lw_connection_check(L, 1);
  if (lw_engine_handshake(c) != NULL)
    return connection_result(L, c);
  lua_pushboolean(L, 1);
  return 1;
}

size_t lw_connection_atmost (lua_State *L, int arg, int least, size_t length) {
  lua_Number max;
  if (lua_gettop(L) < arg || lua_isnil(L, arg))
    return length;
  max = luaL_checknumber(L, arg);
  luaL_argcheck(L, max >= least, arg, least > 0 ? "must be positive" : "must not be negative");
  return max < (lua_Number)length ? (size_t)max : length;
}

/* -------------------------------------------------------------------- plaintext */

/* The plaintext is out of wolfSSL, and stays in Lua's heap as long as it likes: to wipe the stack would hide nothing,
   and cost as much as half a copy. Should Lua have no memory for it, the stream has a hole. Making a string may
   run finalizers, and those may read, too: nothing that they share may hold it. */
static int connection_deliver (lua_State *L, const lw_Object *box, const unsigned char *plaintext,
                               size_t length) {
  lw_Connection *c = (lw_Connection *)box->content;
  c->plain_received += length;
  c->code = LW_INTERNAL;
  lua_pushlstring(L, (const char *)plaintext, length);
  if (box->content != NULL)
    c->code = NULL;
  return 1;
}

/***
Reads plaintext: what one record holds. Completes the handshake first where it is not complete.
@function connection:read
@tparam[opt=16384] integer max at most so many bytes
@treturn[1] string plaintext, not empty
@treturn[2] nil
@treturn[2] string message
@treturn[2] string code: `want_read`; `closed` after a close_notify; or why the connection failed
@treturn[2] detail as of `handshake`
*/
static int connection_read (lua_State *L) {
  const lw_Object *box = lw_checkobject(L, 1, &lw_connection_class);
  lw_Connection *c = (lw_Connection *)box->content;
  int max = (int)lw_connection_atmost(L, 2, 1, LW_RECORD), n = 0;
  unsigned char plaintext[LW_RECORD];
  const char *code = lw_engine_read(c, plaintext, max, &n);
  if (c->lent)
    lw_ciphertext_giveback(L, c);
  if (code != NULL)
    return connection_result(L, c);
  return connection_deliver(L, box, plaintext, (size_t)n);
}

/* string.sub's reading of a position */
static size_t connection_position (lua_State *L, int arg, size_t fallback, size_t length) {
  lua_Number n;
  if (lua_gettop(L) < arg || lua_isnil(L, arg))
    return fallback;
  n = luaL_checknumber(L, arg);
  if (n < 0)
    n += (lua_Number)length + 1;
  if (!(n >= 0)) /* nor is it NaN */
    n = 0;
  return n > (lua_Number)length + 1 ? length + 1 : (size_t)n;
}

/***
Encrypts plaintext: all of it; `data_to_send` then has the ciphertext. Completes the handshake first where it
is not complete.
@function connection:write
@tparam string bytes
@tparam[opt=1] integer i first byte
@tparam[opt=-1] integer j last byte
@treturn[1] integer j
@treturn[2] nil
@treturn[2] string message
@treturn[2] string code: `want_read` or `held` during the handshake; `closed` after our close_notify; or why
  the connection failed
@treturn[2] detail as of `handshake`
*/
static int connection_write (lua_State *L) {
  lw_Connection *c = lw_connection_check(L, 1);
  size_t length, i, j;
  const char *bytes = luaL_checklstring(L, 2, &length);
  i = connection_position(L, 3, 1, length);
  j = connection_position(L, 4, length, length);
  i = i == 0 ? 1 : i;
  j = j > length ? length : j;
  if ((c->code != NULL || !c->open) && lw_engine_handshake(c) != NULL)
    return connection_result(L, c);
  if (c->close_sent)
    return lw_failure(L, LW_CLOSED, "write after close_notify was sent");
  if (i <= j && lw_engine_write(c, bytes + i - 1, j - i + 1) != NULL)
    return connection_failure(L, c);
  lua_pushinteger(L, (lua_Integer)j);
  return 1;
}

/***
Ends our direction with a close_notify. The peer's goes on: read until `closed`. A handshake that is not complete
is given up, which the peer is told if it heard anything of us; `closed` then is how it ended.
@function connection:shutdown
@treturn[1] boolean true
@treturn[2] nil
@treturn[2] string message
@treturn[2] string code why the connection has failed
@treturn[2] detail as of `handshake`
*/
static int connection_shutdown (lua_State *L) {
  lw_Connection *c = lw_connection_check(L, 1);
  if (c->code == NULL && !c->close_sent) {
    if (c->open)
      lw_engine_shutdown(c);
    else
      lw_engine_cancel(c);
  }
  if (c->code != NULL && !(c->close_sent && strcmp(c->code, LW_CLOSED) == 0))
    return connection_failure(L, c);
  lua_pushboolean(L, 1);
  return 1;
}

/* -------------------------------------------------------------------- life */

static int connection_close (lua_State *L) {
  void **box = (void **)lua_touserdata(L, 1);
  lw_Connection *c = (lw_Connection *)*box;
  int anchor = c->anchor;
  *box = NULL;
  if (c->ssl != NULL)
    wolfSSL_free(c->ssl);
  lw_gate_free(c);
  lw_free_secret(c->updated, 2 * sizeof *c->updated);
  lw_psk_forget(c);
  lw_inner_free(c);
  lw_after_forget(c);
  lw_piece_forget(c);
  lw_request_free(c);
  lw_rewind_free(c);
  lw_bytes_free(&c->in);
  lw_bytes_free(&c->out);
  lw_bytes_free(&c->peer_chain);
  lw_answers_free(c);
  lw_bytes_free(&c->seen);
  lw_session_drop(c);
  lw_trust_release(c->trust);
  lw_session_free(c);
  lw_kept_free(c);
  lw_free(c->name);
  lw_free(c->message);
  lw_free(c->facts.alpn);
  if (c->server) /* a client's is its own `name` */
    lw_free(c->facts.server_name);
  lw_context_release(c->context);
  lw_free_secret(c, sizeof *c);
  if (anchor != 0) /* last: it may raise */
    luaL_unref(L, LUA_REGISTRYINDEX, anchor);
  return 0;
}

static int connection_tostring (lua_State *L) {
  const lw_Connection *c = lw_connection_check(L, 1);
  lua_pushfstring(L, "wolfssl.connection: %s, %s", c->server ? "server" : "client",
                  c->code != NULL ? c->code
                  : c->open       ? "open"
                                  : "handshake");
  return 1;
}

/***
The table of a connection's own: what stands in it comes before the methods of all connections. Whoever watches or
drives a connection puts his own methods there; `rejection` is the detail of the error `rejected`.
@function core.own
@tparam userdata connection
@treturn table own
*/
static int connection_own (lua_State *L) {
  lw_connection_check(L, 1)->owns = 1;
  lw_own(L, 1, &lw_connection_class);
  return 1;
}

/***
@function core.closed
@tparam userdata connection
@treturn boolean whether it was closed
*/
static int connection_closed (lua_State *L) {
  lua_pushboolean(L, *lw_checkbox(L, 1, &lw_connection_class) == NULL);
  return 1;
}

static const luaL_Reg connection_methods[] = {
    {"secrets", lw_connection_secrets},
    {"set_psk", lw_connection_setpsk},
    {"wanted_psks", lw_connection_wantedpsks},
    {NULL, NULL},
};

static const luaL_Reg waiting_methods[] = {
    {"handshake", connection_handshake},
    {"read", connection_read},
    {"write", connection_write},
    {"shutdown", connection_shutdown},
    {NULL, NULL},
};

static const luaL_Reg *const more_methods[] = {
    lw_conninfo_methods, lw_answer_methods, lw_watch_methods, lw_after_methods,
    lw_session_methods,  lw_kept_methods,   lw_inner_methods, NULL};

const lw_Class lw_connection_class = {"wolfssl.connection", connection_methods, connection_close,
                                      connection_tostring, more_methods};

static void connection_opentable (lua_State *L, const char *key, const char *name) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, key);
  if (lua_isnil(L, -1)) {
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, key);
    lua_replace(L, -2);
  }
  lua_setfield(L, -2, name);
}

void lw_open_connection (lua_State *L) {
  lw_register(L, &lw_connection_class);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &lw_connection_class);
  lua_getfield(L, -1, "__index");
  lw_ciphertext_setmethods(L);
  lua_pushliteral(L, MORE);
  lua_pushliteral(L, LW_WANT_READ);
  luaL_setfuncs(L, waiting_methods, 2);
  lua_setfield(L, -3, "connection_methods");
  lua_pushcclosure(L, lw_connection_new, 1);
  lua_setfield(L, -2, "connection");
  lua_pushcfunction(L, connection_own);
  lua_setfield(L, -2, "own");
  lua_pushcfunction(L, connection_closed);
  lua_setfield(L, -2, "closed");
  /* alert descriptions to what errors show of them; {messages=, version=, cipher_suite=} to what is wrong with them */
  connection_opentable(L, &alerts_key, "alerts");
  connection_opentable(L, &faults_key, "faults");
}
