/*
** connection.h - what the files around a TLS connection share: the connection, its gate and guards, sessions.
*/

#ifndef LW_CONNECTION_H
#define LW_CONNECTION_H

#include "alert.h"
#include "context.h"

#pragma GCC visibility push(hidden)

/* ------------------------------------------------------------------ connection (connection.c) */

typedef struct lw_Secret {
  unsigned char data[48];
  unsigned char length; /* 0: not known */
} lw_Secret;

enum { /* of lw_Connection.secrets */
       LW_CLIENT_HANDSHAKE,
       LW_SERVER_HANDSHAKE,
       LW_CLIENT_TRAFFIC,
       LW_SERVER_TRAFFIC,
       LW_EXPORTER,
       LW_MASTER = LW_EXPORTER, /* all that TLS 1.2 has */
       LW_SECRETS
};

#define LW_MAX_PATH 16
#define LW_ANCHOR 255

enum { LW_FORESEEN = 1, LW_ON_TRIAL, LW_JUDGED };

enum { LW_OURS, LW_PEERS }; /* of lw_Connection.updated */

enum { LW_STRIPPED = 2 }; /* of lw_Connection.shortened: the leaf has no extensions, and its signature does not fit */

enum { LW_NO_PARADE, LW_PASSING, LW_PASSED };

/* A Certificate of TLS 1.3 that wolfSSL may have to get in another form. */
typedef struct lw_Parade {
  int state;
  int field;        /* which is next */
  size_t at;        /* where in its first record it begins */
  size_t length;    /* without its header; 0: it is not to be touched */
  size_t left;      /* of that */
  unsigned count;   /* certificates that have passed */
} lw_Parade;

/* One direction of a TLS 1.3 handshake, followed up to its CertificateVerify. */
typedef struct lw_Peek {
  unsigned char key[32], iv[12];
  int ready; /* the keys are known and the message has not come */
  uint64_t sequence;
  unsigned char head[6];
  unsigned have; /* bytes in head */
  size_t skip;   /* bytes until the next message, or what is next in a Certificate */
  size_t request; /* where in the record a CertificateRequest ends its header; 0: none begins there */
  lw_Parade parade;
} lw_Peek;

/* Records with a Certificate that is not whole yet, released but not to wolfSSL (stage.c). */
typedef struct lw_Stage {
  lw_Bytes records;
  size_t count;
  uint64_t from; /* the number of the first */
} lw_Stage;

/* What the gate knows of the handshake: lives until the handshake is over. */
typedef struct lw_Gate {
  lw_Bytes messages; /* plaintext handshake bytes that are not yet a whole message */
  size_t examined;   /* bytes at the front of `in` that passed the guards and are not released */
  size_t records;    /* in which they came */
  lw_Bytes offer;    /* the ClientHello: a client's last, a server's first */
  lw_Hello offered;  /* into offer */
  unsigned retry_suite, retry_group;
  int retried;
  int unguarded;   /* a ClientHello is held that no guard has seen */
  unsigned version; /* a server: what it will choose */
  int named_psk;    /* the ClientKeyExchange has come, with an identity */
  struct lw_Transcript *transcript; /* NULL: wolfSSL reads what is on the wire */
  int hashes, retries; /* its hashes of the handshake ask here; they will when they begin anew */
  size_t sending;  /* so much of a message of wolfSSL's is still to come */
  int reduced;     /* wolfSSL gets another form of messages that it is given next */
  lw_Bytes hidden; /* a message that wolfSSL does not get, until the next one has come */
  lw_Bytes asked;  /* a CertificateRequest, in TLS 1.3 its signature schemes, until wolfSSL has it */
  lw_Stage stage;
  int resumes;     /* the server took up what the client offered to resume */
  int only_resumes;    /* a server has no certificate that the client could verify */
  int hello_seen;    /* the peer's final hello */
  int early;         /* the client may send data before its Finished, to be thrown away */
  size_t skipped;    /* so many bytes of it were */
  int changed;       /* the peer has sent that of TLS 1.3, too */
  int compatible;    /* a server owes the ChangeCipherSpec of RFC 8446 appendix D.4 */
  size_t hello_sent; /* where in what wolfSSL sends now it belongs; 0: nowhere */
  lw_Peek peek[2];   /* the client's direction, the server's */
  lw_Span protocol;  /* which of the context's ALPN names, with the length byte; empty: none */
  void *response;    /* in TLS 1.3, wolfSSL's copy of the staple, which it forgets */
  const char *field; /* "field: what" where a hello could not be decoded, or NULL */
  size_t offset;     /* of that field in the message */
  size_t given, given_at; /* what was released last: its length, its place in the block of `in`, */
  uint64_t given_after;   /* and how many bytes had come by then */
  int undecoded;     /* whole messages are in `messages`, one of which could not be decoded */
} lw_Gate;

