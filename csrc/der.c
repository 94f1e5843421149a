/*
** der.c - a bounded reader of DER (ITU-T X.690): spans of the caller's bytes, nothing copied.
*/

#include <string.h>

#include "lwolfssl.h"

int lw_span_equal (lw_Span a, lw_Span b) {
  return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

/* ------------------------------------------------------------------ items */

lw_Der lw_der_reader (lw_Span bytes, const char *path, lw_Fault *fault) {
  lw_Der r;
  r.at = r.start = bytes.data;
  r.end = bytes.data + bytes.length;
  r.path = path;
  r.fault = fault;
  return r;
}

lw_Der lw_der_inside (const lw_Der *r, lw_Span content) {
  lw_Der inside = *r;
  inside.at = content.data;
  inside.end = content.data + content.length;
  return inside;
}

int lw_der_fail (const lw_Der *r, const unsigned char *at, const char *reason) {
  if (r->fault != NULL && r->fault->reason == NULL) {
    r->fault->path = r->path;
    r->fault->reason = reason;
    r->fault->offset = (size_t)(at - r->start);
  }
  return 0;
}

int lw_der_sound (const lw_Der *r) {
  return r->fault == NULL || r->fault->reason == NULL;
}

int lw_der_is (const lw_Der *r, unsigned tag) {
  return r->at < r->end && *r->at == tag;
}

int lw_der_end (const lw_Der *r) {
  return r->at == r->end || lw_der_fail(r, r->at, "trailing bytes");
}

/* X.690 section 8.1.3 and 10.1: the length octets at *at, which moves past them */
static int der_length (const lw_Der *r, const unsigned char **at, size_t *length) {
  const unsigned char *p = *at;
  size_t octets, n = 0;
  if (p == r->end)
    return lw_der_fail(r, p, "ends before the length");
  if (*p < 0x80) {
    *length = *p;
    *at = p + 1;
    return 1;
  }
  octets = *p++ & 0x7fu;
  if (octets == 0)
    return lw_der_fail(r, *at, "indefinite length");
  if (octets > 4)
    return lw_der_fail(r, *at, "length of more than four octets");
  if (octets > (size_t)(r->end - p))
    return lw_der_fail(r, *at, "ends inside the length");
  if (*p == 0)
    return lw_der_fail(r, *at, "length is not minimal");
  while (octets-- > 0)
    n = n << 8 | *p++;
  if (n < 0x80)
    return lw_der_fail(r, *at, "length is not minimal");
  *length = n;
  *at = p;
  return 1;
}

int lw_der_any (lw_Der *r, lw_Item *item) {
  const unsigned char *p = r->at;
  size_t length;
  if (p == r->end)
    return lw_der_fail(r, p, "ends where a value is due");
  if ((*p & 0x1f) == 0x1f)
    return lw_der_fail(r, p, "tag number above 30");
  item->tag = *p++;
  if (!der_length(r, &p, &length))
    return 0;
  if (length > (size_t)(r->end - p))
    return lw_der_fail(r, r->at, "length runs past the end");
  item->content.data = p;
  item->content.length = length;
  item->der.data = r->at;
  item->der.length = (size_t)(p - r->at) + length;
  r->at = p + length;
  return 1;
}

int lw_der_item (lw_Der *r, unsigned tag, lw_Item *item) {
  if (r->at < r->end && *r->at != tag)
    return lw_der_fail(r, r->at, "unexpected tag");
  return lw_der_any(r, item);
}

int lw_der_enter (lw_Der *r, unsigned tag, lw_Der *inside) {
  lw_Item item;
  if (!lw_der_item(r, tag, &item))
    return 0;
  *inside = lw_der_inside(r, item.content);
  return 1;
}

/* ------------------------------------------------------------------ typed values */

int lw_der_boolean (lw_Der *r, int *value) {
  lw_Item item;
  if (!lw_der_item(r, LW_DER_BOOLEAN, &item))
    return 0;
  if (item.content.length != 1 || (*item.content.data != 0 && *item.content.data != 0xff))
    return lw_der_fail(r, item.der.data, "BOOLEAN is neither 00 nor ff");
  *value = *item.content.data != 0;
  return 1;
}

int lw_der_integer (lw_Der *r, unsigned tag, lw_Span *octets) {
  lw_Item item;
  const unsigned char *p;
  if (!lw_der_item(r, tag, &item))
    return 0;
  p = item.content.data;
  if (item.content.length == 0)
    return lw_der_fail(r, item.der.data, "INTEGER without octets");
  if (item.content.length > 1 &&
      ((p[0] == 0 && (p[1] & 0x80) == 0) || (p[0] == 0xff && (p[1] & 0x80) != 0)))
    return lw_der_fail(r, item.der.data, "INTEGER is not minimal");
  *octets = item.content;
  return 1;
}

int lw_der_small (lw_Der *r, unsigned tag, int *value) {
  const unsigned char *at = r->at;
  lw_Span octets;
  size_t i;
  if (!lw_der_integer(r, tag, &octets))
    return 0;
  if ((octets.data[0] & 0x80) != 0 || octets.length > 4)
    return lw_der_fail(r, at, "INTEGER is not in 0 .. 2^31-1");
  *value = 0;
  for (i = 0; i < octets.length; i++)
    *value = *value << 8 | octets.data[i];
  return 1;
}

int lw_der_bits (lw_Der *r, unsigned tag, lw_Span *bits, int *unused) {
  lw_Item item;
  unsigned left;
  if (!lw_der_item(r, tag, &item))
    return 0;
  if (item.content.length == 0)
    return lw_der_fail(r, item.der.data, "BIT STRING without its first octet");
  left = item.content.data[0];
  bits->data = item.content.data + 1;
  bits->length = item.content.length - 1;
  if (left > 7 || (left > 0 && bits->length == 0))
    return lw_der_fail(r, item.der.data, "BIT STRING with more unused bits than it has");
  if (bits->length > 0 && (bits->data[bits->length - 1] & ((1u << left) - 1)) != 0)
    return lw_der_fail(r, item.der.data, "BIT STRING with unused bits that are not zero");
  *unused = (int)left;
  return 1;
}

int lw_der_oid (lw_Der *r, unsigned tag, lw_Span *oid) {
  lw_Item item;
  size_t i;
  if (!lw_der_item(r, tag, &item))
    return 0;
  if (item.content.length == 0 || item.content.length > LW_OID_OCTETS)
    return lw_der_fail(r, item.der.data, "OBJECT IDENTIFIER is empty or too long");
  for (i = 0; i < item.content.length; i++)
    if (item.content.data[i] == 0x80 && (i == 0 || item.content.data[i - 1] < 0x80))
      return lw_der_fail(r, item.der.data, "OBJECT IDENTIFIER is not minimal");
  if (item.content.data[i - 1] >= 0x80)
    return lw_der_fail(r, item.der.data, "OBJECT IDENTIFIER ends inside an arc");
  *oid = item.content;
  return 1;
}

/* ------------------------------------------------------------------ time */

/* Days from 1970-01-01 in the proleptic Gregorian calendar, for years from 0 on. */
static int64_t days_before (int year, int month, int day) {
  int y = month > 2 ? year : year - 1; /* years begin in March: the leap day comes last */
  int m = month > 2 ? month - 3 : month + 9;
  int64_t leap_days = y < 0 ? -1 : y / 4 - y / 100 + y / 400;
  return (int64_t)365 * y + leap_days + (153 * m + 2) / 5 + day - 1 - 719468;
}

static int days_in (int year, int month) {
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return days[month - 1] + (month == 2 && leap);
}

static int two_digits (const unsigned char *p) {
  return (p[0] - '0') * 10 + (p[1] - '0');
}

/* digits: YYMMDDhhmmss after the century */
static int time_seconds (int century, const unsigned char *digits, int64_t *seconds) {
  int year = century * 100 + two_digits(digits);
  int month = two_digits(digits + 2), day = two_digits(digits + 4);
  int hour = two_digits(digits + 6), minute = two_digits(digits + 8);
  int second = two_digits(digits + 10);
  if (month < 1 || month > 12 || day < 1 || day > days_in(year, month))
    return 0;
  if (hour > 23 || minute > 59 || second > 59)
    return 0;
  *seconds = ((days_before(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
  return 1;
}

int lw_der_time (lw_Der *r, int64_t *seconds) {
  int utc = lw_der_is(r, LW_DER_UTC_TIME);
  size_t i, digits = utc ? 12 : 14;
  const unsigned char *p;
  lw_Item item;
  int century;
  if (!lw_der_item(r, utc ? LW_DER_UTC_TIME : LW_DER_GENERALIZED_TIME, &item))
    return 0;
  p = item.content.data;
  if (item.content.length != digits + 1 || p[digits] != 'Z')
    return lw_der_fail(r, item.der.data, "time is not of the form [YY]YYMMDDhhmmssZ");
  for (i = 0; i < digits; i++)
    if (p[i] < '0' || p[i] > '9')
      return lw_der_fail(r, p + i, "time holds something else than digits");
  century = utc ? (two_digits(p) < 50 ? 20 : 19) : two_digits(p);
  return time_seconds(century, utc ? p : p + 2, seconds) ||
         lw_der_fail(r, item.der.data, "time is not in the calendar");
}

/* ------------------------------------------------------------------ text */

int lw_text_open (lw_Text *text, unsigned tag, lw_Span content) {
  text->tag = tag;
  text->at = content.data;
  text->end = content.data + content.length;
  switch (tag) {
  case LW_DER_UTF8_STRING:
  case LW_DER_NUMERIC_STRING:
  case LW_DER_PRINTABLE_STRING:
  case LW_DER_T61_STRING:
  case LW_DER_IA5_STRING:
  case LW_DER_VISIBLE_STRING:
  case LW_DER_UNIVERSAL_STRING:
  case LW_DER_BMP_STRING:
    return 1;
  default:
    return 0;
  }
}

static int is_character (uint32_t code) {
  return code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

/* BMPString and UniversalString: size octets a character, most significant first */
static int text_wide (lw_Text *text, size_t size, uint32_t *code) {
  if ((size_t)(text->end - text->at) < size)
    return -1;
  for (*code = 0; size > 0; size--)
    *code = *code << 8 | *text->at++;
  return is_character(*code) ? 1 : -1;
}

/* RFC 3629 section 4 */
static int text_utf8 (lw_Text *text, uint32_t *code) {
  static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
  unsigned lead = *text->at++;
  int i, more = lead < 0x80   ? 0
                : lead < 0xc0 ? -1
                : lead < 0xe0 ? 1
                : lead < 0xf0 ? 2
                : lead < 0xf8 ? 3
                              : -1;
  if (more < 0 || text->end - text->at < more)
    return -1;
  *code = more == 0 ? lead : lead & (0x3fu >> more);
  for (i = 0; i < more; i++) {
    if ((*text->at & 0xc0) != 0x80)
      return -1;
    *code = *code << 6 | (*text->at++ & 0x3fu);
  }
  return *code >= least[more] && is_character(*code) ? 1 : -1;
}

int lw_text_next (lw_Text *text, uint32_t *code) {
  if (text->at == text->end)
    return 0;
  switch (text->tag) {
  case LW_DER_UTF8_STRING:
    return text_utf8(text, code);
  case LW_DER_BMP_STRING:
    return text_wide(text, 2, code);
  case LW_DER_UNIVERSAL_STRING:
    return text_wide(text, 4, code);
  case LW_DER_T61_STRING: /* in certificates this has always meant Latin-1 */
    *code = *text->at++;
    return 1;
  default:
    *code = *text->at++;
    return *code < 0x80 ? 1 : -1;
  }
}

size_t lw_utf8_encode (uint32_t code, unsigned char out[4]) {
  size_t i, more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
  for (i = more; i > 0; i--) {
    out[i] = (unsigned char)(0x80 | (code & 0x3f));
    code >>= 6;
  }
  out[0] = (unsigned char)(lead[more] | code);
  return more + 1;
}
