/*
** store.c - a server's sessions of TLS 1.2 by id, the least recently used out first. wolfSSL's own cache belongs
** to the whole process and would resume a session of one context on another.
*/

#include "connection.h"

#include <string.h>

#define ID 32

typedef struct Entry {
  struct Entry *chained; /* the next with this hash */
  struct Entry *newer, *older;
  unsigned char id[ID];
  unsigned char *session;
  size_t length;
} Entry;

struct lw_Store {
  size_t limit, count, buckets; /* buckets: a power of two */
  Entry *newest, *oldest;
  Entry *bucket[];
};

lw_Store *lw_store_new (size_t limit) {
  size_t buckets = 1, size;
  lw_Store *s;
  while (buckets < limit && buckets < 65536)
    buckets *= 2;
  size = sizeof(lw_Store) + buckets * sizeof(Entry *);
  s = (lw_Store *)lw_alloc_zero(size);
  if (s != NULL) {
    s->limit = limit;
    s->buckets = buckets;
  }
  return s;
}

static Entry **store_bucket (lw_Store *s, const unsigned char *id) {
  return &s->bucket[((size_t)id[0] << 8 | id[1]) & (s->buckets - 1)]; /* ids are random */
}

static void store_unlink (lw_Store *s, Entry *e) {
  if (e->newer != NULL)
    e->newer->older = e->older;
  else
    s->newest = e->older;
  if (e->older != NULL)
    e->older->newer = e->newer;
  else
    s->oldest = e->newer;
}

static void store_link (lw_Store *s, Entry *e) {
  e->newer = NULL;
  e->older = s->newest;
  if (s->newest != NULL)
    s->newest->newer = e;
  else
    s->oldest = e;
  s->newest = e;
}

static void store_remove (lw_Store *s, Entry *e) {
  Entry **p = store_bucket(s, e->id);
  while (*p != e)
    p = &(*p)->chained;
  *p = e->chained;
  store_unlink(s, e);
  s->count--;
  lw_free_secret(e->session, e->length);
  lw_free(e);
}

void lw_store_free (lw_Store *s) {
  if (s == NULL)
    return;
  while (s->newest != NULL)
    store_remove(s, s->newest);
  lw_free(s);
}

static Entry *store_find (lw_Store *s, const unsigned char *id) {
  Entry *e = *store_bucket(s, id);
  while (e != NULL && memcmp(e->id, id, ID) != 0)
    e = e->chained;
  return e;
}

/* No memory: the session is not kept, and the next handshake is a full one. */
void lw_store_put (lw_Store *s, const unsigned char *id, size_t length,
                   const unsigned char *session, size_t session_length) {
  Entry *e, **bucket;
  if (length != ID)
    return;
  e = store_find(s, id);
  if (e != NULL)
    store_remove(s, e);
  e = (Entry *)lw_alloc(sizeof *e);
  if (e == NULL)
    return;
  e->session = (unsigned char *)lw_alloc(session_length);
  if (e->session == NULL) {
    lw_free(e);
    return;
  }
  memcpy(e->id, id, ID);
  memcpy(e->session, session, session_length);
  e->length = session_length;
  bucket = store_bucket(s, id);
  e->chained = *bucket;
  *bucket = e;
  store_link(s, e);
  if (++s->count > s->limit)
    store_remove(s, s->oldest);
}

void lw_store_forget (lw_Store *s, const unsigned char *id) {
  Entry *e = store_find(s, id);
  if (e != NULL)
    store_remove(s, e);
}

const unsigned char *lw_store_get (lw_Store *s, const unsigned char *id, size_t length,
                                   size_t *session_length) {
  Entry *e = length == ID ? store_find(s, id) : NULL;
  if (e == NULL)
    return NULL;
  store_unlink(s, e);
  store_link(s, e);
  *session_length = e->length;
  return e->session;
}
