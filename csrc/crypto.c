/*
** crypto.c - core.crypto: wolfCrypt for the Lua layers that look into TLS and speak it by hand. Thin: strings
** in, strings out, all of them binary. Wrong types and lengths raise.
*/

#include "crypto.h"

#define MOST_RANDOM (1 << 24)

/***
Random bytes from wolfCrypt's generator, seeded anew for each call (so fork is harmless).
@function random
@tparam integer n 0 to 2^24
@treturn string
*/
static int crypto_random (lua_State *L) {
  lua_Integer n = luaL_checkinteger(L, 1);
  unsigned char *out;
  WC_RNG rng;
  int error;
  luaL_argcheck(L, n >= 0 && n <= MOST_RANDOM, 1, "0 to 2^24 expected");
  out = (unsigned char *)lua_newuserdata(L, (size_t)n + 1);
  error = wc_InitRng(&rng);
  if (error == 0) {
    size_t done, some;
    for (done = 0; done < (size_t)n && error == 0; done += some) {
      some = (size_t)n - done < RNG_MAX_BLOCK_LEN ? (size_t)n - done : RNG_MAX_BLOCK_LEN;
      error = wc_RNG_GenerateBlock(&rng, out + done, (word32)some);
    }
    wc_FreeRng(&rng);
  }
  if (error != 0)
    return lw_failure(L, LW_INTERNAL, "random numbers: %s", lw_reason(error));
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
