/*
** after.c - what TLS 1.3 does after the handshake: fresh keys (RFC 8446 section 4.6.3), and a certificate that a server
** asks for late (section 4.6.2).
**
** wolfSSL does not always miss a CertificateVerify in such an answer: neither on a resumed connection nor on one where
** the client had shown a certificate before. So the records are read here, too, until its Finished.
*/

#include "crypto.h"
#include "transcript.h"

#include <wolfssl/error-ssl.h>

enum {
  HANDSHAKE = 22,
  APPLICATION_DATA = 23,
  CERTIFICATE = 11,
  CERTIFICATE_VERIFY = 15,
  FINISHED = 20
};

/* wolfSSL takes a late request for a mistake where a session or a key was used: then none is offered. */
void lw_after_start (lw_Connection *c) {
  if (c->context->late && (c->session != NULL || c->psk != NULL))
    wolfSSL_set_post_handshake_auth(c->ssl, 0);
}

/* -------------------------------------------------------------------- the answer's messages */

/* In the order in which they must come; a KeyUpdate may come before. */
static void after_message (lw_Answer *a, unsigned type) {
  if (type == CERTIFICATE && a->seen == 0)
    a->seen = CERTIFICATE;
  else if (type == CERTIFICATE_VERIFY && a->seen == CERTIFICATE)
    a->seen = CERTIFICATE_VERIFY;
}

/* A header that is cut wolfSSL does not read. */
static void after_parade (lw_Answer *a, size_t at, size_t length) {
  if (a->head[0] == CERTIFICATE && a->seen == 0 && a->theirs_length > 0 && at >= 4) {
    a->parade.state = LW_PASSING;
    a->parade.at = at - 4;
    a->parade.length = length;
  }
}

static void after_passed (lw_Answer *a) {
  if (a->parade.state == LW_PASSING)
    a->parade.state = LW_PASSED;
}

/* A message's header is there, and the scheme that a CertificateVerify begins with; `at` is behind it in the record. */
static void after_head (lw_Connection *c, lw_Answer *a, size_t at) {
  size_t length = (size_t)a->head[1] << 16 | (size_t)a->head[2] << 8 | a->head[3];
  int verify = a->head[0] == CERTIFICATE_VERIFY && length >= 2;
  if (verify && a->have < sizeof a->head)
    return;
  if (verify)
    a->scheme = lw_read16(a->head + 4);
  if (verify)
    lw_exchange_scheme(c, a->scheme);
  a->skip = length + 4 - a->have;
  a->have = 0;
  after_parade(a, at, length);
  after_message(a, a->head[0]);
}

static void after_messages (lw_Connection *c, const unsigned char *p, size_t n) {
  const unsigned char *start = p;
  lw_Answer *a = c->answer;
  while (n > 0) {
    if (a->skip > 0) {
      size_t part = a->skip < n ? a->skip : n;
      a->skip -= part;
      p += part;
      n -= part;
      if (a->skip == 0)
        after_passed(a);
      continue;
    }
    a->head[a->have++] = *p++;
    n--;
    if (a->have >= 4)
      after_head(c, a, (size_t)(p - start));
  }
}

size_t lw_after_content (const lw_Connection *c, const unsigned char *record, size_t length,
                         unsigned char *plain, int *type) {
  size_t n = lw_record_open(c, record, length, plain);
  while (n > 0 && plain[n - 1] == 0)
    n--;
  *type = n > 0 ? plain[--n] : 0;
  return n;
}

/* RFC 8446 section 4.6.2: nothing comes between the messages of an answer. wolfSSL would read on, with a certificate
   that is not proven. */
static void after_interrupted (lw_Connection *c) {
  if (c->answer->seen != 0 && !c->answer->finished)
    lw_connection_fail(c, LW_PEER_MISBEHAVED, LW_UNEXPECTED_MESSAGE,
                       "a record between a certificate and its Finished");
}

int lw_after_record (lw_Connection *c, const unsigned char *record, size_t length) {
  unsigned char *plain = (unsigned char *)lw_alloc(length);
  size_t n;
  int type;
  if (plain == NULL)
    return -1;
  n = lw_after_content(c, record, length, plain, &type);
  if (c->answer != NULL && type == HANDSHAKE)
    after_messages(c, plain, n);
  else if (c->answer != NULL)
    after_passed(c->answer); /* its records are good for nothing: wolfSSL will say why */
  if (c->answer != NULL && type == APPLICATION_DATA)
    after_interrupted(c);
  lw_free_secret(plain, length);
  return type == HANDSHAKE && n > 0;
}

