--- The peer's handshake messages out of records that are held, decrypted where they are protected.
-- @module wolfssl.connection.messages

local core = require "wolfssl.core"
local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local decryptor = require "wolfssl.trace.decryptor"
local extension = require "wolfssl.tls.extension"
local handshake = require "wolfssl.tls.handshake"
local keylog = require "wolfssl.trace.keylog"
local record = require "wolfssl.tls.record"

local methods = core.connection_methods

local M = {}

extension.load()

local HANDSHAKE, APPLICATION_DATA = 22, 23
local TLS13 = 0x0304

local function each_record(bytes)
  local reader = record.reader()
  reader:push(bytes)
  return function() return (reader:next()) end
end

--- The first message of records without protection.
-- @tparam string records
-- @treturn[1] table message
-- @treturn[2] nil
-- @treturn[2] string text
-- @treturn[2] string "decode_error"
-- @treturn[2] table detail
function M.plain(records)
  local parts = handshake.reassembler()
  for one in each_record(records) do parts:push(one.fragment) end
  local bytes, text, code, detail = parts:next()
  if not bytes then return nil, text, code, detail end
  return handshake.decode(bytes)
end

-- The protection of the peer's flight, which wolfSSL has just agreed on.
local function protection(own)
  local label = (own.server and "CLIENT" or "SERVER") .. "_HANDSHAKE_TRAFFIC_SECRET"
  for _, line in ipairs(methods.secrets(own.connection)) do
    local entry = keylog.parse_line(line)
    if entry and entry.label == label then
      return decryptor.tls13(own.reading.context.cipher_suite, entry.secret)
    end
  end
end

local function settle(own)
  local facts = methods.facts(own.connection)
  own.reading.context = {
    version = facts.version, cipher_suite = cipher_suite:entry(facts.cipher_suite or 0),
  }
end

-- The content of a handshake record. What does not open is refused by wolfSSL.
local function content(own, one, protected)
  local reading = own.reading
  if not protected then return one.fragment end
  if reading.context.version ~= TLS13 or one.type.value ~= APPLICATION_DATA then return nil end
  reading.protection = reading.protection or protection(own)
  local text, kind
  if reading.protection then text, kind = reading.protection:open(one) end
  return kind == HANDSHAKE and text or nil
end

local function push(own, records, protected)
  local parts = own.reading.parts
  if own.complete then return parts:push(methods.held_messages(own.connection) or "") end
  for one in each_record(records) do
    local text = content(own, one, protected)
    if text then parts:push(text) end
  end
end

--- Gives each message that ends in these records.
-- @tparam table own of the connection
-- @tparam string records
-- @tparam boolean protected
-- @tparam function fire of the driver
-- @treturn ?boolean false: it was stopped
function M.each(own, records, protected, fire)
  own.reading = own.reading or { parts = handshake.reassembler() }
  settle(own)
  push(own, records, protected)
  local reading = own.reading
  for bytes in reading.parts.next, reading.parts do
    if not fire(own, "message", bytes:byte(), bytes, reading.context) then return false end
  end
end

return M
