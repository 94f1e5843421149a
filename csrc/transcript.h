/*
** transcript.h - messages that wolfSSL gets in another form than the one that came: what the hash of the handshake is
** over.
*/

#ifndef LW_TRANSCRIPT_H
#define LW_TRANSCRIPT_H

#include "connection.h"

#pragma GCC visibility push(hidden)

/* device.c: whom wolfSSL asks before it computes */
typedef enum { LW_HMAC, LW_HASH } lw_Hearing;
int lw_device_hears (lw_Hearing what);       /* 0: this wolfSSL does not tell */
void lw_device_attach (WOLFSSL *ssl);        /* what it computes from now on */
WOLFSSL *lw_device_new (WOLFSSL_CTX *ctx);   /* one whose hashes of the handshake ask, and nothing else */

/* transcript.c: what was on the wire is hashed, whatever wolfSSL was given */
typedef struct lw_Transcript lw_Transcript;
void lw_transcript_free (lw_Transcript *t);
/* A new WOLFSSL, which lets messages be replaced where one might have to be; NULL: out of memory. */
WOLFSSL *lw_transcript_new (lw_Connection *c, WOLFSSL_CTX *ctx);
/* Will nobody ask for this hash of the handshake, once the hellos are exchanged? */
int lw_transcript_idle (const lw_Connection *c, int hash);
void lw_transcript_retry (lw_Connection *c); /* a HelloRetryRequest comes or goes: the hashes begin anew */
lw_Transcript *lw_transcript_of (const lw_Connection *c); /* NULL: wolfSSL reads what is on the wire */
/* The next message that wolfSSL hashes, which it has as `given`, stood on the wire as `wire`: whole messages, of which
   copies are kept. The last `tail` bytes are the same in both, and may be hashed by themselves. 0: failed. */
int lw_transcript_replace (lw_Connection *c, lw_Span given, lw_Span wire, size_t tail);
/* The same of a message that wolfSSL makes. */
int lw_transcript_remake (lw_Connection *c, lw_Span given, lw_Span wire);
/* Appends these messages, which wolfSSL has, as they stood on the wire. 0: out of memory. */
int lw_transcript_restore (const lw_Transcript *t, lw_Span messages, lw_Bytes *out);
lw_Span lw_transcript_wire (const lw_Transcript *t, unsigned type); /* the last of this type; or NULL */
lw_Span lw_transcript_given (const lw_Transcript *t, unsigned type); /* likewise: what wolfSSL has for it */
/* wolfSSL never gets this message, with its header, nor anything in its place. 0: failed. */
int lw_transcript_hide (lw_Connection *c, lw_Span message);
/* It gets this one, which comes next. 0: failed. */
int lw_transcript_follow (lw_Connection *c, lw_Span message);
/* What it gets for a message in plaintext records; when all were looked at: that was done. */
lw_Span lw_transcript_exchange (const lw_Transcript *t, lw_Span message);
void lw_transcript_exchanged (lw_Transcript *t);
/* Has all that was replaced been hashed? Without it the handshake must not end. */
int lw_transcript_complete (const lw_Connection *c);
/* A hash, of which wolfCrypt's number is given, goes on with these bytes. 1: with others instead, which are put there. */
int lw_transcript_replaces (lw_Transcript *t, int hash, lw_Span *bytes);

#define LW_CONTEXT 16

/* after.c: what a client sends after the handshake, followed up to its Finished */
typedef struct lw_Answer {
  unsigned seen; /* the last message of those that matter */
  int finished;
  unsigned char approved; /* a certificate was shown before */
  uint16_t scheme;        /* that it is signed with; 0: not known yet */
  unsigned char head[6];
  unsigned have; /* bytes in head */
  size_t skip;   /* bytes until the next message */
  unsigned char ours[LW_CONTEXT], theirs[LW_CONTEXT]; /* contexts: of our question, of wolfSSL's */
  size_t theirs_length; /* 0: that was ours, too */
  lw_Parade parade;
  lw_Stage stage;
  lw_Transcript *transcript;
} lw_Answer;

/* record.c: the keys of a secret of TLS 1.3, to be wiped */
typedef struct lw_RecordKeys {
  const lw_Suite *suite;
  unsigned char key[32], iv[12];
} lw_RecordKeys;
int lw_record_keys (lw_RecordKeys *k, const lw_Connection *c, const lw_Secret *secret);
const lw_Secret *lw_record_peers (const lw_Connection *c); /* after the handshake */
size_t lw_record_sealwith (const lw_RecordKeys *k, uint64_t sequence, lw_Span inner,
                           unsigned char *record);
size_t lw_record_unsealwith (const lw_RecordKeys *k, uint64_t sequence, lw_Span record,
                             unsigned char *plain);

/* rewind.c: before a hash of the handshake goes on with this message */
void lw_rewind (lw_Connection *c, int type, void *hash, lw_Span message);
void lw_rewind_free (lw_Connection *c);

