--- Record protection by a cipher and a MAC: CBC in both orders, and no cipher at all.
-- @module wolfssl.trace.decryptor.mac
-- @see RFC 5246 section 6.2.3.1 and 6.2.3.2
-- @see RFC 4346 section 6.2.3.2
-- @see RFC 2246 section 6.2.3.2
-- @see RFC 7366
local crypto = require "wolfssl.trace.crypto"
local octets = require "wolfssl.trace.octets"

local M = {}

local protection = {}
protection.__index = protection

local function refuse(text)
  return nil, text, "decode_error"
end

local function mac_of(self, kind, version, bytes)
  local header = octets.number(self.sequence, 8) .. octets.number(kind * 65536 + version, 3)
  return crypto.hmac(self.mac, self.mac_key, header .. octets.vector(bytes, 2))
    :sub(1, self.mac_length)
end

-- The IV and the blocks of what is encrypted: TLS 1.0 chains records, later versions send the IV.
local function split_iv(self, bytes)
  if self.iv then return self.iv, bytes end
  return bytes:sub(1, self.block), bytes:sub(self.block + 1)
end

-- GenericBlockCipher: each byte of the padding tells how many others there are.
local function strip_padding(bytes)
  local count = bytes:byte(-1)
  local content = bytes:sub(1, #bytes - count - 1)
  if count >= #bytes or bytes:sub(#content + 1) ~= string.char(count):rep(count + 1) then
    return refuse("the padding is wrong")
  end
  return content
end

local function decrypt(self, bytes)
  if not self.cipher then return bytes end
  local iv, blocks = split_iv(self, bytes)
  if #iv < self.block or blocks == "" or #blocks % self.block ~= 0 then
    return refuse("the ciphertext is not a whole number of blocks")
  end
  local plain, message, code = crypto.cbc_decrypt(self.cipher, self.key, iv, blocks)
  if not plain then return nil, message, code end
  return strip_padding(plain)
end

local function split_mac(self, bytes)
  return bytes:sub(1, #bytes - self.mac_length), bytes:sub(#bytes - self.mac_length + 1)
end

-- Encrypt-then-MAC: the MAC stands behind the ciphertext and covers it.
local function open_encrypted_first(self, kind, version, fragment)
  if #fragment < self.mac_length then return refuse("a record too short to hold its MAC") end
  local sealed, mac = split_mac(self, fragment)
  if mac ~= mac_of(self, kind, version, sealed) then return refuse("the MAC is wrong") end
  return decrypt(self, sealed)
end

local function open_mac_first(self, kind, version, fragment)
  local plain, message, code = decrypt(self, fragment)
  if not plain then return nil, message, code end
  if #plain < self.mac_length then return refuse("a record too short to hold its MAC") end
  local content, mac = split_mac(self, plain)
  if mac ~= mac_of(self, kind, version, content) then return refuse("the MAC is wrong") end
  return content
end

-- What the next record of TLS 1.0 is chained to.
local function remember(self, fragment)
  self.sequence = self.sequence + 1
  if self.iv then
    local sealed = self.encrypt_then_mac and split_mac(self, fragment) or fragment
    self.iv = sealed:sub(-self.block)
  end
end

--- Opens a record.
function protection:open(record)
  local kind, version = record.type.value, record.legacy_record_version.value
  local open = self.encrypt_then_mac and open_encrypted_first or open_mac_first
  local content, message, code = open(self, kind, version, record.fragment)
  if not content then return nil, message, code end
  remember(self, record.fragment)
  return content, kind
end

local function encrypt(self, bytes, options)
  if not self.cipher then return bytes end
  local count = self.block - 1 - #bytes % self.block + (options.padding or 0) * self.block
  local iv = self.iv or options.iv or crypto.random(self.block)
  local sealed = crypto.cbc_encrypt(self.cipher, self.key, iv,
    bytes .. string.char(count):rep(count + 1))
  return self.iv and sealed or iv .. sealed
end

--- Seals content into a record.
function protection:seal(kind, content, options)
  options = options or {}
  local version = options.version or self.version
  local function authenticated(bytes) return bytes .. mac_of(self, kind, version, bytes) end
  local fragment = self.encrypt_then_mac and authenticated(encrypt(self, content, options))
    or encrypt(self, authenticated(content), options)
  remember(self, fragment)
  return octets.number(kind * 65536 + version, 3) .. octets.vector(fragment, 2)
end

--- Protection of TLS 1.0 to 1.2.
-- @tparam table options `{version =, cipher =, block =, key =, iv =, mac =, mac_key =,
-- mac_length =, encrypt_then_mac = boolean}`; `cipher` nil for NULL; `iv` only where records are
-- chained
-- @treturn table
function M.new(options)
  return setmetatable({
    version = options.version, cipher = options.cipher, block = options.block, key = options.key,
    iv = options.iv, mac = options.mac, mac_key = options.mac_key,
    mac_length = options.mac_length, encrypt_then_mac = options.encrypt_then_mac, sequence = 0,
  }, protection)
end

return M
