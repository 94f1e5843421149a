/*
** certificate_name.c - names, general names and text of a certificate as values of Lua.
*/

#include <arpa/inet.h>
#include <string.h>

#include "certificate.h"

/* ------------------------------------------------------------------ octets and text */

void lw_push_hex (lua_State *L, lw_Span octets) {
  static const char digits[] = "0123456789abcdef";
  luaL_Buffer b;
  size_t i;
  luaL_buffinit(L, &b);
  for (i = 0; i < octets.length; i++) {
    luaL_addchar(&b, digits[octets.data[i] >> 4]);
    luaL_addchar(&b, digits[octets.data[i] & 0xf]);
  }
  luaL_pushresult(&b);
}

void lw_push_integer_hex (lua_State *L, lw_Span octets) {
  static const char digits[] = "0123456789abcdef";
  int negative = (octets.data[0] & 0x80) != 0;
  luaL_Buffer b;
  size_t i = octets.length;
  unsigned char *magnitude = (unsigned char *)lua_newuserdata(L, octets.length);
  unsigned carry = 1;
  while (i-- > 0) {
    carry += negative ? (unsigned char)~octets.data[i] : 0u;
    magnitude[i] = negative ? (unsigned char)carry : octets.data[i];
    carry >>= 8;
  }
  i = magnitude[0] == 0 && octets.length > 1 ? 1 : 0;
  luaL_buffinit(L, &b);
  if (negative)
    luaL_addchar(&b, '-');
  for (; i < octets.length; i++) {
    luaL_addchar(&b, digits[magnitude[i] >> 4]);
    luaL_addchar(&b, digits[magnitude[i] & 0xf]);
  }
  luaL_pushresult(&b);
  lua_remove(L, -2);
}

static void push_oid (lua_State *L, lw_Span oid) {
  char text[LW_OID_TEXT];
  lua_pushstring(L, lw_oid_text(oid, text));
}

void lw_set_oid (lua_State *L, lw_Span oid) {
  char text[LW_OID_TEXT];
  const char *name = lw_oid_name(lw_oid_text(oid, text));
  lua_pushstring(L, text);
  lua_setfield(L, -2, "oid");
  if (name != NULL) {
    lua_pushstring(L, name);
    lua_setfield(L, -2, "name");
  }
}

void lw_set_string (lua_State *L, const char *field, lw_Span octets) {
  lua_pushlstring(L, (const char *)octets.data, octets.length);
  lua_setfield(L, -2, field);
}

static void push_hash_hex (lua_State *L, lw_Span der) {
  lua_pushliteral(L, "#");
  lw_push_hex(L, der);
  lua_concat(L, 2);
}

void lw_push_item (lua_State *L, const lw_Item *item) {
  unsigned char utf8[4];
  luaL_Buffer b;
  lw_Text text;
  uint32_t code;
  if (!lw_text_open(&text, item->tag, item->content)) {
    push_hash_hex(L, item->der);
    return;
  }
  luaL_buffinit(L, &b);
  while (lw_text_next(&text, &code) == 1)
    luaL_addlstring(&b, (const char *)utf8, lw_utf8_encode(code, utf8));
  luaL_pushresult(&b);
}

/* ------------------------------------------------------------------ Name */

static const char *string_type (unsigned tag) {
  switch (tag) {
  case LW_DER_UTF8_STRING:
    return "utf8_string";
  case LW_DER_NUMERIC_STRING:
    return "numeric_string";
  case LW_DER_PRINTABLE_STRING:
    return "printable_string";
  case LW_DER_T61_STRING:
    return "teletex_string";
  case LW_DER_IA5_STRING:
    return "ia5_string";
  case LW_DER_VISIBLE_STRING:
    return "visible_string";
  case LW_DER_UNIVERSAL_STRING:
    return "universal_string";
  case LW_DER_BMP_STRING:
    return "bmp_string";
  default:
    return NULL;
  }
}

static void push_attribute (lua_State *L, const lw_Attribute *attribute) {
  lua_createtable(L, 0, 5);
  lw_set_oid(L, attribute->oid);
  lw_push_item(L, &attribute->value);
  lua_setfield(L, -2, "value");
  lua_pushstring(L, string_type(attribute->value.tag));
  lua_setfield(L, -2, "type");
  lw_pushinteger(L, attribute->rdn);
  lua_setfield(L, -2, "rdn");
}

static void push_attributes (lua_State *L, lw_NameReader *n) {
  lw_Attribute attribute;
  int count = 0;
  lua_newtable(L);
  while (lw_name_next(n, &attribute)) {
    push_attribute(L, &attribute);
    lua_rawseti(L, -2, ++count);
  }
}

