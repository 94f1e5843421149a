/*
** lwolfssl.h - what the files of wolfssl.core share.
**
** Three laws hold everywhere:
**   1. No lua_* call that can raise happens inside a wolfSSL frame: callbacks only touch C structs.
**   2. A userdata is created closed and then filled, so that an error in between leaves it sound.
**   3. Whatever held a secret goes through lw_wipe before it is freed.
**
** Include it before any other header of wolfSSL: options.h must come first.
*/

#ifndef LWOLFSSL_H
#define LWOLFSSL_H

#include <stddef.h>
#include <stdint.h>

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include <lauxlib.h>
#include <lua.h>

#include "x509.h"

#if !defined(HAVE_PK_CALLBACKS) || !defined(WOLFSSL_TLS13) || !defined(OPENSSL_EXTRA)
#error "lua-wolfssl needs a wolfSSL built with TLS 1.3, PK callbacks and OpenSSL compatibility"
#endif

/* Only LW_EXPORT leaves the module; the pragma is for builds that cannot pass -fvisibility=hidden. */
#define LW_EXPORT __attribute__((visibility("default")))

/* ------------------------------------------------------------------ Lua 5.1 to 5.4 (compat.c)
**
** What not every Lua exports is weak: the module then loads anywhere, and luaopen can say what is wrong.
*/

#if LUA_VERSION_NUM == 501
#pragma weak lua_objlen
#pragma weak lua_newuserdata
#pragma weak lua_insert
#pragma weak lua_remove
#pragma weak lua_replace
#pragma weak lua_call
#pragma weak lua_pcall
#pragma weak lua_tonumber
#pragma weak lua_tointeger
#pragma weak luaL_prepbuffer
#pragma weak lua_getfenv
#pragma weak lua_setfenv
#elif LUA_VERSION_NUM == 502
#pragma weak lua_insert
#pragma weak lua_remove
#pragma weak lua_replace
#pragma weak lua_newuserdata
#pragma weak lua_getuservalue
#pragma weak lua_setuservalue
#elif LUA_VERSION_NUM == 503
#pragma weak lua_newuserdata
#pragma weak lua_getuservalue
#pragma weak lua_setuservalue
#else
#pragma weak lua_newuserdatauv
#pragma weak lua_getiuservalue
#pragma weak lua_setiuservalue
#endif
#if LUA_VERSION_NUM >= 502
#pragma weak lua_callk
#pragma weak lua_pcallk
#pragma weak lua_rawgetp
#pragma weak lua_rawsetp
#pragma weak lua_rawlen
#pragma weak lua_absindex
#pragma weak lua_tonumberx
#pragma weak lua_tointegerx
#pragma weak lua_compare
#pragma weak luaL_setfuncs
#pragma weak luaL_tolstring
#pragma weak luaL_checkversion_
#pragma weak luaL_prepbuffsize
#pragma weak luaL_buffinitsize
#pragma weak luaL_pushresultsize
#endif
#if LUA_VERSION_NUM >= 503
#pragma weak lua_copy
#pragma weak lua_rotate
#pragma weak lua_isinteger
#endif

#pragma GCC visibility push(hidden)

#if LUA_VERSION_NUM == 501
#define lua_rawlen(L, i) lua_objlen(L, i)
#define lua_rawgetp lw_rawgetp
#define lua_rawsetp lw_rawsetp
#define lua_absindex lw_absindex
#define lua_getuservalue lua_getfenv
#define lua_setuservalue lua_setfenv
#define luaL_setfuncs lw_setfuncs
#define luaL_tolstring lw_tolstring
void lw_rawgetp (lua_State *L, int index, const void *key);
void lw_rawsetp (lua_State *L, int index, const void *key);
int lw_absindex (lua_State *L, int index);
void lw_setfuncs (lua_State *L, const luaL_Reg *list, int upvalues);
const char *lw_tolstring (lua_State *L, int index, size_t *size);
#endif

/* Pushes n as an integer where Lua has them, as a float otherwise: exact up to 2^53. */
void lw_pushinteger (lua_State *L, int64_t n);

void lw_device_start (void); /* device.c: once per process */

/* ------------------------------------------------------------------ userdata (object.c)
**
** A class is found by the address of its lw_Class, so that two builds of this module in one process
** cannot mistake each other's objects. Every object is a box around one pointer: NULL when closed.
**
** Whenever Lua makes something, it may run finalizers, and these may close any object. Its content then stays until
** the methods that are at work on it have returned.
*/