/***
The handshake messages, or parts of them, in a record that is held after the handshake of TLS 1.3.
@function connection:held_messages
@treturn[1] string bytes
@treturn[2] nil when nothing is held
*/
static int after_heldmessages (lua_State *L) {
  lw_Connection *c = lw_connection_check(L, 1);
  size_t length = lw_gate_held(c), n;
  int type;
  unsigned char *plain;
  if (!c->open || length == 0)
    return 0;
  plain = (unsigned char *)lua_newuserdata(L, length);
  c = lw_connection_still(L);
  if (c == NULL || lw_gate_held(c) != length)
    return 0;
  c->in_sequence--; /* it has been counted */
  n = lw_after_content(c, lw_bytes_data(&c->in), length, plain, &type);
  c->in_sequence++;
  lua_pushlstring(L, (const char *)plain, type == HANDSHAKE ? n : 0);
  return 1;
}

/* wolfSSL makes the key of the client's Finished: everything before that was good. */
void lw_after_finished (lw_Connection *c) {
  if (c->answer != NULL)
    c->answer->finished = 1;
}

static void after_settle (lw_Connection *c) {
  const lw_Answer *a = c->answer;
  int shown = c->leaf_approved;
  if (shown)
    lw_exchange_fits(c, a->scheme);
  if (!lw_transcript_complete(c))
    lw_connection_fail(c, LW_INTERNAL, LW_INTERNAL_ALERT, "wolfSSL has not hashed a message");
  else if (a->seen == 0 || (shown && a->seen != CERTIFICATE_VERIFY))
    lw_connection_fail(c, LW_PEER_MISBEHAVED, LW_UNEXPECTED_MESSAGE,
                       a->seen == 0 ? "an answer without Certificate"
                                    : "a certificate without CertificateVerify");
  else if (c->holding) /* who has seen what he waited for does not hold any more */
    lw_connection_fail(c, LW_INTERNAL, LW_INTERNAL_ALERT, "an answer that nobody was asked about");
  c->late = shown ? LW_LATE_SHOWN : LW_LATE_DECLINED;
  c->leaf_approved |= a->approved;
  lw_after_forget(c);
}

void lw_after_read (lw_Connection *c) {
  if (c->answer != NULL && c->answer->finished && c->code == NULL)
    after_settle(c);
}

int lw_after_unproven (const lw_Connection *c) {
  return c->answer != NULL && c->answer->seen != 0 && c->code == NULL;
}

void lw_after_forget (lw_Connection *c) {
  if (c->answer != NULL) {
    lw_transcript_free(c->answer->transcript);
    lw_bytes_free(&c->answer->stage.records);
  }
  lw_free(c->answer);
  c->answer = NULL;
}

/* -------------------------------------------------------------------- asking */

static int after_ask (lw_Connection *c, int required) {
  int flags =
      required ? WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT : WOLFSSL_VERIFY_PEER;
  int result;
  lw_enter(c);
  wolfSSL_set_verify(c->ssl, flags, lw_verify_callback);
  result = wolfSSL_request_certificate(c->ssl);
  if (result == WOLFSSL_SUCCESS && wolfSSL_write(c->ssl, "", 0) < 0) /* it waits for company */
    result = WOLFSSL_FATAL_ERROR;
  lw_leave();
  return result;
}

/* Pushes the failure and returns its size; 0: asked. */
static int after_begin (lua_State *L, lw_Connection *c, int required) {
  int result;
  c->answer = (lw_Answer *)lw_alloc_zero(sizeof *c->answer);
  if (c->answer == NULL)
    return lw_failure(L, LW_INTERNAL, "out of memory");
  c->answer->approved = c->leaf_approved;
  result = c->facts.version == 0x0304 ? after_ask(c, required) : POST_HAND_AUTH_ERROR;
  if (result == WOLFSSL_SUCCESS) {
    c->leaf_approved = 0;
    c->shortened = 0;
    c->late = LW_LATE_ASKED;
    return 0;
  }
  lw_after_forget(c);
  if (result == POST_HAND_AUTH_ERROR)
    return lw_failure(L, LW_PEER_INCOMPATIBLE, "the client does not offer post_handshake_auth");
  lw_connection_fail(c, LW_INTERNAL, LW_INTERNAL_ALERT, "%s", lw_reason(result));
  return lw_connection_result(L, c);
}