void lw_push_name (lua_State *L, lw_Span name) {
  lw_NameReader n = lw_name_reader(name);
  push_attributes(L, &n);
}

void lw_push_rdn (lua_State *L, const lw_Der *attributes) {
  lw_NameReader n;
  lw_rdn_open(&n, attributes);
  push_attributes(L, &n);
}

/* ------------------------------------------------------------------ RFC 4514 */

/* Section 2.4: escapes where a character means something, or stands at an end */
static void add_escaped (luaL_Buffer *b, const char *text, size_t length) {
  size_t i;
  for (i = 0; i < length; i++) {
    int end = (i == 0 && (text[i] == ' ' || text[i] == '#')) || (i == length - 1 && text[i] == ' ');
    if (text[i] == '\0') {
      luaL_addstring(b, "\\00");
      continue;
    }
    if (end || strchr("\"+,;<>\\", text[i]) != NULL)
      luaL_addchar(b, '\\');
    luaL_addchar(b, text[i]);
  }
}

/* Section 2.3: a type without a short name is a dotted OID, and its value is hexadecimal DER */
static void push_attribute_text (lua_State *L, const lw_Attribute *attribute) {
  char dotted[LW_OID_TEXT];
  const char *descriptor = lw_oid_descriptor(lw_oid_text(attribute->oid, dotted));
  luaL_Buffer b;
  const char *text;
  size_t length;
  if (descriptor == NULL || string_type(attribute->value.tag) == NULL) {
    lua_pushfstring(L, "%s=", descriptor == NULL ? dotted : descriptor);
    push_hash_hex(L, attribute->value.der);
    lua_concat(L, 2);
    return;
  }
  lw_push_item(L, &attribute->value);
  text = lua_tolstring(L, -1, &length);
  luaL_buffinit(L, &b);
  luaL_addstring(&b, descriptor);
  luaL_addchar(&b, '=');
  add_escaped(&b, text, length);
  luaL_pushresult(&b);
  lua_remove(L, -2);
}

/* Section 2.1: from the last to the first; "+" joins what is in one RDN, "," the RDNs */
void lw_push_name_text (lua_State *L, lw_Span name) {
  lw_NameReader n = lw_name_reader(name);
  lw_Attribute attribute;
  int count = 0, list, rdn = 0;
  luaL_Buffer b;
  lua_newtable(L);
  list = lua_gettop(L);
  while (lw_name_next(&n, &attribute)) {
    if (count > 0) {
      lua_pushstring(L, attribute.rdn == rdn ? "+" : ",");
      lua_rawseti(L, list, ++count);
    }
    rdn = attribute.rdn;
    push_attribute_text(L, &attribute);
    lua_rawseti(L, list, ++count);
  }
  luaL_buffinit(L, &b);
  for (; count > 0; count--) {
    lua_rawgeti(L, list, count);
    luaL_addvalue(&b);
  }
  luaL_pushresult(&b);
  lua_remove(L, list);
}

/* ------------------------------------------------------------------ GeneralName */

static const char *const general_name_types[] = {"other_name",
                                                 "rfc822_name",
                                                 "dns_name",
                                                 "x400_address",
                                                 "directory_name",
                                                 "edi_party_name",
                                                 "uniform_resource_identifier",
                                                 "ip_address",
                                                 "registered_id"};

static void push_address (lua_State *L, const unsigned char *octets, size_t length) {
  char text[INET6_ADDRSTRLEN];
  lua_pushstring(L, inet_ntop(length == 4 ? AF_INET : AF_INET6, octets, text, sizeof text));
}

/* The number of leading ones, or -1 where the mask has holes */
static int mask_length (const unsigned char *mask, size_t length) {
  int ones = 0;
  size_t i;
  while ((size_t)ones < length * 8 && (mask[ones / 8] & (0x80 >> ones % 8)) != 0)
    ones++;
  for (i = (size_t)ones; i < length * 8; i++)
    if ((mask[i / 8] & (0x80 >> i % 8)) != 0)
      return -1;
  return ones;
}

/* An address, or in name constraints an address and a mask of the same length */
static void push_ip_address (lua_State *L, lw_Span value) {
  size_t length = value.length == 8 || value.length == 32 ? value.length / 2 : value.length;
  const unsigned char *mask = value.data + length;
  int ones;
  push_address(L, value.data, length);
  if (length == value.length)
    return;
  ones = mask_length(mask, length);
  lua_pushliteral(L, "/");
  if (ones >= 0)
    lua_pushfstring(L, "%d", ones);
  else
    push_address(L, mask, length);
  lua_concat(L, 3);
}

