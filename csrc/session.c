/*
** session.c - sessions to resume, bound to the policy under which they were made: wolfSSL itself would resume an
** unverified session on a verifying connection to another host.
*/

#include "connection.h"
#include "crypto.h"

#include <string.h>
#include <time.h>

#define MOST_FRESH 8

/* A sealed session: this mark, nonce, tag, then a packed one under AES-256-GCM. */
static const unsigned char mark[] = {'w', 'S', 's', 2};
enum { MARK = sizeof mark, NONCE = 12, TAG = 16, HEAD = MARK + NONCE + TAG };

/* A packed session: policy, length of wolfSSL's, that, and the chain if it has not all of it. */
enum { POLICY = 32, FRONT = POLICY + 4 };

enum { DAY = 86400 };

static const lw_Class session_class;

static void session_release (lw_Session *s) {
  if (--s->references > 0)
    return;
  if (s->session != NULL)
    wolfSSL_SESSION_free(s->session);
  lw_bytes_free(&s->chain);
  lw_free_secret(s, sizeof *s);
}

/* wolfSSL's session has room for nine certificates, and for no large ones. */
static int session_haschain (const lw_Connection *c) {
  WOLFSSL_X509_CHAIN *chain = wolfSSL_get_peer_chain(c->ssl);
  int count = chain == NULL ? 0 : wolfSSL_get_chain_count(chain);
  for (int i = 0; i < count; i++) {
    WOLFSSL_BUFFER_INFO one = {wolfSSL_get_chain_cert(chain, i),
                               (unsigned)wolfSSL_get_chain_length(chain, i)};
    if (!lw_chain_has(&c->peer_chain, (size_t)i, &one))
      return 0;
  }
  return lw_chain_nth(&c->peer_chain, (size_t)count).data == NULL;
}

/* 0: out of memory. */
static int session_keepchain (const lw_Connection *c, lw_Bytes *chain) {
  return lw_bytes_length(&c->peer_chain) == 0 || session_haschain(c) ||
         lw_bytes_append(chain, lw_bytes_data(&c->peer_chain), lw_bytes_length(&c->peer_chain));
}

/* 0: wolfSSL cannot write it. */
static size_t session_size (WOLFSSL_SESSION *session, const lw_Bytes *chain) {
  int length = wolfSSL_i2d_SSL_SESSION(session, NULL);
  return length <= 0 ? 0 : FRONT + (size_t)length + lw_bytes_length(chain);
}

/* Into room for `size` bytes. */
static int session_pack (WOLFSSL_SESSION *session, const unsigned char *policy,
                         const lw_Bytes *chain, unsigned char *packed, size_t size) {
  size_t length = size - FRONT - lw_bytes_length(chain);
  unsigned char *der = packed + FRONT;
  memcpy(packed, policy, POLICY);
  for (int i = 0; i < 4; i++)
    packed[POLICY + i] = (unsigned char)(length >> (8 * (3 - i)));
  if (lw_bytes_length(chain) > 0)
    memcpy(der + length, lw_bytes_data(chain), lw_bytes_length(chain));
  return wolfSSL_i2d_SSL_SESSION(session, &der) == (int)length;
}

static WOLFSSL_SESSION *session_unpack (lw_Span packed, lw_Bytes *chain) {
  const unsigned char *der = packed.data + FRONT;
  WOLFSSL_SESSION *session;
  size_t length = 0;
  for (int i = 0; i < 4 && packed.length > FRONT; i++)
    length = length << 8 | packed.data[POLICY + i];
  if (length == 0 || length > packed.length - FRONT)
    return NULL;
  lw_bytes_free(chain);
  if (!lw_bytes_append(chain, der + length, packed.length - FRONT - length))
    return NULL;
  session = wolfSSL_d2i_SSL_SESSION(NULL, &der, (long)length);
  if (session == NULL)
    lw_bytes_free(chain);
  return session;
}

static lw_Session *session_push (lua_State *L) {
  void **box = lw_newbox(L, &session_class);
  lw_Session *s = (lw_Session *)lw_alloc_zero(sizeof *s);
  if (s == NULL)
    luaL_error(L, "out of memory");
  else {
    s->references = 1;
    *box = s;
  }
  return s;
}

static int session_close (lua_State *L) {
  void **box = (void **)lua_touserdata(L, 1);
  lw_Session *s = (lw_Session *)*box;
  *box = NULL;
  session_release(s);
  return 0;
}

