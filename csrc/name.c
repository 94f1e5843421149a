/*
** name.c - Name and GeneralName, read one part at a time (RFC 5280, whose sections are given).
*/

#include "lwolfssl.h"

static int text_valid (unsigned tag, lw_Span content) {
  lw_Text text;
  uint32_t code;
  int more;
  if (!lw_text_open(&text, tag, content))
    return 1;
  do
    more = lw_text_next(&text, &code);
  while (more > 0);
  return more == 0;
}

/* ------------------------------------------------------------------ Name (4.1.2.4) */

static int name_open (lw_NameReader *n, lw_Der *r) {
  n->rdn = 0;
  if (!lw_der_enter(r, LW_DER_SEQUENCE, &n->rdns))
    return 0;
  n->attributes = n->rdns;
  n->attributes.end = n->attributes.at;
  return 1;
}

lw_NameReader lw_name_reader (lw_Span name) {
  lw_NameReader n;
  lw_Der r = lw_der_reader(name, NULL, NULL);
  name_open(&n, &r);
  return n;
}

void lw_rdn_open (lw_NameReader *n, const lw_Der *attributes) {
  n->rdn = 1;
  n->attributes = n->rdns = *attributes;
  n->rdns.at = n->rdns.end;
}

static int name_next_rdn (lw_NameReader *n) {
  const unsigned char *at = n->rdns.at;
  if (at == n->rdns.end || !lw_der_enter(&n->rdns, LW_DER_SET, &n->attributes))
    return 0;
  n->rdn++;
  return n->attributes.at < n->attributes.end || lw_der_fail(&n->rdns, at, "empty SET");
}

int lw_name_next (lw_NameReader *n, lw_Attribute *attribute) {
  lw_Der r;
  if (n->attributes.at == n->attributes.end && !name_next_rdn(n))
    return 0;
  if (!lw_der_enter(&n->attributes, LW_DER_SEQUENCE, &r) ||
      !lw_der_oid(&r, LW_DER_OID, &attribute->oid) || !lw_der_any(&r, &attribute->value) ||
      !lw_der_end(&r))
    return 0;
  attribute->rdn = n->rdn;
  return text_valid(attribute->value.tag, attribute->value.content) ||
         lw_der_fail(&r, attribute->value.der.data, "string holds what its type does not allow");
}

int lw_name_check (lw_Der *r) {
  lw_NameReader n;
  lw_Attribute attribute;
  if (!name_open(&n, r))
    return 0;
  while (lw_name_next(&n, &attribute))
    continue;
  return lw_der_sound(r);
}

/* ------------------------------------------------------------------ comparison (7.1)
**
** Of RFC 4518's preparation what matters in practice: all string types are alike, ASCII case and
** the amount of white space do not count.
*/

typedef struct Prepared {
  lw_Text text;
  int space; /* white space was passed over */
} Prepared;

static int is_space (uint32_t code) {
  return code == ' ' || (code >= '\t' && code <= '\r') || code == 0xa0;
}

/* The next character; white space as one space between words and as nothing at both ends. */
static int prepared_next (Prepared *p, int first, uint32_t *code) {
  lw_Text before = p->text;
  int more = lw_text_next(&p->text, code);
  p->space = 0;
  while (more == 1 && is_space(*code)) {
    p->space = 1;
    before = p->text;
    more = lw_text_next(&p->text, code);
  }
  if (more == 1 && p->space && !first) {
    p->text = before;
    *code = ' ';
  }
  if (*code >= 'A' && *code <= 'Z')
    *code += 'a' - 'A';
  return more;
}

static int value_equal (const lw_Item *a, const lw_Item *b) {
  Prepared x, y;
  uint32_t c = 0, d = 0;
  int more, first = 1;
  if (lw_span_equal(a->der, b->der))
    return 1;
  if (!lw_text_open(&x.text, a->tag, a->content) || !lw_text_open(&y.text, b->tag, b->content))
    return 0;
  do {
    more = prepared_next(&x, first, &c);
    if (more != prepared_next(&y, first, &d) || (more == 1 && c != d))
      return 0;
    first = 0;
  } while (more == 1);
  return more == 0;
}

static int attribute_equal (const lw_Attribute *a, const lw_Attribute *b) {
  return a->rdn == b->rdn && lw_span_equal(a->oid, b->oid) && value_equal(&a->value, &b->value);
}

