/*
** revocation.c - the object of a certificate revocation list.
*/

#include <string.h>

#include "path.h"

#include <wolfssl/wolfcrypt/asn_public.h>

static const lw_Class crl_class;

/* One block: an lw_Crl, then the bytes it points into. */
lw_Crl *lw_crl_check (lua_State *L, int arg) {
  return (lw_Crl *)lw_check(L, arg, &crl_class);
}

void lw_crl_retain (lw_Crl *crl) {
  crl->references++;
}

void lw_crl_release (lw_Crl *crl) {
  if (--crl->references == 0)
    lw_free(crl);
}

static int crl_close (lua_State *L) {
  void **box = lw_checkbox(L, 1, &crl_class);
  lw_crl_release((lw_Crl *)*box);
  *box = NULL;
  return 0;
}

static int crl_push (lua_State *L, const unsigned char *der, size_t length) {
  void **box = lw_newbox(L, &crl_class);
  lw_Crl *crl = (lw_Crl *)lw_alloc(sizeof *crl + length);
  lw_Fault fault = {NULL, NULL, 0};
  lw_Span copy;
  if (crl == NULL)
    return luaL_error(L, "not enough memory");
  *box = crl;
  copy.data = (unsigned char *)(crl + 1);
  copy.length = length;
  memcpy(crl + 1, der, length);
  return lw_crl_read(crl, copy, &fault) ? 1 : lw_decode_failure(L, &fault);
}

/* The first list in PEM text, decoded into a block on the stack; data is NULL when there is none. */
static lw_Span crl_pem (lua_State *L, lw_Span text) {
  unsigned char *block = (unsigned char *)lua_newuserdata(L, text.length + 1);
  lw_Span result = {NULL, 0};
  DerBuffer *der = NULL;
  int error = wc_PemToDer(text.data, (long)text.length, CRL_TYPE, &der, NULL, NULL, NULL);
  if (error == 0 && der != NULL && der->length <= text.length) {
    memcpy(block, der->buffer, der->length);
    result.data = block;
    result.length = der->length;
  }
  wc_FreeDer(&der);
  return result;
}

/***
Reads a certificate revocation list: DER, or the first one in PEM text.
@function core.crl
@tparam string bytes
@treturn[1] crl
@treturn[2] nil
@treturn[2] string message
@treturn[2] string "decode_error"
@treturn[2] ?{path=string,offset=int} where in the DER
@see RFC 5280 section 5.1
*/
static int core_crl (lua_State *L) {
  lw_Span bytes = lw_checkspan(L, 1);
  if (bytes.length == 0 || bytes.data[0] != LW_DER_SEQUENCE)
    bytes = crl_pem(L, bytes);
  if (bytes.data == NULL)
    return lw_failure(L, LW_DECODE_ERROR, "neither DER nor a PEM block with a revocation list");
  return crl_push(L, bytes.data, bytes.length);
}

/***
When the list was made.
@function crl:this_update
@treturn int Unix seconds
@see RFC 5280 section 5.1.2.4
*/
static int crl_this_update (lua_State *L) {
  lw_pushinteger(L, lw_crl_check(L, 1)->this_update);
  return 1;
}

/***
When the next one is due: after that this one says nothing any more.
@function crl:next_update
@treturn int Unix seconds; those of `this_update` when the list does not say
@see RFC 5280 section 5.1.2.5
*/
static int crl_next_update (lua_State *L) {
  lw_pushinteger(L, lw_crl_check(L, 1)->next_update);
  return 1;
}

static const luaL_Reg methods[] = {
    {"this_update", crl_this_update}, {"next_update", crl_next_update}, {NULL, NULL}};

static const lw_Class crl_class = {"wolfssl.crl", methods, crl_close, NULL, NULL};

void lw_open_revocation (lua_State *L) {
  lw_register(L, &crl_class);
  lua_pushcfunction(L, core_crl);
  lua_setfield(L, -2, "crl");
}
