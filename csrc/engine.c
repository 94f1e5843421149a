/*
** engine.c - a connection's state machine over wolfSSL. It has a state of its own because wolfSSL keeps none:
** after a failure wolfSSL may still read, write and send a close_notify.
*/

#include "transcript.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <wolfssl/error-ssl.h>

static __thread lw_Connection *current;

lw_Connection *lw_current (void) {
  return current;
}

/* Where a thread has a variable is a question that costs something: it is asked once a call. */
static lw_Connection **engine_enter (lw_Connection *c) {
  lw_Connection **place = &current;
  *place = c;
  wolfSSL_ERR_clear_error();
  return place;
}

void lw_enter (lw_Connection *c) {
  engine_enter(c);
}

void lw_leave (void) {
  current = NULL;
}

/* -------------------------------------------------------------------- failure */

void lw_connection_fail (lw_Connection *c, const char *code, int alert, const char *fmt, ...) {
  char message[200];
  va_list arguments;
  if (c->code != NULL)
    return;
  va_start(arguments, fmt);
  vsnprintf(message, sizeof message, fmt, arguments);
  va_end(arguments);
  lw_copy(&c->message, message, strlen(message));
  c->code = code;
  lw_session_spoil(c);
  if (alert >= 0 && !c->close_sent) /* nothing comes after a close_notify */
    lw_alert_send(c, 2, alert);
  c->muted = 1;
}

void lw_connection_alerted (lw_Connection *c, int description) {
  const char *name = lw_alert_name(description);
  c->alert_received = (int16_t)description;
  if (description == LW_CLOSE_NOTIFY)
    lw_connection_fail(c, LW_CLOSED, -1, "the peer sent close_notify during the handshake");
  else
    lw_connection_fail(c, LW_ALERT_RECEIVED, -1, "the peer sent the alert %s (%d)",
                       name == NULL ? "unknown" : name, description);
}

const char *lw_connection_message (const lw_Connection *c) {
  return c->message == NULL ? "out of memory" : c->message;
}

/* RFC 8446 section 6: in TLS 1.3 every alert but these two ends the connection, whatever its level. */
static int engine_isfatal (const lw_Connection *c, const WOLFSSL_ALERT *alert) {
  if (alert->code < 0 || alert->code == LW_CLOSE_NOTIFY || alert->code == LW_USER_CANCELED)
    return 0;
  return alert->level != 1 /* warning */ || c->facts.version == 0x0304;
}

/* Of a client that was not asked for a certificate nothing but the hello is so long. */
static int engine_isoverlong (const lw_Connection *c, int error) {
  return error == HANDSHAKE_SIZE_ERROR && c->server && c->out_protected &&
         c->context->peer.verify == LW_VERIFY_NONE;
}

/* What cannot be read, or is no certificate's, once the peer's was found good is its signature; and after the
   handshake, a message's header that was cut. */
static const lw_Meaning *engine_meaning (const lw_Connection *c, int error) {
  static const lw_Meaning signature = {0, LW_PEER_MISBEHAVED, LW_DECRYPT_ERROR},
                          cut = {0, LW_DECODE_ERROR, LW_UNEXPECTED_MESSAGE},
                          overlong = {0, LW_DECODE_ERROR, LW_DECODE_ALERT};
  const lw_Meaning *meaning = lw_meaning(error);
  if (c->leaf_approved && meaning->alert == LW_BAD_CERTIFICATE &&
      (strcmp(meaning->code, LW_DECODE_ERROR) == 0 || error == VERIFY_CERT_ERROR))
    return &signature;
  if (engine_isoverlong(c, error))
    return &overlong;
  return c->open && (error == PARSE_ERROR || error == INCOMPLETE_DATA) ? &cut : meaning;
}

/* Of a signature that it cannot read, a server's wolfSSL says in TLS 1.2 that it is a bad certificate. */
static int engine_alert (const lw_Connection *c, int description) {
  int verifies = c->server && c->facts.version == 0x0303 && c->facts.client_scheme != 0;
  return verifies && description == LW_BAD_CERTIFICATE ? LW_DECRYPT_ERROR : description;
}

