/*
** memory.c - allocators that count, and fail when they are told to: wolfSSL's and Lua's.
*/

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/memory.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

typedef struct Watch {
  long calls;   /* that asked for memory, since the attempt began */
  long failing; /* number of the call that fails; 0: none */
  int for_good; /* so do all after it */
} Watch;

static Watch watch_wolfssl, watch_lua;
static long live_blocks, live_bytes; /* of wolfSSL's allocator */

static int watch_refuses (Watch *w) {
  w->calls++;
  return w->failing != 0 && (w->calls == w->failing || (w->for_good && w->calls > w->failing));
}

/* ------------------------------------------------------------------ wolfSSL's allocator */

static void *wolfssl_count (void *block, long sign) {
  if (block != NULL) {
    live_blocks += sign;
    live_bytes += sign * (long)malloc_usable_size(block);
  }
  return block;
}

static void *wolfssl_malloc (size_t size) {
  return watch_refuses(&watch_wolfssl) ? NULL : wolfssl_count(malloc(size), 1);
}

static void wolfssl_free (void *block) {
  free(wolfssl_count(block, -1));
}

static void *wolfssl_realloc (void *block, size_t size) {
  void *moved;
  if (watch_refuses(&watch_wolfssl))
    return NULL;
  wolfssl_count(block, -1);
  moved = realloc(block, size);
  wolfssl_count(moved != NULL ? moved : block, 1);
  return moved;
}

/* live() -> blocks, bytes: what wolfSSL's allocator has given out, but for process-wide tables */
static int memory_live (lua_State *L) {
  wc_ecc_fp_free();
  lua_pushnumber(L, (lua_Number)live_blocks);
  lua_pushnumber(L, (lua_Number)live_bytes);
  return 2;
}

/* heap() -> bytes that malloc has given out, to whomever */
static int memory_heap (lua_State *L) {
  struct mallinfo2 info;
  wc_ecc_fp_free();
  info = mallinfo2();
  lua_pushnumber(L, (lua_Number)(info.uordblks + info.hblkhd));
  return 1;
}

/* ------------------------------------------------------------------ Lua's allocator */

typedef struct Allocator {
  lua_Alloc f;
  void *context;
} Allocator;

/* Lua relies on it that shrinking never fails. */
static void *lua_allocate (void *context, void *block, size_t old_size, size_t size) {
  const Allocator *real = (const Allocator *)context;
  int grows = size > 0 && (block == NULL || size > old_size);
  if (grows && watch_refuses(&watch_lua))
    return NULL;
  return real->f(real->context, block, old_size, size);
}

/* ------------------------------------------------------------------ attempts */

static void watch_begin (Watch *w, long failing, int for_good) {
  w->calls = 0;
  w->failing = failing;
  w->for_good = for_good;
}

/*
** wolfssl(n, for_good, f, ...) -> calls, ok, results of f
** Calls f, protected; the n-th request to wolfSSL's allocator fails, and all later ones when
** for_good. n = 0: none.
*/
static int memory_wolfssl (lua_State *L) {
  int status;
  watch_begin(&watch_wolfssl, (long)luaL_checknumber(L, 1), lua_toboolean(L, 2));
  status = lua_pcall(L, lua_gettop(L) - 3, LUA_MULTRET, 0);
  watch_wolfssl.failing = 0;
  lua_pushboolean(L, status == 0);
  lua_replace(L, 2);
  lua_pushnumber(L, (lua_Number)watch_wolfssl.calls);
  lua_replace(L, 1);
  return lua_gettop(L);
}

/* lua(n, for_good, f, ...) -> calls, ok, results of f: the same with Lua's own allocator */
static int memory_lua (lua_State *L) {
  Allocator real;
  int status;
  real.f = lua_getallocf(L, &real.context);
  watch_begin(&watch_lua, (long)luaL_checknumber(L, 1), lua_toboolean(L, 2));
  lua_setallocf(L, lua_allocate, &real);
  status = lua_pcall(L, lua_gettop(L) - 3, LUA_MULTRET, 0);
  lua_setallocf(L, real.f, real.context);
  watch_lua.failing = 0;
  lua_pushboolean(L, status == 0);
  lua_replace(L, 2);
  lua_pushnumber(L, (lua_Number)watch_lua.calls);
  lua_replace(L, 1);
  return lua_gettop(L);
}

/* Fails every other request: Lua 5.2 and newer then collect all garbage and ask again. */
static void *lua_allocate_stressed (void *context, void *block, size_t old_size, size_t size) {
  const Allocator *real = (const Allocator *)context;
  int grows = size > 0 && (block == NULL || size > old_size);
  if (grows && ++watch_lua.calls % 2 == 1)
    return NULL;
  return real->f(real->context, block, old_size, size);
}

/* stressed(f, ...) -> ok, results of f: calls f, protected, with a full collection at every request */
static int memory_stressed (lua_State *L) {
  Allocator real;
  int status;
  real.f = lua_getallocf(L, &real.context);
  watch_begin(&watch_lua, 0, 0);
  lua_setallocf(L, lua_allocate_stressed, &real);
  status = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0);
  lua_setallocf(L, real.f, real.context);
  lua_pushboolean(L, status == 0);
  lua_insert(L, 1);
  return lua_gettop(L);
}

/* ------------------------------------------------------------------ a state of its own */

static void *state_allocate (void *context, void *block, size_t old_size, size_t size) {
  (void)context;
  if (size == 0) {
    free(block);
    return NULL;
  }
  if ((block == NULL || size > old_size) && watch_refuses(&watch_lua))
    return NULL;
  return realloc(block, size);
}

/*
** state(n, for_good, code) -> calls, ok, message: runs code in a fresh state with all libraries,
** where the n-th request fails.
** (LuaJIT 2.1 does not live through want of memory in lua_newstate.)
*/
static int memory_state (lua_State *L) {
  long n = (long)luaL_checknumber(L, 1);
  const char *code = luaL_checkstring(L, 3);
  lua_State *fresh = lua_newstate(state_allocate, NULL);
  int status;
  if (fresh == NULL)
    return luaL_error(L, "no state");
  luaL_openlibs(fresh);
  watch_begin(&watch_lua, n, lua_toboolean(L, 2));
  status = luaL_loadstring(fresh, code);
  status = status != 0 ? status : lua_pcall(fresh, 0, 0, 0);
  watch_lua.failing = 0;
  lua_pushnumber(L, (lua_Number)watch_lua.calls);
  lua_pushboolean(L, status == 0);
  lua_pushstring(L, status == 0 ? NULL : lua_tostring(fresh, -1));
  lua_close(fresh);
  return 3;
}

int luaopen_memory (lua_State *L);

int luaopen_memory (lua_State *L) {
  static const struct {
    const char *name;
    lua_CFunction f;
  } functions[] = {{"live", memory_live}, {"heap", memory_heap},   {"wolfssl", memory_wolfssl},
                   {"lua", memory_lua},   {"state", memory_state}, {"stressed", memory_stressed}};
  wolfSSL_SetAllocators(wolfssl_malloc, wolfssl_free, wolfssl_realloc);
  lua_newtable(L);
  for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
    lua_pushcfunction(L, functions[i].f);
    lua_setfield(L, -2, functions[i].name);
  }
  return 1;
}
