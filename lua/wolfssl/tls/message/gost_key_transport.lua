--- What a client sends in a ClientKeyExchange of GOST: the premaster secret, wrapped in a key that
-- both can compute from the server's certificate and the client's ephemeral key.
-- @module wolfssl.tls.message.gost_key_transport
-- @see RFC 9189 section 4.2.4
-- @see RFC 4490 section 4.2
-- @see draft-chudov-cryptopro-cptls-04 section 5
local der = require "wolfssl.tls.wire.der"
local wire = require "wolfssl.tls.wire"

local M = {}

local octets = der.element(der.OCTET_STRING, wire.rest(1))
local key = wire.fixed(32)

local public_key_fields = {
  { "algorithm", der.element(der.SEQUENCE, wire.rest()) },
  { "subject_public_key", der.element(der.BIT_STRING, wire.rest(1)) },
}

--- For suites with CTR_OMAC: `GostKeyTransport`.
M.GostKeyTransport = der.sequence {
  { "key_exp", octets },
  { "ephemeral_public_key", der.sequence(public_key_fields) },
  { "ukm", der.optional(der.OCTET_STRING, wire.rest(1)) },
}

local KeyTransport = der.sequence {
  { "session_encrypted_key", der.sequence {
    { "encrypted_key", der.element(der.OCTET_STRING, key) },
    { "mask_key", der.optional(der.CONTEXT_0 - 0x20, key) },
    { "mac_key", octets },
  } },
  { "transport_parameters", der.optional(der.CONTEXT_0, wire.struct {
    { "encryption_param_set", der.element(der.OID, wire.rest(1)) },
    { "ephemeral_public_key", der.optional(der.CONTEXT_0, wire.struct(public_key_fields)) },
    { "ukm", octets },
  }) },
}

--- For the others: `TLSGostKeyTransportBlob`. The proxies are the draft's.
M.TLSGostKeyTransportBlob = der.sequence {
  { "key_blob", KeyTransport },
  { "proxy_key_blobs", der.optional(der.SEQUENCE, wire.rest()) },
}

return M
