/*
** fd.c - sockets for loops that own descriptors: recv, send, poll and a clock. Descriptors are plain
** integers, and nothing here closes one behind the caller's back. Only poll and read wait; a signal lets the
** interpreter's hook run, which may raise.
*/

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lwolfssl.h"

#define FD_RECV_MAX 32768 /* one recv; the caller's max only narrows it */

double lw_fd_now (void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int fd_isdescriptor (lua_Number n) {
  return n >= 0 && n <= INT_MAX && n == floor(n);
}

int lw_fd_check (lua_State *L, int arg) {
  lua_Number n = luaL_checknumber(L, arg);
  luaL_argcheck(L, fd_isdescriptor(n), arg, "a file descriptor is a whole number from 0");
  return (int)n;
}

/* The moment when the timeout at arg is over; none given: never. */
double lw_fd_checkdeadline (lua_State *L, int arg) {
  lua_Number seconds = luaL_optnumber(L, arg, HUGE_VAL);
  luaL_argcheck(L, seconds >= 0, arg, "a timeout is a number of seconds from 0, or nil");
  return lw_fd_now() + seconds;
}

/* ------------------------------------------------------------------ waiting */

/* Milliseconds for poll(2), rounded up: waking early would only poll again. */
static int fd_milliseconds (double deadline) {
  double left = ceil((deadline - lw_fd_now()) * 1000);
  if (left == HUGE_VAL)
    return -1;
  if (left >= INT_MAX)
    return INT_MAX;
  return left > 0 ? (int)left : 0;
}

static int fd_nothing (lua_State *L) {
  (void)L;
  return 0;
}

/* A signal came: an interpreter has set a hook then, which runs at the next call and may raise. 0, or EINTR
** with the error on top of the stack. */
static int fd_interrupt (lua_State *L) {
  lua_pushcfunction(L, fd_nothing);
  return lua_pcall(L, 0, 0, 0) == 0 ? 0 : EINTR;
}

/* 0 when some are ready (an error or hang-up counts: the next call will name it), else an errno. */
static int fd_waitany (lua_State *L, struct pollfd *list, nfds_t count, double deadline) {
  for (;;) {
    int ms = fd_milliseconds(deadline);
    int n = poll(list, count, ms);
    if (n > 0)
      return 0;
    if (n == 0 && ms >= 0 && lw_fd_now() >= deadline)
      return ETIMEDOUT;
    if (n < 0 && errno != EINTR)
      return errno;
    if (n < 0 && fd_interrupt(L) != 0)
      return EINTR;
  }
}

int lw_fd_wait (lua_State *L, int fd, short events, double deadline) {
  struct pollfd p;
  int error;
  p.fd = fd;
  p.events = events;
  error = fd_waitany(L, &p, 1, deadline);
  return error == 0 && (p.revents & POLLNVAL) ? EBADF : error;
}

static int fd_pusherror (lua_State *L, int error) {
  if (error == EINTR)
    return lua_error(L);
  lua_pushnil(L);
  lua_pushstring(L, error == ETIMEDOUT ? "timeout" : strerror(error));
  return 2;
}

/***
Waits until a descriptor is ready, or has failed (which the next `recv` or `send` names).
@function fd.poll
@tparam int fd
@tparam string mode "r", "w" or "rw" (either)
@tparam[opt] number timeout seconds; nil waits for ever
@treturn[1] boolean true
@treturn[2] nil
@treturn[2] string "timeout", or the system's reason
*/
static int fd_poll (lua_State *L) {
  static const char *const modes[] = {"r", "w", "rw", NULL};
  static const short events[] = {POLLIN, POLLOUT, POLLIN | POLLOUT};
  int fd = lw_fd_check(L, 1);
  int mode = luaL_checkoption(L, 2, NULL, modes);
  int error = lw_fd_wait(L, fd, events[mode], lw_fd_checkdeadline(L, 3));
  if (error != 0)
    return fd_pusherror(L, error);
  lua_pushboolean(L, 1);
  return 1;
}

static size_t fd_count (lua_State *L, int table) {
  size_t n = 0;
  for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1))
    n++;
  return n;
}

