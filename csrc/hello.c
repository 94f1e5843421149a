/*
** hello.c - strict readers of ClientHello and ServerHello (RFC 8446 sections 4.1.2 and 4.1.3). wolfSSL reads
** them more loosely; what is refused here it never sees.
*/

#include <string.h>

#include "connection.h"

enum { /* extension types that are looked into */
       SERVER_NAME = 0,
       SUPPORTED_GROUPS = 10,
       EC_POINT_FORMATS = 11,
       SIGNATURE_ALGORITHMS = 13,
       ALPN = 16,
       EXTENDED_MASTER_SECRET = 23,
       PRE_SHARED_KEY = 41,
       SUPPORTED_VERSIONS = 43,
       COOKIE = 44,
       PSK_KEY_EXCHANGE_MODES = 45,
       KEY_SHARE = 51,
       RENEGOTIATION_INFO = 0xff01
};

static const unsigned char retry_random[32] = {/* RFC 8446 section 4.1.3 */
                                               0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11,
                                               0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
                                               0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e,
                                               0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

int lw_hello_vector (lw_Span *s, int width, lw_Span *v) {
  size_t length;
  if (s->length < (size_t)width)
    return 0;
  length = width == 1 ? s->data[0] : lw_read16(s->data);
  if (s->length - (size_t)width < length)
    return 0;
  v->data = s->data + width;
  v->length = length;
  s->data += (size_t)width + length;
  s->length -= (size_t)width + length;
  return 1;
}

static int hello_bytes (lw_Span *s, size_t n, lw_Span *v) {
  if (s->length < n)
    return 0;
  v->data = s->data;
  v->length = n;
  s->data += n;
  s->length -= n;
  return 1;
}

int lw_hello_next (lw_Span *list, unsigned *type, lw_Span *content) {
  if (list->length < 4)
    return 0;
  *type = lw_read16(list->data);
  list->data += 2;
  list->length -= 2;
  return lw_hello_vector(list, 2, content);
}

/* Of the code points in use each has a bit of its own among those of its kind. So where no two of a hello meet,
   which takes no set to see, none is there twice. */
static uint64_t hello_bit (unsigned code) {
  return (uint64_t)1 << ((code + 11 * (code >> 8)) % 64);
}

lw_Span lw_hello_extension (const lw_Hello *h, unsigned wanted) {
  lw_Span list = h->extensions, none = {NULL, 0}, content;
  unsigned type;
  if ((h->kinds & hello_bit(wanted)) == 0)
    return none;
  while (lw_hello_next(&list, &type, &content))
    if (type == wanted)
      return content;
  return none;
}

int lw_hello_identity (lw_Span *list, lw_Span *identity) {
  lw_Span rest = *list, age;
  if (!lw_hello_vector(&rest, 2, identity) || !hello_bytes(&rest, 4, &age))
    return 0;
  *list = rest;
  return 1;
}

int lw_hello_has (lw_Span list, unsigned code) {
  for (; list.length >= 2; list.data += 2, list.length -= 2)
    if (lw_read16(list.data) == code)
      return 1;
  return 0;
}

static int hello_isgrease (unsigned code) {
  return (code & 0x0f0f) == 0x0a0a && code >> 8 == (code & 0xff);
}

/* A set of code points. Clearing all of one costs more than reading a hello, so each use empties it again of what
   it put in. */
typedef unsigned char Set[65536 / 8];

static __thread Set codes, types;

/* In a shared library each mention of a thread's variable is a call, so that their addresses are asked for once a
   use; gcc would undo that if it saw what is asked for. */
static __attribute__((noinline)) unsigned char *set_codes (void) {
  return codes;
}

static __attribute__((noinline)) unsigned char *set_types (void) {
  return types;
}

/* 1: it was not there. */
static int set_add (Set set, unsigned code) {
  unsigned char bit = (unsigned char)(1u << (code % 8));
  if (set[code / 8] & bit)
    return 0;
  set[code / 8] |= bit;
  return 1;
}

static void set_remove (Set set, unsigned code) {
  set[code / 8] = 0;
}

static void set_removeall (Set set, lw_Span list) {
  for (size_t i = 0; i < list.length; i += 2)
    set_remove(set, lw_read16(list.data + i));
}

static int hello_listrepeats (lw_Span list) {
  unsigned char *set = set_codes();
  int twice = 0;
  for (size_t i = 0; i < list.length; i += 2) {
    unsigned code = lw_read16(list.data + i);
    if (!set_add(set, code) && !hello_isgrease(code))
      twice = 1;
  }
  set_removeall(set, list);
  return twice;
}

/* A vector of code points that must fill its extension: even and not empty. */
static const char *hello_codes (lw_Span content, int width, lw_Span *list, const char *what) {
  return lw_hello_vector(&content, width, list) && content.length == 0 && list->length >= 2 &&
                 list->length % 2 == 0
             ? NULL
             : what;
}

/* The same without a duplicate. */
static const char *hello_list (lw_Span content, int width, lw_Span *list, const char *what) {
  const unsigned char *p, *end;
  uint64_t seen = 0, met = 0;
  if (hello_codes(content, width, list, what) != NULL)
    return what;
  end = list->data + list->length;
  for (p = list->data; p < end; p += 2) {
    uint64_t bit = hello_bit(lw_read16(p));
    met |= seen & bit;
    seen |= bit;
  }
  return met != 0 && hello_listrepeats(*list) ? what : NULL;
}

/* RFC 7301 section 3.1: names of 1 to 255 bytes; a server chooses one. */
static const char *hello_alpn (lw_Hello *h, lw_Span content, int client) {
  lw_Span names, name;
  int count = 0;
  if (!lw_hello_vector(&content, 2, &names) || content.length != 0)
    return "application_layer_protocol_negotiation: bad length";
  h->alpn = names;
  for (; names.length > 0; count++)
    if (!lw_hello_vector(&names, 1, &name) || name.length == 0)
      return "application_layer_protocol_negotiation: bad protocol name";
  return count == 1 || (client && count > 0)
             ? NULL
             : "application_layer_protocol_negotiation: wrong number";
}

static const char *hello_illegal (lw_Hello *h, const char *what) {
  h->alert = LW_ILLEGAL_PARAMETER;
  return what;
}

/* ASCII, where other letters are A-labels. It ends up in logs and on terminals. */
int lw_hello_isname (lw_Span name) {
  for (size_t i = 0; i < name.length; i++)
    if (name.data[i] <= ' ' || name.data[i] > '~')
      return 0;
  return name.length > 0 && name.length <= 255;
}

/* RFC 6066 section 3: one host_name; names of other types are to look like it. */
static const char *hello_servername (lw_Hello *h, lw_Span content) {
  static const char bad[] = "server_name: malformed";
  lw_Span names, type, name;
  if (!lw_hello_vector(&content, 2, &names) || content.length != 0 || names.length == 0)
    return bad;
  while (names.length > 0) {
    if (!hello_bytes(&names, 1, &type) || !lw_hello_vector(&names, 2, &name) || name.length == 0)
      return bad;
    if (type.data[0] != 0)
      continue;
    if (h->server_name.data != NULL)
      return hello_illegal(h, "server_name: two host names");
    if (!lw_hello_isname(name))
      return hello_illegal(h, "server_name: no host name");
    h->server_name = name;
  }
  return NULL;
}

/* RFC 8422 section 5.1.2 */
static const char *hello_pointformats (lw_Hello *h, lw_Span content) {
  lw_Span formats;
  if (!lw_hello_vector(&content, 1, &formats) || content.length != 0 || formats.length == 0)
    return "ec_point_formats: malformed";
  h->only_compressed = memchr(formats.data, 0, formats.length) == NULL;
  return NULL;
}

/* RFC 8446 section 4.2.8: each share once, none empty. A share looks like an extension. */
static const char *hello_shares (lw_Hello *h, lw_Span content) {
  const char *wrong = NULL;
  unsigned char *set = set_codes();
  lw_Span list, share;
  unsigned group;
  if (!lw_hello_vector(&content, 2, &h->key_share) || content.length != 0)
    return "key_share: malformed";
  for (list = h->key_share; list.length > 0 && wrong == NULL;) {
    if (!lw_hello_next(&list, &group, &share))
      wrong = "key_share: malformed";
    else if (share.length == 0)
      wrong = hello_illegal(h, "key_share: an empty share");
    else if (!set_add(set, group))
      wrong = hello_illegal(h, "key_share: two shares of one group");
  }
  for (list = h->key_share; lw_hello_next(&list, &group, &share);)
    set_remove(set, group);
  return wrong;
}

int lw_hello_namesgroups (const lw_Hello *h) {
  unsigned char *set = set_codes();
  lw_Span shares = h->key_share, share;
  unsigned group;
  int named = 1;
  for (size_t i = 0; i < h->groups.length; i += 2)
    set_add(set, lw_read16(h->groups.data + i));
  while (lw_hello_next(&shares, &group, &share))
    named &= (set[group / 8] >> group % 8) & 1;
  set_removeall(set, h->groups);
  return named;
}

/* RFC 5746 section 3.6: nothing to renegotiate. */
static const char *hello_renegotiation (lw_Hello *h, lw_Span content) {
  lw_Span verify_data;
  if (!lw_hello_vector(&content, 1, &verify_data) || content.length != 0)
    return "renegotiation_info: malformed";
  h->renegotiates = verify_data.length > 0;
  return NULL;
}

/* RFC 8446 section 4.2.11: a binder for each identity. */
static const char *hello_psks (lw_Hello *h, lw_Span content) {
  static const char bad[] = "pre_shared_key: malformed";
  lw_Span identities, identity, binders, binder;
  h->has_pre_shared_key = 1;
  if (!lw_hello_vector(&content, 2, &h->psks) || !lw_hello_vector(&content, 2, &binders) ||
      content.length != 0 || h->psks.length == 0)
    return bad;
  for (identities = h->psks; lw_hello_identity(&identities, &identity);)
    if (identity.length == 0 || !lw_hello_vector(&binders, 1, &binder) || binder.length < 32)
      return bad;
  return identities.length == 0 && binders.length == 0 ? NULL : bad;
}

static const char *hello_pskmodes (lw_Hello *h, lw_Span content) {
  return lw_hello_vector(&content, 1, &h->psk_modes) && content.length == 0 &&
                 h->psk_modes.length > 0
             ? NULL
             : "psk_key_exchange_modes: malformed";
}

static const char *hello_clientextension (lw_Hello *h, unsigned type, lw_Span content) {
  switch (type) {
  case SERVER_NAME:
    return hello_servername(h, content);
  case SUPPORTED_GROUPS:
    return hello_list(content, 2, &h->groups, "supported_groups: malformed or duplicate");
  case SIGNATURE_ALGORITHMS:
    return hello_codes(content, 2, &h->schemes, "signature_algorithms: malformed");
  case EC_POINT_FORMATS:
    return hello_pointformats(h, content);
  case ALPN:
    return hello_alpn(h, content, 1);
  case SUPPORTED_VERSIONS:
    return hello_list(content, 1, &h->supported_versions, "supported_versions: malformed");
  case KEY_SHARE:
    h->has_key_share = 1;
    return hello_shares(h, content);
  case PRE_SHARED_KEY:
    return hello_psks(h, content);
  case PSK_KEY_EXCHANGE_MODES:
    return hello_pskmodes(h, content);
  case EXTENDED_MASTER_SECRET:
    h->has_extended_master_secret = 1;
    return content.length == 0 ? NULL : "extended_master_secret: not empty";
  case RENEGOTIATION_INFO:
    return hello_renegotiation(h, content);
  default:
    return NULL;
  }
}

static const char *hello_servershare (lw_Hello *h, lw_Span content) {
  static const char bad[] = "key_share: malformed";
  lw_Span share;
  h->key_share = content;
  h->has_key_share = 1;
  if (content.length < 2)
    return bad;
  if (h->retry)
    return content.length == 2 ? NULL : bad;
  content.data += 2;
  content.length -= 2;
  return lw_hello_vector(&content, 2, &share) && content.length == 0 && share.length > 0 ? NULL
                                                                                         : bad;
}

static const char *hello_serverextension (lw_Hello *h, unsigned type, lw_Span content) {
  switch (type) {
  case ALPN:
    return hello_alpn(h, content, 0);
  case SUPPORTED_VERSIONS:
    if (content.length != 2)
      return "supported_versions: malformed";
    h->version = lw_read16(content.data);
    return h->version > 0x0303 ? NULL : "supported_versions: not for versions before TLS 1.3";
  case KEY_SHARE:
    return hello_servershare(h, content);
  case COOKIE:
    h->has_cookie = 1;
    return NULL;
  case PRE_SHARED_KEY:
    h->has_pre_shared_key = 1;
    return content.length == 2 ? NULL : "pre_shared_key: malformed";
  case EXTENDED_MASTER_SECRET:
    h->has_extended_master_secret = 1;
    return content.length == 0 ? NULL : "extended_master_secret: not empty";
  case RENEGOTIATION_INFO:
    return hello_renegotiation(h, content);
  default:
    return NULL;
  }
}

/* Is one there twice? */
static int hello_repeats (lw_Span extensions) {
  unsigned char *set = set_types();
  lw_Span list, content;
  unsigned type;
  int twice = 0;
  for (list = extensions; lw_hello_next(&list, &type, &content);)
    if (!set_add(set, type))
      twice = 1;
  for (list = extensions; lw_hello_next(&list, &type, &content);)
    set_remove(set, type);
  return twice;
}

/* Each reader has a loop of its own. */
#define LW_INLINE static inline __attribute__((always_inline))

typedef const char *(*hello_Reader)(lw_Hello *h, unsigned type, lw_Span content);

LW_INLINE const char *hello_each (lw_Hello *h, hello_Reader reader, int *alert) {
  lw_Span list, content;
  unsigned type, last = 0;
  uint64_t seen = 0, met = 0;
  for (list = h->extensions; list.length > 0; last = type) {
    const char *wrong;
    uint64_t bit;
    h->at = list.data;
    if (!lw_hello_next(&list, &type, &content))
      return "extensions: bad length";
    bit = hello_bit(type);
    met |= seen & bit;
    seen |= bit;
    wrong = reader(h, type, content);
    if (wrong != NULL) {
      *alert = h->alert != 0 ? h->alert : LW_DECODE_ALERT;
      return wrong;
    }
  }
  h->kinds = seen;
  if (met != 0 && hello_repeats(h->extensions)) {
    *alert = LW_ILLEGAL_PARAMETER;
    return "extensions: one appears twice";
  }
  if (reader == hello_clientextension && h->has_pre_shared_key && last != PRE_SHARED_KEY) {
    *alert = LW_ILLEGAL_PARAMETER;
    return "pre_shared_key: not the last extension";
  }
  return NULL;
}

LW_INLINE const char *hello_extensions (lw_Hello *h, lw_Span rest, hello_Reader reader,
                                        int *alert) {
  h->at = rest.data;
  if (rest.length == 0)
    return NULL; /* RFC 5246 section 7.4.1.2: no extensions block at all */
  if (!lw_hello_vector(&rest, 2, &h->extensions) || rest.length != 0)
    return "extensions: bad length";
  return hello_each(h, reader, alert);
}

static void hello_clientversion (lw_Hello *h) {
  h->version = h->legacy_version > 0x0303 ? 0x0303 : h->legacy_version;
  for (size_t i = 0; i + 1 < h->supported_versions.length; i += 2) {
    unsigned version = lw_read16(h->supported_versions.data + i);
    if (version > h->version && version <= 0x0304)
      h->version = version;
  }
}

const char *lw_hello_client (lw_Hello *h, const unsigned char *body, size_t length, int *alert) {
  lw_Span rest = {body, length}, version;
  const char *wrong;
  memset(h, 0, sizeof *h);
  *alert = LW_DECODE_ALERT;
  h->at = body;
  if (!hello_bytes(&rest, 2, &version) || !hello_bytes(&rest, 32, &h->random))
    return "random: the message is too short";
  h->at = rest.data;
  h->legacy_version = lw_read16(version.data);
  if (!lw_hello_vector(&rest, 1, &h->session_id) || h->session_id.length > 32)
    return "legacy_session_id: bad length";
  h->at = rest.data;
  if (!lw_hello_vector(&rest, 2, &h->suites) || h->suites.length < 2 || h->suites.length % 2 != 0)
    return "cipher_suites: bad length";
  h->at = rest.data;
  if (!lw_hello_vector(&rest, 1, &h->compressions) || h->compressions.length == 0)
    return "legacy_compression_methods: bad length";
  wrong = hello_extensions(h, rest, hello_clientextension, alert);
  if (wrong != NULL)
    return wrong;
  hello_clientversion(h);
  if (memchr(h->compressions.data, 0, h->compressions.length) == NULL) {
    h->at = h->compressions.data - 1;
    *alert = LW_ILLEGAL_PARAMETER;
    return "legacy_compression_methods: null is missing";
  }
  if (h->has_pre_shared_key && h->psk_modes.length == 0) {
    *alert = LW_MISSING_EXTENSION;
    return "pre_shared_key without psk_key_exchange_modes";
  }
  if (h->version == 0x0304 && (h->groups.length == 0) != !h->has_key_share) {
    *alert = LW_MISSING_EXTENSION;
    return "supported_groups and key_share: one without the other";
  }
  return NULL;
}

const char *lw_hello_server (lw_Hello *h, const unsigned char *body, size_t length, int *alert) {
  lw_Span rest = {body, length}, version;
  const char *wrong;
  memset(h, 0, sizeof *h);
  *alert = LW_DECODE_ALERT;
  h->at = body;
  if (!hello_bytes(&rest, 2, &version) || !hello_bytes(&rest, 32, &h->random))
    return "random: the message is too short";
  h->at = rest.data;
  h->version = h->legacy_version = lw_read16(version.data);
  h->retry = memcmp(h->random.data, retry_random, 32) == 0;
  if (!lw_hello_vector(&rest, 1, &h->session_id) || h->session_id.length > 32)
    return "session_id: bad length";
  h->at = rest.data;
  if (!hello_bytes(&rest, 2, &h->suites) || !hello_bytes(&rest, 1, &h->compressions))
    return "compression_method: the message is too short";
  if (h->compressions.data[0] != 0) {
    *alert = LW_ILLEGAL_PARAMETER;
    return "compression_method: not null";
  }
  wrong = hello_extensions(h, rest, hello_serverextension, alert);
  if (wrong == NULL && h->retry && h->version != 0x0304) {
    *alert = LW_MISSING_EXTENSION;
    return "extensions: a HelloRetryRequest without supported_versions";
  }
  return wrong;
}
