/*
** embed.c - a C program with an event loop of its own that does TLS in Lua: the module is linked in, each thread has
** a lua_State, each connection a coroutine. The script gets wait(fd, mode, timeout) and returns the server's function.
**
**   embed THREADS SCRIPT ARGUMENT    prints "port N" and serves until its standard input ends
*/

#include <arpa/inet.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#define TASKS 256

typedef struct Task {
  lua_State *L; /* NULL: free */
  double deadline;
} Task;

static const char *script, *argument;
static int listener;

int luaopen_wolfssl_core (lua_State *L);

static double now (void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int embed_wait (lua_State *L) {
  lua_settop(L, 3);
  return lua_yield(L, 3);
}

/* Goes on with a task; what it waits for then is left in poll's entry. */
static void task_resume (lua_State *L, Task *task, struct pollfd *p, int nargs) {
  int nres;
  int status = lua_resume(task->L, L, nargs, &nres);
  if (status == LUA_YIELD) {
    p->fd = (int)lua_tointeger(task->L, -3);
    p->events = lua_tostring(task->L, -2)[0] == 'r' ? POLLIN : POLLOUT;
    task->deadline = lua_isnil(task->L, -1) ? 1e300 : now() + lua_tonumber(task->L, -1);
    lua_pop(task->L, nres);
    return;
  }
  if (status != LUA_OK)
    fprintf(stderr, "embed: %s\n", lua_tostring(task->L, -1));
  lua_pushnil(L); /* registry[thread] = nil */
  lua_rawsetp(L, LUA_REGISTRYINDEX, task);
  task->L = NULL;
  p->fd = -1;
}

static void task_start (lua_State *L, Task *task, struct pollfd *p, int fd) {
  task->L = lua_newthread(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, task);
  lua_pushvalue(L, -1); /* the server's function stays on top of L */
  lua_xmove(L, task->L, 1);
  lua_pushinteger(task->L, fd);
  task_resume(L, task, p, 1);
}

static void task_wake (lua_State *L, Task *task, struct pollfd *p) {
  if (p->revents != 0)
    lua_pushboolean(task->L, 1);
  else
    lua_pushnil(task->L);
  lua_pushstring(task->L, "timeout");
  task_resume(L, task, p, 2);
}

static void serve (lua_State *L) {
  static const struct pollfd idle = {-1, 0, 0};
  Task tasks[TASKS] = {{NULL, 0}};
  struct pollfd p[TASKS + 2];
  for (int i = 0; i < TASKS; i++)
    p[i] = idle;
  p[TASKS] = (struct pollfd){listener, POLLIN, 0};
  p[TASKS + 1] = (struct pollfd){0, POLLIN, 0};
  while (p[TASKS + 1].revents == 0) {
    int fd = -1;
    poll(p, TASKS + 2, 10);
    if (p[TASKS].revents != 0)
      fd = accept(listener, NULL, NULL); /* -1: another thread was faster */
    for (int i = 0; i < TASKS; i++) {
      if (tasks[i].L == NULL && fd >= 0) {
        task_start(L, &tasks[i], &p[i], fd);
        fd = -1;
      }
      else if (tasks[i].L != NULL && (p[i].revents != 0 || now() >= tasks[i].deadline))
        task_wake(L, &tasks[i], &p[i]);
    }
  }
}

static void *thread_main (void *unused) {
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  lua_pushcfunction(L, luaopen_wolfssl_core);
  lua_setfield(L, -2, "wolfssl.core");
  if (luaL_loadfile(L, script) == LUA_OK) {
    lua_pushcfunction(L, embed_wait);
    lua_pushstring(L, argument);
    if (lua_pcall(L, 2, 1, 0) == LUA_OK) {
      serve(L);
      lua_close(L);
      return unused;
    }
  }
  fprintf(stderr, "embed: %s\n", lua_tostring(L, -1));
  exit(1);
}

int main (int argc, char **argv) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof a;
  pthread_t threads[64];
  int count = argc == 4 ? atoi(argv[1]) : 0;
  if (count < 1 || count > 64)
    return fprintf(stderr, "usage: embed THREADS SCRIPT ARGUMENT\n"), 2;
  script = argv[2];
  argument = argv[3];
  listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (bind(listener, (struct sockaddr *)&a, size) != 0 || listen(listener, 64) != 0)
    return perror("embed"), 1;
  getsockname(listener, (struct sockaddr *)&a, &size);
  printf("port %d\n", ntohs(a.sin_port));
  fflush(stdout);
  for (int i = 0; i < count; i++)
    pthread_create(&threads[i], NULL, thread_main, NULL);
  for (int i = 0; i < count; i++)
    pthread_join(threads[i], NULL);
  return 0;
}
