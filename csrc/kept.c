/*
** kept.c - what a server keeps by id for later connections: sessions of TLS 1.2, and the certificates of clients with
** tickets. It is kept in the context's memory (store.c), or in a store of the application: that one is asked while
** the ClientHello is held, and gets what is new after the handshake.
**
** Whoever has that other store shall neither read nor forge what it holds, nor put it under another id: it is sealed
** with ChaCha20-Poly1305 under a key that comes from the ticket keys. Layout: name of the ticket key, nonce, tag, text.
*/

#include "connection.h"
#include "crypto.h"

#include <string.h>

enum { SESSION_TICKET = 35 };
enum { NAME = 16, NONCE = 12, TAG = 16, HEAD = NAME + NONCE + TAG, KEY = 32, MOST = 1 << 17 };

struct lw_Kept {
  struct lw_Kept *next;
  unsigned char id[LW_ID];
  size_t length;
  unsigned char bytes[];
};

static lw_Kept *kept_new (const unsigned char *id, size_t length) {
  lw_Kept *k = (lw_Kept *)lw_alloc(sizeof *k + length);
  if (k != NULL) {
    k->next = NULL;
    memcpy(k->id, id, LW_ID);
    k->length = length;
  }
  return k;
}

static void kept_free (lw_Kept *k) {
  while (k != NULL) {
    lw_Kept *next = k->next;
    lw_free_secret(k, sizeof *k + k->length);
    k = next;
  }
}

void lw_kept_settle (lw_Connection *c) {
  kept_free(c->offered);
  c->offered = NULL;
}

void lw_kept_free (lw_Connection *c) {
  lw_kept_settle(c);
  kept_free(c->to_store);
  c->to_store = NULL;
}

/* -------------------------------------------------------------------- sealed */

/* Tickets are sealed with the key itself, so that this takes another one. */
static int kept_key (const lw_TicketKey *key, unsigned char derived[KEY]) {
  static const char label[] = "lua-wolfssl stored session";
  lw_Span secret, text;
  secret.data = key->key;
  secret.length = sizeof key->key;
  text.data = (const unsigned char *)label;
  text.length = sizeof label - 1;
  return lw_hmac(lw_hash_find("sha256"), secret, text, derived);
}

static int kept_crypt (const lw_TicketKey *key, int (*crypt)(lw_Box *), const unsigned char *id,
                       unsigned char *head, const unsigned char *in, unsigned char *out,
                       size_t length) {
  unsigned char derived[KEY], aad[NAME + LW_ID];
  lw_Box b;
  int error = kept_key(key, derived);
  if (error != 0)
    return error;
  memcpy(aad, key->name, NAME);
  memcpy(aad + NAME, id, LW_ID);
  b.key.data = derived;
  b.key.length = KEY;
  b.nonce.data = head + NAME;
  b.nonce.length = NONCE;
  b.aad.data = aad;
  b.aad.length = sizeof aad;
  b.in.data = in;
  b.in.length = length;
  b.out = out;
  b.tag = head + NAME + NONCE;
  b.tag_length = TAG;
  error = crypt(&b);
  lw_wipe(derived, sizeof derived);
  return error;
}

static lw_Kept *kept_seal (const lw_Context *x, const unsigned char *id, const unsigned char *bytes,
                           size_t length) {
  lw_Kept *k = kept_new(id, HEAD + length);
  if (k == NULL)
    return NULL;
  memcpy(k->bytes, x->ticket_keys[0].name, NAME);
  if (lw_random(k->bytes + NAME, NONCE) &&
      kept_crypt(&x->ticket_keys[0], lw_chacha_seal, id, k->bytes, bytes, k->bytes + HEAD,
                 length) == 0)
    return k;
  kept_free(k);
  return NULL;
}

static lw_Kept *kept_open (const lw_Context *x, const unsigned char *id, const unsigned char *bytes,
                           size_t length) {
  unsigned char head[HEAD];
  const lw_TicketKey *key;
  lw_Kept *k;
  if (length <= HEAD || length > MOST)
    return NULL;
  memcpy(head, bytes, HEAD);
  key = lw_ticket_key(x, head);
  k = key == NULL ? NULL : kept_new(id, length - HEAD);
  if (k == NULL ||
      kept_crypt(key, lw_chacha_open, id, head, bytes + HEAD, k->bytes, length - HEAD) == 0)
    return k;
  kept_free(k);
  return NULL;
}

/* -------------------------------------------------------------------- put and get */

/* No memory: it is not kept, and the next handshake is a full one. */
void lw_kept_put (lw_Connection *c, const unsigned char *id, size_t id_length,
                  const unsigned char *bytes, size_t length) {
  lw_Kept *k;
  if (id_length != LW_ID)
    return;
  if (c->context->store != NULL)
    lw_store_put(c->context->store, id, id_length, bytes, length);
  if (!c->context->external)
    return;
  k = kept_seal(c->context, id, bytes, length);
  if (k != NULL) {
    k->next = c->to_store;
    c->to_store = k;
  }
}

