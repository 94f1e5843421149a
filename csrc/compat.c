/*
** compat.c - what Lua 5.1 lacks. LuaJIT has some of these under the same names; it must still load the
** binary that was built against PUC 5.1, so none of LuaJIT's own are used.
*/

#include "lwolfssl.h"

void lw_pushinteger (lua_State *L, int64_t n) {
  if (sizeof(lua_Integer) >= sizeof(int64_t) && LUA_VERSION_NUM >= 503)
    lua_pushinteger(L, (lua_Integer)n);
  else
    lua_pushnumber(L, (lua_Number)n);
}

#if LUA_VERSION_NUM == 501

int lw_absindex (lua_State *L, int index) {
  return index > 0 || index <= LUA_REGISTRYINDEX ? index : lua_gettop(L) + index + 1;
}

void lw_rawgetp (lua_State *L, int index, const void *key) {
  index = lw_absindex(L, index);
  lua_pushlightuserdata(L, (void *)(uintptr_t)key);
  lua_rawget(L, index);
}

void lw_rawsetp (lua_State *L, int index, const void *key) {
  index = lw_absindex(L, index);
  lua_pushlightuserdata(L, (void *)(uintptr_t)key);
  lua_insert(L, -2);
  lua_rawset(L, index);
}

void lw_setfuncs (lua_State *L, const luaL_Reg *list, int upvalues) {
  luaL_checkstack(L, upvalues, "too many upvalues");
  for (; list->name != NULL; list++) {
    for (int i = 0; i < upvalues; i++)
      lua_pushvalue(L, -upvalues);
    lua_pushcclosure(L, list->func, upvalues);
    lua_setfield(L, -(upvalues + 2), list->name);
  }
  lua_pop(L, upvalues);
}

const char *lw_tolstring (lua_State *L, int index, size_t *size) {
  if (luaL_callmeta(L, index, "__tostring")) {
    if (!lua_isstring(L, -1))
      luaL_error(L, "'__tostring' must return a string");
  }
  else if (lua_type(L, index) == LUA_TNUMBER || lua_type(L, index) == LUA_TSTRING)
    lua_pushvalue(L, index);
  else if (lua_type(L, index) == LUA_TBOOLEAN)
    lua_pushstring(L, lua_toboolean(L, index) ? "true" : "false");
  else if (lua_type(L, index) == LUA_TNIL)
    lua_pushliteral(L, "nil");
  else
    lua_pushfstring(L, "%s: %p", luaL_typename(L, index), lua_topointer(L, index));
  return lua_tolstring(L, -1, size);
}

#endif