/* eddsa.c: can it be signed and verified over messages that were replaced, in TLS 1.2? */
int lw_eddsa_restores (void);

/* reduce.c: a hello that wolfSSL cannot read, mostly a client's that is too long */
/* Replaces it, with its header, by one that says the same, if need be. 0: failed. */
int lw_reduce_client (lw_Connection *c, const lw_Hello *h, lw_Span message);
/* Likewise a ServerHello of TLS 1.3. 0: failed. */
int lw_reduce_server (lw_Connection *c, const lw_Hello *h, lw_Span message);

/* request12.c: CertificateRequest of TLS 1.2, with its header */
typedef struct lw_Request12 {
  lw_Span types, schemes, authorities;
} lw_Request12;
int lw_request12_read (lw_Span message, lw_Request12 *r); /* 0: malformed */
int lw_request12_write (lw_Bytes *out, const lw_Request12 *r); /* 0: out of memory */
/* That of a server which takes these. 0: out of memory. */
int lw_request12_make (lw_Bytes *ours, const lw_Connection *c, lw_Span schemes);
int lw_request12_type (unsigned scheme); /* of the certificates whose keys sign so */

/* request.c: a server's CertificateRequest, which is not the one that wolfSSL makes */
int lw_request_possible (const lw_Connection *c); /* may it come to one? Known after the ClientHello */
int lw_request_replaces (lw_Connection *c, int hash, lw_Span *bytes); /* as lw_transcript_replaces */
/* While there is c->request: takes the first of the records that wolfSSL sends off; afterwards, all. */
lw_Span lw_request_next (const lw_Connection *c, lw_Span *records);
/* Ours, in the room, instead of a record with wolfSSL's; 0: failed. */
int lw_request_replace (lw_Connection *c, lw_Span *record, lw_Bytes *room);
void lw_request_free (lw_Connection *c);
/* Takes any such message apart; 0: it has no signature_algorithms. */
int lw_request_read (lw_Span message, lw_Span *context, lw_Span *extensions, lw_Span *schemes);

/* asked.c: a client's view of it */
void lw_asked_record (lw_Connection *c, lw_Span record, size_t at); /* in which it begins at `at` */
void lw_asked_keep (lw_Connection *c, lw_Span asked); /* a message of TLS 1.2, or schemes of TLS 1.3 */
void lw_asked_settle (lw_Connection *c); /* the record goes to wolfSSL */

/* authority.c: as on the wire. 0: out of memory */
int lw_authority_names (const lw_Connection *c, lw_Bytes *names);

/* shorten.c: a Certificate that is too long for wolfSSL */
#define LW_LARGEST_CHAIN 65536 /* bytes of its message */
int lw_shorten_needs (size_t length, size_t count); /* of the message without its header; certificates */
/* Replaces it, with its header, by one with the leaf alone, and keeps the chain. 0: failed. */
int lw_shorten (lw_Connection *c, lw_Span message);
int lw_shorten_plain (lw_Connection *c, lw_Span message); /* of TLS 1.2: if it is too long */
/* Of an answer after the handshake: it also has the context that wolfSSL wants. 0: failed. */
int lw_shorten_late (lw_Connection *c, lw_Span message);
int lw_shorten_isleaf (const lw_Connection *c, const WOLFSSL_BUFFER_INFO *certificate); /* that wolfSSL got */
/* The certificates of the one that came: how many there are. */
int lw_shorten_list (const lw_Connection *c, WOLFSSL_BUFFER_INFO *list, int most);

/* stage.c: the same in TLS 1.3, where it is protected. A record of so many bytes at the front of `in` is released: how
   many bytes there wolfSSL gets; 0: none yet, or failed. */
size_t lw_stage_record (lw_Connection *c, size_t length);
size_t lw_stage_late (lw_Connection *c, size_t length); /* in an answer after the handshake */

/* piece.c: a record of so many bytes at the front of `in` is released: how many there wolfSSL gets; 0: none yet, or
   failed. */
size_t lw_piece_join (lw_Connection *c, size_t length);

/* inner.c: what an HMAC begins with, and its key */
void lw_inner_hmac (lw_Connection *c, const unsigned char *data, size_t length,
                    const unsigned char *key, size_t key_length);

/* join.c: handshake records made anew at the front of `in` */
size_t lw_join_message (lw_Span messages); /* length of the first, or of what there is of it */
int lw_join_bodies (lw_Bytes *bodies, lw_Span records); /* one after the other. 0: out of memory */
/* Those that were examined. 0: out of memory. */
int lw_join_examined (lw_Connection *c);
/* wolfSSL gets the form of the messages that it can read in the place of the `length` bytes that came. How many there are
   then; 0: none, or out of memory, and it has failed. */
size_t lw_join_given (lw_Connection *c, size_t length);
/* Puts these records in the place of the first `length` bytes of `in`; they are then its own. 0: out of memory. */
int lw_join_front (lw_Connection *c, lw_Bytes *records, size_t length);

#pragma GCC visibility pop

#endif