/***
The session to resume with the next connection to the same server. TLS 1.3: the server gives it some time after
the handshake, so read first.
@function connection:session
@treturn userdata|nil session; nil while there is none
*/
static int session_of (lua_State *L) {
  lw_Connection *c = lw_connection_check(L, 1);
  lw_Session *s;
  if (c->server || !c->open || c->facts.psk) /* who has the key needs none */
    return 0;
  s = session_push(L);
  c = lw_connection_still(L);
  if (c == NULL)
    return 0;
  s->session = wolfSSL_get1_session(c->ssl);
  memcpy(s->policy, lw_connection_policy(c), POLICY);
  if (s->session == NULL || !wolfSSL_SESSION_is_resumable(s->session) ||
      !session_keepchain(c, &s->chain))
    return 0;
  if (c->facts.version == 0x0304 && !wolfSSL_SESSION_has_ticket(s->session))
    return 0;
  return 1;
}

int lw_session_take (lua_State *L, int arg, lw_Connection *c) {
  lw_Session *s = (lw_Session *)lw_check(L, arg, &session_class);
  luaL_argcheck(L, !c->server, arg, "a server finds its sessions itself");
  if (memcmp(lw_connection_policy(c), s->policy, POLICY) != 0)
    return 0;
  lw_session_drop(c);
  c->session = s;
  s->references++;
  return 1;
}

/***
Asks a client connection to resume a session; to be called before its handshake.
@function connection:use_session
@tparam userdata session
@treturn[1] boolean true
@treturn[2] nil
@treturn[2] string message
@treturn[2] string code `rejected`: the session was made with another host name, trust or verification
*/
static int session_use (lua_State *L) {
  lw_Connection *c = lw_connection_check(L, 1);
  luaL_argcheck(L, c->ssl == NULL, 1, "the handshake has begun");
  if (!lw_session_take(L, 2, c))
    return lw_failure(L, LW_REJECTED,
                      "the session was made with another host name, trust or verification");
  lua_pushboolean(L, 1);
  return 1;
}

/* -------------------------------------------------------------------- a client's new sessions */

static int session_isgood (const lw_Session *s) {
  long age = (long)time(NULL) - wolfSSL_SESSION_get_time(s->session);
  return !s->spoilt && age < wolfSSL_SESSION_get_timeout(s->session);
}

void lw_session_drop (lw_Connection *c) {
  if (c->session != NULL)
    session_release(c->session);
  c->session = NULL;
  lw_kept_settle(c);
}

void lw_session_check (lw_Connection *c) {
  if (c->session == NULL)
    return;
  lw_bytes_free(&c->peer_chain);
  if (!session_isgood(c->session) ||
      !lw_bytes_append(&c->peer_chain, lw_bytes_data(&c->session->chain),
                       lw_bytes_length(&c->session->chain)))
    lw_session_drop(c);
}

/* RFC 5246 section 7.2.2: what failed is not resumed, neither by the client nor by the server. */
void lw_session_spoil (lw_Connection *c) {
  if (c->session != NULL && !c->open)
    c->session->spoilt = 1;
  if (!c->has_kept_id || strcmp(c->code, LW_TRUNCATED) == 0)
    return;
  c->spoilt = 1;
  if (c->context->store != NULL)
    lw_store_forget(c->context->store, c->kept_id);
}

/* Takes over the session. No memory: nobody hears of it. */
static void session_queue (lw_Connection *c, WOLFSSL_SESSION *session) {
  lw_Session *s = (lw_Session *)lw_alloc(sizeof *s), **last = &c->fresh;
  int count = 0;
  if (s == NULL) {
    wolfSSL_SESSION_free(session);
    return;
  }
  memset(s, 0, sizeof *s);
  s->references = 1;
  s->session = session;
  memcpy(s->policy, lw_connection_policy(c), POLICY);
  if (!session_keepchain(c, &s->chain)) {
    session_release(s);
    return;
  }
  for (; *last != NULL; count++)
    last = &(*last)->next;
  *last = s;
  if (count == MOST_FRESH) {
    s = c->fresh;
    c->fresh = s->next;
    session_release(s);
  }
}

/* A ticket of TLS 1.3 has come. wolfSSL goes on changing this session: the next ticket goes into the same one. */
static int session_new (WOLFSSL *ssl, WOLFSSL_SESSION *session) {
  lw_Connection *c = lw_current();
  WOLFSSL_SESSION *copy;
  (void)ssl;
  if (c == NULL || !c->keep_sessions || c->facts.version != 0x0304 ||
      wolfSSL_SESSION_get_timeout(session) == 0) /* RFC 8446 section 4.6.1 */
    return 0;
  copy = wolfSSL_SESSION_dup(session);
  if (copy != NULL)
    session_queue(c, copy);
  return 0;
}

void lw_session_install (WOLFSSL_CTX *ctx) {
  wolfSSL_CTX_set_timeout(ctx, DAY); /* RFC 5246 section F.1.4; tickets tell theirs */
  wolfSSL_CTX_sess_set_new_cb(ctx, session_new);
}