const unsigned char *lw_kept_get (const lw_Connection *c, const unsigned char *id, size_t id_length,
                                  size_t *length) {
  const lw_Kept *k = c->offered;
  if (c->context->store != NULL)
    return lw_store_get(c->context->store, id, id_length, length);
  if (k == NULL || id_length != LW_ID || memcmp(k->id, id, LW_ID) != 0)
    return NULL;
  *length = k->length;
  return k->bytes;
}

/* -------------------------------------------------------------------- the application's store */

/* RFC 8446 section 4.2.11: the first of the tickets that is one of ours says under which id its chain is. */
static int kept_chain (const lw_Connection *c, const lw_Hello *h, unsigned char *id) {
  lw_Span list = h->psks, ticket;
  if (c->context->peer.verify == LW_VERIFY_NONE)
    return 0;
  while (lw_hello_identity(&list, &ticket))
    if (lw_ticket_handle(c, ticket, id))
      return 1;
  return 0;
}

/* A client with a ticket makes up an id (RFC 5077 section 3.4), and so does one that would speak TLS 1.3. */
static int kept_id (const lw_Connection *c, const lw_Hello *h, unsigned char *id) {
  if (c->context->max_version == 0x0304 && lw_hello_has(h->supported_versions, 0x0304))
    return kept_chain(c, h, id);
  if (h->session_id.length != LW_ID || lw_hello_extension(h, SESSION_TICKET).length > 0)
    return 0;
  memcpy(id, h->session_id.data, LW_ID);
  return 1;
}

/***
What a server wants from the application's store before the ClientHello, which is held, is released.
@function connection:wanted_session
@treturn string|nil|boolean an id of 32 bytes; nil: nothing; false: the ClientHello has not been looked at
*/
static int kept_wanted (lua_State *L) {
  const lw_Connection *c = lw_connection_check(L, 1);
  unsigned char id[LW_ID];
  if (!c->server || !c->context->external || c->ssl != NULL || c->gate == NULL)
    return 0;
  if (!c->gate->hello_seen) {
    lua_pushboolean(L, 0);
    return 1;
  }
  if (!kept_id(c, &c->gate->offered, id))
    return 0;
  lua_pushlstring(L, (const char *)id, LW_ID);
  return 1;
}

/***
Gives a server what its store had. Nothing is believed of it that a ticket key of its context does not prove; with
another context (`use_context`) it is to be given again.
@function connection:offer_session
@tparam string id
@tparam string bytes what `session_to_store` gave for that id
@treturn boolean false: they were sealed under an unknown key or for another id, or were changed
*/
static int kept_offer (lua_State *L) {
  lw_Connection *c = lw_connection_check(L, 1);
  size_t id_length, length;
  const char *id = luaL_checklstring(L, 2, &id_length);
  const char *bytes = luaL_checklstring(L, 3, &length);
  luaL_argcheck(L, c->server && c->context->external, 1,
                "only a server with a store of the application's takes sessions");
  luaL_argcheck(L, id_length == LW_ID, 2, "must be 32 bytes");
  kept_free(c->offered);
  c->offered =
      kept_open(c->context, (const unsigned char *)id, (const unsigned char *)bytes, length);
  lua_pushboolean(L, c->offered != NULL);
  return 1;
}

/***
What a server wants to be put into the application's store: one thing a call.
@function connection:session_to_store
@treturn[1] string id
@treturn[1] string bytes sealed
@treturn[1] integer lifetime seconds for which it is good
@treturn[2] nil nothing more
*/
static int kept_tostore (lua_State *L) {
  lw_Connection *c = lw_connection_check(L, 1);
  lw_Kept *k = c->to_store, *copy;
  size_t length = k == NULL ? 0 : k->length;
  if (k == NULL)
    return 0;
  copy = (lw_Kept *)lua_newuserdata(L, sizeof *k + length); /* a finalizer may take it */
  c = lw_connection_still(L);
  k = c == NULL ? NULL : c->to_store;
  if (k == NULL || k->length != length)
    return 0;
  memcpy(copy, k, sizeof *k + length);
  c->to_store = k->next;
  k->next = NULL;
  kept_free(k);
  lua_pushlstring(L, (const char *)copy->id, LW_ID);
  lua_pushlstring(L, (const char *)copy->bytes, length);
  lw_pushinteger(L, c->context->session_lifetime);
  return 3;
}

/***
Which session a server's store is to forget, because the connection failed.
@function connection:session_to_forget
@treturn string|nil id; told once
*/
static int kept_toforget (lua_State *L) {
  lw_Connection *c = lw_connection_check(L, 1);
  if (!c->spoilt || !c->context->external)
    return 0;
  c->spoilt = 0;
  lua_pushlstring(L, (const char *)c->kept_id, LW_ID);
  return 1;
}

/***
Makes a server do a full handshake, whatever the client would like to resume.
@function connection:refuse_sessions
*/
static int kept_refuse (lua_State *L) {
  lw_Connection *c = lw_connection_check(L, 1);
  luaL_argcheck(L, c->server, 1, "only a server refuses to resume");
  c->unresumed = 1;
  return 0;
}

const luaL_Reg lw_kept_methods[] = {
    {"wanted_session", kept_wanted},      {"offer_session", kept_offer},
    {"refuse_sessions", kept_refuse},     {"session_to_store", kept_tostore},
    {"session_to_forget", kept_toforget}, {NULL, NULL},
};
