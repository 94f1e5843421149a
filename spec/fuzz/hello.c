/*
** hello.c - any bytes as a ClientHello (first byte even) or a ServerHello (odd): a reader refuses
** them with a reason and an alert, or all that it found lies inside them.
*/

#include <stdlib.h>
#include <string.h>

#include "connection.h"

static void require (int condition) {
  if (!condition)
    abort();
}

static void inside (lw_Span span, const uint8_t *data, size_t size) {
  if (span.length > 0)
    require(span.data >= data && span.length <= size &&
            (size_t)(span.data - data) <= size - span.length);
}

/* Every extension is met once, and they fill their list. */
static void walk (lw_Span list) {
  static unsigned char seen[65536];
  lw_Span rest = list, content;
  unsigned type;
  size_t total = 0;
  memset(seen, 0, sizeof seen);
  while (lw_hello_next(&rest, &type, &content)) {
    inside(content, list.data, list.length);
    require(type < sizeof seen && !seen[type]);
    seen[type] = 1;
    total += 4 + content.length;
  }
  require(total == list.length && rest.length == 0);
}

static void accepted (const lw_Hello *h, int server, const uint8_t *data, size_t size) {
  const lw_Span spans[] = {
      h->random, h->session_id, h->suites, h->compressions, h->extensions,        h->key_share,
      h->groups, h->schemes,    h->alpn,   h->server_name,  h->supported_versions};
  for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++)
    inside(spans[i], data, size);
  require(h->random.length == 32 && h->session_id.length <= 32);
  require(server ? h->suites.length == 2 : h->suites.length >= 2 && h->suites.length % 2 == 0);
  require(h->server_name.length <= 255);
  walk(h->extensions);
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size) {
  lw_Hello h;
  int alert = -1, server;
  const char *wrong;
  if (size == 0)
    return 0;
  server = data[0] & 1;
  data++;
  size--;
  wrong =
      server ? lw_hello_server(&h, data, size, &alert) : lw_hello_client(&h, data, size, &alert);
  if (wrong == NULL)
    accepted(&h, server, data, size);
  else
    require(*wrong != '\0' && lw_alert_name(alert) != NULL);
  return 0;
}