void lw_session_arrived (lw_Connection *c) {
  WOLFSSL_SESSION *session;
  if (!c->keep_sessions || c->facts.version != 0x0303 || c->facts.resumed)
    return;
  session = wolfSSL_get1_session(c->ssl);
  if (session == NULL)
    return;
  if (wolfSSL_SESSION_is_resumable(session))
    session_queue(c, session);
  else
    wolfSSL_SESSION_free(session);
}

void lw_session_free (lw_Connection *c) {
  while (c->fresh != NULL) {
    lw_Session *s = c->fresh;
    c->fresh = s->next;
    session_release(s);
  }
}

/***
Asks a client connection to keep each new session until it is fetched with `new_session`; the last eight of them.
@function connection:keep_sessions
*/
static int session_keep (lua_State *L) {
  lw_connection_check(L, 1)->keep_sessions = 1;
  return 0;
}

/***
The next new session: with TLS 1.2 there is one after a full handshake, with TLS 1.3 one for each ticket.
@function connection:new_session
@treturn userdata|nil session; nil: no more
*/
static int session_next (lua_State *L) {
  lw_Connection *c = lw_connection_check(L, 1);
  void **box;
  if (c->fresh == NULL)
    return 0;
  box = lw_newbox(L, &session_class);
  c = lw_connection_still(L);
  if (c == NULL || c->fresh == NULL)
    return 0;
  *box = c->fresh;
  c->fresh = c->fresh->next;
  ((lw_Session *)*box)->next = NULL;
  return 1;
}

/***
What tells which sessions a connection may resume: they are bound to the server's name, whom we trust, how we verify,
our own certificate and the protocols that are offered.
@function connection:policy
@treturn string 32 bytes
*/
static int session_policy (lua_State *L) {
  const lw_Connection *c = lw_connection_check(L, 1);
  lua_pushlstring(L, (const char *)lw_connection_policy(c), POLICY);
  return 1;
}

/***
What is known of a session.
@function session:info
@treturn table `version`: `"TLS 1.2"` or `"TLS 1.3"`; `created`: as `os.time` tells it; `lifetime`: seconds, as the
  server said of its ticket, or a day; `single_use`: whether it is a ticket of TLS 1.3, with which an observer can link
  connections when it is used twice (RFC 8446 appendix C.4)
*/
static int session_info (lua_State *L) {
  const lw_Session *s = (const lw_Session *)lw_check(L, 1, &session_class);
  int tls13 = wolfSSL_SESSION_has_ticket(s->session); /* in TLS 1.2 our clients ask for none */
  lua_createtable(L, 0, 4);
  lua_pushstring(L, tls13 ? "TLS 1.3" : "TLS 1.2");
  lua_setfield(L, -2, "version");
  lw_pushinteger(L, wolfSSL_SESSION_get_time(s->session));
  lua_setfield(L, -2, "created");
  lw_pushinteger(L, wolfSSL_SESSION_get_timeout(s->session));
  lua_setfield(L, -2, "lifetime");
  lua_pushboolean(L, tls13);
  lua_setfield(L, -2, "single_use");
  return 1;
}

/* -------------------------------------------------------------------- what a server keeps */

static void session_store (lw_Connection *c, WOLFSSL_SESSION *session, const lw_Bytes *chain) {
  unsigned id_length = 0;
  const unsigned char *id = wolfSSL_SESSION_get_id(session, &id_length);
  size_t size = session_size(session, chain);
  unsigned char *entry = id == NULL || size == 0 ? NULL : (unsigned char *)lw_alloc(size);
  if (entry == NULL)
    return;
  if (session_pack(session, lw_connection_policy(c), chain, entry, size)) {
    lw_kept_put(c, id, id_length, entry, size);
    if (id_length == LW_ID) {
      memcpy(c->kept_id, id, LW_ID);
      c->has_kept_id = 1;
    }
  }
  lw_free_secret(entry, size);
}

WOLFSSL_SESSION *lw_session_find (lw_Connection *c, const unsigned char *id, size_t length) {
  const unsigned char *policy = lw_connection_policy(c);
  lw_Span entry = {NULL, 0};
  if (!c->unresumed)
    entry.data = lw_kept_get(c, id, length, &entry.length);
  if (entry.data == NULL || entry.length <= FRONT || memcmp(entry.data, policy, POLICY) != 0)
    return NULL;
  memcpy(c->kept_id, id, LW_ID);
  c->has_kept_id = 1;
  return session_unpack(entry, &c->peer_chain);
}

