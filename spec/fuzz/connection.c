/*
** connection.c - any bytes as what a peer sends, to a client and to a server: spec/fuzz/connection.lua
** says how the input is read.
*/

#include <stdio.h>
#include <stdlib.h>

#include <lualib.h>

#include "lwolfssl.h"

#ifndef SCRIPT
#define SCRIPT "spec/fuzz/connection.lua"
#endif

LW_EXPORT int luaopen_wolfssl_core (lua_State *L);

static const char script[] =
    "package.path = 'lua/?.lua;lua/?/init.lua;spec/?.lua;' .. package.path\n"
    "package.preload['wolfssl.core'] = ...\n"
    "return dofile('" SCRIPT "')\n";

static int report (lua_State *L) {
  luaL_traceback(L, L, lua_tostring(L, 1), 1);
  return 1;
}

static void call (lua_State *L, int arguments, int results) {
  if (lua_pcall(L, arguments, results, 1) == LUA_OK)
    return;
  fprintf(stderr, "%s\n", lua_tostring(L, -1));
  abort();
}

static lua_State *new_state (void) {
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  lua_pushcfunction(L, report);
  if (luaL_loadstring(L, script) != LUA_OK)
    abort();
  lua_pushcfunction(L, luaopen_wolfssl_core);
  call(L, 1, 1);
  return L;
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size) {
  static lua_State *L;
  if (L == NULL)
    L = new_state();
  lua_pushvalue(L, 2);
  lua_pushlstring(L, (const char *)data, size);
  call(L, 1, 0);
  return 0;
}
