--- client_hello.
-- @module wolfssl.tls.message.client_hello
-- @see RFC 8446 section 4.1.2
-- @see RFC 5246 section 7.4.1.2
-- @see RFC 6347 section 4.2.1 (cookie)
local extension = require "wolfssl.tls.extension"
local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local code_points = require "wolfssl.tls.registry.code_points"
local version = require "wolfssl.tls.registry.version"
local wire = require "wolfssl.tls.wire"

local legacy_version = { "legacy_version", wire.enum(version) }
local random = { "random", wire.fixed(32) }
local legacy_session_id = { "legacy_session_id", wire.opaque(0, 32) }
local legacy_cookie = { "legacy_cookie", wire.opaque(0, 255) }
local cipher_suites = { "cipher_suites", wire.vector(wire.enum(cipher_suite), 2, 65534) }
local legacy_compression_methods = { "legacy_compression_methods",
  wire.vector(wire.enum(code_points.compression_method), 1, 255) }
local extensions = { "extensions", wire.optional(extension.list("CH")) }

local tls = wire.struct {
  legacy_version, random, legacy_session_id, cipher_suites, legacy_compression_methods,
  extensions,
}

local dtls = wire.struct {
  legacy_version, random, legacy_session_id, legacy_cookie, cipher_suites,
  legacy_compression_methods, extensions,
}

return wire.choice({ tls, dtls }, function(_, context) return context.dtls and dtls or tls end)