/* wolfSSL returned `error`: whose fault is it, and does the peer know? */
static void engine_broken (lw_Connection *c, int error) {
  const lw_Meaning *meaning = engine_meaning(c, error);
  WOLFSSL_ALERT_HISTORY history;
  int sent = 0, got = 0;
  if (c->code != NULL)
    return;
  if (wolfSSL_get_alert_history(c->ssl, &history) == WOLFSSL_SUCCESS) {
    got = engine_isfatal(c, &history.last_rx);
    sent = history.last_tx.level == 2;
    if (sent)
      c->alert_sent = (int16_t)engine_alert(c, history.last_tx.code);
  }
  if (got)
    lw_connection_alerted(c, history.last_rx.code);
  else if (!lw_verify_explains(c, error, sent)) {
    if (strcmp(meaning->code, LW_CERTIFICATE_INVALID) == 0)
      lw_verify_failed(c, error);
    if (strcmp(meaning->code, LW_DECODE_ERROR) == 0)
      lw_gate_keep(c);
    lw_connection_fail(c, meaning->code, sent ? -1 : meaning->alert, "%s (wolfSSL error %d)",
                       lw_reason(error), error);
  }
}

/* Nothing more can be done with the bytes that are here. */
static const char *engine_waits (lw_Connection *c) {
  if (c->code != NULL)
    return c->code;
  if (c->held)
    return LW_HELD;
  if (!c->eof)
    return LW_WANT_READ;
  lw_connection_fail(c, LW_TRUNCATED, -1,
                     c->open ? "the peer closed TCP without a close_notify"
                             : "the peer closed TCP during the handshake");
  return c->code;
}

/* -------------------------------------------------------------------- wolfSSL's side of the queues */

/* wolfSSL reads on after an alert of level "warning"; in TLS 1.3 there is no such level. */
static int engine_alerted (lw_Connection *c) {
  WOLFSSL_ALERT_HISTORY history;
  if (c->facts.version != 0x0304 ||
      wolfSSL_get_alert_history(c->ssl, &history) != WOLFSSL_SUCCESS ||
      !engine_isfatal(c, &history.last_rx))
    return 0;
  lw_connection_alerted(c, history.last_rx.code);
  return 1;
}

static int engine_recv (WOLFSSL *ssl, char *buffer, int size, void *context) {
  lw_Connection *c = (lw_Connection *)context;
  size_t n;
  (void)ssl;
  if (c->released == 0) {
    int passed = engine_alerted(c) ? -1 : lw_gate_next(c);
    if (passed <= 0)
      return passed < 0 ? WOLFSSL_CBIO_ERR_GENERAL : WOLFSSL_CBIO_ERR_WANT_READ;
  }
  n = (size_t)size < c->released ? (size_t)size : c->released;
  memcpy(buffer, lw_bytes_data(&c->in), n);
  lw_bytes_remove(&c->in, n);
  lw_engine_trim(c, &c->in);
  c->released -= n;
  return (int)n;
}

/* To a client that sent a session id, TLS 1.3 looks like a resumption of TLS 1.2: RFC 8446 appendix D.4. */
static int engine_queue (lw_Connection *c, const unsigned char *data, size_t size) {
  static const char change[] = {20, 3, 3, 0, 1, 1};
  size_t hello = c->gate == NULL ? 0 : c->gate->hello_sent;
  if (hello == 0)
    return lw_bytes_append(&c->out, data, size);
  c->gate->hello_sent = 0;
  c->sent += sizeof change;
  return lw_bytes_append(&c->out, data, hello) && lw_bytes_append(&c->out, change, sizeof change) &&
         lw_bytes_append(&c->out, data + hello, size - hello);
}

/* wolfSSL asks for the peer's every other time, whatever is wanted: this is its message with the answer that was given
   to us. */