typedef struct lw_Class {
  const char *name;        /* "wolfssl.context": __name, and what error messages say */
  const luaL_Reg *methods; /* close is added: same function as __gc and __close */
  lua_CFunction close;     /* must leave the box NULL; runs at most once per content */
  lua_CFunction tostring;  /* NULL: "wolfssl.context: 0x…" or "wolfssl.context (closed)" */
  const luaL_Reg *const *more; /* lists of further methods, ended by NULL; or NULL */
} lw_Class;

typedef struct lw_Object {
  void *content; /* NULL: closed. Comes first: its address is the box's */
  const lw_Class *class;
  void *doomed; /* the content of one that was closed while methods were at work; or NULL */
  int busy;     /* so many are, or were, and raised */
} lw_Object;

void lw_register (lua_State *L, const lw_Class *class);
void **lw_newbox (lua_State *L, const lw_Class *class);            /* pushes a closed object */
/* The same for who has its metatable at hand, at an index that does not count from the top. */
void **lw_newboxof (lua_State *L, const lw_Class *class, int metatable);
void **lw_checkbox (lua_State *L, int arg, const lw_Class *class); /* raises on another type */
void *lw_unusable (lua_State *L, int arg, const lw_Class *class); /* raises what lw_check has to say */
void *lw_test (lua_State *L, int arg, const lw_Class *class); /* NULL: another type, or closed */

/* Around what makes Lua objects and uses the content of the object that is argument 1. Methods have it done for them;
   those that a class registers itself, because they are called for every record, do it where they need it. */
void lw_object_enter (lua_State *L);
void lw_object_leave (lua_State *L);

/* Raises on another type, and when it is closed. Every method begins with it. */
static inline lw_Object *lw_checkobject (lua_State *L, int arg, const lw_Class *class) {
  lw_Object *o = (lw_Object *)lua_touserdata(L, arg);
  if (o == NULL || lua_rawlen(L, arg) != sizeof *o || o->class != class || o->content == NULL)
    lw_unusable(L, arg, class);
  return o;
}
static inline void *lw_check (lua_State *L, int arg, const lw_Class *class) {
  return lw_checkobject(L, arg, class)->content;
}

/* Pushes the object's own table. What stands in it is found before the methods of the class; an object that was
   never asked for it has none, and pays nothing. */
void lw_own (lua_State *L, int arg, const lw_Class *class);

/* ------------------------------------------------------------------ errors (error.c) */

/* The codes that C gives; errors.lua lists all of them with their meaning. */
#define LW_WANT_READ "want_read"
#define LW_WANT_WRITE "want_write"
#define LW_HELD "held"
#define LW_TIMEOUT "timeout"
#define LW_CLOSED "closed"
#define LW_TRUNCATED "truncated"
#define LW_DECODE_ERROR "decode_error"
#define LW_PEER_MISBEHAVED "peer_misbehaved"
#define LW_PEER_INCOMPATIBLE "peer_incompatible"
#define LW_ALERT_RECEIVED "alert_received"
#define LW_CERTIFICATE_INVALID "certificate_invalid"
#define LW_REJECTED "rejected"
#define LW_FILE_ERROR "file_error"
#define LW_NETWORK_ERROR "network_error"
#define LW_NOT_COMPILED_IN "not_compiled_in"
#define LW_INTERNAL "internal"

/* Pushes nil, message, code and returns 3. fmt takes what lua_pushfstring takes. */
int lw_failure (lua_State *L, const char *code, const char *fmt, ...);
/* For bytes that cannot be decoded, with {path=, offset=} as well; returns 4. */
int lw_decode_failure (lua_State *L, const lw_Fault *fault);
void lw_push_place (lua_State *L, const char *path, size_t offset); /* {path=, offset=} */
/* wolfSSL's own words for one of its error numbers; never NULL. */
const char *lw_reason (int error);

/* ------------------------------------------------------------------ memory (bytes.c)
**
** All C memory comes from wolfSSL's allocator: one hook shows every allocation of a connection.
*/

void *lw_alloc (size_t size); /* NULL when there is none; lw_alloc(0) is not NULL */
void *lw_alloc_zero (size_t size); /* the same, all zero */
void lw_free (void *block);
void lw_wipe (void *block, size_t size);
void lw_free_secret (void *block, size_t size); /* wipe, then free; NULL is fine */
/* A copy in *text, which is freed first; 0: out of memory, and *text is NULL. */
int lw_copy (char **text, const void *data, size_t length);

