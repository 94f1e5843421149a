/*
** key.c - any bytes as private keys, encrypted or not, and as public keys: what was accepted is written, read
** back and used.
*/

#include <stdio.h>
#include <stdlib.h>

#include <lualib.h>

#include "lwolfssl.h"

static const char script[] =
    "local core = ...\n"
    "local crypto, issue = core.crypto, core.issue\n"
    "local schemes = { rsa = {'rsa_pkcs1_sha256', 'rsa_pss_rsae_sha256', 'rsa_pss_pss_sha256'},\n"
    "  ecdsa = {'ecdsa_sha256'}, ed25519 = {'ed25519'}, ed448 = {'ed448'} }\n"
    "local function expect_failure (value, message, code)\n"
    "  assert(value == nil and #message > 0 and #code > 0)\n"
    "end\n"
    "local function use (key)\n"
    "  local kind, bits = key:algorithm()\n"
    "  assert(bits > 0 and tostring(key):find('^wolfssl.key: '))\n"
    "  local again = assert(issue.load_key(key:pem()))\n"
    "  assert(again:der() == key:der() and again:public() == key:public())\n"
    "  for _, scheme in ipairs(schemes[kind]) do\n"
    "    local fits, signature = pcall(key.sign, key, scheme, 'data')\n"
    "    if fits and signature then crypto.verify(scheme, key:public(), 'data', signature) end\n"
    "  end\n"
    "  if kind == 'rsa' and bits < 2049 then\n"
    "    crypto.rsa_decrypt(key, ('x'):rep(math.ceil(bits / 8)))\n"
    "  end\n"
    "  key:close()\n"
    "end\n"
    "return function (bytes)\n"
    "  for _, password in ipairs { false, 'secret' } do\n"
    "    local key, message, code, detail = issue.load_key(bytes, password or nil)\n"
    "    if key then use(key) else expect_failure(key, message, code) end\n"
    "    assert(not detail or detail.offset <= #bytes)\n"
    "  end\n"
    "  for _, list in pairs(schemes) do\n"
    "    expect_failure(crypto.verify(list[1], bytes, 'data', bytes))\n"
    "  end\n"
    "end\n";

static lua_State *new_state (void) {
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  if (luaL_loadstring(L, script) != 0)
    abort();
  lua_newtable(L);
  lw_open_issue(L);
  lw_open_crypto(L);
  lua_call(L, 1, 1);
  return L;
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size) {
  static lua_State *L;
  if (L == NULL)
    L = new_state();
  lua_pushvalue(L, 1);
  lua_pushlstring(L, (const char *)data, size);
  if (lua_pcall(L, 1, 0, 0) != 0) {
    fprintf(stderr, "%s\n", lua_tostring(L, -1));
    abort();
  }
  return 0;
}
