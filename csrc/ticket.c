/*
** ticket.c - session tickets, sealed with ChaCha20-Poly1305 (a key of AES costs twenty times as much to set up) under
** keys that an application may give, rotate and share.
** What is sealed is bound to the context's policy: a ticket that a lenient context gave is void at a strict one,
** and so is one that was given to a client who asked for another server_name.
*/

#include "connection.h"
#include "crypto.h"

#include <string.h>

enum { SESSION_TICKET = 35 };
enum { NAME = 16, IV = 12, HANDLE = LW_ID, AAD = NAME + 32 };
/* wolfSSL puts around what we seal: name, IV and length in front, and as much room for the tag as may be. */
enum { FRONT = NAME + WOLFSSL_TICKET_IV_SZ + 2, AROUND = FRONT + WOLFSSL_TICKET_MAC_SZ };

const lw_TicketKey *lw_ticket_key (const lw_Context *x, const unsigned char *name) {
  for (size_t i = 0; i < x->ticket_keys_count; i++)
    if (memcmp(x->ticket_keys[i].name, name, NAME) == 0)
      return &x->ticket_keys[i];
  return NULL;
}

static void ticket_aad (const lw_Connection *c, const lw_TicketKey *key, unsigned char *aad) {
  memcpy(aad, key->name, NAME);
  memcpy(aad + NAME, lw_connection_policy(c), 32); /* RFC 6066 section 3 */
}

static int ticket_crypt (const lw_TicketKey *key, int (*crypt)(lw_Box *), const unsigned char *aad,
                         const unsigned char *iv, unsigned char *tag, unsigned char *ticket,
                         size_t length) {
  lw_Box b;
  b.key.data = key->key;
  b.key.length = sizeof key->key;
  b.nonce.data = iv;
  b.nonce.length = IV;
  b.aad.data = aad;
  b.aad.length = AAD;
  b.in.data = b.out = ticket;
  b.in.length = length;
  b.tag = tag;
  b.tag_length = CHACHA20_POLY1305_AEAD_AUTHTAG_SIZE;
  return crypt(&b);
}

/* A ticket has no room for the client's chain, which must still be known when it comes back: it is kept under a
   random handle, and the handle goes into the ticket. All zero: the client showed no certificate. */
static const unsigned char nobody[HANDLE];

/* What the client showed, in this handshake or when its session was made. 0: out of memory. */
static int ticket_chain (const lw_Connection *c, WOLFSSL *ssl, lw_Bytes *all) {
  WOLFSSL_X509_CHAIN *chain = wolfSSL_get_peer_chain(ssl);
  int count = chain == NULL ? 0 : wolfSSL_get_chain_count(chain);
  if (c->context->peer.verify == LW_VERIFY_NONE)
    return 1;
  if (c->shortened || wolfSSL_session_reused(ssl))
    return lw_bytes_append(all, lw_bytes_data(&c->peer_chain), lw_bytes_length(&c->peer_chain));
  for (int i = 0; i < count; i++)
    if (!lw_bytes_append(all, wolfSSL_get_chain_cert(chain, i),
                         (size_t)wolfSSL_get_chain_length(chain, i)))
      return 0;
  return 1;
}

/* No chain, no resumption: the handshake then is a full one, in which the client shows it again. */
static int ticket_findchain (const lw_Context *x, const unsigned char handle[HANDLE]) {
  lw_Connection *c = lw_current();
  const unsigned char *chain;
  size_t length;
  if (x->peer.verify == LW_VERIFY_NONE)
    return 1;
  if (c == NULL)
    return 0;
  lw_bytes_free(
      &c->peer_chain); /* of another ticket in the same hello, which was no good after all */
  if (memcmp(handle, nobody, HANDLE) == 0)
    return x->peer.verify == LW_VERIFY_OPTIONAL;
  chain = lw_kept_get(c, handle, HANDLE, &length);
  if (chain == NULL)
    return 0;
  return lw_bytes_append(&c->peer_chain, chain, length);
}

static int ticket_seal (lw_Connection *c, WOLFSSL *ssl, const lw_TicketKey *key,
                        const unsigned char *aad, unsigned char *iv, unsigned char *tag,
                        unsigned char *ticket, int length, int *size) {
  unsigned char fresh[IV + HANDLE] = {0};
  lw_Bytes chain = {NULL, 0, 0, 0};
  int good = *size >= length + HANDLE && ticket_chain(c, ssl, &chain);
  int shown = lw_bytes_length(&chain) > 0;
  good = good && lw_random(fresh, shown ? IV + HANDLE : IV);
  if (good) {
    memcpy(iv, fresh, IV);
    memcpy(ticket + length, fresh + IV, HANDLE);
    if (shown)
      lw_kept_put(c, fresh + IV, HANDLE, lw_bytes_data(&chain), lw_bytes_length(&chain));
    *size = length + HANDLE;
    good = ticket_crypt(key, lw_chacha_seal, aad, iv, tag, ticket, (size_t)*size) == 0;
  }
  lw_bytes_free(&chain);
  return good ? WOLFSSL_TICKET_RET_OK : WOLFSSL_TICKET_RET_FATAL;
}

