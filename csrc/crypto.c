/*
** crypto.c - core.crypto: wolfCrypt for the Lua layers that look into TLS and speak it by hand. Thin: strings
** in, strings out, all of them binary. Wrong types and lengths raise.
*/

#include "crypto.h"

#define MOST_RANDOM (1 << 24)

/***
Random bytes from the system.
@function random
@tparam integer n 0 to 2^24
@treturn string
*/
static int crypto_random (lua_State *L) {
  lua_Integer n = luaL_checkinteger(L, 1);
  unsigned char *out;
  luaL_argcheck(L, n >= 0 && n <= MOST_RANDOM, 1, "0 to 2^24 expected");
  out = (unsigned char *)lua_newuserdata(L, (size_t)n + 1);
  if (!lw_random(out, (size_t)n))
    return lw_failure(L, LW_INTERNAL, "the system gives no random bytes");
  lua_pushlstring(L, (const char *)out, (size_t)n);
  lw_wipe(out, (size_t)n);
  return 1;
}

static const luaL_Reg crypto_functions[] = {{"random", crypto_random}, {NULL, NULL}};

void lw_open_crypto (lua_State *L) {
  lua_newtable(L);
  luaL_setfuncs(L, crypto_functions, 0);
  lw_open_hash(L);
  lw_open_kdf(L);
  lw_open_cipher(L);
  lw_open_agreement(L);
  lw_open_dh(L);
  lw_open_signature(L);
  lua_setfield(L, -2, "crypto");
}