static void push_other_name (lua_State *L, lw_Span value) {
  lw_Der r = lw_der_reader(value, NULL, NULL);
  lw_Item item;
  lw_der_any(&r, &item);
  lw_push_item(L, &item);
}

static void push_general_name_value (lua_State *L, const lw_GeneralName *name) {
  switch (name->type) {
  case LW_OTHER_NAME:
    push_other_name(L, name->value);
    break;
  case LW_DIRECTORY_NAME:
    lw_push_name(L, name->value);
    break;
  case LW_IP_ADDRESS:
    push_ip_address(L, name->value);
    break;
  case LW_REGISTERED_ID:
    push_oid(L, name->oid);
    break;
  case LW_X400_ADDRESS:
  case LW_EDI_PARTY_NAME:
    push_hash_hex(L, name->value);
    break;
  default: /* IA5String */
    lua_pushlstring(L, (const char *)name->value.data, name->value.length);
  }
}

void lw_push_general_name (lua_State *L, const lw_GeneralName *name) {
  lua_createtable(L, 0, 4);
  lua_pushstring(L, general_name_types[name->type]);
  lua_setfield(L, -2, "type");
  push_general_name_value(L, name);
  lua_setfield(L, -2, "value");
  if (name->oid.data != NULL)
    lw_set_oid(L, name->oid);
}

void lw_push_general_names (lua_State *L, lw_Der names) {
  lw_GeneralName name;
  int count = 0;
  lua_newtable(L);
  while (lw_general_name_next(&names, &name)) {
    lw_push_general_name(L, &name);
    lua_rawseti(L, -2, ++count);
  }
}

/* ------------------------------------------------------------------ methods */

/***
Whom the certificate is about: the attributes of its name, in their order.
Text is UTF-8 whatever string type it was; a value that is no string is "#" and its DER in hex.
`rdn` counts the relative distinguished names from 1: attributes of a multi-valued one share the
number.
@function certificate:subject
@treturn {{oid=string,name=?string,value=string,type=?string,rdn=int},...} such as
`{oid="2.5.4.3", name="common_name", value="example.com", type="utf8_string", rdn=1}`
@see RFC 5280 section 4.1.2.6
*/
static int certificate_subject (lua_State *L) {
  lw_push_name(L, lw_certificate_check(L, 1)->subject);
  return 1;
}

/***
Who signed the certificate: a list like that of `certificate:subject`.
@function certificate:issuer
@treturn {table,...} attributes
@see RFC 5280 section 4.1.2.4
*/
static int certificate_issuer (lua_State *L) {
  lw_push_name(L, lw_certificate_check(L, 1)->issuer);
  return 1;
}

/***
The subject as one line of text, most specific part first: `CN=example.com,O=Example,C=DE`.
@function certificate:subject_string
@treturn string UTF-8
@see RFC 4514
*/
static int certificate_subject_string (lua_State *L) {
  lw_push_name_text(L, lw_certificate_check(L, 1)->subject);
  return 1;
}

/***
The issuer as one line of text.
@function certificate:issuer_string
@treturn string UTF-8
@see RFC 4514
*/
static int certificate_issuer_string (lua_State *L) {
  lw_push_name_text(L, lw_certificate_check(L, 1)->issuer);
  return 1;
}

/***
Are subject and issuer the same name? Case and amount of white space do not count.
@function certificate:is_self_issued
@treturn boolean
@see RFC 5280 section 7.1
*/
static int certificate_is_self_issued (lua_State *L) {
  const lw_X509 *x = lw_certificate_check(L, 1);
  lua_pushboolean(L, lw_name_equal(x->subject, x->issuer));
  return 1;
}

/***
Is this a certificate for that host? Only subject alternative names count, never the common name.
A wildcard is the whole left-most label, stands for one label and has at least two labels after
it. An IP address (without brackets or zone) is compared as octets with addresses, never with DNS
names.
@function certificate:matches
@tparam string name a DNS name (A-labels; a trailing dot is ignored) or an IP address
@treturn boolean
@see RFC 9525 section 6
*/
static int certificate_matches (lua_State *L) {
  const lw_X509 *x = lw_certificate_check(L, 1);
  size_t length;
  const char *name = luaL_checklstring(L, 2, &length);
  lua_pushboolean(L, lw_x509_matches(x, name, length));
  return 1;
}

const luaL_Reg lw_certificate_names[] = {{"subject", certificate_subject},
                                         {"subject_string", certificate_subject_string},
                                         {"issuer", certificate_issuer},
                                         {"issuer_string", certificate_issuer_string},
                                         {"is_self_issued", certificate_is_self_issued},
                                         {"matches", certificate_matches},
                                         {NULL, NULL}};