static int ticket_open (const lw_Context *x, const lw_TicketKey *key, const unsigned char *aad,
                        unsigned char *iv, unsigned char *tag, unsigned char *ticket, int length,
                        int *size) {
  if (length <= HANDLE ||
      ticket_crypt(key, lw_chacha_open, aad, iv, tag, ticket, (size_t)length) != 0 ||
      !ticket_findchain(x, ticket + length - HANDLE))
    return WOLFSSL_TICKET_RET_REJECT;
  *size = length - HANDLE;
  return WOLFSSL_TICKET_RET_OK;
}

static int ticket_is (lw_Span ticket, const unsigned char *name, const unsigned char *iv,
                      int length) {
  return ticket.length == AROUND + (size_t)length && memcmp(ticket.data, name, NAME) == 0 &&
         memcmp(ticket.data + NAME, iv, WOLFSSL_TICKET_IV_SZ) == 0;
}

/* wolfSSL believes what a ticket says of its own length, and would have us read behind its end. */
static int ticket_iswhole (const lw_Connection *c, const unsigned char *name,
                           const unsigned char *iv, int length) {
  lw_Span list, ticket;
  if (c->gate == NULL)
    return 0;
  if (ticket_is(lw_hello_extension(&c->gate->offered, SESSION_TICKET), name, iv, length))
    return 1;
  list = c->gate->offered.psks;
  while (lw_hello_identity(&list, &ticket))
    if (ticket_is(ticket, name, iv, length))
      return 1;
  return 0;
}

int lw_ticket_callback (WOLFSSL *ssl, unsigned char name[16], unsigned char iv[16],
                        unsigned char mac[32], int seal, unsigned char *ticket, int length,
                        int *size, void *context) {
  lw_Context *x = (lw_Context *)context;
  const lw_TicketKey *key = seal ? &x->ticket_keys[0] : lw_ticket_key(x, name);
  lw_Connection *c = lw_current();
  unsigned char aad[AAD];
  if (x->ticket_keys_count == 0 || key == NULL || c == NULL || (!seal && c->unresumed))
    return WOLFSSL_TICKET_RET_REJECT;
  ticket_aad(c, key, aad);
  if (!seal && c->facts.version != 0x0303 && c->gate->offered.has_pre_shared_key &&
      !lw_psk_offered(&c->gate->offered))
    return WOLFSSL_TICKET_RET_REJECT; /* it would resume without a fresh key exchange */
  if (!seal && !ticket_iswhole(c, name, iv, length))
    return WOLFSSL_TICKET_RET_REJECT;
  if (!seal)
    return ticket_open(x, key, aad, iv, mac, ticket, length, size);
  memcpy(name, key->name, NAME);
  memset(iv, 0, WOLFSSL_TICKET_IV_SZ);
  memset(mac, 0, WOLFSSL_TICKET_MAC_SZ);
  return ticket_seal(c, ssl, key, aad, iv, mac, ticket, length, size);
}

int lw_ticket_handle (const lw_Connection *c, lw_Span ticket, unsigned char *id) {
  enum { MOST = 1024 };
  unsigned char aad[AAD], tag[CHACHA20_POLY1305_AEAD_AUTHTAG_SIZE], plain[MOST];
  const lw_TicketKey *key;
  size_t length = ticket.length - AROUND;
  int found;
  if (ticket.length <= AROUND + HANDLE || length > MOST)
    return 0;
  key = lw_ticket_key(c->context, ticket.data);
  if (key == NULL)
    return 0;
  ticket_aad(c, key, aad);
  memcpy(plain, ticket.data + FRONT, length);
  memcpy(tag, ticket.data + FRONT + length, sizeof tag);
  found = ticket_crypt(key, lw_chacha_open, aad, ticket.data + NAME, tag, plain, length) == 0 &&
          memcmp(plain + length - HANDLE, nobody, HANDLE) != 0;
  if (found)
    memcpy(id, plain + length - HANDLE, HANDLE);
  lw_wipe(plain, sizeof plain);
  return found;
}

/***
Sets a server's ticket keys, also while it has connections: what the former ones sealed is good as long as they are
among the new.
@function context:set_ticket_keys
@tparam string keys of 48 bytes each (16 of name, 32 of key), the first one seals; up to 8
*/
int lw_context_setticketkeys (lua_State *L) {
  lw_Context *x = lw_context_check(L, 1);
  size_t length;
  const char *keys = luaL_checklstring(L, 2, &length);
  luaL_argcheck(L, x->server, 1, "only a server gives tickets");
  luaL_argcheck(L, length >= 48 && length % 48 == 0 && length <= sizeof x->ticket_keys, 2,
                "must hold 1 to 8 keys of 48 bytes");
  lw_wipe(x->ticket_keys, sizeof x->ticket_keys);
  memcpy(x->ticket_keys, keys, length);
  x->ticket_keys_count = length / 48;
  return 0;
}
