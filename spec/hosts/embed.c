/*
** embed.c - a C program with an event loop of its own whose TLS is done in Lua: embed THREADS SCRIPT. The module is
** linked in, each thread has a lua_State. The script finds the listening socket and watch(fd, mode, timeout, callback),
** which is what such loops have to offer: callback(ready) is called once, when the time is over at the latest.
*/

#include <arpa/inet.h>
#include <lauxlib.h>
#include <lualib.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MOST 512

typedef struct Loop {
  struct pollfd p[MOST + 1]; /* the last is standard input's; fd -1: free */
  double deadline[MOST];
  int callback[MOST];
} Loop;

int luaopen_wolfssl_core (lua_State *L);

static int listener;

static double now (void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int loop_watch (lua_State *L) {
  Loop *loop = (Loop *)lua_touserdata(L, lua_upvalueindex(1));
  int i = 0, fd = (int)luaL_checkinteger(L, 1);
  short events = luaL_checkstring(L, 2)[0] == 'r' ? POLLIN : POLLOUT;
  while (i < MOST && loop->p[i].fd >= 0)
    i++;
  if (i == MOST)
    return luaL_error(L, "too many descriptors");
  loop->deadline[i] = now() + luaL_optnumber(L, 3, 1e9);
  loop->callback[i] = (lua_settop(L, 4), luaL_ref(L, LUA_REGISTRYINDEX));
  loop->p[i] = (struct pollfd){fd, events, 0};
  return 0;
}

static void loop_call (Loop *loop, lua_State *L, int i) {
  loop->p[i].fd = -1;
  lua_rawgeti(L, LUA_REGISTRYINDEX, loop->callback[i]);
  luaL_unref(L, LUA_REGISTRYINDEX, loop->callback[i]);
  lua_pushboolean(L, loop->p[i].revents != 0);
  if (lua_pcall(L, 1, 0, 0) != 0) {
    fprintf(stderr, "embed: %s\n", lua_tostring(L, -1));
    lua_pop(L, 1);
  }
}

static void *thread_main (void *script) {
  lua_State *L = luaL_newstate();
  Loop loop = {.p = {[MOST] = {0, POLLIN, 0}}};
  for (int i = 0; i < MOST; i++)
    loop.p[i].fd = -1;
  luaL_openlibs(L);
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "preload");
  lua_pushcfunction(L, luaopen_wolfssl_core);
  lua_setfield(L, -2, "wolfssl.core");
  lua_pushlightuserdata(L, &loop);
  lua_pushcclosure(L, loop_watch, 1);
  lua_setglobal(L, "watch");
  lua_pushinteger(L, listener);
  lua_setglobal(L, "listener");
  if (luaL_dofile(L, (const char *)script))
    fprintf(stderr, "embed: %s\n", lua_tostring(L, -1)), exit(1);
  while (poll(loop.p, MOST + 1, 10) >= 0 && loop.p[MOST].revents == 0)
    for (int i = 0; i < MOST; i++)
      if (loop.p[i].fd >= 0 && (loop.p[i].revents != 0 || now() >= loop.deadline[i]))
        loop_call(&loop, L, i);
  lua_close(L);
  return NULL;
}

int main (int argc, char **argv) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof a;
  pthread_t thread;
  if (argc != 3)
    return fprintf(stderr, "usage: embed THREADS SCRIPT\n"), 2;
  listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (bind(listener, (struct sockaddr *)&a, size) != 0 || listen(listener, 64) != 0)
    return perror("embed"), 1;
  getsockname(listener, (struct sockaddr *)&a, &size);
  printf("port %d\n", ntohs(a.sin_port));
  fflush(stdout);
  for (int i = 1; i < atoi(argv[1]); i++)
    pthread_create(&thread, NULL, thread_main, argv[2]);
  thread_main(argv[2]);
  pthread_exit(NULL);
}
