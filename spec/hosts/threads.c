/*
** threads.c - many threads, each with a lua_State that does handshakes in memory, at once: for helgrind and
** ThreadSanitizer. The module is linked in, so that it is instrumented, too.
**
**   threads THREADS HANDSHAKES SCRIPT    so many handshakes in all; prints how many were done
*/

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <valgrind/valgrind.h>

#define MOST 64

typedef struct Job {
  pthread_t thread;
  const char *script;
  int handshakes, done;
} Job;

int luaopen_wolfssl_core (lua_State *L);

static void *job_run (void *argument) {
  Job *job = (Job *)argument;
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "preload");
  lua_pushcfunction(L, luaopen_wolfssl_core);
  lua_setfield(L, -2, "wolfssl.core");
  lua_settop(L, 0);
  if (luaL_loadfile(L, job->script) == 0) {
    lua_pushinteger(L, job->handshakes);
    if (lua_pcall(L, 1, 1, 0) == 0)
      job->done = (int)lua_tointeger(L, -1);
  }
  if (job->done != job->handshakes)
    fprintf(stderr, "threads: %s\n", lua_tostring(L, -1));
  lua_close(L);
  return NULL;
}

int main (int argc, char **argv) {
  static Job jobs[MOST];
  int count = argc == 4 ? atoi(argv[1]) : 0, done = 0;
  if (count < 1 || count > MOST)
    return fprintf(stderr, "usage: threads THREADS HANDSHAKES SCRIPT\n"), 2;
  if (RUNNING_ON_VALGRIND) { /* helgrind does not see that pthread_once orders what it does */
    Job first = {.script = argv[3]};
    job_run(&first);
  }
  for (int i = 0; i < count; i++) {
    jobs[i].script = argv[3];
    jobs[i].handshakes = atoi(argv[2]) / count;
    pthread_create(&jobs[i].thread, NULL, job_run, &jobs[i]);
  }
  for (int i = 0; i < count; i++) {
    pthread_join(jobs[i].thread, NULL);
    done += jobs[i].done;
  }
  printf("%d handshakes in %d threads\n", done, count);
  return done != atoi(argv[2]);
}
