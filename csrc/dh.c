/*
** dh.c - Diffie-Hellman in finite fields; for DHE of TLS 1.2 the server names modulus and generator.
*/

#include <string.h>

#include "crypto.h"

int lw_agreement_failure (lua_State *L, int error) {
  return lw_failure(L, lw_out_of_memory(error) ? LW_INTERNAL : LW_PEER_MISBEHAVED,
                    "key agreement: %s", lw_reason(error));
}

int lw_dh_power (DhKey *key, lw_Span exponent, lw_Span base, size_t size, unsigned char *out) {
  word32 length = (word32)size;
  int error = wc_DhCheckPubKey(key, base.data, (word32)base.length);
  if (error == 0)
    error = wc_DhAgree(key, out, &length, exponent.data, (word32)exponent.length, base.data,
                       (word32)base.length);
  if (error != 0)
    return error;
  memmove(out + size - length, out, length);
  memset(out, 0, size - length);
  return 0;
}

#define MOST_DH_BYTES 1024

static lw_Span without_zeros (lw_Span n) {
  while (n.length > 0 && n.data[0] == 0) {
    n.data++;
    n.length--;
  }
  return n;
}

/* base^exponent mod p, as many bytes as p has */
static int dh_custom (lw_Span p, lw_Span g, lw_Span exponent, lw_Span base, unsigned char *out) {
  DhKey key;
  int error = wc_InitDhKey(&key);
  if (error != 0)
    return error;
  error = wc_DhSetKey(&key, p.data, (word32)p.length, g.data, (word32)g.length);
  if (error == 0)
    error = lw_dh_power(&key, exponent, base, p.length, out);
  wc_FreeDhKey(&key);
  return error;
}

static int dh_bad_parameters (lua_State *L, lw_Span p, lw_Span g) {
  if (p.length > MOST_DH_BYTES)
    return lw_failure(L, LW_NOT_COMPILED_IN, "DH modulus of more than %d bytes", MOST_DH_BYTES);
  if (p.length == 0 || g.length == 0 || (p.data[p.length - 1] & 1) == 0)
    return lw_failure(L, LW_PEER_MISBEHAVED, "DH modulus is not odd, or generator is zero");
  return 0;
}

/***
Makes a key pair for the given parameters.
@function dh_keypair
@tparam string p modulus, big-endian
@tparam string g generator
@treturn string private key
@treturn string public key, as long as p | nil, message, code: "peer_misbehaved" for parameters that
cannot be right
@see RFC 5246 section 7.4.3
*/
static int dh_keypair (lua_State *L) {
  unsigned char exponent[LW_DH_PRIVATE], public_key[MOST_DH_BYTES];
  lw_Span p = without_zeros(lw_checkspan(L, 1)), g = without_zeros(lw_checkspan(L, 2));
  lw_Span x = {exponent, sizeof(exponent)};
  int bad = dh_bad_parameters(L, p, g), error;
  WC_RNG rng;
  if (bad)
    return bad;
  error = wc_InitRng(&rng);
  if (error == 0) {
    error = wc_RNG_GenerateBlock(&rng, exponent, sizeof(exponent));
    wc_FreeRng(&rng);
  }
  if (error == 0)
    error = dh_custom(p, g, x, g, public_key);
  if (error != 0)
    return lw_agreement_failure(L, error);
  lua_pushlstring(L, (const char *)exponent, sizeof(exponent));
  lua_pushlstring(L, (const char *)public_key, p.length);
  lw_wipe(exponent, sizeof(exponent));
  return 2;
}

/***
The secret shared with a peer, as TLS 1.2 uses it: without leading zeros.
@function dh_shared
@tparam string p
@tparam string g
@tparam string private
@tparam string public of the peer
@treturn string | nil, message, code: "peer_misbehaved" when public is not in 2 .. p-2
@see RFC 5246 section 8.1.2
*/
static int dh_shared (lua_State *L) {
  unsigned char buffer[MOST_DH_BYTES];
  lw_Span p = without_zeros(lw_checkspan(L, 1)), g = without_zeros(lw_checkspan(L, 2));
  lw_Span own = lw_checkspan(L, 3), peer = without_zeros(lw_checkspan(L, 4)),
          secret = {buffer, p.length};
  int bad = dh_bad_parameters(L, p, g), error;
  if (bad)
    return bad;
  luaL_argcheck(L, own.length > 0 && own.length <= p.length + LW_DH_PRIVATE, 3,
                "no private key of this group");
  error = dh_custom(p, g, own, peer, buffer);
  if (error != 0)
    return lw_agreement_failure(L, error);
  secret = without_zeros(secret);
  lua_pushlstring(L, (const char *)secret.data, secret.length);
  lw_wipe(buffer, sizeof(buffer));
  return 1;
}

static const luaL_Reg dh_functions[] = {
    {"dh_keypair", dh_keypair}, {"dh_shared", dh_shared}, {NULL, NULL}};

void lw_open_dh (lua_State *L) {
  luaL_setfuncs(L, dh_functions, 0);
}
