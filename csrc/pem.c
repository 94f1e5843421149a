/*
** pem.c - certificates in RFC 7468 text: lenient about what is around a block, strict inside.
*/

#include <string.h>

#include "x509.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

typedef struct Line {
  const char *text;
  size_t length; /* without white space at both ends */
  int number;
} Line;

static int is_blank (char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f';
}

static int pem_line (lw_Pem *pem, Line *line) {
  const char *end;
  if (pem->at == pem->end)
    return 0;
  end = memchr(pem->at, '\n', (size_t)(pem->end - pem->at));
  line->number = pem->line++;
  line->text = pem->at;
  pem->at = end == NULL ? pem->end : end + 1;
  end = pem->at;
  while (end > line->text && is_blank(end[-1]))
    end--;
  while (line->text < end && is_blank(*line->text))
    line->text++;
  line->length = (size_t)(end - line->text);
  return 1;
}

/* "-----BEGIN CERTIFICATE-----", and the other labels of RFC 7468 section 5.1 */
static int is_boundary (const Line *line, const char *verb) {
  static const char *const labels[] = {"CERTIFICATE", "X509 CERTIFICATE", "X.509 CERTIFICATE"};
  size_t i, before = 5 + strlen(verb) + 1;
  if (line->length < before + 5 || memcmp(line->text, "-----", 5) != 0 ||
      memcmp(line->text + 5, verb, before - 6) != 0 || line->text[before - 1] != ' ' ||
      memcmp(line->text + line->length - 5, "-----", 5) != 0)
    return 0;
  for (i = 0; i < sizeof labels / sizeof labels[0]; i++)
    if (line->length == before + strlen(labels[i]) + 5 &&
        memcmp(line->text + before, labels[i], strlen(labels[i])) == 0)
      return 1;
  return 0;
}

static int pem_fail (lw_Pem *pem, int line, const char *reason) {
  pem->reason = reason;
  pem->line = line;
  return 0;
}

lw_Pem lw_pem_reader (const char *text, size_t length) {
  lw_Pem pem;
  int mark = length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0; /* U+FEFF, which editors leave */
  pem.at = mark ? text + 3 : text;
  pem.end = text + length;
  pem.line = 1;
  pem.reason = NULL;
  return pem;
}

int lw_pem_next (lw_Pem *pem, lw_Span *body, int *first) {
  Line line;
  const char *start;
  int begin;
  do
    if (!pem_line(pem, &line))
      return 0;
  while (!is_boundary(&line, "BEGIN"));
  begin = line.number;
  start = pem->at;
  do
    if (!pem_line(pem, &line))
      return pem_fail(pem, begin, "certificate without its END line");
  while (line.length < 5 || memcmp(line.text, "-----", 5) != 0);
  if (!is_boundary(&line, "END"))
    return pem_fail(pem, line.number, "another block begins inside a certificate");
  body->data = (const unsigned char *)start;
  body->length = (size_t)(line.text - start);
  *first = begin + 1;
  return 1;
}

static int base64_value (unsigned char c) {
  const char *p = c == '\0' ? NULL : strchr(alphabet, c);
  return p == NULL ? -1 : (int)(p - alphabet);
}

typedef struct Quartet {
  unsigned bits;
  int characters, padding;
} Quartet;

/* Writes the octets of a full quartet; RFC 4648 section 3.5: what padding cuts off must be zero */
static int quartet_write (const Quartet *q, unsigned char *out) {
  int i, octets = 3 - q->padding;
  if (octets < 3 && (q->bits & ((1u << (8 * q->padding)) - 1)) != 0)
    return -1;
  for (i = 0; i < octets; i++)
    out[i] = (unsigned char)(q->bits >> (16 - 8 * i) & 0xff);
  return octets;
}

static const char *quartet_add (Quartet *q, unsigned char c) {
  int value = base64_value(c);
  if (c == '=' && q->characters >= 2 && q->padding < 2) {
    q->padding++;
    value = 0;
  }
  else if (q->padding > 0 || value < 0)
    return "not base64";
  q->bits = q->bits << 6 | (unsigned)value;
  q->characters++;
  return NULL;
}

size_t lw_pem_decode (lw_Pem *pem, lw_Span body, int line, unsigned char *out) {
  Quartet q = {0, 0, 0};
  size_t i, length = 0;
  int octets;
  for (i = 0; i < body.length; i++) {
    const char *reason = NULL;
    if (body.data[i] == '\n')
      line++;
    if (is_blank((char)body.data[i]))
      continue;
    if (q.characters == 4 || (reason = quartet_add(&q, body.data[i])) != NULL)
      return (size_t)pem_fail(pem, line,
                              reason == NULL ? "base64 goes on after its padding" : reason);
    if (q.characters == 4) {
      octets = quartet_write(&q, out + length);
      if (octets < 0)
        return (size_t)pem_fail(pem, line, "base64 with bits after its end");
      length += (size_t)octets;
      if (q.padding == 0)
        q.characters = 0;
      q.bits = 0;
    }
  }
  if (q.characters % 4 != 0)
    return (size_t)pem_fail(pem, line, "base64 ends inside a group of four");
  return length > 0 ? length : (size_t)pem_fail(pem, line, "certificate without content");
}

size_t lw_pem_line (const unsigned char *data, size_t length, char *out) {
  char *p = out;
  size_t i, k;
  for (i = 0; i < length; i += 3) {
    size_t left = length - i;
    unsigned bits = (unsigned)data[i] << 16 | (left > 1 ? (unsigned)data[i + 1] << 8 : 0) |
                    (left > 2 ? data[i + 2] : 0u);
    for (k = 0; k < 4; k++)
      *p++ = k <= left ? alphabet[bits >> (18 - 6 * k) & 0x3f] : '=';
  }
  *p++ = '\n';
  return (size_t)(p - out);
}
