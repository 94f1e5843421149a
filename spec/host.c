/*
** host.c - the smallest Lua interpreter: host [-lMODULE] [-e CHUNK], and then FILE ARGS, - ARGS or nothing.
**
** Linked with a sanitizer's runtime it runs the suite under that sanitizer.
*/

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static void host_arguments (lua_State *L, int argc, char **argv, int script) {
  lua_createtable(L, argc, 0);
  for (int i = 0; i < argc; i++) {
    lua_pushstring(L, argv[i]);
    lua_rawseti(L, -2, i - script);
  }
  lua_setglobal(L, "arg");
}

static int host_require (lua_State *L, const char *name) {
  lua_getglobal(L, "require");
  lua_pushstring(L, name);
  return lua_pcall(L, 1, 0, lua_gettop(L) - 2);
}

static int host_execute (lua_State *L, const char *chunk) {
  return luaL_loadstring(L, chunk) != LUA_OK || lua_pcall(L, 0, 0, lua_gettop(L) - 1) != LUA_OK;
}

/* Its arguments are what follows it. */
static int host_script (lua_State *L, int argc, char **argv, int script) {
  int handler = lua_gettop(L);
  if (luaL_loadfile(L, strcmp(argv[script], "-") == 0 ? NULL : argv[script]) != LUA_OK)
    return LUA_ERRSYNTAX;
  if (!lua_checkstack(L, argc)) {
    lua_pushliteral(L, "too many arguments");
    return LUA_ERRRUN;
  }
  for (int i = script + 1; i < argc; i++)
    lua_pushstring(L, argv[i]);
  return lua_pcall(L, argc - script - 1, 0, handler);
}

static int host_run (lua_State *L, int argc, char **argv, int script) {
  int failed = LUA_OK;
  for (int i = 1; failed == LUA_OK && i < script; i++)
    failed =
        strncmp(argv[i], "-l", 2) == 0 ? host_require(L, argv[i] + 2) : host_execute(L, argv[++i]);
  return failed != LUA_OK || script >= argc ? failed : host_script(L, argc, argv, script);
}

/* Behind the options. */
static int host_findscript (int argc, char **argv) {
  int i = 1;
  while (i < argc &&
         (strncmp(argv[i], "-l", 2) == 0 || (strcmp(argv[i], "-e") == 0 && i + 1 < argc)))
    i += argv[i][1] == 'e' ? 2 : 1;
  return i;
}

static int host_traceback (lua_State *L) {
  luaL_traceback(L, L, luaL_tolstring(L, 1, NULL), 1);
  return 1;
}

static lua_State *interrupted;

static void host_stop (lua_State *L, lua_Debug *where) {
  (void)where;
  lua_sethook(L, NULL, 0, 0);
  luaL_error(L, "interrupted!");
}

static void host_interrupt (int number) {
  signal(number, SIG_DFL);
  lua_sethook(interrupted, host_stop, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
}

int main (int argc, char **argv) {
  int failed, script = host_findscript(argc, argv);
  lua_State *L = interrupted = luaL_newstate();
  signal(SIGINT, host_interrupt);
  luaL_openlibs(L);
  host_arguments(L, argc, argv, script < argc ? script : 0);
  lua_pushcfunction(L, host_traceback);
  failed = host_run(L, argc, argv, script) != LUA_OK;
  if (failed)
    fprintf(stderr, "%s\n", lua_tostring(L, -1));
  lua_close(L);
  return failed;
}
