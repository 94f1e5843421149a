/*
** certificate_extension.c - what the extensions of a certificate say, as tables.
**
** Every method gives nil where the certificate has no such extension.
*/

#include "certificate.h"

/* The certificate, after pushing the nil that is the answer where it lacks the extension. */
static const lw_X509 *with_extension (lua_State *L, int kind) {
  const lw_X509 *x = lw_certificate_check(L, 1);
  lua_settop(L, 1);
  if (lw_x509_extension(x, kind) != NULL)
    return x;
  lua_pushnil(L);
  return NULL;
}

static int alt_names (lua_State *L, int kind) {
  const lw_X509 *x = with_extension(L, kind);
  if (x != NULL)
    lw_push_general_names(L, lw_x509_open(x, kind));
  return 1;
}

/***
The names the certificate is for, in their order. `type` is `dns_name`, `ip_address`,
`rfc822_name`,
`uniform_resource_identifier`, `directory_name` (value: a list like that of
`certificate:subject`), `other_name` (with `oid`), `registered_id` (value: dotted OID),
`x400_address` or `edi_party_name`. A value that has no text is "#" and its DER in hex.
@function certificate:subject_alt_names
@treturn ?{{type=string,value=string|table,oid=?string,name=?string},...}
@see RFC 5280 section 4.2.1.6
*/
static int certificate_subject_alt_names (lua_State *L) {
  return alt_names(L, LW_SUBJECT_ALT_NAME);
}

/***
Further names of the issuer, like `certificate:subject_alt_names`.
@function certificate:issuer_alt_names
@treturn ?{table,...}
@see RFC 5280 section 4.2.1.7
*/
static int certificate_issuer_alt_names (lua_State *L) {
  return alt_names(L, LW_ISSUER_ALT_NAME);
}

/***
May the key sign certificates, and how many certificate authorities may follow below?
@function certificate:basic_constraints
@treturn ?{ca=boolean,path_length=?int}
@see RFC 5280 section 4.2.1.9
*/
static int certificate_basic_constraints (lua_State *L) {
  const lw_X509 *x = with_extension(L, LW_BASIC_CONSTRAINTS);
  if (x == NULL)
    return 1;
  lua_createtable(L, 0, 2);
  lua_pushboolean(L, x->ca);
  lua_setfield(L, -2, "ca");
  if (x->path_length >= 0) {
    lw_pushinteger(L, x->path_length);
    lua_setfield(L, -2, "path_length");
  }
  return 1;
}

/* Pushes { "first", first = true, … } for the bits that are set. */
static void push_flags (lua_State *L, int bits, const char *const names[]) {
  int i, count = 0;
  lua_newtable(L);
  for (i = 0; names[i] != NULL; i++)
    if ((bits & 1 << i) != 0) {
      lua_pushstring(L, names[i]);
      lua_rawseti(L, -2, ++count);
      lua_pushboolean(L, 1);
      lua_setfield(L, -2, names[i]);
    }
}

/***
What the key may be used for: both a list and a set, `{"key_cert_sign", key_cert_sign=true}`.
Names are `digital_signature content_commitment key_encipherment data_encipherment key_agreement
key_cert_sign crl_sign encipher_only decipher_only`.
@function certificate:key_usage
@treturn ?table
@see RFC 5280 section 4.2.1.3
*/
static int certificate_key_usage (lua_State *L) {
  static const char *const names[] = {"digital_signature", "content_commitment",
                                      "key_encipherment",  "data_encipherment",
                                      "key_agreement",     "key_cert_sign",
                                      "crl_sign",          "encipher_only",
                                      "decipher_only",     NULL};
  const lw_X509 *x = with_extension(L, LW_KEY_USAGE);
  if (x != NULL)
    push_flags(L, x->key_usage, names);
  return 1;
}

/***
The purposes the key is for.
@function certificate:extended_key_usage
@treturn ?{{oid=string,name=?string},...} names such as `server_auth`, `client_auth`, `ocsp_signing`
@see RFC 5280 section 4.2.1.12
*/
static int certificate_extended_key_usage (lua_State *L) {
  const lw_X509 *x = with_extension(L, LW_EXTENDED_KEY_USAGE);
  lw_Span oid;
  lw_Der list;
  int count = 0;
  if (x == NULL)
    return 1;
  lua_newtable(L);
  for (list = lw_x509_open(x, LW_EXTENDED_KEY_USAGE); lw_purpose_next(&list, &oid);) {
    lua_createtable(L, 0, 2);
    lw_set_oid(L, oid);
    lua_rawseti(L, -2, ++count);
  }
  return 1;
}

