--- server_hello; the same message with a certain random is a HelloRetryRequest.
-- @module wolfssl.tls.message.server_hello
-- @see RFC 8446 section 4.1.3 and 4.1.4
-- @see RFC 5246 section 7.4.1.3
local extension = require "wolfssl.tls.extension"
local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local code_points = require "wolfssl.tls.registry.code_points"
local extension_type = require "wolfssl.tls.registry.extension_type"
local version = require "wolfssl.tls.registry.version"
local wire = require "wolfssl.tls.wire"

-- SHA-256 of "HelloRetryRequest".
local RETRY_RANDOM = "\207\033\173\116\229\154\097\017\190\029\140\002\030\101\184\145"
  .. "\194\162\017\022\122\187\140\094\007\158\009\226\200\168\051\156"
local SUPPORTED_VERSIONS = 43

local lists = { HRR = extension.list("HRR"), SH = extension.list("SH"),
  SH12 = extension.list("SH12") }

-- The drafts of TLS 1.3 up to 21 said so in the version field, and left out the two fields that
-- only serve appearances.
local function is_draft(hello)
  local value = version:value(hello.legacy_version)
  return value and value >= 0x7F00 and value <= 0x7F15
end

local function form(hello, tls13)
  if hello.random == RETRY_RANDOM then return lists.HRR end
  return (tls13 or is_draft(hello)) and lists.SH or lists.SH12
end

-- The form follows from the random and from supported_versions being among the extensions.
local extensions = {
  kind = "choice", cases = { lists.SH, lists.HRR, lists.SH12 },
  read = function(s, pos, limit, env, hello)
    local tls13 = extension.present(s, pos + 2, limit, SUPPORTED_VERSIONS)
    return form(hello, tls13).read(s, pos, limit, env)
  end,
  write = function(out, value, env, hello)
    local tls13 = type(value) == "table" and extension.find(value, SUPPORTED_VERSIONS)
    form(hello, tls13).write(out, value, env)
  end,
  random = function(rng, env, hello)
    local list = form(hello, false).random(rng, env)
    if rng(1, 2) == 1 then return list end
    list = form(hello, true).random(rng, env)
    if not extension.find(list, SUPPORTED_VERSIONS) then
      list[#list + 1] = { extension_type = extension_type.by_value[SUPPORTED_VERSIONS],
        extension_data = { selected_version = version.by_value[0x0304] } }
    end
    return list
  end,
}

local random = wire.fixed(32)
local random_value = random.random
random.random = function(rng) return rng(1, 3) == 1 and RETRY_RANDOM or random_value(rng) end

local function unless_draft(kind)
  return wire.choice({ kind, wire.nothing }, function(hello)
    return is_draft(hello) and wire.nothing or kind
  end)
end

local ServerHello = wire.struct {
  { "legacy_version", wire.enum(version) },
  { "random", random },
  { "legacy_session_id_echo", unless_draft(wire.opaque(0, 32)) },
  { "cipher_suite", wire.enum(cipher_suite) },
  { "legacy_compression_method",
    unless_draft(wire.enum(code_points.compression_method)) },
  { "extensions", wire.optional(extensions) },
}

--- The random that makes a ServerHello a HelloRetryRequest.
ServerHello.retry_random = RETRY_RANDOM

return ServerHello
