/*
** trust.c - whom to trust: anchors and pins, built once and shared by whoever verifies.
*/

#include <string.h>

#include "path.h"

static const lw_Class trust_class;

lw_Trust *lw_trust_check (lua_State *L, int arg) {
  return (lw_Trust *)lw_check(L, arg, &trust_class);
}

void lw_trust_retain (lw_Trust *t) {
  t->references++;
}

void lw_trust_release (lw_Trust *t) {
  if (t == NULL || --t->references > 0)
    return;
  for (size_t i = 0; i < t->anchors_count; i++)
    lw_free((void *)(uintptr_t)t->anchors[i]);
  lw_free(t->anchors);
  lw_free(t->pins);
  lw_free(t->proofs);
  lw_free(t);
}

int lw_trust_pinned (const lw_Trust *t, const lw_X509 *x, int *pinned) {
  unsigned char digest[32];
  lw_Span key = x->key.der;
  int error;
  *pinned = 0;
  if (t->pins_count == 0)
    return 0;
  error = wc_Hash(WC_HASH_TYPE_SHA256, key.data, (word32)key.length, digest, sizeof digest);
  for (size_t i = 0; i < t->pins_count && error == 0; i++)
    if (memcmp(t->pins[i], digest, sizeof digest) == 0)
      *pinned = 1;
  return error;
}

static int trust_close (lua_State *L) {
  void **box = lw_checkbox(L, 1, &trust_class);
  lw_trust_release((lw_Trust *)*box);
  *box = NULL;
  return 0;
}

/* ------------------------------------------------------------------ making */

/* Room for so many of each, none of which is there yet; NULL: out of memory. */
static lw_Trust *trust_new (size_t anchors, size_t pins) {
  lw_Trust *t = (lw_Trust *)lw_alloc_zero(sizeof *t);
  if (t == NULL)
    return NULL;
  t->references = 1;
  t->anchors = (const lw_X509 **)lw_alloc(anchors * sizeof *t->anchors);
  t->pins = (unsigned char(*)[32])lw_alloc(pins * sizeof *t->pins);
  t->proofs = lw_proofs_new();
  if (t->anchors != NULL && t->pins != NULL && t->proofs != NULL)
    return t;
  lw_trust_release(t);
  return NULL;
}

/* One block: as much of an lw_X509 as has something in it, then the bytes it points into. */
static const lw_X509 *trust_copy (const lw_X509 *x) {
  size_t used =
      offsetof(lw_X509, extensions) + (size_t)x->extension_count * sizeof x->extensions[0];
  void *block = lw_alloc(used + x->der.length);
  lw_X509 *whole = (lw_X509 *)lw_alloc(sizeof *whole);
  lw_Fault fault;
  lw_Span der;
  if (block != NULL && whole != NULL) {
    der.data = (unsigned char *)memcpy((char *)block + used, x->der.data, x->der.length);
    der.length = x->der.length;
    lw_x509_read(whole, der, &fault);
    memcpy(block, whole, used);
  }
  else {
    lw_free(block);
    block = NULL;
  }
  lw_free(whole);
  return (const lw_X509 *)block;
}

static void trust_anchors (lua_State *L, lw_Trust *t, int arg) {
  size_t count = lua_rawlen(L, arg);
  for (size_t i = 0; i < count; i++) {
    lua_rawgeti(L, arg, (int)i + 1);
    t->anchors[i] = trust_copy(lw_certificate_check(L, -1));
    if (t->anchors[i] == NULL)
      luaL_error(L, "not enough memory");
    t->anchors_count++;
    lua_pop(L, 1);
  }
}

static void trust_pins (lua_State *L, lw_Trust *t, int arg) {
  size_t length, count = lua_rawlen(L, arg);
  for (size_t i = 0; i < count; i++) {
    const char *pin;
    lua_rawgeti(L, arg, (int)i + 1);
    pin = lua_tolstring(L, -1, &length);
    luaL_argcheck(L, pin != NULL && length == sizeof *t->pins, arg,
                  "list of SHA-256 digests, of 32 bytes each, expected");
    memcpy(t->pins[i], pin, length);
    t->pins_count++;
    lua_pop(L, 1);
  }
}

static void trust_digest (lua_State *L, lw_Trust *t) {
  wc_Sha256 sha;
  int good = wc_InitSha256(&sha) == 0;
  for (size_t i = 0; good && i < t->anchors_count; i++)
    good = wc_Sha256Update(&sha, t->anchors[i]->der.data, (word32)t->anchors[i]->der.length) == 0;
  good = good && wc_Sha256Update(&sha, t->pins[0], (word32)(t->pins_count * 32)) == 0 &&
         wc_Sha256Final(&sha, t->digest) == 0;
  wc_Sha256Free(&sha);
  if (!good)
    luaL_error(L, "not enough memory");
}

/***
Whom to trust. Certificates are anchors, whoever signed them. With pins besides, a good chain must have a pinned key
somewhere; with pins alone, a certificate of the peer that has one is the anchor: all else that it says is then only as
good as whoever sent it.
@function core.trust
@tparam {certificate,...} anchors
@tparam[opt] {string,...} pins SHA-256 of SubjectPublicKeyInfo, 32 bytes
@treturn trust
@see RFC 5280 section 6.1.1
*/
static int core_trust (lua_State *L) {
  void **box;
  lw_Trust *t;
  luaL_checktype(L, 1, LUA_TTABLE);
  if (lua_isnoneornil(L, 2)) {
    lua_settop(L, 1);
    lua_newtable(L);
  }
  luaL_checktype(L, 2, LUA_TTABLE);
  box = lw_newbox(L, &trust_class);
  t = trust_new(lua_rawlen(L, 1), lua_rawlen(L, 2));
  if (t == NULL)
    return luaL_error(L, "not enough memory");
  *box = t;
  trust_anchors(L, t, 1);
  trust_pins(L, t, 2);
  trust_digest(L, t);
  return 1;
}

/***
How much is in it.
@function trust:count
@treturn int anchors
@treturn int pins
*/
static int trust_count (lua_State *L) {
  const lw_Trust *t = lw_trust_check(L, 1);
  lw_pushinteger(L, (int64_t)t->anchors_count);
  lw_pushinteger(L, (int64_t)t->pins_count);
  return 2;
}

static const luaL_Reg methods[] = {{"count", trust_count}, {NULL, NULL}};

static const lw_Class trust_class = {"wolfssl.trust", methods, trust_close, NULL, NULL};

void lw_open_trust (lua_State *L) {
  lw_register(L, &trust_class);
  lua_pushcfunction(L, core_trust);
  lua_setfield(L, -2, "trust");
}
