/*
** constraint.c - name constraints (RFC 5280 section 4.2.1.10).
**
** What cannot be compared is not allowed: a name or a constraint that is malformed, and names of a kind for which
** nobody has said what constraining them means.
*/

#include <string.h>

#include "path.h"

typedef enum Match { OUTSIDE, WITHIN, INCOMPARABLE } Match;

static const unsigned char *find (lw_Span s, char c) {
  return s.length == 0 ? NULL : (const unsigned char *)memchr(s.data, c, s.length);
}

static lw_Span from (lw_Span s, size_t start) {
  s.data += start;
  s.length -= start;
  return s;
}

static unsigned char lower (unsigned char c) {
  return c >= 'A' && c <= 'Z' ? (unsigned char)(c + ('a' - 'A')) : c;
}

static int equal_ignoring_case (lw_Span a, lw_Span b) {
  if (a.length != b.length)
    return 0;
  for (size_t i = 0; i < a.length; i++)
    if (lower(a.data[i]) != lower(b.data[i]))
      return 0;
  return 1;
}

/* Is the host a subdomain of that domain, which is not the host itself? */
static int is_below (lw_Span host, lw_Span domain) {
  size_t dot = host.length - domain.length - 1;
  return host.length > domain.length + 1 && host.data[dot] == '.' &&
         equal_ignoring_case(from(host, dot + 1), domain);
}

/* ------------------------------------------------------------------ DNS names */

/* "*.example.com" stands for every name one label below: one of them being excluded is enough, all must be
   permitted. */
static Match match_wildcard (lw_Span domain, lw_Span base, int excluded) {
  if (equal_ignoring_case(domain, base) || is_below(domain, base))
    return WITHIN;
  return excluded && is_below(base, domain) &&
                 find(base, '.') == base.data + (base.length - domain.length - 1)
             ? WITHIN
             : OUTSIDE;
}

/* A leading dot is no part of the RFC, but common: it leaves out the domain itself - where that is permitted. */
static Match match_dns (lw_Span name, lw_Span base, int excluded) {
  int wild = name.length > 2 && memcmp(name.data, "*.", 2) == 0;
  int dotted = base.length > 1 && base.data[0] == '.';
  if (base.length == 0)
    return WITHIN;
  if (dotted)
    base = from(base, 1);
  if (wild)
    name = from(name, 2);
  if (!lw_dns_valid(base) || !lw_dns_valid(name))
    return INCOMPARABLE;
  if (wild)
    return match_wildcard(name, base, excluded);
  return is_below(name, base) || (equal_ignoring_case(name, base) && (excluded || !dotted))
             ? WITHIN
             : OUTSIDE;
}

/* ------------------------------------------------------------------ mailboxes and URIs */

/* ".example.com": every host below; "example.com": that host */
static Match match_host (lw_Span host, lw_Span base) {
  if (base.length > 1 && base.data[0] == '.') {
    base = from(base, 1);
    return !lw_dns_valid(base) ? INCOMPARABLE : is_below(host, base) ? WITHIN : OUTSIDE;
  }
  return !lw_dns_valid(base) ? INCOMPARABLE : equal_ignoring_case(host, base) ? WITHIN : OUTSIDE;
}

/* Splits at the only "@". */
static int mailbox_split (lw_Span mailbox, lw_Span *local, lw_Span *host) {
  const unsigned char *at = find(mailbox, '@');
  if (at == NULL || at == mailbox.data)
    return 0;
  local->data = mailbox.data;
  local->length = (size_t)(at - mailbox.data);
  *host = from(mailbox, local->length + 1);
  return lw_dns_valid(*host); /* without another "@" */
}

static Match match_mailbox (lw_Span name, lw_Span base) {
  lw_Span local, host, base_local, base_host;
  if (!mailbox_split(name, &local, &host))
    return INCOMPARABLE;
  if (find(base, '@') == NULL)
    return base.length == 0 ? WITHIN : match_host(host, base);
  if (!mailbox_split(base, &base_local, &base_host))
    return INCOMPARABLE;
  return lw_span_equal(local, base_local) && equal_ignoring_case(host, base_host) ? WITHIN
                                                                                  : OUTSIDE;
}

