--- Record protection, one object for each direction and epoch.
--
--     p:open(record)                  content, type[, padding] | nil, message, "decode_error"
--     p:seal(type, content, options)  the whole record in bytes
--     p:update()                      the next traffic secret (TLS 1.3 only)
--
-- `record` is what `wolfssl.tls.record` reads: `{type =, legacy_record_version =, fragment =}`;
-- types are numbers. A record that does not open changes nothing: the same object can be tried on
-- the next one. `p.sequence` is the number of the next record. Options of `seal`: `version` (of
-- the record header), `padding` (TLS 1.3: zero bytes; CBC: further blocks), `iv` (explicit, CBC).
-- @module wolfssl.trace.decryptor
local aead = require "wolfssl.trace.decryptor.aead"
local mac = require "wolfssl.trace.decryptor.mac"
local octets = require "wolfssl.trace.octets"

local M = {}

local TLS10, TLS11, TLS13 = 0x0301, 0x0302, 0x0304

local HASHES = { SHA256 = true, SHA384 = true }
local MACS = { MD5 = true, SHA1 = true, SHA256 = true, SHA384 = true }
local CBC = { AES128 = "aes-128-cbc", AES256 = "aes-256-cbc", ["3DES168"] = "3des-ede-cbc" }

local function aead_cipher(suite)
  if suite.cipher == "CHACHA20" then return "chacha20-poly1305" end
  if suite.cipher ~= "AES" or not suite.aead then return nil end
  local short_tag = suite.mode == "CCM" and suite.tag_length == 8
  return ("aes-%d-%s%s"):format(suite.bits, suite.mode:lower(), short_tag and "-8" or "")
end

local function cbc_cipher(suite)
  return CBC[("%s%.0f"):format(suite.cipher, suite.bits)]
end

local function known_cipher(version, suite)
  if (version >= TLS13) == (suite.key_exchange ~= nil) then return false end
  if suite.aead then return aead_cipher(suite) end
  return (suite.cipher == "NULL" or cbc_cipher(suite)) and MACS[suite.mac]
end

--- Whether the records of a connection can be opened at all.
-- @tparam number version
-- @tparam table suite registry entry of the cipher suite, whether listed or not
-- @treturn boolean true; or nil, message, "not_compiled_in"
function M.supports(version, suite)
  if version < TLS10 then return nil, "SSL 3.0 is not decrypted", "not_compiled_in" end
  if HASHES[suite.hash] and known_cipher(version, suite) then return true end
  return nil, ("%s: this cipher suite is not supported"):format(suite.name), "not_compiled_in"
end

--- Protection of TLS 1.3.
-- @tparam table suite registry entry of the cipher suite
-- @tparam string secret traffic secret
-- @treturn table protection; or nil, message, "not_compiled_in"
-- @see RFC 8446 section 5.2 and 7.3
function M.tls13(suite, secret)
  local ok, message, code = M.supports(TLS13, suite)
  if not ok then return nil, message, code end
  return aead.tls13 {
    cipher = aead_cipher(suite), hash = suite.hash:lower(), secret = secret,
    key_length = suite.key_length, tag_length = suite.tag_length,
  }
end

local function with_mac(version, suite, side, keys, extensions)
  local cipher = cbc_cipher(suite)
  return mac.new {
    version = version, cipher = cipher, block = suite.block_length,
    key = keys[side .. "_write_key"],
    iv = version < TLS11 and cipher and keys[side .. "_write_IV"] or nil,
    mac = suite.mac:lower(), mac_key = keys[side .. "_write_MAC_key"],
    mac_length = extensions.truncated_hmac and 10 or suite.mac_length,
    encrypt_then_mac = extensions.encrypt_then_mac and cipher ~= nil,
  }
end

--- Protection of TLS 1.0 to 1.2.
-- @tparam number version
-- @tparam table suite registry entry of the cipher suite
-- @tparam string side "client" or "server", who writes
-- @tparam table keys as `key_block` of `wolfssl.trace.key_schedule.tls12` gives them
-- @tparam ?table extensions negotiated: `encrypt_then_mac`, `truncated_hmac`
-- @treturn table protection; or nil, message, "not_compiled_in"
-- @see RFC 5246 section 6.2.3
function M.tls12(version, suite, side, keys, extensions)
  local ok, message, code = M.supports(version, suite)
  if not ok then return nil, message, code end
  if not suite.aead then return with_mac(version, suite, side, keys, extensions or {}) end
  return aead.tls12 {
    cipher = aead_cipher(suite), key = keys[side .. "_write_key"],
    iv = keys[side .. "_write_IV"], tag_length = suite.tag_length,
    explicit = suite.cipher ~= "CHACHA20",
  }
end

local plain = {}
plain.__index = plain

--- Gives the content as it is.
function plain:open(record)
  self.sequence = self.sequence + 1
  return record.fragment, record.type.value
end

--- Puts content into a record as it is.
function plain:seal(kind, content, options)
  self.sequence = self.sequence + 1
  return octets.number(kind * 65536 + (options and options.version or self.version), 3)
    .. octets.vector(content, 2)
end

--- No protection: what a connection begins with.
-- @tparam ?number version of record headers; default TLS 1.0
-- @treturn table protection
function M.plain(version)
  return setmetatable({ version = version or TLS10, sequence = 0 }, plain)
end

return M
