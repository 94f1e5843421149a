/*
** guard.c - what the gate checks in the messages of the plaintext part of a handshake, and at its end: that the
** peer keeps to what was offered, and that wolfSSL keeps to what was configured.
*/

#include "transcript.h"

#include <string.h>

enum {
  CLIENT_HELLO = 1,
  SERVER_HELLO = 2,
  CERTIFICATE = 11,
  CERTIFICATE_REQUEST = 13,
  SESSION_TICKET = 35
};

static int refuse (lw_Connection *c, const char *code, int alert, const char *what) {
  lw_connection_fail(c, code, alert, "%s", what);
  return -1;
}

static int misbehaved (lw_Connection *c, int alert, const char *what) {
  return refuse(c, LW_PEER_MISBEHAVED, alert, what);
}

static int undecodable (lw_Connection *c, int alert, const char *message, const char *wrong,
                        size_t offset) {
  c->gate->field = wrong;
  c->gate->offset = 4 + offset; /* after the header */
  lw_connection_fail(c, LW_DECODE_ERROR, alert, "%s: %s", message, wrong);
  return -1;
}

static int same (lw_Span a, lw_Span b) {
  return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

/* -------------------------------------------------------------------- ServerHello, at a client */

static int guard_takessuite (lw_Connection *c, lw_Span offered, const lw_Hello *h) {
  c->facts.suite = lw_read16(h->suites.data);
  c->suite = lw_suite(c->facts.suite);
  return c->suite != NULL && lw_hello_has(offered, c->facts.suite);
}

static int guard_offeredextension (const lw_Hello *offered, unsigned type) {
  return lw_hello_extension(offered, type).data != NULL ||
         /* the signalling suite stands for it, RFC 5746 section 3.3 */
         (type == 0xff01 && lw_hello_has(offered->suites, 0x00ff));
}

/* RFC 8446 section 4.2: only what was offered; in TLS 1.3 a ServerHello may hold just these. */
static int guard_serverextensions (lw_Connection *c, const lw_Hello *h) {
  lw_Span list = h->extensions, content;
  unsigned type;
  while (lw_hello_next(&list, &type, &content)) {
    int cookie = (h->retry && type == 44);
    if (!cookie && !guard_offeredextension(&c->gate->offered, type))
      return misbehaved(c, LW_UNSUPPORTED_EXTENSION,
                        "ServerHello: an extension that was not offered");
    if (h->version == 0x0304 && !cookie && type != 43 && type != 51 && type != 41)
      return misbehaved(c, LW_ILLEGAL_PARAMETER,
                        "ServerHello: an extension that TLS 1.3 has elsewhere");
  }
  return 0;
}

static int guard_hasshare (lw_Span shares, unsigned group) {
  while (shares.length >= 4) {
    size_t skip = 4 + lw_read16(shares.data + 2);
    if (lw_read16(shares.data) == group)
      return 1;
    if (skip > shares.length)
      return 0;
    shares.data += skip;
    shares.length -= skip;
  }
  return 0;
}

/* Those of the shares that wolfSSL may take up. */
static int guard_goodshares (const lw_Context *x, lw_Span shares) {
  lw_Span share;
  unsigned group;
  while (lw_hello_next(&shares, &group, &share))
    for (size_t i = 0; i < x->groups_count; i++)
      if (x->groups[i] == group && !(lw_share_padded(group, share) && lw_share_good(group, share)))
        return 0;
  return 1;
}

static int guard_retry (lw_Connection *c, const lw_Hello *h) {
  lw_Gate *g = c->gate;
  if (g->retried)
    return misbehaved(c, LW_UNEXPECTED_MESSAGE, "a second HelloRetryRequest");
  if (!h->has_key_share && !h->has_cookie)
    return misbehaved(c, LW_ILLEGAL_PARAMETER, "HelloRetryRequest: asks for nothing");
  if (h->has_key_share) {
    g->retry_group = lw_read16(h->key_share.data);
    if (!lw_hello_has(g->offered.groups, g->retry_group) ||
        guard_hasshare(g->offered.key_share, g->retry_group))
      return misbehaved(c, LW_ILLEGAL_PARAMETER, "HelloRetryRequest: a group that makes no sense");
  }
  g->retried = 1;
  lw_transcript_retry(c);
  g->retry_suite = lw_read16(h->suites.data);
  return 0;
}

static int guard_server13 (lw_Connection *c, const lw_Hello *h, lw_Span message, size_t trailing) {
  lw_Gate *g = c->gate;
  if (h->legacy_version != 0x0303)
    return misbehaved(c, LW_ILLEGAL_PARAMETER, "ServerHello: legacy_version is not 0x0303");
  if (!same(h->session_id, g->offered.session_id))
    return misbehaved(c, LW_ILLEGAL_PARAMETER, "ServerHello: legacy_session_id_echo is no echo");
  if (trailing > 0)
    return misbehaved(c, LW_UNEXPECTED_MESSAGE, "data after ServerHello in its record");
  if (h->retry)
    return guard_retry(c, h);
  if (!h->has_key_share)
    return misbehaved(c, LW_MISSING_EXTENSION, "ServerHello without key_share");
  if (g->retried && lw_read16(h->suites.data) != g->retry_suite)
    return misbehaved(c, LW_ILLEGAL_PARAMETER, "ServerHello: not the suite of HelloRetryRequest");
  c->facts.group = lw_read16(h->key_share.data);
  if (!guard_hasshare(g->offered.key_share, c->facts.group) ||
      (g->retry_group != 0 && c->facts.group != g->retry_group))
    return misbehaved(c, LW_ILLEGAL_PARAMETER,
                      "ServerHello: a key_share of a group that was not sent");
  if (!guard_goodshares(c->context, h->key_share))
    return misbehaved(c, LW_ILLEGAL_PARAMETER, "ServerHello: a key share that is not of its group");
  if (!h->has_pre_shared_key && c->context->psk_only)
    return refuse(c, LW_PEER_INCOMPATIBLE, LW_HANDSHAKE_FAILURE,
                  "the server does not know the pre-shared key");
  g->resumes = h->has_pre_shared_key && c->session != NULL; /* then the key was not offered */
  c->facts.psk = h->has_pre_shared_key && !g->resumes;
  if (!lw_reduce_server(c, h, message))
    return -1;
  c->in_protected = c->out_protected = 1;
  return 0;
}

/* Once wolfSSL 5.5 has offered a key or a session of TLS 1.3 it derives the keys of TLS 1.3, whatever comes. */
static int guard_cannotreturn (const lw_Connection *c) {
  return LIBWOLFSSL_VERSION_HEX <= 0x05005004 && c->gate->offered.has_pre_shared_key;
}

/* RFC 8446 section 4.1.3: a server that knows TLS 1.3 marks its choice of an older version. */
static int guard_server12 (lw_Connection *c, const lw_Hello *h) {
  if (c->gate->retried)
    return misbehaved(c, LW_ILLEGAL_PARAMETER, "ServerHello: TLS 1.2 after HelloRetryRequest");
  if (c->context->max_version == 0x0304 && memcmp(h->random.data + 24, "DOWNGRD", 7) == 0 &&
      h->random.data[31] <= 1)
    return misbehaved(c, LW_ILLEGAL_PARAMETER,
                      "ServerHello: the downgrade mark of a TLS 1.3 server");
  if (c->context->psk_only && !lw_exchange_usespsk(c))
    return refuse(c, LW_PEER_INCOMPATIBLE, LW_HANDSHAKE_FAILURE,
                  "the server does not know the pre-shared key");
  if (guard_cannotreturn(c))
    return refuse(c, LW_PEER_INCOMPATIBLE, LW_PROTOCOL_VERSION,
                  "TLS 1.2, after a key or a session of TLS 1.3 was offered: set max_version");
  if (h->renegotiates)
    return misbehaved(c, LW_HANDSHAKE_FAILURE, "ServerHello: nothing to renegotiate");
  c->gate->resumes = h->session_id.length > 0 && same(h->session_id, c->gate->offered.session_id);
  if (c->gate->resumes && c->session != NULL && c->gate->offered.has_extended_master_secret &&
      !h->has_extended_master_secret) /* RFC 7627 section 5.3: a session's client offers what it has */
    return misbehaved(c, LW_HANDSHAKE_FAILURE,
                      "ServerHello: it resumes without extended_master_secret");
  return 0;
}

static int guard_serverhello (lw_Connection *c, const unsigned char *body, size_t length,
                              size_t trailing) {
  lw_Span message = {body - 4, length + 4};
  lw_Hello h;
  int alert;
  const char *wrong = lw_hello_server(&h, body, length, &alert);
  if (wrong != NULL)
    return undecodable(c, alert, "ServerHello", wrong, (size_t)(h.at - body));
  if (h.version < c->context->min_version || h.version > c->context->max_version)
    return refuse(c, LW_PEER_INCOMPATIBLE, LW_PROTOCOL_VERSION,
                  "the server chose a protocol version that was not offered");
  c->facts.version = (uint16_t)h.version;
  if (!guard_takessuite(c, c->gate->offered.suites, &h) ||
      (c->facts.suite >> 8 == 0x13) != (h.version == 0x0304))
    return misbehaved(c, LW_ILLEGAL_PARAMETER, "ServerHello: a cipher suite that was not offered");
  if (h.has_pre_shared_key && !c->gate->offered.has_pre_shared_key)
    return misbehaved(c, LW_UNSUPPORTED_EXTENSION, "ServerHello: a PSK that was not offered");
  if (guard_serverextensions(c, &h) < 0)
    return -1;
  c->facts.extended_master_secret = (h.version == 0x0304 || h.has_extended_master_secret);
  c->facts.encrypt_then_mac = lw_hello_extension(&h, 22).data != NULL;
  c->gate->hello_seen = !h.retry;
  return h.version == 0x0304 ? guard_server13(c, &h, message, trailing) : guard_server12(c, &h);
}

/* -------------------------------------------------------------------- ClientHello, at a server */

static unsigned guard_commonversion (const lw_Context *x, const lw_Hello *h) {
  unsigned version;
  if (h->supported_versions.length == 0)
    return h->version >= x->min_version && x->min_version <= 0x0303 ? 0x0303 : 0;
  for (version = x->max_version; version >= x->min_version; version--)
    if (lw_hello_has(h->supported_versions, version))
      return version;
  return 0;
}

static int guard_commongroup (const lw_Context *x, const lw_Hello *h) {
  for (size_t i = 0; i < x->groups_count; i++)
    if (lw_hello_has(h->groups, x->groups[i]))
      return 1;
  return h->groups.length == 0; /* wolfSSL asks for the extension where it is missed */
}

static int guard_hassuite (const lw_Context *x, const lw_Hello *h, unsigned version,
                           int exchanges) {
  for (size_t i = 0; i < x->suites_length; i += 2) {
    unsigned suite = lw_read16(x->suites + i);
    if ((suite >> 8 == 0x13) == (version == 0x0304) && lw_hello_has(h->suites, suite) &&
        lw_choice_can(exchanges, suite))
      return 1;
  }
  return 0;
}

/* RFC 7919 section 4: where only the finite fields that the client names are in the way it is told so. */
static int guard_commonsuite (lw_Connection *c, const lw_Hello *h, unsigned version) {
  const lw_Context *x = c->context;
  int exchanges = version == 0x0304 ? 0 : lw_choice_exchanges(x, h);
  if (guard_hassuite(x, h, version, exchanges))
    return 0;
  if (version != 0x0304 && !(exchanges & LW_MODULAR) && guard_hassuite(x, h, version, LW_MODULAR))
    return refuse(c, LW_PEER_INCOMPATIBLE, LW_INSUFFICIENT_SECURITY,
                  "no finite field in common with the client");
  return refuse(c, LW_PEER_INCOMPATIBLE, LW_HANDSHAKE_FAILURE, "no cipher suite in common");
}

/* RFC 8446 section 4.1.2, of what a server decides by: wolfSSL's own clients change the order of extensions. */
static int guard_repeats (const lw_Hello *h, const lw_Hello *first) {
  static const unsigned char kinds[] = {0, 1, 5, 10, 11, 13, 16, 22, 23, 35, 43, 45, 47, 49, 50};
  for (size_t i = 0; i < sizeof kinds; i++) {
    lw_Span now = lw_hello_extension(h, kinds[i]), then = lw_hello_extension(first, kinds[i]);
    if ((now.data == NULL) != (then.data == NULL) || !same(now, then))
      return 0;
  }
  return h->legacy_version == first->legacy_version && same(h->random, first->random) &&
         same(h->session_id, first->session_id) && same(h->suites, first->suites) &&
         same(h->compressions, first->compressions);
}

int lw_guard_unsuited (lw_Connection *c) {
  return refuse(c, LW_PEER_INCOMPATIBLE, LW_HANDSHAKE_FAILURE,
                "no certificate of this server fits the client's signature algorithms");
}

/* Who resumes in TLS 1.2 need not say which signatures he knows; where nothing comes of it a Certificate follows. */
static int guard_mayresume (const lw_Hello *h, unsigned version) {
  return version == 0x0303 && h->schemes.length == 0 &&
         (h->session_id.length > 0 || lw_hello_extension(h, SESSION_TICKET).length > 0);
}

/* Which certificate the client gets; or none, where it may do without. */
static int guard_identity (lw_Connection *c, const lw_Hello *h, unsigned version) {
  const lw_Context *x = c->context;
  int suits = lw_connection_choose(c, h, version);
  c->identity = (signed char)(suits < 0 ? 0 : suits);
  c->no_certificate = suits < 0 || lw_bytes_length(lw_connection_chain(c)) == 0;
  if (suits >= 0 && c->no_certificate && !x->psk)
    return refuse(c, LW_INTERNAL, LW_INTERNAL_ALERT, "this server has no certificate");
  if (suits >= 0 || lw_psk_possible(x, h, version))
    return 0;
  c->gate->only_resumes = guard_mayresume(h, version);
  return c->gate->only_resumes ? 0 : lw_guard_unsuited(c);
}

static int guard_clienthello (lw_Connection *c, const unsigned char *body, size_t length,
                              size_t trailing) {
  lw_Span message = {body - 4, length + 4};
  const lw_Context *x;
  lw_Gate *g = c->gate;
  lw_Hello h;
  int alert;
  unsigned version;
  const char *wrong;
  if (!g->retried && !lw_bytes_append(&g->offer, body, length))
    return refuse(c, LW_INTERNAL, LW_INTERNAL_ALERT, "out of memory");
  if (!g->retried)
    body = lw_bytes_data(&g->offer);
  wrong = lw_hello_client(&h, body, length, &alert);
  if (wrong != NULL)
    return undecodable(c, alert, "ClientHello", wrong, (size_t)(h.at - body));
  if (trailing > 0)
    return misbehaved(c, LW_UNEXPECTED_MESSAGE, "data after ClientHello in its record");
  if (!g->retried)
    g->offered = h;
  else if (!guard_repeats(&h, &g->offered))
    return misbehaved(c, LW_ILLEGAL_PARAMETER, "the second ClientHello is not like the first");
  if (h.renegotiates)
    return misbehaved(c, LW_HANDSHAKE_FAILURE, "ClientHello: nothing to renegotiate");
  if (!g->retried && lw_names_choose(c, &h) < 0)
    return -1;
  x = c->context;
  version = guard_commonversion(x, &h);
  if (version < x->max_version && h.legacy_version <= 0x0303 &&
      lw_hello_has(h.suites, 0x5600)) /* RFC 7507 */
    return refuse(c, LW_PEER_INCOMPATIBLE, LW_INAPPROPRIATE_FALLBACK,
                  "the client fell back to an older version than both support");
  if (version == 0)
    return refuse(c, LW_PEER_INCOMPATIBLE, LW_PROTOCOL_VERSION, "no protocol version in common");
  if (guard_commonsuite(c, &h, version) < 0)
    return -1;
  if (version == 0x0304 && !guard_commongroup(x, &h))
    return refuse(c, LW_PEER_INCOMPATIBLE, LW_HANDSHAKE_FAILURE, "no group in common");
  if (version == 0x0303 && h.only_compressed)
    return misbehaved(c, LW_ILLEGAL_PARAMETER, "ClientHello: no uncompressed points");
  if (version == 0x0304 && h.groups.length > 0 && !lw_hello_namesgroups(&h))
    return misbehaved(c, LW_ILLEGAL_PARAMETER, "ClientHello: a key share of a group not named");
  if (version == 0x0304 && !guard_goodshares(x, h.key_share))
    return misbehaved(c, LW_ILLEGAL_PARAMETER, "ClientHello: a key share that is not of its group");
  g->version = version;
  g->early = version == 0x0304 && lw_hello_extension(&h, 42).data != NULL;
  if (guard_identity(c, &h, version) < 0)
    return -1;
  g->protocol = lw_choice_protocol(lw_connection_alpn(c), &h);
  if (h.server_name.data != NULL &&
      !lw_copy(&c->facts.server_name, h.server_name.data, h.server_name.length))
    return refuse(c, LW_INTERNAL, LW_INTERNAL_ALERT, "out of memory");
  g->hello_seen = 1;
  return lw_reduce_client(c, &h, message) ? 0 : -1;
}

/* -------------------------------------------------------------------- both ways */

int lw_guard_received (lw_Connection *c, unsigned type, const unsigned char *body, size_t length,
                       size_t trailing) {
  lw_Span message = {body - 4, length + 4};
  if (!lw_transcript_follow(c, message))
    return -1;
  if (c->gate->hello_seen && type == CERTIFICATE && !lw_shorten_plain(c, message))
    return -1;
  if (c->gate->hello_seen && !c->server && lw_staple_received(c, type, body, length) < 0)
    return -1;
  if (c->gate->hello_seen && type == CERTIFICATE_REQUEST && !c->server)
    lw_asked_keep(c, message);
  if (c->gate->hello_seen)
    return lw_exchange_message(c, type, body, length);
  if (type != (c->server ? CLIENT_HELLO : SERVER_HELLO))
    return misbehaved(c, LW_UNEXPECTED_MESSAGE, "the first message is not a hello");
  return c->server ? guard_clienthello(c, body, length, trailing)
                   : guard_serverhello(c, body, length, trailing);
}

/* -------------------------------------------------------------------- what wolfSSL sends */

static int guard_offer (lw_Connection *c, const unsigned char *body, size_t length) {
  lw_Gate *g = c->gate;
  int alert;
  lw_bytes_free(&g->offer);
  if (!lw_bytes_append(&g->offer, body, length)) {
    lw_connection_fail(c, LW_INTERNAL, -1, "out of memory");
    return 0;
  }
  return lw_hello_client(&g->offered, lw_bytes_data(&g->offer), length, &alert) == NULL;
}

/* wolfSSL's own choice is looked at too: some versions answer an odd hello with a suite of zero. */
static int guard_choice (lw_Connection *c, const unsigned char *body, size_t length) {
  lw_Span suites = {c->context->suites, c->context->suites_length};
  lw_Hello h;
  int alert;
  if (lw_hello_server(&h, body, length, &alert) != NULL)
    return 0;
  c->facts.version = (uint16_t)h.version;
  c->facts.extended_master_secret = (h.version == 0x0304 || h.has_extended_master_secret);
  c->facts.encrypt_then_mac = lw_hello_extension(&h, 22).data != NULL;
  if (!guard_takessuite(c, suites, &h) || h.version < c->context->min_version ||
      h.version > c->context->max_version)
    return 0;
  c->gate->compatible = (h.version == 0x0304 && h.session_id.length > 0 && !c->gate->retried);
  if (h.retry) {
    c->gate->retried = 1;
    lw_transcript_retry(c);
    c->gate->hello_seen = 0; /* the next ClientHello is the final one */
  }
  else if (h.version == 0x0304) {
    if (!h.has_key_share) /* psk_ke */
      return 0;
    c->gate->resumes = h.has_pre_shared_key; /* or it is the key of c->psk: told at the end */
    c->facts.group = lw_read16(h.key_share.data);
    c->in_protected = c->out_protected = 1;
  }
  else
    c->gate->resumes = h.session_id.length > 0 && same(h.session_id, c->gate->offered.session_id);
  return 1;
}

static int guard_sentmessage (lw_Connection *c, unsigned type, const unsigned char *body,
                              size_t length) {
  switch (type) {
  case CLIENT_HELLO:
    return guard_offer(c, body, length);
  case SERVER_HELLO:
    return guard_choice(c, body, length);
  default:
    return lw_exchange_message(c, type, body, length) == 0;
  }
}

/* A message that is longer than a record is a Certificate: of no other that wolfSSL sends anything is cut. */
int lw_guard_sent (lw_Connection *c, const unsigned char *p, size_t n) {
  lw_Gate *g = c->gate;
  size_t length, rest = g->sending < n ? g->sending : n;
  int good = 1;
  g->sending -= rest;
  if (n - rest < 4)
    return 1;
  p += rest;
  n -= rest + 4;
  length = (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
  g->sending = length > n ? length - n : 0;
  if (p[0] == CERTIFICATE && g->only_resumes)
    good = lw_guard_unsuited(c) == 0;
  else if (g->sending == 0)
    good = guard_sentmessage(c, p[0], p + 4, length);
  if (!good)
    lw_connection_fail(c, LW_INTERNAL, LW_HANDSHAKE_FAILURE,
                       "wolfSSL chose what was not configured");
  return good;
}

/* -------------------------------------------------------------------- the end of the handshake */

int lw_guard_haschain (const lw_Connection *c) {
  return lw_conninfo_peer(c, 0).data != NULL;
}

/* TLS 1.2: whether it is known what came with the chain is told by messages that come later. */
static int guard_stapled (const lw_Connection *c) {
  return c->server || c->facts.version == 0x0304 || c->context->peer.staple == LW_STAPLE_NONE ||
         c->trial.stapled;
}

/* Whose certificate is good has signed with what was looked at, too. */
static int guard_schemeseen (const lw_Connection *c) {
  return c->facts.version != 0x0304 || c->facts.resumed || c->facts.psk || !lw_guard_haschain(c) ||
         lw_exchange_peers(c) != 0;
}

static int guard_peerproven (const lw_Connection *c) {
  if (c->facts.resumed) /* bound to the policy under which it was made */
    return c->server ? c->context->peer.verify != LW_VERIFY_REQUIRED || lw_guard_haschain(c)
                     : c->session != NULL && c->gate->resumes;
  if (c->facts.psk)
    return c->psk != NULL;
  if (!lw_guard_haschain(c))
    return c->server && c->context->peer.verify != LW_VERIFY_REQUIRED;
  return c->leaf_approved && guard_stapled(c);
}

int lw_guard_finished (lw_Connection *c) {
  lw_Span suites = {c->context->suites, c->context->suites_length};
  unsigned suite = (unsigned)wolfSSL_get_current_cipher_suite(c->ssl);
  if (c->suite == NULL || suite != c->suite->value || !lw_hello_has(suites, suite)) {
    lw_connection_fail(c, LW_INTERNAL, LW_HANDSHAKE_FAILURE,
                       "the handshake ended with another suite");
    return 0;
  }
  if (!lw_transcript_complete(c)) {
    lw_connection_fail(c, LW_INTERNAL, LW_INTERNAL_ALERT, "wolfSSL has not hashed a message");
    return 0;
  }
  if (!guard_schemeseen(c)) {
    lw_connection_fail(c, LW_INTERNAL, LW_INTERNAL_ALERT,
                       "the peer's signature scheme could not be read");
    return 0;
  }
  if (!guard_peerproven(c)) {
    lw_connection_fail(c, LW_CERTIFICATE_INVALID, LW_HANDSHAKE_FAILURE,
                       "the handshake ended without a proven peer");
    return 0;
  }
  if (!c->server)
    c->out_sequence = c->facts.version == 0x0304 ? 0 : c->out_sequence;
  lw_gate_free(c);
  return 1;
}