/* RFC 3986 section 3.2: scheme "://" [ userinfo "@" ] host [ ":" port ] [ "/" … ] */
static int uri_host (lw_Span uri, lw_Span *host) {
  const unsigned char *colon = find(uri, ':'), *at;
  size_t i = 0;
  if (colon == NULL || uri.data + uri.length - colon < 3 || memcmp(colon, "://", 3) != 0)
    return 0;
  *host = from(uri, (size_t)(colon - uri.data) + 3);
  while (i < host->length && memchr("/?#", host->data[i], 3) == NULL)
    i++;
  host->length = i;
  at = find(*host, '@');
  if (at != NULL)
    *host = from(*host, (size_t)(at - host->data) + 1);
  colon = find(*host, ':');
  if (colon != NULL)
    host->length = (size_t)(colon - host->data);
  return lw_dns_valid(*host); /* which no IP address is, and has no further "@" */
}

static Match match_uri (lw_Span name, lw_Span base) {
  lw_Span host;
  if (!uri_host(name, &host))
    return INCOMPARABLE;
  return base.length == 0 ? WITHIN : match_host(host, base);
}

/* ------------------------------------------------------------------ addresses */

/* RFC 4632 section 5.1: ones, then zeros */
static int is_mask (const unsigned char *mask, size_t size) {
  int ended = 0;
  for (size_t i = 0; i < size * 8; i++) {
    int bit = (mask[i / 8] & (0x80u >> (i % 8))) != 0;
    if (bit && ended)
      return 0;
    ended = !bit;
  }
  return 1;
}

static Match match_address (lw_Span name, lw_Span base) {
  if (!is_mask(base.data + base.length / 2, base.length / 2))
    return INCOMPARABLE;
  if (base.length != 2 * name.length)
    return OUTSIDE;
  for (size_t i = 0; i < name.length; i++)
    if (((name.data[i] ^ base.data[i]) & base.data[name.length + i]) != 0)
      return OUTSIDE;
  return WITHIN;
}

/* ------------------------------------------------------------------ all names of a certificate */

static Match match_name (const lw_GeneralName *name, const lw_GeneralName *base, int excluded) {
  switch (name->type) {
  case LW_DNS_NAME:
    return match_dns(name->value, base->value, excluded);
  case LW_RFC822_NAME:
    return match_mailbox(name->value, base->value);
  case LW_UNIFORM_RESOURCE_IDENTIFIER:
    return match_uri(name->value, base->value);
  case LW_IP_ADDRESS:
    return match_address(name->value, base->value);
  case LW_DIRECTORY_NAME:
    return lw_name_within(name->value, base->value) ? WITHIN : OUTSIDE;
  default:
    return INCOMPARABLE;
  }
}

/* What the subtrees of one list say about a name: WITHIN one of them, or OUTSIDE all that are of its type. No
   subtree of its type: *any is 0. */
static Match match_subtrees (const lw_X509 *ca, int excluded, const lw_GeneralName *name, int *any,
                             long *work) {
  lw_Der list = lw_x509_subtrees(ca, excluded);
  Match match, result = OUTSIDE;
  lw_GeneralName base;
  *any = 0;
  while (lw_subtree_next(&list, &base)) {
    if (--*work < 0)
      return INCOMPARABLE;
    if (base.type != name->type)
      continue;
    *any = 1;
    match = match_name(name, &base, excluded);
    if (match == INCOMPARABLE)
      return INCOMPARABLE;
    if (match == WITHIN)
      result = WITHIN;
  }
  return result;
}

static int name_holds (const lw_X509 *ca, const lw_GeneralName *name, long *work) {
  int any;
  if (match_subtrees(ca, 1, name, &any, work) != OUTSIDE)
    return 0;
  return match_subtrees(ca, 0, name, &any, work) == WITHIN || (!any && *work >= 0);
}

#define OID_EMAIL_ADDRESS LW_SPAN("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01")

/* The subject is a directory name; mailboxes in it count as such. */
static int subject_holds (const lw_X509 *ca, const lw_X509 *x, long *work) {
  lw_GeneralName name = {LW_DIRECTORY_NAME, {NULL, 0}, x->subject};
  lw_NameReader n = lw_name_reader(x->subject);
  lw_Attribute attribute;
  int empty = 1;
  while (lw_name_next(&n, &attribute)) {
    lw_GeneralName mailbox = {LW_RFC822_NAME, {NULL, 0}, attribute.value.content};
    empty = 0;
    if (lw_span_equal(attribute.oid, OID_EMAIL_ADDRESS) && !name_holds(ca, &mailbox, work))
      return 0;
  }
  return empty || name_holds(ca, &name, work);
}

int lw_constraint_holds (const lw_X509 *ca, const lw_X509 *x, long *work) {
  lw_Der names = lw_x509_names(x);
  lw_GeneralName name;
  while (lw_general_name_next(&names, &name))
    if (!name_holds(ca, &name, work))
      return 0;
  return subject_holds(ca, x, work);
}