void lw_session_keep (lw_Connection *c) {
  WOLFSSL_SESSION *session;
  lw_Bytes chain = {NULL, 0, 0, 0};
  if ((c->context->store == NULL && !c->context->external) || c->facts.version != 0x0303 ||
      c->facts.resumed || c->facts.psk)
    return;
  session = wolfSSL_get1_session(c->ssl);
  if (session == NULL)
    return;
  if (session_keepchain(c, &chain))
    session_store(c, session, &chain);
  lw_bytes_free(&chain);
  wolfSSL_SESSION_free(session);
}

/* -------------------------------------------------------------------- sealed sessions */

static int session_crypt (const unsigned char *key, int (*crypt)(lw_Box *), unsigned char *sealed,
                          const unsigned char *in, unsigned char *out, size_t length) {
  lw_Box b;
  b.key.data = key;
  b.key.length = 32;
  b.nonce.data = sealed + MARK;
  b.nonce.length = NONCE;
  b.aad.data = sealed;
  b.aad.length = MARK;
  b.in.data = in;
  b.in.length = length;
  b.out = out;
  b.tag = sealed + MARK + NONCE;
  b.tag_length = TAG;
  return crypt(&b);
}

static const unsigned char *session_checkkey (lua_State *L, int arg) {
  size_t length;
  const char *key = luaL_checklstring(L, arg, &length);
  luaL_argcheck(L, length == 32, arg, "must be 32 bytes");
  return (const unsigned char *)key;
}

/***
The session as bytes that only the same key opens again.
@function session:export
@tparam string key 32 random bytes
@treturn[1] string sealed
@treturn[2] nil
@treturn[2] string message
@treturn[2] string code
*/
static int session_export (lua_State *L) {
  lw_Session *s = (lw_Session *)lw_check(L, 1, &session_class);
  const unsigned char *key = session_checkkey(L, 2);
  size_t size = session_size(s->session, &s->chain);
  unsigned char *sealed = (unsigned char *)lua_newuserdata(L, HEAD + size), *plain;
  int good = 0;
  plain = (unsigned char *)lw_alloc(size);
  if (size > 0 && plain != NULL) {
    memcpy(sealed, mark, MARK);
    good = session_pack(s->session, s->policy, &s->chain, plain, size) &&
           lw_random(sealed + MARK, NONCE) &&
           session_crypt(key, lw_gcm_seal, sealed, plain, sealed + HEAD, size) == 0;
  }
  lw_free_secret(plain, size);
  if (!good)
    return lw_failure(L, LW_INTERNAL, "the session cannot be exported");
  lua_pushlstring(L, (const char *)sealed, HEAD + size);
  return 1;
}

/***
Opens a sealed session. A changed byte is noticed before wolfSSL sees any of it.
@function core.session
@tparam string sealed what `session:export` gave
@tparam string key
@treturn[1] userdata session
@treturn[2] nil
@treturn[2] string message
@treturn[2] string code `decode_error`
*/
static int session_import (lua_State *L) {
  size_t length, size;
  const char *bytes = luaL_checklstring(L, 1, &length);
  const unsigned char *key = session_checkkey(L, 2);
  unsigned char head[HEAD], *plain;
  lw_Session *s;
  lw_Span packed;
  if (length <= HEAD + FRONT || memcmp(bytes, mark, MARK) != 0)
    return lw_failure(L, LW_DECODE_ERROR, "this is no sealed session");
  s = session_push(L);
  size = length - HEAD;
  memcpy(head, bytes, HEAD);
  plain = (unsigned char *)lw_alloc(size);
  if (plain == NULL)
    return lw_failure(L, LW_INTERNAL, "out of memory");
  if (session_crypt(key, lw_gcm_open, head, (const unsigned char *)bytes + HEAD, plain, size) !=
      0) {
    lw_free_secret(plain, size);
    return lw_failure(L, LW_DECODE_ERROR,
                      "the sealed session was changed, or the key is another one");
  }
  packed.data = plain;
  packed.length = size;
  memcpy(s->policy, plain, POLICY);
  s->session = session_unpack(packed, &s->chain);
  lw_free_secret(plain, size);
  if (s->session == NULL)
    return lw_failure(L, LW_DECODE_ERROR, "the sealed session is of another version of wolfSSL");
  return 1;
}

const luaL_Reg lw_session_methods[] = {
    {"session", session_of},       {"use_session", session_use}, {"keep_sessions", session_keep},
    {"new_session", session_next}, {"policy", session_policy},   {NULL, NULL},
};

static const luaL_Reg session_methods[] = {
    {"export", session_export},
    {"info", session_info},
    {NULL, NULL},
};

static const lw_Class session_class = {"wolfssl.session", session_methods, session_close, NULL,
                                       NULL};

void lw_open_session (lua_State *L) {
  lw_register(L, &session_class);
  lua_pushcfunction(L, session_import);
  lua_setfield(L, -2, "session");
}