/***
Names the certificate's key.
@function certificate:subject_key_identifier
@treturn ?string hex
@see RFC 5280 section 4.2.1.2
*/
static int certificate_subject_key_identifier (lua_State *L) {
  const lw_X509 *x = with_extension(L, LW_SUBJECT_KEY_IDENTIFIER);
  if (x != NULL)
    lw_push_hex(L, x->subject_key_identifier);
  return 1;
}

/***
Names the issuer's key. `key_identifier` and `authority_cert_serial_number` are hex,
`authority_cert_issuer` is a list like that of `certificate:subject_alt_names`.
@function certificate:authority_key_identifier
@treturn ?{key_identifier=?string,authority_cert_issuer=?table,authority_cert_serial_number=?string}
@see RFC 5280 section 4.2.1.1
*/
static int certificate_authority_key_identifier (lua_State *L) {
  const lw_X509 *x = with_extension(L, LW_AUTHORITY_KEY_IDENTIFIER);
  lw_AuthorityKey key;
  lw_Der value;
  if (x == NULL)
    return 1;
  value = lw_der_reader(lw_x509_extension(x, LW_AUTHORITY_KEY_IDENTIFIER)->value, NULL, NULL);
  lw_authority_key_read(&value, &key);
  lua_createtable(L, 0, 3);
  if (key.key_identifier.data != NULL) {
    lw_push_hex(L, key.key_identifier);
    lua_setfield(L, -2, "key_identifier");
  }
  if (key.issuer.at < key.issuer.end) {
    lw_push_general_names(L, key.issuer);
    lua_setfield(L, -2, "authority_cert_issuer");
  }
  if (key.serial.data != NULL) {
    lw_push_integer_hex(L, key.serial);
    lua_setfield(L, -2, "authority_cert_serial_number");
  }
  return 1;
}

#define OID_OCSP LW_SPAN("\x2b\x06\x01\x05\x05\x07\x30\x01")
#define OID_CA_ISSUERS LW_SPAN("\x2b\x06\x01\x05\x05\x07\x30\x02")

static void set_uris (lua_State *L, const lw_X509 *x, lw_Span method, const char *field) {
  lw_Der list = lw_x509_open(x, LW_AUTHORITY_INFORMATION_ACCESS);
  lw_Access access;
  int count = 0;
  lua_newtable(L);
  while (lw_access_next(&list, &access))
    if (lw_span_equal(access.method, method) &&
        access.location.type == LW_UNIFORM_RESOURCE_IDENTIFIER) {
      lua_pushlstring(L, (const char *)access.location.value.data, access.location.value.length);
      lua_rawseti(L, -2, ++count);
    }
  lua_setfield(L, -2, field);
}

/***
Where to ask about the certificate. Every description is kept in the list; `ocsp` and `ca_issuers`
gather the URIs of these two methods.
@function certificate:authority_information_access
@treturn ?{ocsp={string,...},ca_issuers={string,...},{oid=string,name=?string,location=table},...}
@see RFC 5280 section 4.2.2.1
*/
static int certificate_authority_information_access (lua_State *L) {
  const lw_X509 *x = with_extension(L, LW_AUTHORITY_INFORMATION_ACCESS);
  lw_Access access;
  lw_Der list;
  int count = 0;
  if (x == NULL)
    return 1;
  lua_newtable(L);
  for (list = lw_x509_open(x, LW_AUTHORITY_INFORMATION_ACCESS); lw_access_next(&list, &access);) {
    lua_createtable(L, 0, 3);
    lw_set_oid(L, access.method);
    lw_push_general_name(L, &access.location);
    lua_setfield(L, -2, "location");
    lua_rawseti(L, -2, ++count);
  }
  set_uris(L, x, OID_OCSP, "ocsp");
  set_uris(L, x, OID_CA_ISSUERS, "ca_issuers");
  return 1;
}

static void set_names (lua_State *L, const char *field, const lw_Der *names) {
  if (names->at == names->end)
    return;
  lw_push_general_names(L, *names);
  lua_setfield(L, -2, field);
}

static void push_distribution_point (lua_State *L, const lw_DistributionPoint *point) {
  static const char *const reasons[] = {"unused",           "key_compromise",
                                        "ca_compromise",    "affiliation_changed",
                                        "superseded",       "cessation_of_operation",
                                        "certificate_hold", "privilege_withdrawn",
                                        "aa_compromise",    NULL};
  lua_newtable(L);
  set_names(L, "full_name", &point->full_name);
  set_names(L, "crl_issuer", &point->crl_issuer);
  if (point->relative_name.at < point->relative_name.end) {
    lw_push_rdn(L, &point->relative_name);
    lua_setfield(L, -2, "name_relative_to_crl_issuer");
  }
  if (point->reasons >= 0) {
    push_flags(L, point->reasons, reasons);
    lua_setfield(L, -2, "reasons");
  }
}

