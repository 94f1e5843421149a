/*
** tcp.c - how a script without any event loop reaches a peer: connect, listen, accept. Every descriptor
** that comes out is non-blocking and closed on exec.
*/

#include <errno.h>
#include <math.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lwolfssl.h"

#define TCP_BACKLOG 511
#define TCP_PORT_SIZE 8

static int tcp_checkport (lua_State *L, int arg) {
  lua_Number n = luaL_checknumber(L, arg);
  int ok = n >= 0 && n <= 65535 && n == floor(n);
  luaL_argcheck(L, ok, arg, "a port is a whole number from 0 to 65535");
  return (int)n;
}

static void tcp_nodelay (int fd) {
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* fails on what is not TCP: fine */
}

/* "192.0.2.1:443", "[2001:db8::1]:443" */
static void tcp_pushplace (lua_State *L, const char *host, int port) {
  lua_pushfstring(L, strchr(host, ':') ? "[%s]:%d" : "%s:%d", host, port);
}

/* Pushes nil, "cannot <do> host:port: <reason>", code. */
static int tcp_nowhere (lua_State *L, const char *what, const char *host, int port, int error) {
  const char *code = error == ETIMEDOUT ? LW_TIMEOUT : LW_NETWORK_ERROR;
  tcp_pushplace(L, host, port);
  return lw_failure(L, code, "cannot %s %s: %s", what, lua_tostring(L, -1), strerror(error));
}

static const char *tcp_reason (int error) {
  return error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error);
}

static int tcp_noname (lua_State *L, const char *what, const char *host, int port, int error) {
  const char *reason = tcp_reason(error);
  tcp_pushplace(L, host, port);
  return lw_failure(L, LW_NETWORK_ERROR, "cannot %s %s: %s", what, lua_tostring(L, -1), reason);
}

static int tcp_resolve (const char *host, int port, int flags, struct addrinfo **list) {
  struct addrinfo hints;
  char service[TCP_PORT_SIZE];
  size_t i = sizeof service - 1;
  service[i] = '\0';
  do
    service[--i] = (char)('0' + port % 10);
  while ((port /= 10) > 0);
  memset(&hints, 0, sizeof hints);
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  return getaddrinfo(host, service + i, &hints, list);
}

/* Closes fd and keeps errno: for the way out of a failure. */
static int tcp_abandon (int fd) {
  int error = errno;
  close(fd);
  return error;
}

static int tcp_socket (const struct addrinfo *a) {
  return socket(a->ai_family, a->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, a->ai_protocol);
}

/* Waits for a connect under way; 0, or the errno it ended with. */
static int tcp_finish (lua_State *L, int fd, double deadline) {
  int error = lw_fd_wait(L, fd, POLLOUT, deadline);
  socklen_t size = sizeof error;
  if (error != 0)
    return error;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 ? errno : error;
}

/* 0 and *out, or an errno. */
static int tcp_try (lua_State *L, const struct addrinfo *a, double deadline, int *out) {
  int fd = tcp_socket(a);
  int error = 0;
  if (fd < 0)
    return errno;
  if (connect(fd, a->ai_addr, a->ai_addrlen) < 0)
    error = (errno == EINPROGRESS || errno == EINTR) ? tcp_finish(L, fd, deadline) : errno;
  if (error != 0) {
    close(fd);
    return error;
  }
  tcp_nodelay(fd);
  *out = fd;
  return 0;
}

/* An even share of the time left, so that one silent address cannot use up all of it. */
static double tcp_share (const struct addrinfo *a, double deadline) {
  double now = lw_fd_now();
  int count = 0;
  for (; a != NULL; a = a->ai_next)
    count++;
  return now + (deadline - now) / count;
}

static int tcp_tryall (lua_State *L, const struct addrinfo *a, double deadline, int *out) {
  int error = EADDRNOTAVAIL;
  for (; a != NULL; a = a->ai_next) {
    error = tcp_try(L, a, tcp_share(a, deadline), out);
    if (error == 0 || error == EINTR)
      break;
  }
  return error;
}

/***
Connects a TCP socket (non-blocking, TCP_NODELAY), trying each of the host's addresses in turn.
Name resolution is the system's and does not count against the timeout.
@function fd.connect
@tparam string host a name or an address
@tparam int port
@tparam[opt] number timeout seconds for all addresses together
@treturn[1] int the descriptor
@treturn[2] nil
@treturn[2] string message, with host, port and reason
@treturn[2] string "timeout" or "network_error"
*/
static int tcp_connect (lua_State *L) {
  const char *host = luaL_checkstring(L, 1);
  int port = tcp_checkport(L, 2);
  double deadline = lw_fd_checkdeadline(L, 3);
  struct addrinfo *list = NULL;
  int fd = -1;
  int error = tcp_resolve(host, port, 0, &list);
  if (error != 0)
    return tcp_noname(L, "connect to", host, port, error);
  error = tcp_tryall(L, list, deadline, &fd);
  freeaddrinfo(list);
  if (error == EINTR)
    return lua_error(L);
  if (error != 0)
    return tcp_nowhere(L, "connect to", host, port, error);
  lw_pushinteger(L, fd);
  return 1;
}

