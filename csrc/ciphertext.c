/*
** ciphertext.c - what a connection gets from the network and has for it. These methods are called for every record.
*/

#include "connection.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define PULL (2 * (5 + 8 + 16384 + 16)) /* two full records, as they usually are */
#define LARGE 4096                      /* from here on a copy costs more than an anchor */

/* A large string, argument 2, is not copied: it is anchored as long as the queue needs it. After the handshake nobody
   writes to what is in that queue. */
static void ciphertext_lend (lua_State *L, lw_Connection *c, const char *bytes, size_t length) {
  lua_pushvalue(L, 2);
  if (c->anchor == 0)
    c->anchor = luaL_ref(L, LUA_REGISTRYINDEX);
  else
    lua_rawseti(L, LUA_REGISTRYINDEX, c->anchor);
  c->lent = 1;
  lw_bytes_lend(&c->in, bytes, length);
}

/* The reference stays for the next one. Nil would not do: what counts references must not find it free. */
void lw_ciphertext_giveback (lua_State *L, lw_Connection *c) {
  if (lw_bytes_lent(&c->in))
    return;
  lua_pushboolean(L, 0);
  lua_rawseti(L, LUA_REGISTRYINDEX, c->anchor);
  c->lent = 0;
}

/***
Takes ciphertext from the network, in pieces of any size.
@function connection:receive_data
@tparam string bytes
@treturn[1] boolean true
@treturn[2] nil, when there is no memory for them
@treturn[2] string message
@treturn[2] string code
*/
static int ciphertext_receivedata (lua_State *L) {
  lw_Connection *c = lw_connection_check(L, 1);
  size_t length;
  const char *bytes = luaL_checklstring(L, 2, &length);
  if (c->eof)
    return luaL_error(L, "receive_data after receive_eof");
  c->received += length;
  if (length >= LARGE && c->open && c->code == NULL && lw_bytes_length(&c->in) == 0)
    ciphertext_lend(L, c, bytes, length);
  else if (c->code == NULL && !lw_bytes_append(&c->in, bytes, length)) {
    lw_connection_fail(c, LW_INTERNAL, -1, "out of memory");
    return lw_connection_result(L, c);
  }
  lua_pushboolean(L, 1);
  return 1;
}

/***
Takes the peer's FIN: what was received before it can still be read.
@function connection:receive_eof
*/
static int ciphertext_receiveeof (lua_State *L) {
  lw_connection_check(L, 1)->eof = 1;
  return 0;
}

/* The first bytes of the queue, or a copy of them. */
static void ciphertext_give (lua_State *L, const lw_Object *box, const unsigned char *bytes,
                             size_t length) {
  lw_Connection *c;
  lua_pushlstring(L, (const char *)bytes, length);
  c = (lw_Connection *)box->content;
  if (c != NULL && length <= lw_bytes_length(&c->out)) {
    lw_bytes_remove(&c->out, length);
    lw_engine_trim(c, &c->out);
  }
}

#if LUA_VERSION_NUM <= 502 /* these run finalizers before they copy the bytes of a string */

#define SMALL 1200

static int ciphertext_string (lua_State *L) {
  const lw_Span *bytes = (const lw_Span *)lua_touserdata(L, 1);
  lua_pushlstring(L, (const char *)bytes->data, bytes->length);
  return 1;
}

/* What was not sent comes first, then what was written meanwhile. */
static void ciphertext_restore (lw_Connection *c, lw_Bytes *unsent) {
  if (!lw_bytes_append(unsent, lw_bytes_data(&c->out), lw_bytes_length(&c->out)))
    lw_connection_fail(c, LW_INTERNAL, -1, "out of memory");
  lw_bytes_free(&c->out);
  c->out = *unsent;
  lw_engine_trim(c, &c->out);
}

/* The queue is nobody else's until the string is made. Upvalue: ciphertext_string. */
static void ciphertext_takelarge (lua_State *L, const lw_Object *box, size_t length) {
  lw_Connection *c = (lw_Connection *)box->content;
  lw_Bytes queue = c->out;
  lw_Span bytes;
  int failed;
  memset(&c->out, 0, sizeof c->out);
  bytes.data = lw_bytes_data(&queue);
  bytes.length = length;
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushlightuserdata(L, &bytes);
  failed = lua_pcall(L, 1, 1, 0);
  if (!failed)
    lw_bytes_remove(&queue, length);
  c = (lw_Connection *)box->content;
  if (c != NULL)
    ciphertext_restore(c, &queue);
  else
    lw_bytes_free(&queue);
  if (failed)
    lua_error(L);
}

