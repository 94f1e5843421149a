/*
** names.c - which context a client gets for the name that it asks for (RFC 6066 section 3): exact names, and
** wildcards for one label on the left.
*/

#include "connection.h"

#include <stdlib.h>
#include <string.h>

#define LONGEST 255
#define UNRECOGNIZED_NAME 112

typedef struct Entry {
  char *name; /* lower case */
  lw_Context *context;
} Entry;

struct lw_Names {
  int strict;
  size_t count;
  Entry list[]; /* sorted by name */
};

void lw_names_free (lw_Names *n) {
  for (size_t i = 0; n != NULL && i < n->count; i++) {
    lw_free(n->list[i].name);
    lw_context_release(n->list[i].context);
  }
  lw_free(n);
}

/* -------------------------------------------------------------------- choosing */

static int names_compare (const void *a, const void *b) {
  return strcmp(((const Entry *)a)->name, ((const Entry *)b)->name);
}

static const Entry *names_find (const lw_Names *n, char *name) {
  Entry wanted;
  wanted.name = name;
  wanted.context = NULL;
  return (const Entry *)bsearch(&wanted, n->list, n->count, sizeof(Entry), names_compare);
}

static char names_lower (unsigned char c) {
  return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

/* The exact name; else the wildcard in the place of its first label. */
static const Entry *names_match (const lw_Names *n, lw_Span server_name) {
  char name[LONGEST + 1], *dot;
  const Entry *found;
  if (server_name.length > LONGEST)
    return NULL;
  for (size_t i = 0; i < server_name.length; i++)
    name[i] = names_lower(server_name.data[i]);
  name[server_name.length] = '\0';
  if (strlen(name) != server_name.length || strchr(name, '*') != NULL)
    return NULL;
  found = names_find(n, name);
  dot = strchr(name, '.');
  if (found != NULL || dot == NULL || dot == name)
    return found;
  dot[-1] = '*';
  return names_find(n, dot - 1);
}

static int names_use (lw_Connection *c, const Entry *found) {
  if (!lw_copy(&c->matched, found->name, strlen(found->name))) {
    lw_connection_fail(c, LW_INTERNAL, LW_INTERNAL_ALERT, "out of memory");
    return -1;
  }
  c->chosen = 1;
  lw_connection_usecontext(c, found->context);
  return 0;
}

static int names_refuse (lw_Connection *c, const lw_Hello *h) {
  if (h->server_name.data == NULL) /* RFC 8446 section 9.2 */
    lw_connection_fail(c, LW_PEER_INCOMPATIBLE, LW_MISSING_EXTENSION, "the client names no server");
  else
    lw_connection_fail(c, LW_PEER_INCOMPATIBLE, UNRECOGNIZED_NAME,
                       "the client asks for a server that is not here");
  return -1;
}

int lw_names_choose (lw_Connection *c, const lw_Hello *h) {
  const lw_Names *n = c->context->names;
  const Entry *found;
  if (n == NULL || c->chosen)
    return 0;
  found = h->server_name.data == NULL ? NULL : names_match(n, h->server_name);
  if (found != NULL)
    return names_use(c, found);
  return n->strict ? names_refuse(c, h) : 0;
}

/* -------------------------------------------------------------------- setting */

static lw_Names *names_new (size_t most) {
  lw_Names *n = (lw_Names *)lw_alloc(sizeof *n + most * sizeof n->list[0]);
  if (n != NULL)
    memset(n, 0, sizeof *n);
  return n;
}

/* NULL, or what is wrong. */
static const char *names_bad (const char *name, size_t length) {
  lw_Span all = {(const unsigned char *)name, length};
  if (!lw_hello_isname(all))
    return "names of 1 to 255 bytes of ASCII expected, others as A-labels (xn--...)";
  for (size_t i = 0; i < length; i++)
    if (name[i] == '*' && (i > 0 || length < 3 || name[1] != '.'))
      return "a wildcard is the whole first label: \"*.example.org\"";
  return NULL;
}

/* The pair at the top of the stack. */
static void names_add (lua_State *L, lw_Names *n) {
  Entry *e = &n->list[n->count];
  size_t length;
  const char *name, *bad;
  lw_Context *x = lw_context_check(L, -1);
  luaL_argcheck(L, lua_type(L, -2) == LUA_TSTRING, 2, "names expected");
  name = lua_tolstring(L, -2, &length);
  bad = names_bad(name, length);
  if (bad != NULL)
    luaL_error(L, "name \"%s\": %s", name, bad);
  if (!x->server || x->names != NULL)
    luaL_error(L, "name \"%s\": a server's context without names of its own expected", name);
  e->name = NULL;
  if (!lw_copy(&e->name, name, length))
    luaL_error(L, "out of memory");
  for (char *p = e->name; *p != '\0'; p++)
    *p = names_lower((unsigned char)*p);
  e->context = x;
  lw_context_retain(x);
  n->count++;
}

static void names_sort (lua_State *L, lw_Names *n) {
  qsort(n->list, n->count, sizeof(Entry), names_compare);
  for (size_t i = 1; i < n->count; i++)
    if (strcmp(n->list[i - 1].name, n->list[i].name) == 0)
      luaL_error(L, "name \"%s\" is there twice", n->list[i].name);
}

/***
Sets which contexts clients get by the name that they ask for; for other names this one is used. The others are fixed
from here on, and may have no names themselves.
@function context:set_names
@tparam table contexts by name; `"*.example.org"` stands for one label more
@tparam boolean strict true: a client that asks for another name, or for none, is refused
*/
int lw_context_setnames (lua_State *L) {
  lw_Context *x = lw_context_settable(L);
  size_t most = 0;
  luaL_checktype(L, 2, LUA_TTABLE);
  luaL_argcheck(L, x->server, 1, "only a server is asked for a name");
  luaL_argcheck(L, x->names == NULL, 1, "it has names");
  for (lua_pushnil(L); lua_next(L, 2) != 0; lua_pop(L, 1))
    most++;
  x->names = names_new(most);
  if (x->names == NULL)
    return luaL_error(L, "out of memory");
  x->names->strict = lua_toboolean(L, 3);
  for (lua_pushnil(L); lua_next(L, 2) != 0; lua_pop(L, 1)) {
    luaL_argcheck(L, x->names->count < most, 2, "changes");
    names_add(L, x->names);
  }
  names_sort(L, x->names);
  return 0;
}
