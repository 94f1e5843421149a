/*
** certificate.h - what the files of the certificate object share: values of X.509 as values of Lua.
*/

#ifndef LW_CERTIFICATE_H
#define LW_CERTIFICATE_H

#include "lwolfssl.h"

#pragma GCC visibility push(hidden)

/* Each pushes one value. Spans come from a certificate that lw_x509_read has accepted. */
void lw_push_hex (lua_State *L, lw_Span octets);
void lw_push_item (lua_State *L, const lw_Item *item); /* UTF-8, or "#" and the DER in hex */
void lw_push_name (lua_State *L, lw_Span name);        /* list of attributes */
void lw_push_rdn (lua_State *L, const lw_Der *attributes);
void lw_push_name_text (lua_State *L, lw_Span name); /* RFC 4514 */
void lw_push_general_name (lua_State *L, const lw_GeneralName *name);
void lw_push_general_names (lua_State *L, lw_Der names);
void lw_push_integer_hex (lua_State *L,
                          lw_Span octets); /* INTEGER octets; "-" before a negative one */

/* Sets field "oid" of the table at the top to the dotted text, and "name" where it has one. */
void lw_set_oid (lua_State *L, lw_Span oid);
void lw_set_string (lua_State *L, const char *field, lw_Span octets);

/* methods */
extern const luaL_Reg lw_certificate_names[], lw_certificate_extensions[];

#pragma GCC visibility pop

#endif