/* The pair on top of the stack: a descriptor and its mode. */
static void fd_entry (lua_State *L, struct pollfd *p) {
  const char *mode = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
  lua_Number fd = lua_type(L, -2) == LUA_TNUMBER ? lua_tonumber(L, -2) : -1;
  luaL_argcheck(L, *mode != '\0' && mode[strspn(mode, "rw")] == '\0', 1,
                "the mode of each descriptor is \"r\", \"w\" or \"rw\"");
  luaL_argcheck(L, fd_isdescriptor(fd), 1, "the keys are descriptors: whole numbers from 0");
  p->fd = (int)fd;
  p->events = (short)((strchr(mode, 'r') ? POLLIN : 0) | (strchr(mode, 'w') ? POLLOUT : 0));
}

/***
Waits until one or more of many descriptors are ready, or have failed: all that a small server needs of
an event loop.
@function fd.poll_any
@tparam table modes by descriptor: "r", "w" or "rw" (either)
@tparam[opt] number timeout seconds; nil waits for ever
@treturn[1] {int,...} those that are
@treturn[2] nil
@treturn[2] string "timeout", or the system's reason
*/
static int fd_pollany (lua_State *L) {
  double deadline = lw_fd_checkdeadline(L, 2);
  struct pollfd *list;
  size_t count, i = 0;
  int error, ready = 0;
  luaL_checktype(L, 1, LUA_TTABLE);
  count = fd_count(L, 1);
  list = (struct pollfd *)lua_newuserdata(L, (count + 1) * sizeof *list);
  lua_pushnil(L);
  while (i < count && lua_next(L, 1)) { /* a finalizer may have changed how many there are */
    fd_entry(L, &list[i++]);
    lua_pop(L, 1);
  }
  count = i;
  error = fd_waitany(L, list, (nfds_t)count, deadline);
  if (error != 0)
    return fd_pusherror(L, error);
  lua_newtable(L);
  for (i = 0; i < count; i++)
    if (list[i].revents != 0) {
      lw_pushinteger(L, list[i].fd);
      lua_rawseti(L, -2, ++ready);
    }
  return 1;
}

/***
From now on writing to a pipe that nobody reads fails, instead of ending the process. That holds for all
of the process, so it is for programs to ask for; no function here needs it.
@function fd.ignore_sigpipe
*/
static int fd_ignoresigpipe (lua_State *L) {
  (void)L;
  signal(SIGPIPE, SIG_IGN);
  return 0;
}

/***
From now on Ctrl-C ends the process at once. An interpreter only notes it, for when Lua runs again: not while
an event loop in C waits. That holds for all of the process, so it is for programs to ask for.
@function fd.default_sigint
*/
static int fd_defaultsigint (lua_State *L) {
  (void)L;
  signal(SIGINT, SIG_DFL);
  return 0;
}

/***
Seconds on a clock that never goes back; only differences mean anything.
@function fd.monotime
@treturn number
*/
static int fd_monotime (lua_State *L) {
  lua_pushnumber(L, lw_fd_now());
  return 1;
}

/* ------------------------------------------------------------------ bytes */

static const char *fd_word (int error) {
  if (error == EAGAIN || error == EWOULDBLOCK)
    return "again";
  if (error == ECONNRESET || error == EPIPE)
    return "reset";
  return strerror(error);
}

static int fd_pushword (lua_State *L, int error) {
  lua_pushnil(L);
  lua_pushstring(L, fd_word(error));
  return 2;
}

/* What recv or read has come back with. */
static int fd_pushread (lua_State *L, const char *buffer, ssize_t n) {
  if (n < 0)
    return fd_pushword(L, errno);
  if (n > 0) {
    lua_pushlstring(L, buffer, (size_t)n);
    return 1;
  }
  lua_pushnil(L);
  lua_pushliteral(L, "eof");
  return 2;
}

