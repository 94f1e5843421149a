/*
** certificate.c - any bytes as certificates: every method of what was accepted, and back through PEM.
*/

#include <stdio.h>
#include <stdlib.h>

#include <lualib.h>

#include "lwolfssl.h"

static const char script[] =
    "local core = ...\n"
    "local argument = { matches = {'www.example.com', '192.0.2.1', '::1'}, extension = "
    "{'2.5.29.17'},\n"
    "  fingerprint = {'sha256'}, spki_digest = {'sha256'} }\n"
    "local function use (certificate)\n"
    "  for name, method in pairs(getmetatable(certificate).__index) do\n"
    "    for _, value in ipairs(argument[name] or {false}) do\n"
    "      if name ~= 'close' then method(certificate, value or nil) end\n"
    "    end\n"
    "  end\n"
    "  assert(tostring(certificate):find('^wolfssl.certificate: '))\n"
    "  assert(core.certificate(certificate:pem()) == certificate)\n"
    "  assert(core.certificate(certificate:der()) == certificate)\n"
    "end\n"
    "return function (bytes)\n"
    "  local list, message, code, detail = core.certificates(bytes)\n"
    "  local first = core.certificate(bytes)\n"
    "  if list then\n"
    "    assert(first == list[1])\n"
    "    for _, certificate in ipairs(list) do use(certificate) end\n"
    "    for _, certificate in ipairs(list) do certificate:close() end\n"
    "  else\n"
    "    assert(code == 'decode_error' and #message > 0)\n"
    "    assert(not (detail and detail.offset) or detail.offset <= #bytes)\n"
    "    if first then use(first) end\n"
    "  end\n"
    "end\n";

static lua_State *new_state (void) {
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  if (luaL_loadstring(L, script) != 0)
    abort();
  lua_newtable(L);
  lw_open_certificate(L);
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
