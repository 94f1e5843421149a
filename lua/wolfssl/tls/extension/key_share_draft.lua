--- key_share_draft: the code point of the drafts of TLS 1.3 up to 22.
-- @module wolfssl.tls.extension.key_share_draft
-- @see RFC 8446 section 4.2.8
return require "wolfssl.tls.extension.key_share"