/***
Where to get revocation lists. `full_name` and `crl_issuer` are lists like that of
`certificate:subject_alt_names`, `reasons` is list and set like `certificate:key_usage`.
@function certificate:crl_distribution_points
@treturn ?{table,...} each with those that are there of `full_name`, `reasons`, `crl_issuer` and
`name_relative_to_crl_issuer` (a list like that of `certificate:subject`)
@see RFC 5280 section 4.2.1.13
*/
static int certificate_crl_distribution_points (lua_State *L) {
  const lw_X509 *x = with_extension(L, LW_CRL_DISTRIBUTION_POINTS);
  lw_DistributionPoint point;
  lw_Der list;
  int count = 0;
  if (x == NULL)
    return 1;
  lua_newtable(L);
  list = lw_x509_open(x, LW_CRL_DISTRIBUTION_POINTS);
  while (lw_distribution_point_next(&list, &point)) {
    push_distribution_point(L, &point);
    lua_rawseti(L, -2, ++count);
  }
  return 1;
}

static void set_item (lua_State *L, const char *field, const lw_Item *item) {
  lw_push_item(L, item);
  lua_setfield(L, -2, field);
}

static void set_notice_reference (lua_State *L, const lw_Qualifier *q) {
  lw_Der numbers = q->numbers;
  int number, count = 0;
  set_item(L, "organization", &q->organization);
  lua_newtable(L);
  while (numbers.at < numbers.end && lw_der_small(&numbers, LW_DER_INTEGER, &number)) {
    lw_pushinteger(L, number);
    lua_rawseti(L, -2, ++count);
  }
  lua_setfield(L, -2, "notice_numbers");
}

static void push_qualifier (lua_State *L, const lw_Qualifier *q) {
  lua_newtable(L);
  lw_set_oid(L, q->oid);
  if (!lw_span_equal(q->oid, LW_OID_USER_NOTICE))
    set_item(L, "value", &q->value);
  if (q->organization.tag != 0)
    set_notice_reference(L, q);
  if (q->text.tag != 0)
    set_item(L, "explicit_text", &q->text);
}

static void push_policy (lua_State *L, lw_Policy *policy) {
  lw_Qualifier qualifier;
  int count = 0;
  lua_newtable(L);
  lw_set_oid(L, policy->oid);
  lua_newtable(L);
  while (lw_qualifier_next(&policy->qualifiers, &qualifier)) {
    push_qualifier(L, &qualifier);
    lua_rawseti(L, -2, ++count);
  }
  lua_setfield(L, -2, "qualifiers");
}

/***
The policies under which the certificate was issued. A qualifier named `cps` has a URI as `value`;
one
named `user_notice` has `explicit_text`, `organization` and `notice_numbers`, each where present.
@function certificate:certificate_policies
@treturn ?{{oid=string,name=?string,qualifiers={table,...}},...}
@see RFC 5280 section 4.2.1.4
*/
static int certificate_certificate_policies (lua_State *L) {
  const lw_X509 *x = with_extension(L, LW_CERTIFICATE_POLICIES);
  lw_Policy policy;
  lw_Der list;
  int count = 0;
  if (x == NULL)
    return 1;
  lua_newtable(L);
  for (list = lw_x509_open(x, LW_CERTIFICATE_POLICIES); lw_policy_next(&list, &policy);) {
    push_policy(L, &policy);
    lua_rawseti(L, -2, ++count);
  }
  return 1;
}

static void set_subtrees (lua_State *L, const lw_X509 *x, int excluded, const char *field) {
  lw_Der list = lw_x509_subtrees(x, excluded);
  lw_GeneralName base;
  int count = 0;
  lua_newtable(L);
  while (lw_subtree_next(&list, &base)) {
    lw_push_general_name(L, &base);
    lua_rawseti(L, -2, ++count);
  }
  lua_setfield(L, -2, field);
}