static int engine_keyupdate (lw_Connection *c, char *buffer, size_t size) {
  unsigned char record[LW_SMALL_RECORD];
  size_t length = lw_record_keyupdate(c, c->updating == LW_REQUESTED, record);
  c->updating = 0;
  if (length != size) {
    lw_connection_fail(c, LW_INTERNAL, LW_INTERNAL_ALERT, "wolfSSL sent more than a KeyUpdate");
    return 0;
  }
  memcpy(buffer, record, length);
  return 1;
}

#define ALERT 21
#define SMALLEST_ALERT 7
#define LARGEST_ALERT 64

/* wolfSSL says some things twice: only the first fatal alert goes out. */
static int engine_gaveup (WOLFSSL *ssl, int size) {
  WOLFSSL_ALERT_HISTORY history;
  return size <= LARGEST_ALERT && wolfSSL_get_alert_history(ssl, &history) == WOLFSSL_SUCCESS &&
         history.last_tx.level == 2;
}

static int engine_pass (lw_Connection *c, lw_Span records) {
  if (!lw_gate_sent(c, records.data, records.length))
    return 0;
  lw_watch(c, 0, records.data, records.length);
  if (!engine_queue(c, records.data, records.length)) {
    lw_connection_fail(c, LW_INTERNAL, -1, "out of memory");
    return 0;
  }
  c->sent += records.length;
  return 1;
}

/* What wolfSSL sends first after it made a CertificateRequest has that in it. */
static int engine_request (lw_Connection *c, lw_Span records) {
  lw_Bytes room = {NULL, 0, 0, 0};
  int good = 1;
  while (good && records.length > 0) {
    lw_Span record = lw_request_next(c, &records);
    good = (c->request == NULL || lw_request_replace(c, &record, &room)) && engine_pass(c, record);
  }
  lw_bytes_free(&room);
  if (good && c->request == NULL)
    return 1;
  lw_connection_fail(c, LW_INTERNAL, LW_INTERNAL_ALERT, "the CertificateRequest cannot be sent");
  return 0;
}

static int engine_send (WOLFSSL *ssl, char *buffer, int size, void *context) {
  lw_Connection *c = (lw_Connection *)context;
  lw_Span records = {(unsigned char *)buffer, (size_t)size};
  if (c->muted)
    return size;
  if (c->updating && !engine_keyupdate(c, buffer, (size_t)size))
    return WOLFSSL_CBIO_ERR_GENERAL;
  if (!c->out_protected && size == SMALLEST_ALERT && buffer[0] == ALERT)
    buffer[6] = (char)engine_alert(c, (unsigned char)buffer[6]);
  if (c->request != NULL ? !engine_request(c, records) : !engine_pass(c, records))
    return WOLFSSL_CBIO_ERR_GENERAL;
  if (engine_gaveup(ssl, size))
    c->muted = 1;
  return size;
}

void lw_engine_install (WOLFSSL_CTX *ctx) {
  wolfSSL_CTX_SetIORecv(ctx, engine_recv);
  wolfSSL_CTX_SetIOSend(ctx, engine_send);
  wolfSSL_CTX_clear_mode(ctx,
                         SSL_MODE_AUTO_RETRY); /* it would ask ten times for what is not there */
}

/* -------------------------------------------------------------------- handshake */

static int engine_alpn (lw_Connection *c) {
  lw_Span names = lw_connection_alpn(c);
  char list[sizeof c->context->alpn];
  size_t at = 0;
  if (c->gate->protocol.length > 0)
    names = c->gate->protocol;
  if (names.length == 0)
    return 1;
  while (at < names.length) { /* wolfSSL wants commas, not length bytes */
    size_t n = names.data[at];
    memcpy(list + at, names.data + at + 1, n);
    list[at + n] = ',';
    at += n + 1;
  }
  return wolfSSL_UseALPN(c->ssl, list, (unsigned)at - 1, WOLFSSL_ALPN_FAILED_ON_MISMATCH) ==
         WOLFSSL_SUCCESS;
}