/***
Takes what has arrived. Never waits, whatever the descriptor's own mode.
@function fd.recv
@tparam int fd a socket
@tparam[opt] int max at most that many bytes (and never more than 32768)
@treturn[1] string one byte or more
@treturn[2] nil
@treturn[2] string "again" (nothing there yet), "eof", "reset", or the system's reason
*/
static int fd_recv (lua_State *L) {
  char buffer[FD_RECV_MAX];
  int fd = lw_fd_check(L, 1);
  lua_Number max = luaL_optnumber(L, 2, FD_RECV_MAX);
  ssize_t n;
  luaL_argcheck(L, max >= 1, 2, "at least one byte must be asked for");
  do
    n = recv(fd, buffer, max < FD_RECV_MAX ? (size_t)max : FD_RECV_MAX, MSG_DONTWAIT);
  while (n < 0 && errno == EINTR);
  return fd_pushread(L, buffer, n);
}

/***
Takes what a file, a pipe or a terminal has, waiting for the first byte: `poll` says beforehand whether
there is one.
@function fd.read
@tparam int fd
@treturn[1] string one byte or more
@treturn[2] nil
@treturn[2] string "eof", or the system's reason
*/
static int fd_read (lua_State *L) {
  char buffer[FD_RECV_MAX];
  int fd = lw_fd_check(L, 1);
  ssize_t n;
  if (lw_fd_wait(L, fd, POLLIN, HUGE_VAL) == EINTR) /* read itself may begin again after a signal */
    return lua_error(L);
  do
    n = read(fd, buffer, sizeof buffer);
  while (n < 0 && errno == EINTR);
  return fd_pushread(L, buffer, n);
}

/***
Gives as much as the system takes at once. Never waits and never raises a signal.
@function fd.send
@tparam int fd a socket
@tparam string data
@tparam[opt=1] int i the first byte to send
@treturn[1] int how many bytes were taken
@treturn[2] nil
@treturn[2] string "again" (no room now), "reset", or the system's reason
*/
static int fd_send (lua_State *L) {
  int fd = lw_fd_check(L, 1);
  size_t size;
  const char *data = luaL_checklstring(L, 2, &size);
  lua_Number i = luaL_optnumber(L, 3, 1);
  size_t first;
  ssize_t n;
  luaL_argcheck(L, i >= 1 && i <= (lua_Number)size + 1, 3, "position out of the data");
  first = (size_t)i - 1;
  do
    n = send(fd, data + first, size - first, MSG_DONTWAIT | MSG_NOSIGNAL);
  while (n < 0 && errno == EINTR);
  if (n < 0)
    return fd_pushword(L, errno);
  lw_pushinteger(L, n);
  return 1;
}

/* ------------------------------------------------------------------ the rest of a socket's life */

/* true, or nil and the system's reason */
static int fd_result (lua_State *L, int failed) {
  int error = errno;
  if (failed)
    return fd_pushword(L, error);
  lua_pushboolean(L, 1);
  return 1;
}

/***
Two sockets connected to each other (non-blocking, AF_UNIX).
@function fd.socketpair
@treturn[1] int
@treturn[1] int
@treturn[2] nil
@treturn[2] string message
@treturn[2] string "network_error"
*/
static int fd_socketpair (lua_State *L) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0)
    return lw_failure(L, LW_NETWORK_ERROR, "cannot make a socket pair: %s", strerror(errno));
  lw_pushinteger(L, pair[0]);
  lw_pushinteger(L, pair[1]);
  return 2;
}

/***
Ends one direction or both.
@function fd.shutdown
@tparam int fd
@tparam[opt="w"] string mode "w", "r" or "rw"
@treturn[1] boolean true
@treturn[2] nil
@treturn[2] string the system's reason
*/
static int fd_shutdown (lua_State *L) {
  static const char *const modes[] = {"w", "r", "rw", NULL};
  static const int how[] = {SHUT_WR, SHUT_RD, SHUT_RDWR};
  int fd = lw_fd_check(L, 1);
  return fd_result(L, shutdown(fd, how[luaL_checkoption(L, 2, "w", modes)]) < 0);
}

