--- Record protection by an AEAD: TLS 1.2 and TLS 1.3.
-- @module wolfssl.trace.decryptor.aead
-- @see RFC 8446 section 5.2
-- @see RFC 5246 section 6.2.3.3
-- @see RFC 5288
-- @see RFC 6655
-- @see RFC 7905
local crypto = require "wolfssl.trace.crypto"
local key_schedule = require "wolfssl.trace.key_schedule.tls13"
local octets = require "wolfssl.trace.octets"

local M = {}

local APPLICATION_DATA = 23
local EXPLICIT = 8

-- The sequence number, padded on the left to the length of the IV, XORed onto the IV: zeros of the
-- padding change nothing.
local function counted_nonce(iv, sequence)
  local size = 1
  while sequence >= 256 ^ size do size = size + 1 end
  return iv:sub(1, #iv - size) .. octets.xor(iv:sub(-size), octets.number(sequence, size))
end

local function refuse(text)
  return nil, text, "decode_error"
end

local tls12 = {}
tls12.__index = tls12

-- RFC 5246 section 6.2.3.3; the length is that of the plaintext.
local function additional_data(self, kind, version, length)
  return octets.number(self.sequence, 8) .. octets.number(kind * 65536 + version, 3)
    .. octets.number(length, 2)
end

--- Opens a record.
function tls12:open(record)
  local fragment = record.fragment
  local explicit = self.explicit and fragment:sub(1, EXPLICIT) or ""
  local length = #fragment - (self.explicit and EXPLICIT or 0) - self.tag_length
  if length < 0 then return refuse("a protected record too short to hold its tag") end
  local nonce = self.explicit and self.iv .. explicit or counted_nonce(self.iv, self.sequence)
  local content, message, code = crypto.open(self.cipher, self.key, nonce,
    additional_data(self, record.type.value, record.legacy_record_version.value, length),
    fragment:sub(#explicit + 1))
  if not content then return nil, message, code end
  self.sequence = self.sequence + 1
  return content, record.type.value
end

--- Seals content into a record.
function tls12:seal(kind, content, options)
  local version = options and options.version or self.version
  local explicit = self.explicit and octets.number(self.sequence, EXPLICIT) or ""
  local nonce = self.explicit and self.iv .. explicit or counted_nonce(self.iv, self.sequence)
  local sealed = crypto.seal(self.cipher, self.key, nonce,
    additional_data(self, kind, version, #content), content)
  self.sequence = self.sequence + 1
  return octets.number(kind * 65536 + version, 3) .. octets.vector(explicit .. sealed, 2)
end

--- Protection of TLS 1.2.
-- @tparam table options `{cipher =, key =, iv =, tag_length =, explicit = boolean}`
-- @treturn table
function M.tls12(options)
  return setmetatable({
    cipher = options.cipher, key = options.key, iv = options.iv, tag_length = options.tag_length,
    explicit = options.explicit, version = 0x0303, sequence = 0,
  }, tls12)
end

local tls13 = {}
tls13.__index = tls13

--- Opens a record.
function tls13:open(record)
  local fragment = record.fragment
  local header = octets.number(record.type.value * 65536 + record.legacy_record_version.value, 3)
    .. octets.number(#fragment, 2)
  local inner, message, code = crypto.open(self.cipher, self.key,
    counted_nonce(self.iv, self.sequence), header, fragment)
  if not inner then return nil, message, code end
  local content, kind = inner:match("^(.*)([^%z])%z*$")
  if not content then return refuse("a protected record without a content type") end
  self.sequence = self.sequence + 1
  return content, kind:byte(), #inner - #content - 1
end

--- Seals content into a record.
function tls13:seal(kind, content, options)
  local inner = content .. string.char(kind) .. ("\0"):rep(options and options.padding or 0)
  local header = octets.number(APPLICATION_DATA * 65536 + 0x0303, 3)
    .. octets.number(#inner + self.tag_length, 2)
  local sealed = crypto.seal(self.cipher, self.key, counted_nonce(self.iv, self.sequence), header,
    inner)
  self.sequence = self.sequence + 1
  return header .. sealed
end

--- Goes on to the next traffic secret, after a KeyUpdate.
function tls13:update()
  self:use(key_schedule.next_secret(self.hash, self.secret))
end

function tls13:use(secret)
  self.secret, self.sequence = secret, 0
  self.key, self.iv = key_schedule.traffic_keys(self.hash, secret, self.key_length, 12)
end

--- Protection of TLS 1.3.
-- @tparam table options `{cipher =, hash =, secret =, key_length =, tag_length =}`
-- @treturn table
function M.tls13(options)
  local self = setmetatable({
    cipher = options.cipher, hash = options.hash, key_length = options.key_length,
    tag_length = options.tag_length,
  }, tls13)
  self:use(options.secret)
  return self
end

return M
