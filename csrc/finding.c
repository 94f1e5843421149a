/*
** finding.c - the closed list of what can be wrong with a chain.
*/

#include <string.h>

#include "connection.h"

/* The gravest first. */
const lw_Flaw lw_flaws[] = {
    {"undecodable", LW_BAD_CERTIFICATE, "the certificate cannot be decoded"},
    {"self_signed", LW_UNKNOWN_CA, "the certificate is self-signed and not trusted"},
    {"unknown_issuer", LW_UNKNOWN_CA, "no trusted issuer was found"},
    {"not_pinned", LW_UNKNOWN_CA, "no key of the chain is among those that are pinned"},
    {"too_complex", LW_UNKNOWN_CA, "no valid chain was found within the work that is allowed"},
    {"revoked", LW_CERTIFICATE_REVOKED, "the certificate was revoked"},
    {"expired", LW_CERTIFICATE_EXPIRED, "the certificate has expired"},
    {"not_yet_valid", LW_CERTIFICATE_EXPIRED, "the certificate is not valid yet"},
    {"bad_signature", LW_BAD_CERTIFICATE, "the signature is wrong"},
    {"weak_signature", LW_BAD_CERTIFICATE, "its signature algorithm is too weak"},
    {"unknown_signature", LW_UNSUPPORTED_CERTIFICATE, "its signature algorithm is not supported"},
    {"weak_key", LW_BAD_CERTIFICATE, "its key is too small"},
    {"unsuitable_key", LW_UNSUPPORTED_CERTIFICATE,
     "its key is of a kind, a size or on a curve that is not supported"},
    {"path_length", LW_BAD_CERTIFICATE, "the chain is longer than a CA allows"},
    {"chain_too_long", LW_BAD_CERTIFICATE,
     "the chain has more intermediate certificates than are allowed"},
    {"not_a_ca", LW_BAD_CERTIFICATE, "a certificate that is no CA signed another"},
    {"leaf_is_ca", LW_BAD_CERTIFICATE,
     "a CA's certificate stands where a server's or client's must"},
    {"contradiction", LW_BAD_CERTIFICATE, "it is no CA, and has what only a CA's certificate may"},
    {"criticality", LW_BAD_CERTIFICATE,
     "an extension is critical that must not be, or is not that must be"},
    {"no_name", LW_BAD_CERTIFICATE, "a CA without a name"},
    {"bad_serial", LW_BAD_CERTIFICATE,
     "its serial number is longer than 20 octets, or not positive"},
    {"key_identifier", LW_BAD_CERTIFICATE,
     "the identifier of its key or of its issuer's is missing, or not as it must be"},
    {"bad_name", LW_BAD_CERTIFICATE, "a DNS name is not written as it must be"},
    {"common_name", LW_BAD_CERTIFICATE,
     "its common name is not one of its alternative names, character for character"},
    {"bad_purposes", LW_BAD_CERTIFICATE,
     "its extended key usages are missing, or not those that it may have"},
    {"name_constraint", LW_BAD_CERTIFICATE, "a name is outside what a CA allows"},
    {"policy", LW_BAD_CERTIFICATE, "no certificate policy holds all along the chain"},
    {"purpose", LW_UNSUPPORTED_CERTIFICATE, "the certificate is not for this purpose"},
    {"key_usage", LW_UNSUPPORTED_CERTIFICATE, "its key is not for this use"},
    {"critical_extension", LW_UNSUPPORTED_CERTIFICATE, "it has an unknown critical extension"},
    {"wrong_name", LW_BAD_CERTIFICATE, "it is for another name"},
    {"no_crl", LW_CERTIFICATE_UNKNOWN, "its revocation list is missing"},
    {"bad_crl", LW_CERTIFICATE_UNKNOWN, "its revocation list is out of date or not to be trusted"},
    {"no_staple", LW_CERTIFICATE_UNKNOWN, "it promises an OCSP response, and none came with it"},
    {"bad_staple", LW_BAD_STATUS_RESPONSE, "its OCSP response is not to be trusted"},
    {"status_unknown", LW_BAD_STATUS_RESPONSE, "the OCSP responder does not know it"},
    {"other", LW_BAD_CERTIFICATE, "wolfSSL refused it"},
};

/* That of "other" where it is in none. */
static unsigned char finding_place (const char *code) {
  size_t i = 0;
  while (i + 1 < sizeof lw_flaws / sizeof lw_flaws[0] && strcmp(lw_flaws[i].code, code) != 0)
    i++;
  return (unsigned char)i;
}

void lw_found (lw_Findings *f, int depth, const char *code) {
  lw_Finding found;
  found.depth = (unsigned char)depth;
  found.flaw = finding_place(code);
  for (size_t i = 0; i < f->count; i++)
    if (f->list[i].depth == depth && f->list[i].flaw == found.flaw)
      return;
  if (f->count < LW_FINDINGS)
    f->list[f->count++] = found;
}

const lw_Finding *lw_findings_gravest (const lw_Findings *f) {
  const lw_Finding *gravest = &f->list[0];
  for (size_t i = 1; i < f->count; i++)
    if (f->list[i].flaw < gravest->flaw)
      gravest = &f->list[i];
  return gravest;
}

void lw_findings_push (lua_State *L, const lw_Finding *list, size_t count) {
  lua_createtable(L, (int)count, 0);
  for (size_t i = 0; i < count; i++) {
    const lw_Flaw *flaw = &lw_flaws[list[i].flaw];
    lua_createtable(L, 0, 3);
    lua_pushinteger(L, list[i].depth);
    lua_setfield(L, -2, "depth");
    lua_pushstring(L, flaw->code);
    lua_setfield(L, -2, "code");
    lua_pushstring(L, flaw->text);
    lua_setfield(L, -2, "reason");
    lua_rawseti(L, -2, (int)i + 1);
  }
}
