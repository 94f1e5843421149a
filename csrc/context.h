/*
** context.h - what many connections share: settings, tickets, stored sessions.
*/

#ifndef LW_CONTEXT_H
#define LW_CONTEXT_H

#include "finding.h"
#include "hello.h"

#pragma GCC visibility push(hidden)

/* ------------------------------------------------------------------ context (context.c) */

#define LW_MAX_IDENTITIES 4
#define LW_MAX_SUITES 64
#define LW_MAX_LIST 10
#define LW_MAX_TICKET_KEYS 8
#define LW_LARGEST_HELLO 131396 /* the largest that there can be */

typedef enum { LW_VERIFY_NONE, LW_VERIFY_OPTIONAL, LW_VERIFY_REQUIRED } lw_Verify;

typedef enum { LW_STAPLE_NONE, LW_STAPLE_REQUEST, LW_STAPLE_REQUIRE } lw_Staple;

/* What is asked of a peer's chain. (demand.c) */
typedef struct lw_Demands {
  lw_Verify verify;
  int depth;
  int profile; /* lw_Profile of path.h */
  int insecure_no_name_check, insecure_accept_invalid;
  int insecure_weak_signatures; /* SHA-1 in a chain */
  unsigned min_rsa_bits, min_ec_bits;
  struct lw_Trust *trust; /* NULL: nobody is trusted */
  struct lw_Crl **crls;
  size_t crls_count;
  int crl_required; /* most depth at which there must be one; -1: none */
  lw_Staple staple, staple_nonce;
  char **policies;  /* dotted OIDs, one of which the path must be valid for */
  size_t policies_count;
} lw_Demands;

typedef struct lw_TicketKey {
  unsigned char name[16], key[32];
} lw_TicketKey;

#define LW_MAX_PSK_IDENTITY 255
#define LW_MAX_PSK_KEY 64 /* wolfSSL's */

typedef struct lw_Psk {
  unsigned char key[LW_MAX_PSK_KEY], key_length;
  unsigned char hash; /* wolfCrypt's number of the hash that it goes with in TLS 1.3 */
  unsigned char identity_length;
  char identity[LW_MAX_PSK_IDENTITY + 1];
} lw_Psk;

typedef struct lw_Store
    lw_Store; /* store.c: sessions, and chains for tickets; least recently used out */

typedef struct lw_Names lw_Names; /* names.c: contexts by server_name */

typedef struct lw_Context {
  int references;
  int server;
  int in_use; /* a connection was made: settings are fixed */
  unsigned min_version, max_version;
  unsigned char suites[2 * LW_MAX_SUITES]; /* as on the wire */
  size_t suites_length;
  uint16_t groups[LW_MAX_LIST], schemes[2 * LW_MAX_LIST];
  size_t groups_count, schemes_count;
  lw_Demands peer;
  unsigned char alpn[256]; /* as on the wire: names with one length byte each */
  size_t alpn_length;
  unsigned char
      policy[32]; /* SHA-256 over what a session depends on; from the first connection on */
  char *name;     /* whose policy was asked for last, and it */
  unsigned char named_policy[32];
  lw_TicketKey ticket_keys[LW_MAX_TICKET_KEYS]; /* the first seals */
  size_t ticket_keys_count;
  long session_lifetime;
  int external;    /* the application has a store: what is kept goes there, sealed */
  lw_Store *store; /* NULL: none in memory */
  int late;          /* a client may be asked for its certificate after the handshake */
  int psk, psk_only; /* pre-shared keys are allowed; a client: nothing else will do */
  lw_Psk **psks;     /* in the order of their identities */
  size_t psks_count, psks_size;
  size_t max_client_hello; /* bytes */
  lw_Names *names;         /* NULL: this context is for every name */
  lw_Bytes authorities;    /* whose names clients are sent, as on the wire */
  int names_anchors;       /* not these, but whom it trusts */
  WOLFSSL_CTX *ctx[LW_MAX_IDENTITIES]; /* one per certificate: wolfSSL holds only one in a CTX */
  lw_Auth auth[LW_MAX_IDENTITIES];     /* which suites of TLS 1.2 the certificate serves */
  uint16_t scheme[LW_MAX_IDENTITIES];  /* that goes with the key in TLS 1.3; RSA: 0 */
  lw_Bytes chain[LW_MAX_IDENTITIES];   /* DER, leaf first */
  lw_Bytes response[LW_MAX_IDENTITIES]; /* OCSP, stapled to it; empty: none */
  lw_Bytes cached[LW_MAX_IDENTITIES];   /* the one that wolfSSL asked for last: it staples that until it expires */
  int64_t response_until[LW_MAX_IDENTITIES];
  size_t identities;
} lw_Context;

