/*
** watch.c - shows each record that passes, in both directions and in order, to somebody who decodes it. Those of the
** peer are shown when wolfSSL gets them: what they lead to is known when its call has returned.
*/

#include "connection.h"

#include <string.h>

typedef struct Head {
  size_t length;
  int received;
} Head;

void lw_watch_keep (lw_Connection *c, int received, const void *records, size_t length) {
  Head head;
  memset(&head, 0, sizeof head);
  head.length = length;
  head.received = received;
  if (!lw_bytes_append(&c->seen, &head, sizeof head) ||
      !lw_bytes_append(&c->seen, records, length)) {
    c->watched = 0;
    lw_connection_fail(c, LW_INTERNAL, LW_INTERNAL_ALERT, "out of memory");
  }
}

/***
Asks for what passes, to be taken with `seen`.
@function connection:watch
*/
static int watch_watch (lua_State *L) {
  lw_connection_check(L, 1)->watched = 1;
  return 0;
}

/***
Takes the next of what has passed, the oldest first.
@function connection:seen
@treturn[1] string from `"client"` or `"server"`
@treturn[1] string bytes records
@treturn[2] nil: that was all
*/
static int watch_seen (lua_State *L) {
  lw_Connection *c = lw_connection_check(L, 1);
  Head head;
  char *copy;
  if (!c->watched || lw_bytes_length(&c->seen) < sizeof head)
    return 0;
  memcpy(&head, lw_bytes_data(&c->seen), sizeof head);
  copy = (char *)lua_newuserdata(L, head.length); /* a finalizer may send: then the queue moves */
  c = lw_connection_still(L);
  if (c == NULL || lw_bytes_length(&c->seen) < sizeof head + head.length)
    return 0;
  memcpy(copy, lw_bytes_data(&c->seen) + sizeof head, head.length);
  lw_bytes_remove(&c->seen, sizeof head + head.length);
  lua_pushstring(L, (head.received != 0) == (c->server != 0) ? "client" : "server");
  lua_pushlstring(L, copy, head.length);
  return 2;
}

const luaL_Reg lw_watch_methods[] = {
    {"watch", watch_watch},
    {"seen", watch_seen},
    {NULL, NULL},
};
