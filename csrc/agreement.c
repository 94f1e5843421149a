/*
** agreement.c - key agreement: the groups of TLS, with private and public keys as plain octets.
**
** A public key that comes from a peer is checked before it is used: points must be on the curve, finite
** field values in 2 .. p-2, and a secret that is all zero is refused.
*/

#include <string.h>

#include "crypto.h"

#define MAXPRIVATE 66
#define MAXPUBLIC 384 /* ffdhe3072 */

typedef struct Group Group;

struct Group {
  const char *name;
  int id;
  size_t private_size, public_size, secret_size;
  int (*make)(const Group *g, unsigned char *private_key, unsigned char *public_key);
  int (*derive)(const Group *g, const unsigned char *private_key, unsigned char *public_key);
  int (*agree)(const Group *g, const unsigned char *private_key, const unsigned char *peer,
               unsigned char *secret);
};

/* ------------------------------------------------------------------ NIST curves, RFC 8422 */

static int ec_load (const Group *g, ecc_key *key, const unsigned char *private_key) {
  int error = wc_ecc_init(key);
  return error != 0 ? error
                    : wc_ecc_import_private_key_ex(private_key, (word32)g->private_size, NULL, 0,
                                                   key, g->id);
}

static int ec_draw (const Group *g, ecc_key *key) {
  WC_RNG rng;
  int error = wc_InitRng(&rng);
  if (error != 0)
    return error;
  error = wc_ecc_make_key_ex(&rng, (int)g->private_size, key, g->id);
  wc_FreeRng(&rng);
  return error;
}

static int ec_make (const Group *g, unsigned char *private_key, unsigned char *public_key) {
  ecc_key key;
  word32 private_size = (word32)g->private_size, public_size = (word32)g->public_size;
  int error = wc_ecc_init(&key);
  if (error != 0)
    return error;
  error = ec_draw(g, &key);
  if (error == 0)
    error = wc_ecc_export_private_only(&key, private_key, &private_size);
  if (error == 0)
    error = wc_ecc_export_x963(&key, public_key, &public_size);
  wc_ecc_free(&key);
  return error;
}

static int ec_derive (const Group *g, const unsigned char *private_key, unsigned char *public_key) {
  ecc_key key;
  word32 length = (word32)g->public_size;
  int error = ec_load(g, &key, private_key);
  if (error == 0)
    error = wc_ecc_make_pub(&key, NULL);
  if (error == 0)
    error = wc_ecc_export_x963(&key, public_key, &length);
  wc_ecc_free(&key);
  return error;
}

static int ec_load_peer (const Group *g, ecc_key *key, const unsigned char *peer) {
  int error = wc_ecc_init(key);
  if (error == 0 && peer[0] != 4) /* RFC 8446 section 4.2.8.2: uncompressed only */
    error = ECC_BAD_ARG_E;
  if (error == 0)
    error = wc_ecc_import_x963_ex(peer, (word32)g->public_size, key, g->id);
  return error != 0 ? error : wc_ecc_check_key(key);
}

static int ec_shared (const Group *g, ecc_key *own, ecc_key *other, unsigned char *secret) {
  WC_RNG rng; /* blinds the multiplication */
  word32 length = (word32)g->secret_size;
  int error = wc_InitRng(&rng);
  if (error != 0)
    return error;
  error = wc_ecc_set_rng(own, &rng);
  if (error == 0)
    error = wc_ecc_shared_secret(own, other, secret, &length);
  wc_FreeRng(&rng);
  return error;
}

static int ec_agree (const Group *g, const unsigned char *private_key, const unsigned char *peer,
                     unsigned char *secret) {
  ecc_key own, other;
  int error = ec_load_peer(g, &other, peer);
  if (error == 0) {
    error = ec_load(g, &own, private_key);
    if (error == 0)
      error = ec_shared(g, &own, &other, secret);
    wc_ecc_free(&own);
  }
  wc_ecc_free(&other);
  return error;
}

/* ------------------------------------------------------------------ X25519 and X448, RFC 7748 */

static int any_set (const unsigned char *bytes, size_t length) {
  unsigned char all = 0;
  while (length-- > 0)
    all = (unsigned char)(all | bytes[length]);
  return all != 0;
}

static int x_make (const Group *g, unsigned char *private_key, unsigned char *public_key) {
  if (!lw_random(private_key, g->private_size))
    return RNG_FAILURE_E;
  return g->derive(g, private_key, public_key);
}

#if defined(HAVE_CURVE25519)

static int x25519_derive (const Group *g, const unsigned char *private_key,
                          unsigned char *public_key) {
  unsigned char clamped[CURVE25519_KEYSIZE];
  int error;
  (void)g;
  memcpy(clamped, private_key, sizeof(clamped));
  clamped[0] &= 248;
  clamped[31] = (unsigned char)((clamped[31] & 127) | 64);
  error = wc_curve25519_make_pub(CURVE25519_KEYSIZE, public_key, CURVE25519_KEYSIZE, clamped);
  lw_wipe(clamped, sizeof(clamped));
  return error;
}