static int after_cannot (lua_State *L, lw_Connection *c) {
  if (lw_engine_handshake(c) != NULL)
    return lw_connection_result(L, c);
  if (c->close_sent)
    return lw_failure(L, LW_CLOSED, "our close_notify was sent");
  return 0;
}

static void after_checktrust (lua_State *L, const lw_Connection *c) {
  luaL_argcheck(L, c->server, 1, "only a server asks for certificates");
  luaL_argcheck(L,
                c->trust != NULL || c->context->peer.trust != NULL ||
                    c->context->peer.insecure_accept_invalid,
                1, "its context has no 'trust': whose certificates are good?");
}

/***
A server asks its client for a certificate, after a handshake of TLS 1.3; to be called until the answer is there.
The answer is verified as in a handshake: one that does not hold ends the connection. So does a KeyUpdate that comes
before the answer: wolfSSL takes it for a mistake. It keeps the messages of both, some 0.5 to 3 KB, until the
connection is closed.
@function connection:request_certificate
@tparam[opt="required"] string mode `"required"` or `"optional"`: may the client have none? See `verdict`
@treturn[1] boolean true: it was answered; the next call asks again
@treturn[2] nil
@treturn[2] string message
@treturn[2] string code: `want_read`: more ciphertext is needed, or application data comes first and is to be read;
  `peer_incompatible`: the client does not offer it, and the connection goes on; or why the connection failed
@see RFC 8446 section 4.6.2
*/
static int after_requestcertificate (lua_State *L) {
  static const char *const modes[] = {"required", "optional", NULL};
  lw_Connection *c = lw_connection_check(L, 1);
  int optional = luaL_checkoption(L, 2, "required", modes), failed;
  after_checktrust(L, c);
  failed = after_cannot(L, c);
  if (failed == 0 && c->answer == NULL && !c->late_untold)
    failed = after_begin(L, c, !optional);
  if (failed != 0)
    return failed;
  c->late_untold = 1;
  if (c->answer != NULL && lw_engine_peek(c) != NULL && (c->answer != NULL || c->code != NULL))
    return lw_connection_result(L, c);
  if (c->answer != NULL)
    return lw_failure(L, LW_WANT_READ, "application data comes first: read it");
  c->late_untold = 0;
  lua_pushboolean(L, 1);
  return 1;
}

/* -------------------------------------------------------------------- fresh keys */

/***
Writes with fresh keys from now on.
@function connection:update_keys
@tparam[opt=false] boolean request_peer true: and the peer is to do so, too
@treturn[1] boolean true
@treturn[2] nil
@treturn[2] string message
@treturn[2] string code: `peer_incompatible`: TLS 1.2 has no such thing, and the connection goes on; `closed`; or why
  the connection failed
@see RFC 8446 section 4.6.3
*/
static int after_updatekeys (lua_State *L) {
  lw_Connection *c = lw_connection_check(L, 1);
  int failed = after_cannot(L, c);
  if (failed != 0)
    return failed;
  if (c->facts.version != 0x0304)
    return lw_failure(L, LW_PEER_INCOMPATIBLE, "TLS 1.2 has no KeyUpdate");
  if (lw_engine_update(c, lua_toboolean(L, 2)) != NULL)
    return lw_connection_result(L, c);
  lua_pushboolean(L, 1);
  return 1;
}

/***
Lets the clients of a context be asked for their certificate after the handshake, if it is a full one.
@function context:allow_late_certificate
*/
int lw_context_allowlate (lua_State *L) {
  lw_Context *x = lw_context_settable(L);
  luaL_argcheck(L, !x->server, 1, "only a client is asked");
  x->late = 1;
  for (size_t i = 0; i < LW_MAX_IDENTITIES && x->ctx[i] != NULL; i++)
    if (x->max_version == 0x0304 && wolfSSL_CTX_allow_post_handshake_auth(x->ctx[i]) != 0)
      return luaL_error(L, "wolfSSL has no post-handshake authentication");
  return 0;
}

const luaL_Reg lw_after_methods[] = {
    {"request_certificate", after_requestcertificate},
    {"update_keys", after_updatekeys},
    {"held_messages", after_heldmessages},
    {NULL, NULL},
};