extern const lw_Class lw_context_class;
lw_Context *lw_context_check (lua_State *L, int arg);
lw_Context *lw_context_settable (lua_State *L); /* argument 1; raises once it is in use */
int lw_context_usecertificate (lua_State *L);   /* method; identity.c */
extern const luaL_Reg lw_demand_methods[];      /* demand.c */
void lw_demands_free (lw_Demands *d);
int lw_context_setauthorities (lua_State *L); /* method; authority.c */
#define lw_context_each(x, ctx) \
  for (WOLFSSL_CTX **ctx = (x)->ctx; ctx < (x)->ctx + LW_MAX_IDENTITIES && *ctx != NULL; ctx++)
/* wolfSSL's words for the context's signature schemes. The place of one for which it has none, from 1; or 0. */
#define LW_SCHEME_NAMES (2 * LW_MAX_LIST * 16)
size_t lw_context_nameschemes (const lw_Context *x, char list[LW_SCHEME_NAMES]);
void lw_context_must (lua_State *L, int result, const char *what); /* raises unless it succeeded */
void lw_context_retain (lw_Context *x);
void lw_context_release (lw_Context *x);
/* suite.c: sets the context's suites in wolfSSL, and what a server needs for DHE; what wolfSSL says. */
int lw_suite_use (WOLFSSL_CTX *ctx, const lw_Context *x);
/* choice.c: which certificate suits this client: an index, or -1 when none does. */
int lw_context_choose (const lw_Context *x, const lw_Hello *hello, unsigned version);
int lw_choice_suits (const lw_Context *x, const lw_Hello *h, lw_Auth auth, unsigned scheme,
                     unsigned version);
/* Which key exchanges of TLS 1.2 have a group that this client takes; and whether a suite's is among them. */
enum { LW_ELLIPTIC = 1, LW_MODULAR = 2 };
int lw_choice_exchanges (const lw_Context *x, const lw_Hello *h);
int lw_choice_can (int exchanges, unsigned suite);
/* The ALPN name of a list that is liked best of those offered, with its length byte; empty: none. */
lw_Span lw_choice_protocol (lw_Span names, const lw_Hello *hello);
/* Is it a list of names for ALPN, as on the wire, that wolfSSL can have? NULL, or what is wrong. */
const char *lw_choice_badprotocols (const char *names, size_t length);
void lw_context_fixpolicy (lw_Context *x); /* the settings are final */

/* ------------------------------------------------------------------ tickets, stored sessions */

typedef struct lw_Connection lw_Connection;

int lw_ticket_callback (WOLFSSL *ssl, unsigned char name[16], unsigned char iv[16],
                        unsigned char mac[32], int seal, unsigned char *ticket, int length,
                        int *size, void *context);
const lw_TicketKey *lw_ticket_key (const lw_Context *x, const unsigned char *name); /* or NULL */
/* A ticket as a ClientHello has it: 1 when it is one of ours and tells the id of its client's chain. */
int lw_ticket_handle (const lw_Connection *c, lw_Span ticket, unsigned char *id);
int lw_context_setticketkeys (lua_State *L); /* method */

lw_Store *lw_store_new (size_t limit);
void lw_store_free (lw_Store *s);
void lw_store_put (lw_Store *s, const unsigned char *id, size_t length,
                   const unsigned char *session, size_t session_length);
void lw_store_forget (lw_Store *s, const unsigned char *id); /* of 32 bytes */
/* The stored bytes, valid until the next call on the store; NULL when there are none. */
const unsigned char *lw_store_get (lw_Store *s, const unsigned char *id, size_t length,
                                   size_t *session_length);

/* ------------------------------------------------------------------ what a server keeps (kept.c) */

#define LW_ID 32

typedef struct lw_Kept lw_Kept;

void lw_kept_put (lw_Connection *c, const unsigned char *id, size_t id_length,
                  const unsigned char *bytes, size_t length);
/* Valid until the next call; NULL: there is nothing. */
const unsigned char *lw_kept_get (const lw_Connection *c, const unsigned char *id, size_t id_length,
                                  size_t *length);
void lw_kept_settle (lw_Connection *c); /* what was offered is not wanted any more */
void lw_kept_free (lw_Connection *c);
extern const luaL_Reg lw_kept_methods[]; /* of a connection */

#pragma GCC visibility pop

#endif