/***
The names below which, or outside of which, certificates under this one must stay. Entries are
like those
of `certificate:subject_alt_names`; an `ip_address` is `"192.0.2.0/24"`, or `"address/mask"` if
the mask has holes.
@function certificate:name_constraints
@treturn ?{permitted={table,...},excluded={table,...}}
@see RFC 5280 section 4.2.1.10
*/
static int certificate_name_constraints (lua_State *L) {
  const lw_X509 *x = with_extension(L, LW_NAME_CONSTRAINTS);
  if (x == NULL)
    return 1;
  lua_createtable(L, 0, 2);
  set_subtrees(L, x, 0, "permitted");
  set_subtrees(L, x, 1, "excluded");
  return 1;
}

/* {value=, name=} of a code point; names may be shorter than the numbers go */
static void set_code_point (lua_State *L, const char *field, int value, const char *const names[]) {
  int i;
  lua_createtable(L, 0, 2);
  lw_pushinteger(L, value);
  lua_setfield(L, -2, "value");
  for (i = 0; names[i] != NULL; i++)
    if (i == value) {
      lua_pushstring(L, names[i]);
      lua_setfield(L, -2, "name");
    }
  lua_setfield(L, -2, field);
}

static void push_sct (lua_State *L, const lw_Sct *sct) {
  static const char *const hashes[] = {"none",   "md5",    "sha1",   "sha224",
                                       "sha256", "sha384", "sha512", NULL};
  static const char *const signatures[] = {"anonymous", "rsa", "dsa", "ecdsa", NULL};
  static const char *const versions[] = {"v1", NULL};
  lua_newtable(L);
  set_code_point(L, "version", sct->version, versions);
  if (sct->version != 0)
    return;
  lw_push_hex(L, sct->log_id);
  lua_setfield(L, -2, "log_id");
  lua_pushnumber(L, (lua_Number)sct->timestamp / 1000);
  lua_setfield(L, -2, "timestamp");
  lw_set_string(L, "extensions", sct->extensions);
  set_code_point(L, "hash", sct->hash, hashes);
  set_code_point(L, "signature_algorithm", sct->algorithm, signatures);
  lw_set_string(L, "signature", sct->signature);
}

/***
The promises of certificate transparency logs that are embedded in the certificate. `log_id` is
hex,
`timestamp` is Unix seconds with a fraction, `signature` and `extensions` are bytes; `version`,
`hash` and `signature_algorithm` are `{value=, name=}`. Of a version other than v1 only the
version is known.
@function certificate:signed_certificate_timestamps
@treturn ?{table,...}
@see RFC 6962 section 3.3
*/
static int certificate_signed_certificate_timestamps (lua_State *L) {
  const lw_X509 *x = with_extension(L, LW_SIGNED_CERTIFICATE_TIMESTAMPS);
  lw_Sct sct;
  lw_Der list;
  int count = 0;
  if (x == NULL)
    return 1;
  list = lw_der_reader(lw_x509_extension(x, LW_SIGNED_CERTIFICATE_TIMESTAMPS)->value, NULL, NULL);
  lw_sct_open(&list);
  lua_newtable(L);
  while (lw_sct_next(&list, &sct)) {
    push_sct(L, &sct);
    lua_rawseti(L, -2, ++count);
  }
  return 1;
}

/***
The TLS extensions the server must answer; 5, status_request, is known as "must staple".
@function certificate:tls_features
@treturn ?{int,...} TLS extension types
@see RFC 7633
*/
static int certificate_tls_features (lua_State *L) {
  const lw_X509 *x = with_extension(L, LW_TLS_FEATURES);
  lw_Der list;
  int feature, count = 0;
  if (x == NULL)
    return 1;
  lua_newtable(L);
  for (list = lw_x509_open(x, LW_TLS_FEATURES); lw_feature_next(&list, &feature);) {
    lw_pushinteger(L, feature);
    lua_rawseti(L, -2, ++count);
  }
  return 1;
}

const luaL_Reg lw_certificate_extensions[] = {
    {"subject_alt_names", certificate_subject_alt_names},
    {"issuer_alt_names", certificate_issuer_alt_names},
    {"basic_constraints", certificate_basic_constraints},
    {"key_usage", certificate_key_usage},
    {"extended_key_usage", certificate_extended_key_usage},
    {"subject_key_identifier", certificate_subject_key_identifier},
    {"authority_key_identifier", certificate_authority_key_identifier},
    {"authority_information_access", certificate_authority_information_access},
    {"crl_distribution_points", certificate_crl_distribution_points},
    {"certificate_policies", certificate_certificate_policies},
    {"name_constraints", certificate_name_constraints},
    {"signed_certificate_timestamps", certificate_signed_certificate_timestamps},
    {"tls_features", certificate_tls_features},
    {NULL, NULL}};