typedef struct lw_Facts { /* negotiated, gathered while they pass by and once after the handshake */
  uint16_t version, suite, group;
  uint16_t scheme, client_scheme; /* of the server's signature and of the client's; 0: none seen */
  unsigned char resumed, encrypt_then_mac, extended_master_secret;
  unsigned char psk;        /* an external one, not that of a session */
  char *alpn, *server_name; /* NULL: none. A client's server_name is the connection's name */
} lw_Facts;

/* What was found out about the peer's chain. */
typedef struct lw_Trial {
  unsigned char judged;  /* 0, LW_FORESEEN in the gate, LW_ON_TRIAL until its leaf was looked at, LW_JUDGED */
  unsigned char stapled; /* TLS 1.2: it is known what came with the chain */
  unsigned char anchored;
  unsigned char length;           /* of the path */
  unsigned char path[LW_MAX_PATH]; /* places in the peer's chain; LW_ANCHOR: in the trust */
  unsigned anchor;                /* place in the trust */
  uint16_t scheme;                /* the only one of the leaf's key in TLS 1.3; 0: the key's type tells */
  unsigned char key;              /* that type: LW_KEY_OTHER until a leaf was judged */
  lw_Findings findings;
} lw_Trial;

struct lw_Connection {
  lw_Context *context;
  WOLFSSL *ssl; /* NULL until the first bytes are wanted: a server first reads the ClientHello */
  lw_Bytes in, out; /* ciphertext */
  size_t released;  /* bytes at the front of `in` that wolfSSL may read */
  lw_Gate *gate;
  lw_Facts facts;
  const lw_Suite *suite; /* that facts.suite names; NULL until the ServerHello */
  lw_Secret secrets[LW_SECRETS];
  lw_Secret *updated; /* the traffic secrets that KeyUpdates made, [LW_OURS] and [LW_PEERS]; NULL: none yet */
  struct lw_Inner *inner; /* NULL: nobody wants to see what the key schedule begins with */
  unsigned char unresumed; /* a server resumes nothing here */
  unsigned char server;
  unsigned char eof;     /* the peer's FIN */
  unsigned char open;    /* handshake complete */
  unsigned char holding; /* somebody wants each handshake record before wolfSSL has it */
  unsigned char asking;  /* and the first ClientHello before the guards: its context may change */
  unsigned char chosen;  /* the context has been: no name changes it any more */
  unsigned char held;    /* such a record waits */
  unsigned char muted;   /* what wolfSSL still sends is thrown away: we send the alert */
  unsigned char in_protected, out_protected;
  unsigned char close_sent, close_received;
  unsigned char owns;           /* a table of its own, see lw_own */
  unsigned char reading;        /* wolfSSL_read is at work */
  unsigned char shortened;      /* wolfSSL has but the leaf of the peer's chain, or less: LW_STRIPPED */
  unsigned char leaf_approved;  /* the verify callback has passed the peer's leaf */
  unsigned char no_server_name; /* its name is not told to the peer */
  unsigned char keep_sessions;  /* somebody takes each new session of this client */
  unsigned char idle;           /* records that came since the last application data, either way */
  unsigned char key_updates;    /* of those */
  unsigned char updating;       /* wolfSSL is to send a KeyUpdate */
  unsigned char late;           /* how it stands with a certificate after the handshake */
  unsigned char late_untold;    /* its end */
  unsigned char has_kept_id, spoilt; /* and no more */
  unsigned char watched;
  unsigned char no_certificate; /* a server: none of them suits the client */
  signed char identity;         /* which of the context's certificates */
  int16_t alert_sent, alert_received; /* descriptions; -1: none */
  uint16_t psk_suite;           /* a server's, in TLS 1.3 */
  unsigned char lent;           /* a string is anchored for `in` */
  int anchor;                   /* where: the registry's reference; 0: none so far */
  uint64_t out_sequence;        /* records sent under the current write keys */
  uint64_t in_sequence;         /* TLS 1.3: received under the current keys, after the handshake */
  struct lw_Piece *piece;       /* of a client's KeyUpdate; or NULL */
  struct lw_Answer *answer;     /* a server's: the client's, which is to come; or NULL */
  struct lw_Rewind *rewind;     /* the hash of the handshake, once a question came after it (rewind.c); or NULL */
  struct lw_Request *request;   /* that wolfSSL has hashed ours for and not sent yet; or NULL */
  const unsigned char *peer_key[2]; /* a server's: wolfSSL's copies of the client's keys (peerkey.c); NULL: none */
  uint64_t received, sent, plain_received, plain_sent;
  const char *code;               /* not NULL: failed, for good */
  char *message;                  /* of the failure; NULL when there was no memory for it */
  const lw_Psk *psk;              /* a client's, or what a server chose; NULL: none */
  lw_Psk *given_psk;              /* this connection's own */
  lw_Bytes peer_chain; /* DER: what the peer showed, where wolfSSL has not kept it */
  char *name;          /* whom the peer must be: host name or IP */
  struct lw_Trust *trust; /* NULL: the context's */
  lw_Trial trial;
  struct lw_Session *session; /* to resume */
  struct lw_Session *fresh;   /* a client's, which nobody has taken yet, the oldest first */
  lw_Kept *offered;           /* a server's, out of the application's store */
  lw_Kept *to_store;          /* and what is to go there */
  unsigned char kept_id[LW_ID]; /* under which a server keeps this connection's session */
  struct lw_Answers *answers; /* NULL: none */
  lw_Bytes seen;              /* by who watches: records, each with a head of watch.c's */
  char *matched;              /* which of the context's names the client asked for */
};

