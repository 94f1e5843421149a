/*
** oid.c - object identifiers: dotted text, and the names that certificates make use of.
*/

#include <string.h>

#include "lwolfssl.h"

/* An arc may be larger than any integer type (2.25 holds UUIDs): arithmetic on decimal digits. */
typedef struct Decimal {
  unsigned char digits[LW_OID_TEXT]; /* least significant first */
  size_t count;
} Decimal;

static void decimal_append (Decimal *d, unsigned septet) {
  unsigned carry = septet;
  size_t i;
  for (i = 0; i < d->count || carry > 0; i++) {
    unsigned n = (i < d->count ? d->digits[i] * 128u : 0) + carry;
    d->digits[i] = (unsigned char)(n % 10);
    carry = n / 10;
  }
  d->count = i;
}

static void decimal_subtract (Decimal *d, unsigned n) {
  size_t i;
  for (i = 0; n > 0; i++) {
    unsigned digit = d->digits[i] + 10u - n % 10;
    d->digits[i] = (unsigned char)(digit % 10);
    n = n / 10 + (digit < 10);
  }
  while (d->count > 0 && d->digits[d->count - 1] == 0)
    d->count--;
}

static char *decimal_write (const Decimal *d, char *out) {
  size_t i;
  if (d->count == 0)
    *out++ = '0';
  for (i = d->count; i > 0; i--)
    *out++ = (char)('0' + d->digits[i - 1]);
  return out;
}

/* X.690 section 8.19.4: the first subidentifier holds two arcs */
static char *oid_first_arc (Decimal *d, char *out) {
  unsigned value = d->count == 0 ? 0 : d->digits[0] + (d->count > 1 ? d->digits[1] * 10u : 0);
  unsigned arc = d->count > 2 || value >= 80 ? 2 : value / 40;
  decimal_subtract(d, arc * 40);
  *out++ = (char)('0' + arc);
  *out++ = '.';
  return out;
}

const char *lw_oid_text (lw_Span oid, char text[LW_OID_TEXT]) {
  Decimal arc;
  char *out = text;
  size_t i;
  arc.count = 0;
  for (i = 0; i < oid.length; i++) {
    decimal_append(&arc, oid.data[i] & 0x7fu);
    if (oid.data[i] < 0x80) {
      out = out == text ? oid_first_arc(&arc, out) : (*out = '.', out + 1);
      out = decimal_write(&arc, out);
      arc.count = 0;
    }
  }
  *out = '\0';
  return text;
}

/* ------------------------------------------------------------------ names */

typedef struct Name {
  const char *dotted;
  const char *name;
  const char *descriptor; /* for RFC 4514: registered for LDAP with IANA */
} Name;