static int engine_isaddress (const char *name) {
  return strchr(name, ':') != NULL || name[strspn(name, "0123456789.")] == '\0';
}

static int engine_servername (lw_Connection *c) {
  if (c->server || c->name == NULL || c->no_server_name || engine_isaddress(c->name))
    return 1; /* RFC 6066 section 3: no addresses */
  c->facts.server_name = c->name;
  return wolfSSL_UseSNI(c->ssl, WOLFSSL_SNI_HOST_NAME, c->name, (unsigned short)strlen(c->name)) ==
         WOLFSSL_SUCCESS;
}

#if defined(HAVE_SERVER_RENEGOTIATION_INFO) && !defined(HAVE_SECURE_RENEGOTIATION)
/* RFC 5746 section 3.4: a client of TLS 1.2 sends renegotiation_info. A wolfSSL that can renegotiate would then do
   so, this one never does. */
static int engine_renegotiationinfo (lw_Connection *c) {
  return c->server || c->context->min_version >= 0x0304 ||
         wolfSSL_UseSecureRenegotiation(c->ssl) == WOLFSSL_SUCCESS;
}
#else
static int engine_renegotiationinfo (lw_Connection *c) {
  (void)c;
  return 1;
}
#endif

static int engine_start (lw_Connection *c) {
  lw_session_check(c);
  c->ssl = lw_transcript_new(c, c->context->ctx[c->identity]);
  if (c->ssl != NULL) {
    wolfSSL_SetIOReadCtx(c->ssl, c);
    wolfSSL_SetIOWriteCtx(c->ssl, c);
    wolfSSL_KeepArrays(c->ssl);
    lw_inner_attach(c);
    if (!lw_psk_start(c))
      return 0;
    lw_after_start(c);
    if (lw_identity_apply(c) && lw_exchange_start(c) && engine_servername(c) && engine_alpn(c) &&
        engine_renegotiationinfo(c) && lw_staple_ask(c) &&
        (c->session == NULL || wolfSSL_set_session(c->ssl, c->session->session) == WOLFSSL_SUCCESS))
      return 1;
  }
  lw_connection_fail(c, LW_INTERNAL, c->server ? LW_INTERNAL_ALERT : -1, "out of memory");
  return 0;
}

static void engine_finish (lw_Connection *c) {
  lw_conninfo_gather(c);
  if (!c->facts.resumed && !c->trial.judged)
    lw_bytes_free(&c->peer_chain); /* of a ticket that was not taken */
  if (c->code != NULL || !lw_guard_finished(c))
    return;
  c->open = 1;
  c->in_sequence = 0;
  c->holding = 0;
  lw_bytes_trim(&c->in);
  lw_bytes_trim(&c->out);
  if (c->server)
    lw_session_keep(c);
  else
    lw_session_arrived(c);
  lw_session_drop(c);
}

/* NULL: done. Otherwise the code of what is missing or wrong. */
const char *lw_engine_handshake (lw_Connection *c) {
  lw_Connection **place;
  int result, error, stapled;
  if (c->code != NULL || c->open)
    return c->code;
  if (c->ssl == NULL) { /* a server looks at the ClientHello before it chooses its certificate */
    if (c->server && c->released == 0 && lw_gate_next(c) <= 0)
      return engine_waits(c);
    if (!engine_start(c))
      return c->code;
  }
  stapled = lw_response_offer(c);
  place = engine_enter(c);
  result = c->server ? wolfSSL_accept(c->ssl) : wolfSSL_connect(c->ssl);
  error = result == WOLFSSL_SUCCESS ? 0 : wolfSSL_get_error(c->ssl, result);
  if (result == WOLFSSL_SUCCESS && c->code == NULL)
    engine_finish(c);
  *place = NULL;
  if (stapled)
    lw_response_withdraw(c);
  if (result == WOLFSSL_SUCCESS)
    return c->code;
  if (c->code != NULL || error == WOLFSSL_ERROR_WANT_READ)
    return engine_waits(c);
  if (error == WOLFSSL_ERROR_ZERO_RETURN)
    lw_connection_alerted(c, LW_CLOSE_NOTIFY);
  if (c->gate != NULL && c->gate->only_resumes && !c->gate->resumes)
    lw_guard_unsuited(c); /* wolfSSL could not even sign */
  engine_broken(c, error);
  return c->code;
}

