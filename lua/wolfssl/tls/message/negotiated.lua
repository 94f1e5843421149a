--- What the form of a message depends on: the version and the key exchange agreed before it.
--
-- A context is a plain table: `version` (number or registry entry; DTLS versions count as the TLS
-- version they follow), `cipher_suite` (number, name or registry entry), `dtls` (true inside DTLS).
-- Where a message needs a field that the context lacks, it stays bytes.
-- @module wolfssl.tls.message.negotiated
local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local wire = require "wolfssl.tls.wire"

local M = {}

local DTLS = { [0xFEFF] = 0x0302, [0x0100] = 0x0302, [0xFEFD] = 0x0303, [0xFEFC] = 0x0304 }

--- The TLS version of a context.
-- @tparam table context
-- @treturn number such as 0x0303, or nil
function M.version(context)
  local version = context.version
  if type(version) == "table" then version = version.value end
  if version and version >= 0x7F00 and version < 0x8000 then return 0x0304 end   -- drafts
  return DTLS[version] or version
end

--- The cipher suite of a context.
-- @tparam table context
-- @treturn table registry entry, or nil
function M.suite(context)
  local value = cipher_suite:value(context.cipher_suite)
  return value and cipher_suite.by_value[value]
end

M.bytes = wire.rest()

--- A type that depends on the version.
-- @tparam table forms `tls13`, `tls12`, `tls11` (1.0 and 1.1 too), `ssl3`; the last two default
-- to the one before
-- @treturn table type
function M.by_version(forms)
  local tls11 = forms.tls11 or forms.tls12
  local ssl3 = forms.ssl3 or tls11
  local cases = { forms.tls13, forms.tls12, tls11, ssl3, M.bytes }
  return wire.choice(cases, function(_, context)
    local version = M.version(context)
    if not version then return M.bytes end
    if version >= 0x0304 then return forms.tls13 or M.bytes end
    if version == 0x0303 then return forms.tls12 end
    return version == 0x0300 and ssl3 or tls11
  end)
end

return M
