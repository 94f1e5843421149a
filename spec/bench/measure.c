/*
** measure.c - measure.h for Lua.
*/

#include <lauxlib.h>
#include <lua.h>

#include "measure.h"

static int lua_start (lua_State *L) {
  (void)L;
  measure_start();
  return 0;
}

static int lua_stop (lua_State *L) {
  (void)L;
  measure_stop();
  return 0;
}

static int lua_cpu (lua_State *L) {
  lua_pushnumber(L, measure_cpu());
  return 1;
}

static int lua_heap (lua_State *L) {
  lua_pushnumber(L, measure_heap());
  return 1;
}

int luaopen_measure (lua_State *L);

int luaopen_measure (lua_State *L) {
  lua_newtable(L);
  lua_pushcfunction(L, lua_start);
  lua_setfield(L, -2, "start");
  lua_pushcfunction(L, lua_stop);
  lua_setfield(L, -2, "stop");
  lua_pushcfunction(L, lua_cpu);
  lua_setfield(L, -2, "cpu");
  lua_pushcfunction(L, lua_heap);
  lua_setfield(L, -2, "heap");
  return 1;
}