static void ciphertext_take (lua_State *L, const lw_Object *box, size_t length) {
  const lw_Connection *c = (const lw_Connection *)box->content;
  unsigned char copy[SMALL];
  if (length > SMALL)
    ciphertext_takelarge(L, box, length);
  else {
    memcpy(copy, lw_bytes_data(&c->out), length);
    ciphertext_give(L, box, copy, length);
  }
}

#else

static int ciphertext_string (lua_State *L) {
  (void)L;
  return 0;
}

static void ciphertext_take (lua_State *L, const lw_Object *box, size_t length) {
  const lw_Connection *c = (const lw_Connection *)box->content;
  ciphertext_give(L, box, lw_bytes_data(&c->out), length);
}

#endif

/***
Gives ciphertext for the network and forgets it.
@function connection:data_to_send
@tparam[opt] integer max at most so many bytes
@treturn string `""` when there is none
*/
static int ciphertext_datatosend (lua_State *L) {
  const lw_Object *box = lw_checkobject(L, 1, &lw_connection_class);
  const lw_Connection *c = (const lw_Connection *)box->content;
  size_t length = lw_connection_atmost(L, 2, 0, lw_bytes_length(&c->out));
  if (length == 0)
    lua_pushliteral(L, "");
  else
    ciphertext_take(L, box, length);
  return 1;
}

static int ciphertext_errno (lua_State *L, int error) {
  if (error == EAGAIN || error == EWOULDBLOCK || error == EINTR)
    return lw_failure(L, LW_WANT_READ, "the descriptor is not ready");
  return lw_failure(L, LW_NETWORK_ERROR, "%s", strerror(error));
}

/***
@function connection:unsent
@treturn integer number of bytes that wait for `data_to_send` or `push`
*/
static int ciphertext_unsent (lua_State *L) {
  const lw_Connection *c = lw_connection_check(L, 1);
  lua_pushinteger(L, (lua_Integer)lw_bytes_length(&c->out));
  return 1;
}

/***
Takes what a non-blocking descriptor has, without a Lua string in between.
@function connection:pull
@tparam integer fd
@treturn[1] integer number of bytes; 0 is the peer's FIN (`receive_eof` is not needed then)
@treturn[2] nil
@treturn[2] string message
@treturn[2] string code `want_read`: nothing there; `network_error`: the socket failed
*/
static int ciphertext_pull (lua_State *L) {
  lw_Connection *c = lw_connection_check(L, 1);
  int fd = lw_fd_check(L, 2);
  size_t most = PULL - lw_bytes_length(&c->in) % PULL; /* so that records do not end up in pieces */
  unsigned char *room = lw_bytes_reserve(&c->in, most);
  ssize_t n;
  if (room == NULL)
    return lw_failure(L, LW_INTERNAL, "out of memory");
  n = recv(fd, room, most, MSG_DONTWAIT);
  if (n < 0) {
    int error = errno;
    lw_bytes_trim(&c->in);
    return ciphertext_errno(L, error);
  }
  if (c->code == NULL) /* a failed connection reads nothing any more */
    lw_bytes_added(&c->in, (size_t)n);
  lw_bytes_trim(&c->in);
  c->received += (uint64_t)n;
  if (n == 0)
    c->eof = 1;
  lua_pushinteger(L, (lua_Integer)n);
  return 1;
}

/***
Sends what a non-blocking descriptor takes, without a Lua string in between.
@function connection:push
@tparam integer fd
@treturn[1] integer number of bytes that still wait: 0 when all are out
@treturn[2] nil
@treturn[2] string message
@treturn[2] string code `want_write`: the descriptor is full; `network_error`: the socket failed
*/
static int ciphertext_push (lua_State *L) {
  lw_Connection *c = lw_connection_check(L, 1);
  int fd = lw_fd_check(L, 2);
  while (lw_bytes_length(&c->out) > 0) {
    ssize_t n =
        send(fd, lw_bytes_data(&c->out), lw_bytes_length(&c->out), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      return lw_failure(L, LW_WANT_WRITE, "the descriptor is full");
    if (n < 0 && errno != EINTR)
      return ciphertext_errno(L, errno);
    if (n > 0)
      lw_bytes_remove(&c->out, (size_t)n);
  }
  lw_engine_trim(c, &c->out);
  lua_pushinteger(L, 0);
  return 1;
}

static const luaL_Reg methods[] = {
    {"receive_data", ciphertext_receivedata},
    {"receive_eof", ciphertext_receiveeof},
    {"data_to_send", ciphertext_datatosend},
    {"unsent", ciphertext_unsent},
    {"pull", ciphertext_pull},
    {"push", ciphertext_push},
    {NULL, NULL},
};

void lw_ciphertext_setmethods (lua_State *L) {
  lua_pushcfunction(L, ciphertext_string);
  luaL_setfuncs(L, methods, 1);
}