static const Name names[] = {
    /* attribute types: RFC 4519, RFC 5280 appendix A, RFC 2985, CA/Browser Forum */
    {"2.5.4.3", "common_name", "CN"},
    {"2.5.4.4", "surname", "SN"},
    {"2.5.4.5", "serial_number", "serialNumber"},
    {"2.5.4.6", "country_name", "C"},
    {"2.5.4.7", "locality_name", "L"},
    {"2.5.4.8", "state_or_province_name", "ST"},
    {"2.5.4.9", "street_address", "STREET"},
    {"2.5.4.10", "organization_name", "O"},
    {"2.5.4.11", "organizational_unit_name", "OU"},
    {"2.5.4.12", "title", "title"},
    {"2.5.4.13", "description", "description"},
    {"2.5.4.15", "business_category", "businessCategory"},
    {"2.5.4.16", "postal_address", "postalAddress"},
    {"2.5.4.17", "postal_code", "postalCode"},
    {"2.5.4.20", "telephone_number", "telephoneNumber"},
    {"2.5.4.41", "name", "name"},
    {"2.5.4.42", "given_name", "GN"},
    {"2.5.4.43", "initials", "initials"},
    {"2.5.4.44", "generation_qualifier", "generationQualifier"},
    {"2.5.4.45", "unique_identifier", "x500UniqueIdentifier"},
    {"2.5.4.46", "dn_qualifier", "dnQualifier"},
    {"2.5.4.65", "pseudonym", "pseudonym"},
    {"2.5.4.97", "organization_identifier", "organizationIdentifier"},
    {"0.9.2342.19200300.100.1.1", "user_id", "UID"},
    {"0.9.2342.19200300.100.1.25", "domain_component", "DC"},
    {"1.2.840.113549.1.9.1", "email_address", "email"},
    {"1.2.840.113549.1.9.2", "unstructured_name", NULL},
    {"1.2.840.113549.1.9.8", "unstructured_address", NULL},
    {"1.3.6.1.4.1.311.60.2.1.1", "jurisdiction_locality_name", NULL},
    {"1.3.6.1.4.1.311.60.2.1.2", "jurisdiction_state_or_province_name", NULL},
    {"1.3.6.1.4.1.311.60.2.1.3", "jurisdiction_country_name", NULL},
    /* extensions: RFC 5280 section 4.2, RFC 6962, RFC 7633, RFC 6960, RFC 9345 */
    {"2.5.29.9", "subject_directory_attributes", NULL},
    {"2.5.29.14", "subject_key_identifier", NULL},
    {"2.5.29.15", "key_usage", NULL},
    {"2.5.29.16", "private_key_usage_period", NULL},
    {"2.5.29.17", "subject_alt_name", NULL},
    {"2.5.29.18", "issuer_alt_name", NULL},
    {"2.5.29.19", "basic_constraints", NULL},
    {"2.5.29.30", "name_constraints", NULL},
    {"2.5.29.31", "crl_distribution_points", NULL},
    {"2.5.29.32", "certificate_policies", NULL},
    {"2.5.29.33", "policy_mappings", NULL},
    {"2.5.29.35", "authority_key_identifier", NULL},
    {"2.5.29.36", "policy_constraints", NULL},
    {"2.5.29.37", "extended_key_usage", NULL},
    {"2.5.29.46", "freshest_crl", NULL},
    {"2.5.29.54", "inhibit_any_policy", NULL},
    {"1.3.6.1.5.5.7.1.1", "authority_information_access", NULL},
    {"1.3.6.1.5.5.7.1.3", "qualified_certificate_statements", NULL},
    {"1.3.6.1.5.5.7.1.11", "subject_information_access", NULL},
    {"1.3.6.1.5.5.7.1.24", "tls_features", NULL},
    {"1.3.6.1.5.5.7.48.1.5", "ocsp_no_check", NULL},
    {"1.3.6.1.4.1.11129.2.4.2", "signed_certificate_timestamps", NULL},
    {"1.3.6.1.4.1.11129.2.4.3", "precertificate_poison", NULL},
    {"1.3.6.1.4.1.44363.44", "delegation_usage", NULL},
    {"2.16.840.1.113730.1.1", "netscape_certificate_type", NULL},
    {"2.16.840.1.113730.1.13", "netscape_comment", NULL},
    /* key purposes: RFC 5280 section 4.2.1.12 and later */
    {"2.5.29.37.0", "any_extended_key_usage", NULL},
    {"1.3.6.1.5.5.7.3.1", "server_auth", NULL},
    {"1.3.6.1.5.5.7.3.2", "client_auth", NULL},
    {"1.3.6.1.5.5.7.3.3", "code_signing", NULL},
    {"1.3.6.1.5.5.7.3.4", "email_protection", NULL},
    {"1.3.6.1.5.5.7.3.8", "time_stamping", NULL},
    {"1.3.6.1.5.5.7.3.9", "ocsp_signing", NULL},
    {"1.3.6.1.5.5.7.3.17", "ipsec_ike", NULL},
    {"1.3.6.1.4.1.311.10.3.4", "microsoft_encrypted_file_system", NULL},
    {"1.3.6.1.4.1.311.20.2.2", "microsoft_smart_card_logon", NULL},
    {"1.3.6.1.5.2.3.5", "kerberos_kdc", NULL},
    {"1.3.6.1.4.1.11129.2.4.4", "precertificate_signing", NULL},
    /* other names: RFC 8398, RFC 4985, RFC 4556, RFC 3920 */
    {"1.3.6.1.4.1.311.20.2.3", "user_principal_name", NULL},
    {"1.3.6.1.5.5.7.8.5", "xmpp_address", NULL},
    {"1.3.6.1.5.5.7.8.7", "service_name", NULL},
    {"1.3.6.1.5.5.7.8.9", "smtp_utf8_mailbox", NULL},
    {"1.3.6.1.5.2.2", "kerberos_principal_name", NULL},
    /* access methods, policies and their qualifiers: RFC 5280 section 4.2.1.4 and 4.2.2.1 */
    {"1.3.6.1.5.5.7.48.1", "ocsp", NULL},
    {"1.3.6.1.5.5.7.48.2", "ca_issuers", NULL},
    {"1.3.6.1.5.5.7.2.1", "cps", NULL},
    {"1.3.6.1.5.5.7.2.2", "user_notice", NULL},
    {"2.5.29.32.0", "any_policy", NULL},
    {"2.23.140.1.1", "extended_validation", NULL},
    {"2.23.140.1.2.1", "domain_validated", NULL},
    {"2.23.140.1.2.2", "organization_validated", NULL},
    {"2.23.140.1.2.3", "individual_validated", NULL},
    /* keys: RFC 3279, RFC 4055, RFC 5480, RFC 8410 */
    {"1.2.840.113549.1.1.1", "rsa_encryption", NULL},
    {"1.2.840.113549.1.1.7", "rsaes_oaep", NULL},
    {"1.2.840.10040.4.1", "dsa", NULL},
    {"1.2.840.10045.2.1", "ec_public_key", NULL},
    {"1.3.101.110", "x25519", NULL},
    {"1.3.101.111", "x448", NULL},
    {"1.3.101.112", "ed25519", NULL},
    {"1.3.101.113", "ed448", NULL},
    /* curves: RFC 5480 section 2.1.1.1, SEC 2, RFC 5639 */
    {"1.2.840.10045.3.1.1", "secp192r1", NULL},
    {"1.2.840.10045.3.1.7", "secp256r1", NULL},
    {"1.3.132.0.10", "secp256k1", NULL},
    {"1.3.132.0.33", "secp224r1", NULL},
    {"1.3.132.0.34", "secp384r1", NULL},
    {"1.3.132.0.35", "secp521r1", NULL},
    {"1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1", NULL},
    {"1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1", NULL},
    {"1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1", NULL},
    /* signatures: RFC 3279, RFC 4055, RFC 5758, RFC 9688 */
    {"1.2.840.113549.1.1.4", "md5_with_rsa_encryption", NULL},
    {"1.2.840.113549.1.1.5", "sha1_with_rsa_encryption", NULL},
    {"1.2.840.113549.1.1.10", "rsassa_pss", NULL},
    {"1.2.840.113549.1.1.11", "sha256_with_rsa_encryption", NULL},
    {"1.2.840.113549.1.1.12", "sha384_with_rsa_encryption", NULL},
    {"1.2.840.113549.1.1.13", "sha512_with_rsa_encryption", NULL},
    {"1.2.840.113549.1.1.14", "sha224_with_rsa_encryption", NULL},
    {"1.2.840.10045.4.1", "ecdsa_with_sha1", NULL},
    {"1.2.840.10045.4.3.1", "ecdsa_with_sha224", NULL},
    {"1.2.840.10045.4.3.2", "ecdsa_with_sha256", NULL},
    {"1.2.840.10045.4.3.3", "ecdsa_with_sha384", NULL},
    {"1.2.840.10045.4.3.4", "ecdsa_with_sha512", NULL},
    {"1.2.840.10040.4.3", "dsa_with_sha1", NULL},
    {"2.16.840.1.101.3.4.3.2", "dsa_with_sha256", NULL},
    /* hashes: RFC 4055 section 2.1 */
    {"1.2.840.113549.2.5", "md5", NULL},
    {"1.3.14.3.2.26", "sha1", NULL},
    {"2.16.840.1.101.3.4.2.1", "sha256", NULL},
    {"2.16.840.1.101.3.4.2.2", "sha384", NULL},
    {"2.16.840.1.101.3.4.2.3", "sha512", NULL},
    {"2.16.840.1.101.3.4.2.4", "sha224", NULL},
    {NULL, NULL, NULL}};

static const Name *oid_find (const char *dotted) {
  const Name *n = names;
  while (n->dotted != NULL && strcmp(n->dotted, dotted) != 0)
    n++;
  return n;
}

const char *lw_oid_name (const char *dotted) {
  return oid_find(dotted)->name;
}

const char *lw_oid_descriptor (const char *dotted) {
  return oid_find(dotted)->descriptor;
}