/***
Closes a descriptor.
@function fd.close
@tparam int fd
@treturn[1] boolean true
@treturn[2] nil
@treturn[2] string the system's reason
*/
static int fd_close (lua_State *L) {
  return fd_result(L, close(lw_fd_check(L, 1)) < 0);
}

/***
Switches a socket option.
@function fd.setoption
@tparam int fd
@tparam string name "tcp-nodelay" or "keepalive" (LuaSocket's names)
@tparam boolean value
@treturn[1] boolean true
@treturn[2] nil
@treturn[2] string the system's reason
*/
static int fd_setoption (lua_State *L) {
  static const char *const names[] = {"tcp-nodelay", "keepalive", NULL};
  static const int levels[] = {IPPROTO_TCP, SOL_SOCKET};
  static const int options[] = {TCP_NODELAY, SO_KEEPALIVE};
  int fd = lw_fd_check(L, 1);
  int which = luaL_checkoption(L, 2, NULL, names);
  int value;
  luaL_checktype(L, 3, LUA_TBOOLEAN);
  value = lua_toboolean(L, 3);
  return fd_result(L, setsockopt(fd, levels[which], options[which], &value, sizeof value) < 0);
}

static int fd_address (int fd, int peer, struct sockaddr *a, socklen_t *size) {
  return peer ? getpeername(fd, a, size) : getsockname(fd, a, size);
}

/* A socket without an address (a socket pair) has the name "" and port 0. */
int lw_fd_name (int fd, int peer, char host[LW_FD_NAME], int *port) {
  struct sockaddr_storage a;
  socklen_t size = sizeof a;
  *host = '\0';
  *port = 0;
  if (fd_address(fd, peer, (struct sockaddr *)&a, &size) < 0)
    return errno;
  if (a.ss_family == AF_INET)
    *port = ntohs(((struct sockaddr_in *)&a)->sin_port);
  else if (a.ss_family == AF_INET6)
    *port = ntohs(((struct sockaddr_in6 *)&a)->sin6_port);
  else
    return 0;
  getnameinfo((struct sockaddr *)&a, size, host, LW_FD_NAME, NULL, 0, NI_NUMERICHOST);
  return 0;
}

static int fd_pushname (lua_State *L, int peer) {
  char host[LW_FD_NAME];
  int port;
  int error = lw_fd_name(lw_fd_check(L, 1), peer, host, &port);
  if (error != 0)
    return fd_pushword(L, error);
  lua_pushstring(L, host);
  lw_pushinteger(L, port);
  return 2;
}

/***
The peer's address.
@function fd.peername
@tparam int fd
@treturn[1] string the address in numbers ("" for a socket pair)
@treturn[1] int the port
@treturn[2] nil
@treturn[2] string the system's reason
*/
static int fd_peername (lua_State *L) {
  return fd_pushname(L, 1);
}

/***
Our own address.
@function fd.sockname
@tparam int fd
@treturn[1] string the address in numbers ("" for a socket pair)
@treturn[1] int the port
@treturn[2] nil
@treturn[2] string the system's reason
*/
static int fd_sockname (lua_State *L) {
  return fd_pushname(L, 0);
}

static const luaL_Reg fd_functions[] = {
    {"poll", fd_poll},
    {"poll_any", fd_pollany},
    {"ignore_sigpipe", fd_ignoresigpipe},
    {"default_sigint", fd_defaultsigint},
    {"monotime", fd_monotime},
    {"recv", fd_recv},
    {"read", fd_read},
    {"send", fd_send},
    {"socketpair", fd_socketpair},
    {"shutdown", fd_shutdown},
    {"close", fd_close},
    {"setoption", fd_setoption},
    {"peername", fd_peername},
    {"sockname", fd_sockname},
    {NULL, NULL},
};

void lw_open_fd (lua_State *L) {
  lua_newtable(L);
  luaL_setfuncs(L, fd_functions, 0);
  luaL_setfuncs(L, lw_tcp_functions, 0);
  luaL_setfuncs(L, lw_lock_functions, 0);
  lua_setfield(L, -2, "fd");
}