/* -------------------------------------------------------------------- plaintext */

static const char *engine_readerror (lw_Connection *c, int result) {
  int error = wolfSSL_get_error(c->ssl, result);
  if (c->code != NULL || error == WOLFSSL_ERROR_WANT_READ || error == WOLFSSL_ERROR_NONE)
    return engine_waits(c);
  if (error != WOLFSSL_ERROR_ZERO_RETURN) {
    engine_broken(c, error);
    return c->code;
  }
  c->close_received = 1;
  c->alert_received = LW_CLOSE_NOTIFY;
  return LW_CLOSED;
}

const char *lw_engine_read (lw_Connection *c, unsigned char *plaintext, int max, int *length) {
  lw_Connection **place;
  const char *code = c->code == NULL && c->open ? NULL : lw_engine_handshake(c);
  if (code != NULL)
    return code;
  if (c->close_received)
    return LW_CLOSED;
  place = engine_enter(c);
  c->reading = 1;
  *length = wolfSSL_read(c->ssl, plaintext, max);
  c->reading = 0;
  if (*length > 0)
    c->idle = c->key_updates = 0;
  code = *length > 0 ? c->code : engine_readerror(c, *length);
  lw_after_read(c);
  *place = NULL;
  return c->code != NULL ? c->code : code;
}

const char *lw_engine_peek (lw_Connection *c) {
  unsigned char byte;
  const char *code = NULL;
  int n;
  lw_enter(c);
  c->reading = 1;
  n = wolfSSL_peek(c->ssl, &byte, 1);
  c->reading = 0;
  if (n <= 0)
    code = engine_readerror(c, n);
  lw_after_read(c);
  lw_leave();
  return c->code != NULL ? c->code : code;
}

const char *lw_engine_update (lw_Connection *c, int request) {
  int result;
  lw_enter(c);
  c->updating = request ? LW_REQUESTED : LW_NOT_REQUESTED;
  result = wolfSSL_update_keys(c->ssl);
  c->updating = 0;
  if (result != WOLFSSL_SUCCESS)
    engine_broken(c, wolfSSL_get_error(c->ssl, result));
  lw_leave();
  return c->code;
}

const char *lw_engine_write (lw_Connection *c, const char *bytes, size_t length) {
  lw_Connection **place;
  place = engine_enter(c);
  while (length > 0 && c->code == NULL) {
    int chunk = length > LW_RECORD ? LW_RECORD : (int)length;
    int n = wolfSSL_write(c->ssl, bytes, chunk);
    if (n <= 0) {
      engine_broken(c, wolfSSL_get_error(c->ssl, n));
      break;
    }
    c->idle = c->key_updates = 0;
    c->plain_sent += (uint64_t)n;
    bytes += n;
    length -= (size_t)n;
  }
  *place = NULL;
  return c->code;
}

void lw_engine_shutdown (lw_Connection *c) {
  uint64_t sent = c->sent;
  int result;
  lw_enter(c);
  result = wolfSSL_shutdown(c->ssl);
  if (result < 0)
    engine_broken(c, wolfSSL_get_error(c->ssl, result));
  lw_leave();
  c->close_sent = 1;
  if (c->sent > sent)
    c->alert_sent = LW_CLOSE_NOTIFY;
}

/* RFC 8446 section 6.1: user_canceled says that this is no failure, close_notify ends it. */
void lw_engine_cancel (lw_Connection *c) {
  if (c->sent > 0 || c->received > 0) {
    lw_alert_send(c, 1, LW_USER_CANCELED);
    lw_alert_send(c, 1, LW_CLOSE_NOTIFY);
  }
  c->close_sent = 1;
  lw_connection_fail(c, LW_CLOSED, -1, "the handshake was given up");
}
