--- quic_transport_parameters_draft: the code point of the drafts 27 to 32 of RFC 9001.
-- @module wolfssl.tls.extension.quic_transport_parameters_draft
-- @see RFC 9001 section 8.2
return require "wolfssl.tls.extension.quic_transport_parameters"