static int x25519_shared (const unsigned char *private_key, const unsigned char *peer,
                          curve25519_key *own, curve25519_key *other, unsigned char *secret) {
  word32 length = CURVE25519_KEYSIZE;
  int error =
      wc_curve25519_import_private_ex(private_key, CURVE25519_KEYSIZE, own, EC25519_LITTLE_ENDIAN);
  if (error == 0)
    error = wc_curve25519_import_public_ex(peer, CURVE25519_KEYSIZE, other, EC25519_LITTLE_ENDIAN);
  if (error == 0)
    error = wc_curve25519_shared_secret_ex(own, other, secret, &length, EC25519_LITTLE_ENDIAN);
  return error == 0 && !any_set(secret, length) ? ECC_OUT_OF_RANGE_E : error;
}

static int x25519_agree (const Group *g, const unsigned char *private_key,
                         const unsigned char *peer, unsigned char *secret) {
  curve25519_key own, other;
  int error = wc_curve25519_init(&own);
  (void)g;
  if (error != 0)
    return error;
  error = wc_curve25519_init(&other);
  if (error == 0)
    error = x25519_shared(private_key, peer, &own, &other, secret);
  wc_curve25519_free(&own);
  wc_curve25519_free(&other);
  return error;
}

#define X25519 \
  { "x25519", 0, 32, 32, 32, x_make, x25519_derive, x25519_agree }
#else
#define X25519 \
  { "x25519", 0, 32, 32, 32, NULL, NULL, NULL }
#endif

#if defined(HAVE_CURVE448)

static int x448_derive (const Group *g, const unsigned char *private_key,
                        unsigned char *public_key) {
  unsigned char clamped[CURVE448_KEY_SIZE];
  int error;
  (void)g;
  memcpy(clamped, private_key, sizeof(clamped));
  clamped[0] &= 252;
  clamped[55] |= 128;
  error = wc_curve448_make_pub(CURVE448_PUB_KEY_SIZE, public_key, CURVE448_KEY_SIZE, clamped);
  lw_wipe(clamped, sizeof(clamped));
  return error;
}

static int x448_shared (const unsigned char *private_key, const unsigned char *peer,
                        curve448_key *own, curve448_key *other, unsigned char *secret) {
  word32 length = CURVE448_KEY_SIZE;
  int error =
      wc_curve448_import_private_ex(private_key, CURVE448_KEY_SIZE, own, EC448_LITTLE_ENDIAN);
  if (error == 0)
    error = wc_curve448_import_public_ex(peer, CURVE448_PUB_KEY_SIZE, other, EC448_LITTLE_ENDIAN);
  if (error == 0)
    error = wc_curve448_shared_secret_ex(own, other, secret, &length, EC448_LITTLE_ENDIAN);
  return error == 0 && !any_set(secret, length) ? ECC_OUT_OF_RANGE_E : error;
}

static int x448_agree (const Group *g, const unsigned char *private_key, const unsigned char *peer,
                       unsigned char *secret) {
  curve448_key own, other;
  int error = wc_curve448_init(&own);
  (void)g;
  if (error != 0)
    return error;
  error = wc_curve448_init(&other);
  if (error == 0)
    error = x448_shared(private_key, peer, &own, &other, secret);
  wc_curve448_free(&own);
  wc_curve448_free(&other);
  return error;
}

#define X448 \
  { "x448", 0, 56, 56, 56, x_make, x448_derive, x448_agree }
#else
#define X448 \
  { "x448", 0, 56, 56, 56, NULL, NULL, NULL }
#endif

/* ------------------------------------------------------------------ finite fields, RFC 7919 */

#if defined(HAVE_FFDHE_2048) || defined(HAVE_FFDHE_3072)

static int ffdhe_power (const Group *g, const unsigned char *exponent, lw_Span base,
                        unsigned char *out) {
  DhKey key;
  lw_Span x = {exponent, g->private_size};
  int error = wc_InitDhKey(&key);
  if (error != 0)
    return error;
  error = wc_DhSetNamedKey(&key, g->id);
  if (error == 0)
    error = lw_dh_power(&key, x, base, g->public_size, out);
  wc_FreeDhKey(&key);
  return error;
}

static int ffdhe_derive (const Group *g, const unsigned char *private_key,
                         unsigned char *public_key) {
  static const unsigned char two = 2;
  lw_Span generator = {&two, 1};
  return ffdhe_power(g, private_key, generator, public_key);
}

static int ffdhe_agree (const Group *g, const unsigned char *private_key, const unsigned char *peer,
                        unsigned char *secret) {
  lw_Span base = {peer, g->public_size};
  return ffdhe_power(g, private_key, base, secret);
}

#endif

#if defined(HAVE_FFDHE_2048)
#define FFDHE2048 \
  { "ffdhe2048", WC_FFDHE_2048, LW_DH_PRIVATE, 256, 256, x_make, ffdhe_derive, ffdhe_agree }
