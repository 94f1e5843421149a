/*
** alert.c - alerts of our own: wolfSSL often fails without one, and has no function to send one. RFC 8446 section 6.
*/

#include "connection.h"

#include <string.h>

typedef struct Name {
  int description;
  const char *name;
} Name;

static const Name names[] = {
    {0, "close_notify"},
    {10, "unexpected_message"},
    {20, "bad_record_mac"},
    {21, "decryption_failed"},
    {22, "record_overflow"},
    {30, "decompression_failure"},
    {40, "handshake_failure"},
    {41, "no_certificate"},
    {42, "bad_certificate"},
    {43, "unsupported_certificate"},
    {44, "certificate_revoked"},
    {45, "certificate_expired"},
    {46, "certificate_unknown"},
    {47, "illegal_parameter"},
    {48, "unknown_ca"},
    {49, "access_denied"},
    {50, "decode_error"},
    {51, "decrypt_error"},
    {60, "export_restriction"},
    {70, "protocol_version"},
    {71, "insufficient_security"},
    {80, "internal_error"},
    {86, "inappropriate_fallback"},
    {90, "user_canceled"},
    {100, "no_renegotiation"},
    {109, "missing_extension"},
    {110, "unsupported_extension"},
    {111, "certificate_unobtainable"},
    {112, "unrecognized_name"},
    {113, "bad_certificate_status_response"},
    {114, "bad_certificate_hash_value"},
    {115, "unknown_psk_identity"},
    {116, "certificate_required"},
    {120, "no_application_protocol"},
};

const char *lw_alert_name (int description) {
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (names[i].description == description)
      return names[i].name;
  return NULL;
}

static size_t alert_plain (const unsigned char alert[2], unsigned char *record) {
  lw_record_header(record, 21, 2);
  memcpy(record + 5, alert, 2);
  return 7;
}

void lw_alert_send (lw_Connection *c, int level, int description) {
  unsigned char alert[2], record[LW_SMALL_RECORD];
  size_t length;
  alert[0] = (unsigned char)level;
  alert[1] = (unsigned char)description;
  length = c->out_protected ? lw_record_alert(c, alert, record) : alert_plain(alert, record);
  if (length > 0 && lw_bytes_append(&c->out, record, length)) {
    lw_watch(c, 0, record, length);
    c->sent += length;
    c->out_sequence++;
    c->alert_sent = (int16_t)description;
  }
}
