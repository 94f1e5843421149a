/*
** core.c - luaopen_wolfssl_core: the right Lua, wolfSSL once per process, what this build can do.
*/

#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* dladdr */
#endif

#include "lwolfssl.h"

#include <dlfcn.h>
#include <pthread.h>

#include <wolfssl/version.h>

#define MODULE_VERSION "0.1.0"

/*
** Each Lua has a function that its neighbours lack. They are weak, like all version-specific functions
** (see lwolfssl.h), so that the wrong Lua gets a sentence instead of "undefined symbol".
*/
#if LUA_VERSION_NUM == 501
#define BUILT_FOR "5.1 or LuaJIT"
#define core_righthost() (lua_objlen != NULL)
#define luaL_checkversion(L) ((void)L)
#elif LUA_VERSION_NUM == 502
#define BUILT_FOR "5.2"
#define core_righthost() (lua_callk != NULL && lua_insert != NULL)
#elif LUA_VERSION_NUM == 503
#define BUILT_FOR "5.3"
#define core_righthost() (lua_rotate != NULL && lua_newuserdata != NULL)
#else
#define BUILT_FOR "5.4"
#define core_righthost() (lua_newuserdatauv != NULL)
#endif

static pthread_once_t core_once = PTHREAD_ONCE_INIT;
static int core_started;

/*
** The last lua_State that closes must not unload us: wolfSSL would be initialised again, and what it keeps for
** each thread would leak. The Makefile says so to the linker; a rock's build cannot.
*/
static void core_stay (void) {
  Dl_info self;
  if (dladdr(&core_once, &self) != 0 && self.dli_fname != NULL)
    (void)dlopen(self.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

static void core_start (void) {
  core_stay();
  core_started = (wolfSSL_Init() == WOLFSSL_SUCCESS);
  lw_device_start();
}

static void core_capability (lua_State *L, const char *name, int value) {
  lua_pushboolean(L, value);
  lua_setfield(L, -2, name);
}

#if defined(WOLFSSL_AESNI)
#define CAN_AESNI 1
#else
#define CAN_AESNI 0
#endif

#if defined(WOLFSSL_SP_ASM)
#define CAN_SP_ASM 1
#else
#define CAN_SP_ASM 0
#endif

#if defined(WOLFSSL_EARLY_DATA)
#define CAN_EARLY_DATA 1
#else
#define CAN_EARLY_DATA 0
#endif

#if defined(WOLFSSL_HAVE_MLKEM)
#define CAN_MLKEM 1
#else
#define CAN_MLKEM 0
#endif

/***
What this build of wolfSSL can do, as told by its options.h.
@table capabilities
@tfield boolean aesni AES in hardware: AES-GCM is then faster than ChaCha20-Poly1305
@tfield boolean sp_asm assembler for RSA and elliptic curves
@tfield boolean early_data TLS 1.3 0-RTT
@tfield boolean mlkem ML-KEM hybrid groups
*/
static void core_capabilities (lua_State *L) {
  lua_createtable(L, 0, 4);
  core_capability(L, "aesni", CAN_AESNI);
  core_capability(L, "sp_asm", CAN_SP_ASM);
  core_capability(L, "early_data", CAN_EARLY_DATA);
  core_capability(L, "mlkem", CAN_MLKEM);
  lua_setfield(L, -2, "capabilities");
}

/***
Versions: of this module, of the wolfSSL it was compiled with and of the one it runs on.
@table version
@tfield string module
@tfield string compiled wolfSSL's version at build time
@tfield string wolfssl wolfSSL's version in this process
*/
static void core_version (lua_State *L) {
  lua_createtable(L, 0, 3);
  lua_pushliteral(L, MODULE_VERSION);
  lua_setfield(L, -2, "module");
  lua_pushliteral(L, LIBWOLFSSL_VERSION_STRING);
  lua_setfield(L, -2, "compiled");
  lua_pushstring(L, wolfSSL_lib_version());
  lua_setfield(L, -2, "wolfssl");
  lua_setfield(L, -2, "version");
}

LW_EXPORT int luaopen_wolfssl_core (lua_State *L);

LW_EXPORT int luaopen_wolfssl_core (lua_State *L) {
  if (!core_righthost())
    return luaL_error(L, "this wolfssl.core was built for Lua " BUILT_FOR
                         "; rebuild it for the Lua that is running");
  luaL_checkversion(L);
  pthread_once(&core_once, core_start);
  if (!core_started)
    return luaL_error(L, "wolfSSL_Init failed");
  lua_newtable(L);
  core_version(L);
  core_capabilities(L);
  lw_open_context(L);
  lw_open_connection(L);
  lw_open_session(L);
  lw_open_certificate(L);
  lw_open_trust(L);
  lw_open_revocation(L);
  lw_open_chain(L);
  lw_open_issue(L);
  lw_open_crypto(L);
  lw_open_fd(L);
  lw_open_directory(L);
  return 1;
}