/* A queue of bytes: written at the end, read at the front. All zero is an empty queue. It is not wiped: what
   goes through it (ciphertext, certificates, plaintext messages of a handshake) is no secret. */
typedef struct lw_Bytes {
  unsigned char *block;
  size_t head, tail, size; /* the bytes are block[head .. tail-1]; size 0: somebody else's */
} lw_Bytes;

static inline size_t lw_bytes_length (const lw_Bytes *b) {
  return b->tail - b->head;
}

static inline int lw_bytes_lent (const lw_Bytes *b) {
  return b->size == 0 && b->block != NULL;
}

/* Never NULL, on which arithmetic is undefined, even + 0. */
static inline const unsigned char *lw_bytes_data (const lw_Bytes *b) {
  return b->block == NULL ? (const unsigned char *)"" : b->block + b->head;
}

int lw_bytes_append (lw_Bytes *b, const void *data,
                     size_t length);                          /* 0: out of memory, b unchanged */
unsigned char *lw_bytes_reserve (lw_Bytes *b, size_t length); /* room at the end, or NULL */
/* An empty queue gets bytes that stay where they are, and must until it is no longer lent. */
void lw_bytes_lend (lw_Bytes *b, const void *data, size_t length);
void lw_bytes_free (lw_Bytes *b);                             /* then an empty queue */

/* So much of what was reserved is filled. */
static inline void lw_bytes_added (lw_Bytes *b, size_t length) {
  b->tail += length;
}

/* From the front. */
static inline void lw_bytes_remove (lw_Bytes *b, size_t length) {
  b->head += length;
  if (b->head == b->tail)
    b->head = b->tail = 0;
}

/* Frees the block of an empty queue. */
static inline void lw_bytes_trim (lw_Bytes *b) {
  if (b->tail == 0 && b->block != NULL)
    lw_bytes_free(b);
}

int lw_random (void *out, size_t length); /* 0: there are none (random.c) */

/* ------------------------------------------------------------------ certificate objects (certificate.c) */

/* Pushes a closed one. That may run finalizers: bytes that those could free are looked up afterwards. */
void lw_certificate_box (lua_State *L);
/* Fills that at the top and returns 1, or puts nil, message, code, detail in its place and returns 4. */
int lw_certificate_fill (lua_State *L, lw_Span der);
const lw_X509 *lw_certificate_check (lua_State *L,
                                     int arg); /* raises on anything else, and when closed */
const lw_X509 *lw_certificate_test (lua_State *L,
                                    int arg); /* NULL on anything else, and when closed */

/* ------------------------------------------------------------------ descriptors (fd.c, tcp.c) */

#define LW_FD_NAME 64 /* a numeric address with its scope */

double lw_fd_now (void); /* seconds */
int lw_fd_check (lua_State *L, int arg);
double lw_fd_checkdeadline (lua_State *L, int arg);     /* an optional timeout, from now */
/* 0, or an errno; EINTR: with the error of the interpreter's hook on the stack, to be raised */
int lw_fd_wait (lua_State *L, int fd, short events, double deadline);
int lw_fd_name (int fd, int peer, char host[LW_FD_NAME], int *port); /* 0, or an errno */
extern const luaL_Reg lw_tcp_functions[];
extern const luaL_Reg lw_lock_functions[];

/* ------------------------------------------------------------------ what each file registers
**
** Called with the module's table at the top of the stack; each leaves the stack as it was.
*/

void lw_open_context (lua_State *L);     /* core.context(role) */
void lw_open_connection (lua_State *L);  /* core.connection(context, options) */
void lw_open_session (lua_State *L);     /* core.session(sealed, key) */
void lw_open_certificate (lua_State *L); /* core.certificate(bytes), core.certificates(bytes) */
void lw_open_trust (lua_State *L);       /* core.trust(anchors, pins) */
void lw_open_chain (lua_State *L);       /* core.verify(chain, trust, options) */
void lw_open_revocation (lua_State *L);  /* core.crl(bytes) */
void lw_open_issue (lua_State *L);       /* core.issue.key, core.issue.load_key */
void lw_open_crypto (lua_State *L);      /* core.crypto.* */
void lw_open_fd (lua_State *L);          /* core.fd.* */
void lw_open_directory (lua_State *L);   /* core.directory(path) */

#pragma GCC visibility pop

#endif