#else
#define FFDHE2048 \
  { "ffdhe2048", 0, LW_DH_PRIVATE, 256, 256, NULL, NULL, NULL }
#endif

#if defined(HAVE_FFDHE_3072)
#define FFDHE3072 \
  { "ffdhe3072", WC_FFDHE_3072, LW_DH_PRIVATE, 384, 384, x_make, ffdhe_derive, ffdhe_agree }
#else
#define FFDHE3072 \
  { "ffdhe3072", 0, LW_DH_PRIVATE, 384, 384, NULL, NULL, NULL }
#endif

/* ------------------------------------------------------------------ groups for Lua */

static const Group groups[] = {
    X25519,
    {"secp256r1", ECC_SECP256R1, 32, 65, 32, ec_make, ec_derive, ec_agree},
    {"secp384r1", ECC_SECP384R1, 48, 97, 48, ec_make, ec_derive, ec_agree},
    {"secp521r1", ECC_SECP521R1, 66, 133, 66, ec_make, ec_derive, ec_agree},
    X448,
    FFDHE2048,
    FFDHE3072,
    {NULL, 0, 0, 0, 0, NULL, NULL, NULL}};

static const Group *group_find (lua_State *L) {
  const char *name = luaL_checkstring(L, 1);
  const Group *g;
  for (g = groups; g->name != NULL; g++) {
    if (strcmp(g->name, name) == 0)
      return g->make == NULL ? NULL : g;
  }
  return NULL;
}

static int group_missing (lua_State *L) {
  return lw_failure(L, LW_NOT_COMPILED_IN, "no key agreement in group '%s'", lua_tostring(L, 1));
}

/***
Can keys be agreed in a group?
@function group_supported
@tparam string name of TLS: "x25519", "secp256r1", "secp384r1", "secp521r1", "x448", "ffdhe2048",
"ffdhe3072", or any other
@treturn boolean
@see RFC 8446 section 4.2.7
*/
static int agreement_supported (lua_State *L) {
  lua_pushboolean(L, group_find(L) != NULL);
  return 1;
}

/***
Makes a key pair.
@function keypair
@tparam string group
@treturn string private key
@treturn string public key as in a TLS 1.3 key_share | nil, message, "not_compiled_in"
@see RFC 8446 section 4.2.8
*/
static int agreement_keypair (lua_State *L) {
  unsigned char private_key[MAXPRIVATE], public_key[MAXPUBLIC];
  const Group *g = group_find(L);
  int error;
  if (g == NULL)
    return group_missing(L);
  error = g->make(g, private_key, public_key);
  if (error != 0)
    return lw_failure(L, LW_INTERNAL, "%s: %s", g->name, lw_reason(error));
  lua_pushlstring(L, (const char *)private_key, g->private_size);
  lua_pushlstring(L, (const char *)public_key, g->public_size);
  lw_wipe(private_key, sizeof(private_key));
  return 2;
}

/***
The public key of a private one.
@function public_from_private
@tparam string group
@tparam string private key; a length that is not the group's raises
@treturn string public key | nil, message, code
*/
static int agreement_public (lua_State *L) {
  unsigned char public_key[MAXPUBLIC];
  const Group *g = group_find(L);
  int error;
  if (g == NULL)
    return group_missing(L);
  error = g->derive(g, lw_checkexactly(L, 2, g->private_size, "private key").data, public_key);
  if (error != 0)
    return lw_failure(L, LW_INTERNAL, "%s: %s", g->name, lw_reason(error));
  lua_pushlstring(L, (const char *)public_key, g->public_size);
  return 1;
}

/***
The secret shared with a peer, as TLS 1.3 uses it (of a finite field with its leading zeros).
@function shared_secret
@tparam string group
@tparam string private key; a length that is not the group's raises
@tparam string peer public key
@treturn string | nil, message, code: "peer_misbehaved" when the peer's key is not one of the group
@see RFC 8446 section 7.4
*/
static int agreement_shared (lua_State *L) {
  unsigned char secret[MAXPUBLIC];
  const Group *g = group_find(L);
  lw_Span own, peer = lw_checkspan(L, 3);
  int error;
  if (g == NULL)
    return group_missing(L);
  own = lw_checkexactly(L, 2, g->private_size, "private key");
  if (peer.length != g->public_size)
    return lw_failure(L, LW_PEER_MISBEHAVED, "%s: public key of %d bytes, %d expected", g->name,
                      (int)peer.length, (int)g->public_size);
  error = g->agree(g, own.data, peer.data, secret);
  if (error != 0)
    return lw_agreement_failure(L, error);
  lua_pushlstring(L, (const char *)secret, g->secret_size);
  lw_wipe(secret, sizeof(secret));
  return 1;
}

static const luaL_Reg agreement_functions[] = {{"group_supported", agreement_supported},
                                               {"keypair", agreement_keypair},
                                               {"public_from_private", agreement_public},
                                               {"shared_secret", agreement_shared},
                                               {NULL, NULL}};

void lw_open_agreement (lua_State *L) {
  luaL_setfuncs(L, agreement_functions, 0);
}