/* Does the name begin with what is in base? rest: is there more, as a further RDN? */
static int name_begins (lw_Span name, lw_Span base, int *rest) {
  lw_NameReader m = lw_name_reader(name), n = lw_name_reader(base);
  lw_Attribute x, y;
  int rdn = 0;
  while (lw_name_next(&n, &y)) {
    if (!lw_name_next(&m, &x) || !attribute_equal(&x, &y))
      return 0;
    rdn = y.rdn;
  }
  *rest = lw_name_next(&m, &x);
  return !*rest || x.rdn > rdn;
}

int lw_name_equal (lw_Span a, lw_Span b) {
  int rest;
  return lw_span_equal(a, b) || (name_begins(a, b, &rest) && !rest);
}

int lw_name_within (lw_Span name, lw_Span base) {
  int rest;
  return name_begins(name, base, &rest);
}

/* ------------------------------------------------------------------ GeneralName (4.2.1.6) */

/* OtherName ::= SEQUENCE { type-id OBJECT IDENTIFIER, value [0] EXPLICIT ANY } */
static int general_name_other (const lw_Der *r, lw_Span content, lw_GeneralName *name) {
  lw_Der other = lw_der_inside(r, content), value;
  lw_Item item;
  if (!lw_der_oid(&other, LW_DER_OID, &name->oid) ||
      !lw_der_enter(&other, LW_DER_EXPLICIT(0), &value) || !lw_der_end(&other) ||
      !lw_der_any(&value, &item) || !lw_der_end(&value))
    return 0;
  name->value = item.der;
  return text_valid(item.tag, item.content) ||
         lw_der_fail(r, item.der.data, "string holds what its type does not allow");
}

/* directoryName [4] Name: tagged EXPLICIT, because Name is a CHOICE */
static int general_name_directory (const lw_Der *r, lw_Span content) {
  lw_Der outer = lw_der_inside(r, content);
  return lw_name_check(&outer) && lw_der_end(&outer);
}

static int general_name_ascii (const lw_Der *r, lw_Span content) {
  return text_valid(LW_DER_IA5_STRING, content) ||
         lw_der_fail(r, content.data, "IA5String holds a byte above 7f");
}

static int general_name_address (const lw_Der *r, lw_Span content, int masked) {
  size_t length = masked ? content.length / 2 : content.length;
  return ((length == 4 || length == 16) && !(masked && content.length % 2 != 0)) ||
         lw_der_fail(r, content.data, "IP address of the wrong length");
}

static int general_name_oid (const lw_Der *r, const lw_Item *item, lw_Span *oid) {
  lw_Der again = lw_der_inside(r, item->der);
  return lw_der_oid(&again, item->tag, oid);
}

static int general_name_read (lw_Der *r, lw_GeneralName *name, int masked) {
  lw_Item item;
  if (!lw_der_any(r, &item))
    return 0;
  name->oid.data = NULL;
  name->oid.length = 0;
  name->value = item.content;
  name->type = (int)(item.tag & 0x1f);
  switch (item.tag) {
  case LW_DER_EXPLICIT(LW_OTHER_NAME):
    return general_name_other(r, item.content, name);
  case LW_DER_CONTEXT(LW_RFC822_NAME):
  case LW_DER_CONTEXT(LW_DNS_NAME):
  case LW_DER_CONTEXT(LW_UNIFORM_RESOURCE_IDENTIFIER):
    return general_name_ascii(r, item.content);
  case LW_DER_EXPLICIT(LW_DIRECTORY_NAME):
    return general_name_directory(r, item.content);
  case LW_DER_EXPLICIT(LW_X400_ADDRESS):
  case LW_DER_EXPLICIT(LW_EDI_PARTY_NAME):
    name->value = item.der;
    return 1;
  case LW_DER_CONTEXT(LW_IP_ADDRESS):
    return general_name_address(r, item.content, masked);
  case LW_DER_CONTEXT(LW_REGISTERED_ID):
    return general_name_oid(r, &item, &name->oid);
  default:
    return lw_der_fail(r, item.der.data, "no form of GeneralName has this tag");
  }
}

int lw_general_name_next (lw_Der *r, lw_GeneralName *name) {
  return r->at < r->end && general_name_read(r, name, 0);
}

/* GeneralSubtree (section 4.2.1.10): minimum must be 0, which is its default, maximum absent */
int lw_subtree_next (lw_Der *r, lw_GeneralName *base) {
  lw_Der subtree;
  return r->at < r->end && lw_der_enter(r, LW_DER_SEQUENCE, &subtree) &&
         general_name_read(&subtree, base, 1) && lw_der_end(&subtree);
}
