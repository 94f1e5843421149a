/*
** object.c - userdata: boxes around one pointer, told apart by the address of their class. It stands in the box:
** to compare metatables costs four times as much, at every call of every method.
*/

#include <string.h>

#include "lwolfssl.h"

static const lw_Class *object_class (lua_State *L) {
  return (const lw_Class *)lua_touserdata(L, lua_upvalueindex(1));
}

static int object_close (lua_State *L) {
  const lw_Class *class = object_class(L);
  lw_Object *box = (lw_Object *)(void *)lw_checkbox(L, 1, class);
  if (box->content != NULL && box->busy == 0)
    class->close(L);
  else if (box->content != NULL) {
    box->doomed = box->content;
    box->content = NULL;
  }
  return 0;
}

static void object_finish (lua_State *L, lw_Object *box) {
  if (box->doomed != NULL) {
    box->content = box->doomed;
    box->doomed = NULL;
  }
  if (box->content != NULL)
    box->class->close(L);
}

/* No method is at work any more. */
static int object_gc (lua_State *L) {
  object_finish(L, (lw_Object *)(void *)lw_checkbox(L, 1, object_class(L)));
  return 0;
}

void lw_object_enter (lua_State *L) {
  ((lw_Object *)lua_touserdata(L, 1))->busy++;
}

void lw_object_leave (lua_State *L) {
  lw_Object *box = (lw_Object *)lua_touserdata(L, 1);
  if (--box->busy == 0 && box->doomed != NULL)
    object_finish(L, box);
}

/* Upvalues: the class, the method. */
static int object_call (lua_State *L) {
  int results;
  lw_checkbox(L, 1, object_class(L));
  lw_object_enter(L);
  results = lua_tocfunction(L, lua_upvalueindex(2))(L);
  lw_object_leave(L);
  return results;
}

static int object_tostring (lua_State *L) {
  const lw_Class *class = object_class(L);
  void **box = lw_checkbox(L, 1, class);
  if (*box == NULL)
    lua_pushfstring(L, "%s (closed)", class->name);
  else if (class->tostring != NULL)
    return class->tostring(L);
  else
    lua_pushfstring(L, "%s: %p", class->name, *box);
  return 1;
}

static void object_setclosure (lua_State *L, const lw_Class *class, lua_CFunction f,
                               const char *name) {
  lua_pushlightuserdata(L, (void *)(uintptr_t) class);
  lua_pushcclosure(L, f, 1);
  lua_setfield(L, -2, name);
}

static void object_setmethods (lua_State *L, const lw_Class *class, const luaL_Reg *list) {
  for (; list->name != NULL; list++) {
    lua_pushlightuserdata(L, (void *)(uintptr_t) class);
    lua_pushcfunction(L, list->func);
    lua_pushcclosure(L, object_call, 2);
    lua_setfield(L, -2, list->name);
  }
}

/* A module opened again in the same state must know the objects that it made before. */
static int object_registered (lua_State *L, const lw_Class *class) {
  int known;
  lua_rawgetp(L, LUA_REGISTRYINDEX, class);
  known = lua_istable(L, -1);
  lua_pop(L, 1);
  return known;
}

void lw_register (lua_State *L, const lw_Class *class) {
  if (object_registered(L, class))
    return;
  lua_createtable(L, 0, 6);
  object_setclosure(L, class, object_gc, "__gc");
  object_setclosure(L, class, object_close, "__close");
  object_setclosure(L, class, object_tostring, "__tostring");
  lua_pushstring(L, class->name);
  lua_setfield(L, -2, "__name");
  lua_newtable(L);
  object_setmethods(L, class, class->methods);
  for (size_t i = 0; class->more != NULL && class->more[i] != NULL; i++)
    object_setmethods(L, class, class->more[i]);
  object_setclosure(L, class, object_close, "close");
  lua_setfield(L, -2, "__index");
  lua_rawsetp(L, LUA_REGISTRYINDEX, class);
}

void **lw_newboxof (lua_State *L, const lw_Class *class, int metatable) {
  lw_Object *box = (lw_Object *)lua_newuserdata(L, sizeof(lw_Object));
  memset(box, 0, sizeof *box);
  box->class = class;
  lua_pushvalue(L, metatable);
  lua_setmetatable(L, -2);
  return &box->content;
}

void **lw_newbox (lua_State *L, const lw_Class *class) {
  void **box;
  lua_rawgetp(L, LUA_REGISTRYINDEX, class);
  box = lw_newboxof(L, class, lua_gettop(L));
  lua_remove(L, -2);
  return box;
}

/* -------------------------------------------------------------------- an object's own table */

/* Only the addresses count: registry keys of the metatable of objects that have one. */
static const void *object_ownkey (const lw_Class *class) {
  return &class->methods;
}

/* Upvalues: the class, its methods. */
static int object_ownindex (lua_State *L) {
  lw_checkbox(L, 1, object_class(L));
  lua_settop(L, 2);
  lua_getuservalue(L, 1);
  if (lua_istable(L, -1)) { /* not that of another, which has none */
    lua_pushvalue(L, 2);
    lua_rawget(L, -2);
    if (!lua_isnil(L, -1))
      return 1;
  }
  lua_pushvalue(L, 2);
  lua_rawget(L, lua_upvalueindex(2));
  return 1;
}

/* That of the class, but for __index. */
static void object_makeown (lua_State *L, const lw_Class *class) {
  lua_newtable(L);
  lua_rawgetp(L, LUA_REGISTRYINDEX, class);
  for (lua_pushnil(L); lua_next(L, -2) != 0;) {
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    lua_rawset(L, -5);
  }
  lua_pushlightuserdata(L, (void *)(uintptr_t) class);
  lua_getfield(L, -2, "__index");
  lua_pushcclosure(L, object_ownindex, 2);
  lua_setfield(L, -3, "__index");
  lua_pop(L, 1);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, object_ownkey(class));
}

static void object_ownmetatable (lua_State *L, const lw_Class *class) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, object_ownkey(class));
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    object_makeown(L, class);
  }
}

void lw_own (lua_State *L, int arg, const lw_Class *class) {
  int owns;
  lua_getmetatable(L, arg);
  object_ownmetatable(L, class);
  owns = lua_rawequal(L, -1, -2);
  if (!owns) {
    lua_newtable(L);
    lua_setuservalue(L, arg);
    lua_setmetatable(L, arg);
    lua_pushnil(L);
  }
  lua_pop(L, 2);
  lua_getuservalue(L, arg);
}

/* -------------------------------------------------------------------- arguments */

static void **object_box (lua_State *L, int arg, const lw_Class *class) {
  lw_Object *box = (lw_Object *)lua_touserdata(L, arg);
  if (box == NULL || lua_rawlen(L, arg) != sizeof(lw_Object) || box->class != class)
    return NULL;
  return &box->content;
}

static int object_typeerror (lua_State *L, int arg, const lw_Class *class) {
  const char *message;
  message = lua_pushfstring(L, "%s expected, got %s", class->name, luaL_typename(L, arg));
  return luaL_argerror(L, arg, message);
}

void **lw_checkbox (lua_State *L, int arg, const lw_Class *class) {
  void **box = object_box(L, arg, class);
  if (box == NULL)
    object_typeerror(L, arg, class);
  return box;
}

void *lw_unusable (lua_State *L, int arg, const lw_Class *class) {
  lw_checkbox(L, arg, class);
  luaL_error(L, "attempt to use a closed %s", class->name);
  return NULL;
}

void *lw_test (lua_State *L, int arg, const lw_Class *class) {
  void **box = object_box(L, arg, class);
  return box == NULL ? NULL : *box;
}
