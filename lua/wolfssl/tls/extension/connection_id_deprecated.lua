--- connection_id_deprecated: the code point of the drafts of RFC 9146.
-- @module wolfssl.tls.extension.connection_id_deprecated
-- @see RFC 9146 section 10.1
return require "wolfssl.tls.extension.connection_id"