extern const lw_Class lw_connection_class;
static inline lw_Connection *lw_connection_check (lua_State *L, int arg) {
  return (lw_Connection *)lw_check(L, arg, &lw_connection_class);
}
/* To make a string or an object may run a finalizer, and that may close the connection, which is argument 1. NULL: it
   has. */
static inline lw_Connection *lw_connection_still (lua_State *L) {
  return *(lw_Connection **)lua_touserdata(L, 1);
}
int lw_connection_new (lua_State *L); /* start.c */
/* 32 bytes that tell what is verified and how: a session may only resume under the same. Good until the next call.
   (choice.c) */
const unsigned char *lw_connection_policy (const lw_Connection *c);
int lw_connection_result (lua_State *L, const lw_Connection *c); /* why nothing was done */
/* An optional limit of `least` or more on `length`; raises on others. */
size_t lw_connection_atmost (lua_State *L, int arg, int least, size_t length);
/* The first failure stays. alert < 0: none is sent. */
void lw_connection_fail (lw_Connection *c, const char *code, int alert, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* An alert ended it, of the handshake if it is close_notify. */
void lw_connection_alerted (lw_Connection *c, int description);
const char *lw_connection_message (const lw_Connection *c);

/* Which connection a callback without an argument is for; set around every call into wolfSSL. */
lw_Connection *lw_current (void);
void lw_enter (lw_Connection *c);
void lw_leave (void);

/* engine.c. Codes: NULL is success. */
#define LW_RECORD 16384
void lw_engine_install (WOLFSSL_CTX *ctx);
const char *lw_engine_handshake (lw_Connection *c);
const char *lw_engine_read (lw_Connection *c, unsigned char *plaintext, int max, int *length);
const char *lw_engine_peek (lw_Connection *c);                /* when open */
const char *lw_engine_update (lw_Connection *c, int request); /* when open, in TLS 1.3 */
const char *lw_engine_write (lw_Connection *c, const char *bytes, size_t length); /* when open */
void lw_engine_shutdown (lw_Connection *c);                                       /* when open */
void lw_engine_cancel (lw_Connection *c);                                         /* before */
/* Some of it was taken: a handshake keeps the blocks of its queues for the next flight, an open connection keeps
   nothing. */
static inline void lw_engine_trim (const lw_Connection *c, lw_Bytes *queue) {
  if (c->open)
    lw_bytes_trim(queue);
}

/* ciphertext.c */
void lw_ciphertext_setmethods (lua_State *L); /* into the table at the top */
void lw_ciphertext_giveback (lua_State *L, lw_Connection *c); /* a string, argument 2 once, that nobody reads any more */

/* gate.c */
int lw_gate_start (lw_Connection *c); /* 0: out of memory */
void lw_gate_free (lw_Connection *c);
/* Lets the next records pass if they may: 1 released, 0 more bytes are wanted (or held), -1 failed. */
int lw_gate_next (lw_Connection *c);
/* What wolfSSL wrote; 0 when it must not be sent. */
int lw_gate_sent (lw_Connection *c, const unsigned char *data, size_t length);
void lw_gate_release (lw_Connection *c, size_t length); /* that much of `in` is wolfSSL's */
void lw_gate_keep (lw_Connection *c); /* wolfSSL could not decode what it has */
size_t lw_gate_held (const lw_Connection *c);           /* that much waits for `release` */

/* guard.c: the messages behind the gate. */
/* A whole plaintext message, with the number of bytes after it in its records; -1: failed. */
int lw_guard_received (lw_Connection *c, unsigned type, const unsigned char *body, size_t length,
                       size_t trailing);
/* A plaintext handshake record that wolfSSL wrote: 0 when it must not be sent. */
int lw_guard_sent (lw_Connection *c, const unsigned char *p, size_t n);
/* Fails, for want of a certificate that the client could verify: -1. */
int lw_guard_unsuited (lw_Connection *c);
/* Has the peer shown a certificate, here or when the session was made? */
int lw_guard_haschain (const lw_Connection *c);
/* After wolfSSL says the handshake is done: 0 when it must not count. */
int lw_guard_finished (lw_Connection *c);

/* exchange.c: shares, groups and signatures. */
int lw_exchange_start (lw_Connection *c); /* when there is an ssl; 0: out of memory */
int lw_exchange_usespsk (const lw_Connection *c);
/* 0: failed, for the peer may not sign with that. */
int lw_exchange_scheme (lw_Connection *c, unsigned scheme);
/* 0: failed, for it does not fit the certificate that was judged last. */
int lw_exchange_fits (lw_Connection *c, unsigned scheme);
/* What the peer signed the handshake with; 0: not known yet. */
static inline unsigned lw_exchange_peers (const lw_Connection *c) {
  return c->server ? c->facts.client_scheme : c->facts.scheme;
}
/* A message of TLS 1.2, whoever sent it; -1: it must not be. */
int lw_exchange_message (lw_Connection *c, unsigned type, const unsigned char *body, size_t length);

/* suite.c: a server's wolfSSL is left with the suites that it may answer with here: it would take those of its
   context's certificate, and curves that the client does not name. 0: failed. */
int lw_suite_narrow (lw_Connection *c, int exchanges);

/* watch.c: keeps records for who watches, in the order in which they passed. */
void lw_watch_keep (lw_Connection *c, int received, const void *records, size_t length);
static inline void lw_watch (lw_Connection *c, int received, const void *records, size_t length) {
  if (c->watched)
    lw_watch_keep(c, received, records, length);
}
extern const luaL_Reg lw_watch_methods[];

/* answer.c: methods for those who hold records back */
extern const luaL_Reg lw_answer_methods[];
/* psk.c */
int lw_context_usepsk (lua_State *L);    /* methods */
int lw_context_addpsk (lua_State *L);
int lw_connection_setpsk (lua_State *L);
int lw_connection_wantedpsks (lua_State *L);
void lw_psk_freeall (lw_Context *x);
void lw_psk_forget (lw_Connection *c);
int lw_psk_offered (const lw_Hello *h); /* a key, with (EC)DHE, in TLS 1.3 */
/* May the handshake do without a certificate? */
int lw_psk_possible (const lw_Context *x, const lw_Hello *h, unsigned version);
int lw_psk_start (lw_Connection *c); /* before wolfSSL begins; 0: failed */
int lw_psk_named (lw_Connection *c, const unsigned char *body, size_t length); /* -1: failed */

/* after.c: after the handshake, in TLS 1.3 */
enum { LW_LATE_ASKED = 1, LW_LATE_SHOWN, LW_LATE_DECLINED };
enum { LW_NOT_REQUESTED = 1, LW_REQUESTED };
extern const luaL_Reg lw_after_methods[];
int lw_context_allowlate (lua_State *L); /* method */
void lw_after_start (lw_Connection *c); /* before wolfSSL begins */
/* Is it one of the handshake? -1: no memory to find out. */
int lw_after_record (lw_Connection *c, const unsigned char *record, size_t length);
/* What is in a record of the current keys, without the type and the zeros behind it (RFC 8446 section 5.4). */
size_t lw_after_content (const lw_Connection *c, const unsigned char *record, size_t length,
                         unsigned char *plain, int *type);
void lw_after_finished (lw_Connection *c);
void lw_after_read (lw_Connection *c);
/* Has the peer shown a certificate, and may yet show that it is its own? */
int lw_after_unproven (const lw_Connection *c);
void lw_after_forget (lw_Connection *c);
void lw_piece_forget (lw_Connection *c); /* piece.c */

/* peerkey.c: a server's wolfSSL has its copy of the client's key there */
enum { LW_PEER_ED25519, LW_PEER_ED448 };
void lw_peerkey_follow (int which, const unsigned char *key);

/* eddsa.c */
void lw_eddsa_install (WOLFSSL_CTX *ctx, int server);

/* What was decided for one connection alone. */
typedef struct lw_Answers {
  unsigned char *alpn; /* as on the wire */
  size_t alpn_length;
  lw_Bytes chain; /* DER, leaf first; empty: the context's */
  lw_Auth auth;   /* the next four are only good with it */
  uint16_t scheme;
  unsigned char *key; /* PEM */
  int key_length;
} lw_Answers;

lw_Answers *lw_answers (lw_Connection *c); /* made when there are none; NULL: out of memory */
void lw_answers_free (lw_Connection *c);
/* These, or else what the context says. */
lw_Span lw_connection_alpn (const lw_Connection *c);
const lw_Bytes *lw_connection_chain (const lw_Connection *c);
uint16_t lw_connection_scheme (const lw_Connection *c); /* its key's only one; 0: there are more */
/* A server's certificate for this client: an index, or -1 when none suits it. */
int lw_connection_choose (const lw_Connection *c, const lw_Hello *hello, unsigned version);
void lw_connection_usecontext (lw_Connection *c, lw_Context *x);

/* identity.c */
void lw_identity_free (lw_Answers *a);
int lw_identity_apply (lw_Connection *c);        /* to a new WOLFSSL; 0: it failed */
int lw_connection_usecertificate (lua_State *L); /* method */

/* names.c */
void lw_names_free (lw_Names *n);
/* Finds the context for the name that the client asks for; -1: there is none, and it was refused. */
int lw_names_choose (lw_Connection *c, const lw_Hello *hello);
int lw_context_setnames (lua_State *L); /* method */

/* peek.c */
void lw_peek_key (lw_Connection *c, const unsigned char *secret, size_t length,
                  const unsigned char *label, size_t label_length, const unsigned char *value,
                  size_t value_length);
void lw_peek_record (lw_Connection *c, int from_server, const unsigned char *body, size_t length);

/* alert.c: queues an alert under the keys of the moment. */
void lw_alert_send (lw_Connection *c, int level, int description);
const char *
lw_alert_name (int description); /* RFC 8446's, or "alert 123" is up to the caller: NULL */

/* record.c: a record's length, or that of what is in it; 0: it cannot be done. */
#define LW_SMALL_RECORD 96
void lw_record_header (unsigned char header[5], unsigned char type, size_t length);
/* Under the keys that we write with at the moment. */
size_t lw_record_alert (const lw_Connection *c, const unsigned char alert[2],
                        unsigned char record[LW_SMALL_RECORD]);
size_t lw_record_cbc (const lw_Connection *c, const unsigned char alert[2],
                      unsigned char record[LW_SMALL_RECORD]); /* cbc.c */
size_t lw_record_keyupdate (const lw_Connection *c, int request,
                            unsigned char record[LW_SMALL_RECORD]);
/* What we write with in TLS 1.3, and records under any secret: inner has the content type at its end. */
const lw_Secret *lw_record_secret (const lw_Connection *c);
size_t lw_record_seal (const lw_Connection *c, const lw_Secret *secret, uint64_t sequence,
                       lw_Span inner, unsigned char *record);
size_t lw_record_unseal (const lw_Connection *c, const lw_Secret *secret, uint64_t sequence,
                         const unsigned char *record, size_t length, unsigned char *plain);
/* Opens the peer's, which comes next, whole and longer than its overhead. */
size_t lw_record_open (const lw_Connection *c, const unsigned char *record, size_t length,
                       unsigned char *plain);
/* Is it the first one under a client's handshake key? */
int lw_record_isfirst (const lw_Connection *c, const unsigned char *record, size_t length);

/* secrets.c */
void lw_secrets_install (WOLFSSL_CTX *ctx);
int lw_connection_secrets (lua_State *L); /* method */

/* inner.c */
void lw_inner_attach (lw_Connection *c); /* when there is an ssl */
void lw_inner_free (lw_Connection *c);
void lw_inner_lines (lua_State *L, const lw_Connection *c, const char *random);
int lw_inner_extract (unsigned char *prk, const unsigned char *salt, word32 salt_length,
                      unsigned char *input, word32 length, int digest, void *context);
extern const luaL_Reg lw_inner_methods[];

/* verify.c */
int lw_verify_callback (int preverified, WOLFSSL_X509_STORE_CTX *store);
struct lw_Verdict;
/* The trial of these certificates. staple: NULL when it is not known yet. 0: failed. */
int lw_verify_judge (lw_Connection *c, const WOLFSSL_BUFFER_INFO *certificates, int count,
                     const lw_Span *staple);
int lw_verify_passes (lw_Connection *c);             /* 0: failed for what was found */
/* A certificate of the path that was found; data is NULL beyond the last. */
lw_Span lw_verify_path (const lw_Connection *c, size_t i);
/* staple: data is NULL when none came. 0, or MEMORY_E. */
int lw_verify_staple (const lw_Connection *c, lw_Span staple, struct lw_Verdict *v);
/* wolfSSL refused the chain before it asked. If our rules have something against a leaf that it could not read, it has
   failed for that: 1. */
int lw_verify_explains (lw_Connection *c, int error, int alerted);
void lw_verify_failed (lw_Connection *c, int error); /* otherwise what it said becomes a finding */
int lw_connection_verdict (lua_State *L); /* methods */
int lw_connection_examine (lua_State *L);
int lw_connection_usetrust (lua_State *L);
void lw_verify_taketrust (lua_State *L, int arg, lw_Connection *c); /* before its session */

/* staple.c: the OCSP response that comes with a chain */
lw_Span lw_staple_beside (const WOLFSSL_BUFFER_INFO *leaf); /* TLS 1.3; data is NULL when there is none */
int lw_staple_enable (WOLFSSL_CTX *ctx); /* WOLFSSL_SUCCESS, NOT_COMPILED_IN, … */
int lw_staple_ask (lw_Connection *c); /* 0: out of memory */
lw_Span lw_staple_nonce (const lw_Connection *c); /* that was asked for, as DER; data is NULL: none */
int lw_staple_received (lw_Connection *c, unsigned type, const unsigned char *body, size_t length);

/* response.c: the OCSP response that goes with ours */
int lw_response_offer (const lw_Connection *c);     /* whether there is one; then afterwards: */
void lw_response_withdraw (lw_Connection *c);
int lw_context_setresponse (lua_State *L);  /* methods */
int lw_context_certificate (lua_State *L);

/* recall.c: memory that wolfSSL 5.5.4 forgets */
int lw_recall_ready (void);                           /* 0: it would stay forgotten */
void lw_recall_begin (lw_Span leaf, lw_Span response); /* from here on, on this thread */
void lw_recall_expect (lw_Span response);                    /* another one is being given to wolfSSL */
void *lw_recall_end (void);                           /* its copy of the response; NULL: there is none */

/* conninfo.c: methods of a connection */
lw_Span lw_chain_nth (const lw_Bytes *chain, size_t place); /* of certificates that follow each other */
/* A peer's go in by these; what is no certificate at all keeps its place. 0: out of memory. */
int lw_chain_keep (lw_Bytes *chain, const WOLFSSL_BUFFER_INFO *entry);
int lw_chain_has (const lw_Bytes *chain, size_t place, const WOLFSSL_BUFFER_INFO *entry);
/* Pushes the list of what `get` has, until it has no data, and returns how many are in it. */
size_t lw_conninfo_pushall (lua_State *L, const lw_Connection *c,
                            lw_Span (*get)(const lw_Connection *, size_t));
lw_Span lw_conninfo_peer (const lw_Connection *c, size_t place); /* data is NULL beyond the last */
void lw_conninfo_gather (lw_Connection *c);
extern const luaL_Reg lw_conninfo_methods[];

/* session.c */
typedef struct lw_Session {
  int references;
  WOLFSSL_SESSION *session;
  unsigned char policy[32];
  lw_Bytes chain; /* the peer's, where wolfSSL's session has not all of it */
  struct lw_Session *next;
  int spoilt; /* a handshake with it failed */
} lw_Session;

/* A client is to resume that at arg; 0: it was made under another policy. */
int lw_session_take (lua_State *L, int arg, lw_Connection *c);
void lw_session_check (lw_Connection *c); /* drops one that is expired or spoilt, or takes its chain */
void lw_session_drop (lw_Connection *c);  /* nothing is resumed any more */
void lw_session_spoil (lw_Connection *c); /* it has failed */
void lw_session_install (WOLFSSL_CTX *ctx); /* of a client: each new session is kept for who wants it */
void lw_session_arrived (lw_Connection *c); /* with the handshake of a client */
void lw_session_free (lw_Connection *c);    /* those that nobody has taken */
/* What a server kept under an id, if it was made under the same policy: RFC 6066 section 3 binds it to the
   server_name, too. The caller's own. */
WOLFSSL_SESSION *lw_session_find (lw_Connection *c, const unsigned char *id, size_t length);
extern const luaL_Reg lw_session_methods[]; /* of a connection */
void lw_session_keep (lw_Connection *c);     /* a server puts a session to resume into its store */

/* error.c: what wolfSSL's error number means to a user. */
typedef struct lw_Meaning {
  int error;
  const char *code;
  int alert; /* what to send when wolfSSL sent nothing; -1: nothing */
} lw_Meaning;
const lw_Meaning *lw_meaning (int error); /* never NULL */

#pragma GCC visibility pop

#endif
