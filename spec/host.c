/*
** host.c - the smallest Lua interpreter: host - ARGS or host FILE ARGS, and -e CHUNK.
**
** Linked with a sanitizer's runtime it runs the suite under that sanitizer.
*/

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
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

static int host_load (lua_State *L, int argc, char **argv) {
  if (argc > 2 && strcmp(argv[1], "-e") == 0)
    return luaL_loadstring(L, argv[2]);
  if (argc < 2 || strcmp(argv[1], "-") == 0)
    return luaL_loadfile(L, NULL);
  return luaL_loadfile(L, argv[1]);
}

static int host_traceback (lua_State *L) {
  luaL_traceback(L, L, luaL_tolstring(L, 1, NULL), 1);
  return 1;
}

int main (int argc, char **argv) {
  int failed;
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  host_arguments(L, argc, argv, argc > 1 ? 1 : 0);
  lua_pushcfunction(L, host_traceback);
  failed = host_load(L, argc, argv) != LUA_OK || lua_pcall(L, 0, 0, -2) != LUA_OK;
  if (failed)
    fprintf(stderr, "%s\n", lua_tostring(L, -1));
  lua_close(L);
  return failed;
}