/***
The addresses of a host, as the system resolves it: this may wait for the network.
@function fd.addresses
@tparam string host a name or an address
@treturn[1] {string,...} in numbers
@treturn[2] nil
@treturn[2] string message
@treturn[2] string "network_error"
*/
static int tcp_addresses (lua_State *L) {
  const char *host = luaL_checkstring(L, 1);
  struct addrinfo *list = NULL, *a;
  char name[LW_FD_NAME];
  int n = 0;
  int error = tcp_resolve(host, 0, 0, &list);
  if (error != 0)
    return lw_failure(L, LW_NETWORK_ERROR, "cannot find %s: %s", host, tcp_reason(error));
  lua_newtable(L);
  for (a = list; a != NULL; a = a->ai_next)
    if (getnameinfo(a->ai_addr, a->ai_addrlen, name, sizeof name, NULL, 0, NI_NUMERICHOST) == 0) {
      lua_pushstring(L, name);
      lua_rawseti(L, -2, ++n);
    }
  freeaddrinfo(list);
  return 1;
}

/***
Begins to connect. When the descriptor is ready to be written, `connected` says what came of it.
@function fd.dial
@tparam string address in numbers
@tparam int port
@treturn[1] int the descriptor (non-blocking, TCP_NODELAY)
@treturn[2] nil
@treturn[2] string message, with address, port and reason
@treturn[2] string "network_error"
*/
static int tcp_dial (lua_State *L) {
  const char *host = luaL_checkstring(L, 1);
  int port = tcp_checkport(L, 2);
  struct addrinfo *list = NULL;
  int fd;
  int error = tcp_resolve(host, port, AI_NUMERICHOST, &list);
  if (error != 0)
    return tcp_noname(L, "connect to", host, port, error);
  fd = tcp_socket(list);
  error = fd < 0 ? errno : 0;
  if (error == 0 && connect(fd, list->ai_addr, list->ai_addrlen) < 0 && errno != EINPROGRESS)
    error = tcp_abandon(fd);
  freeaddrinfo(list);
  if (error != 0)
    return tcp_nowhere(L, "connect to", host, port, error);
  tcp_nodelay(fd);
  lw_pushinteger(L, fd);
  return 1;
}

/***
What came of `dial`.
@function fd.connected
@tparam int fd
@treturn[1] boolean true
@treturn[2] nil
@treturn[2] string the system's reason
*/
static int tcp_connected (lua_State *L) {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(lw_fd_check(L, 1), SOL_SOCKET, SO_ERROR, &error, &size) < 0)
    error = errno;
  if (error == 0) {
    lua_pushboolean(L, 1);
    return 1;
  }
  lua_pushnil(L);
  lua_pushstring(L, strerror(error));
  return 2;
}

static int tcp_bind (const struct addrinfo *a, int *out) {
  int on = 1;
  int fd = tcp_socket(a);
  if (fd < 0)
    return errno;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, a->ai_addr, a->ai_addrlen) < 0 || listen(fd, TCP_BACKLOG) < 0)
    return tcp_abandon(fd);
  *out = fd;
  return 0;
}

/***
Listens on one address.
@function fd.listen
@tparam ?string host a name or an address; nil means every address of this machine
@tparam int port 0 lets the system choose
@treturn[1] int the descriptor (non-blocking)
@treturn[1] int the port
@treturn[2] nil
@treturn[2] string message, with host, port and reason
@treturn[2] string "network_error"
*/
static int tcp_listen (lua_State *L) {
  const char *host = luaL_optstring(L, 1, NULL);
  const char *shown = host != NULL ? host : "*";
  int port = tcp_checkport(L, 2);
  char name[LW_FD_NAME];
  struct addrinfo *list = NULL;
  int fd = -1;
  int error = tcp_resolve(host, port, AI_PASSIVE, &list);
  if (error != 0)
    return tcp_noname(L, "listen on", shown, port, error);
  error = tcp_bind(list, &fd);
  freeaddrinfo(list);
  if (error != 0)
    return tcp_nowhere(L, "listen on", shown, port, error);
  lw_fd_name(fd, 0, name, &port);
  lw_pushinteger(L, fd);
  lw_pushinteger(L, port);
  return 2;
}

/***
Waits for a peer to connect.
@function fd.accept
@tparam int fd a listening socket
@tparam[opt] number timeout seconds
@treturn[1] int the new descriptor (non-blocking, TCP_NODELAY)
@treturn[2] nil
@treturn[2] string message
@treturn[2] string "timeout" or "network_error"
*/
static int tcp_accept (lua_State *L) {
  int listener = lw_fd_check(L, 1);
  double deadline = lw_fd_checkdeadline(L, 2);
  for (;;) {
    int error;
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      tcp_nodelay(fd);
      lw_pushinteger(L, fd);
      return 1;
    }
    error = errno;
    if (error == EAGAIN || error == EWOULDBLOCK || error == EINTR)
      error = lw_fd_wait(L, listener, POLLIN, deadline);
    if (error == EINTR)
      return lua_error(L);
    if (error == ETIMEDOUT)
      return lw_failure(L, LW_TIMEOUT, "nobody connected in time");
    if (error != 0 && error != ECONNABORTED)
      return lw_failure(L, LW_NETWORK_ERROR, "cannot accept: %s", strerror(error));
  }
}

const luaL_Reg lw_tcp_functions[] = {
    {"connect", tcp_connect},
    {"addresses", tcp_addresses},
    {"dial", tcp_dial},
    {"connected", tcp_connected},
    {"listen", tcp_listen},
    {"accept", tcp_accept},
    {NULL, NULL},
};
