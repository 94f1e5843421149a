/*
** hostname.c - is this certificate for that host? RFC 9525, on subject alternative names only.
*/

#include <arpa/inet.h>
#include <string.h>

#include "x509.h"

#define LONGEST 253 /* RFC 1035 section 3.1, without the root's dot */

static int is_digit (unsigned char c) {
  return c >= '0' && c <= '9';
}

static int is_letter_or_digit (unsigned char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static unsigned char lower (unsigned char c) {
  return c >= 'A' && c <= 'Z' ? (unsigned char)(c + ('a' - 'A')) : c;
}

/* Letters, digits, inner hyphens and underscores (which hosts do have); 1 to 63 of them. */
static int label_valid (lw_Span label) {
  size_t i;
  for (i = 0; i < label.length; i++)
    if (!is_letter_or_digit(label.data[i]) && label.data[i] != '-' && label.data[i] != '_')
      return 0;
  return label.length >= 1 && label.length <= 63 && label.data[0] != '-' &&
         label.data[label.length - 1] != '-';
}

static lw_Span first_label (lw_Span name) {
  const unsigned char *dot = name.length == 0 ? NULL : memchr(name.data, '.', name.length);
  if (dot != NULL)
    name.length = (size_t)(dot - name.data);
  return name;
}

/* What follows the first label and its dot; data is NULL after the last label. */
static lw_Span after_label (lw_Span name, lw_Span label) {
  lw_Span rest = {NULL, 0};
  if (label.length < name.length) {
    rest.data = name.data + label.length + 1;
    rest.length = name.length - label.length - 1;
  }
  return rest;
}

static int all_digits (lw_Span label) {
  size_t i;
  for (i = 0; i < label.length; i++)
    if (!is_digit(label.data[i]))
      return 0;
  return 1;
}

/* A name whose last label is a number is a mistyped IP address ("127.1"), not a DNS name. */
int lw_dns_valid (lw_Span name) {
  lw_Span label;
  if (name.length > LONGEST)
    return 0;
  do {
    label = first_label(name);
    if (!label_valid(label))
      return 0;
    name = after_label(name, label);
  } while (name.data != NULL);
  return !all_digits(label);
}

static int equal_ignoring_case (lw_Span a, lw_Span b) {
  size_t i;
  if (a.length != b.length)
    return 0;
  for (i = 0; i < a.length; i++)
    if (lower(a.data[i]) != lower(b.data[i]))
      return 0;
  return 1;
}

/* RFC 9525 section 6.3: the wildcard is the whole left-most label and stands for exactly one label.
   At least two labels must follow it: nobody owns all of "*.com". */
static int dns_name_matches (lw_Span presented, lw_Span reference) {
  lw_Span domain, label;
  if (presented.length < 2 || memcmp(presented.data, "*.", 2) != 0)
    return equal_ignoring_case(presented, reference);
  domain.data = presented.data + 2;
  domain.length = presented.length - 2;
  label = first_label(reference);
  return memchr(domain.data, '.', domain.length) != NULL &&
         equal_ignoring_case(domain, after_label(reference, label));
}

/* The octets of a literal address: 4, 16, or 0 when it is none. Zones and shorthands are none. */
static size_t address_octets (lw_Span name, unsigned char octets[16]) {
  char text[INET6_ADDRSTRLEN];
  if (name.length >= sizeof text || memchr(name.data, '\0', name.length) != NULL)
    return 0;
  memcpy(text, name.data, name.length);
  text[name.length] = '\0';
  if (inet_pton(AF_INET, text, octets) == 1)
    return 4;
  return inet_pton(AF_INET6, text, octets) == 1 ? 16 : 0;
}

static int has_address (const lw_X509 *x, lw_Span address) {
  lw_Der names = lw_x509_names(x);
  lw_GeneralName name;
  while (lw_general_name_next(&names, &name))
    if (name.type == LW_IP_ADDRESS && lw_span_equal(name.value, address))
      return 1;
  return 0;
}

static int has_dns_name (const lw_X509 *x, lw_Span reference) {
  lw_Der names = lw_x509_names(x);
  lw_GeneralName name;
  while (lw_general_name_next(&names, &name))
    if (name.type == LW_DNS_NAME && dns_name_matches(name.value, reference))
      return 1;
  return 0;
}

int lw_x509_matches (const lw_X509 *x, const char *name, size_t length) {
  unsigned char octets[16];
  lw_Span reference, address;
  reference.data = (const unsigned char *)name;
  reference.length = length;
  if (length == 0)
    return 0;
  address.data = octets;
  address.length = address_octets(reference, octets);
  if (address.length > 0)
    return has_address(x, address);
  if (name[length - 1] == '.')
    reference.length--;
  return lw_dns_valid(reference) && has_dns_name(x, reference);
}
