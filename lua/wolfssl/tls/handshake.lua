--- Handshake messages: one type for all of them, and their way out of records.
--
-- A message is `{msg_type = {value =, name =}, body = …}`. `body` is the structure that the file
-- in `message/` describes, or the bytes themselves where the type is unknown or the context does
-- not tell its form (see `wolfssl.tls.message.negotiated`).
-- @module wolfssl.tls.handshake
-- @see RFC 8446 section 4
-- @see RFC 5246 section 7.4
-- @see RFC 6347 section 4.2.2
local buffer = require "wolfssl.tls.buffer"
local extension = require "wolfssl.tls.extension"
local handshake_type = require "wolfssl.tls.registry.handshake_type"
local negotiated = require "wolfssl.tls.message.negotiated"
local server_hello = require "wolfssl.tls.message.server_hello"
local wire = require "wolfssl.tls.wire"

local M = {}

local WITHOUT_FORMAT = { hello_retry_request = true, channel_id = true }

--- The type of each body by message name.
M.bodies = {}
for _, entry in ipairs(handshake_type.list) do
  if not WITHOUT_FORMAT[entry.name] then
    M.bodies[entry.name] = require("wolfssl.tls.message." .. entry.name)
  end
end

local body = wire.select("msg_type", handshake_type, M.bodies, negotiated.bytes)

local Handshake = wire.named("handshake message", wire.struct {
  { "msg_type", wire.enum(handshake_type) },
  { "body", wire.sized(body, 0, 16777215) },
})

-- A fragment is the whole message when fragment_offset is 0 and fragment_length is length.
local DTLSFragment = wire.named("DTLS handshake fragment", wire.struct {
  { "msg_type", wire.enum(handshake_type) },
  { "length", wire.uint24 },
  { "message_seq", wire.uint16 },
  { "fragment_offset", wire.uint24 },
  { "fragment", wire.opaque(0, 16777215) },
})

--- The description of a message, for `wolfssl.tls.wire`.
M.type = Handshake

--- Decodes one message with its header.
-- @tparam string bytes
-- @tparam ?table context `{version =, cipher_suite =, dtls =}`
-- @return message; or nil, text, "decode_error", `{path =, offset =}`
function M.decode(bytes, context)
  return wire.decode(Handshake, bytes, context)
end

--- Encodes one message with its header; raises when a value is impossible.
-- @tparam table message as decoded; code points also as names or numbers; `body` also as bytes
-- @tparam ?table context
-- @treturn string bytes
function M.encode(message, context)
  return wire.encode(Handshake, message, context)
end

--- The places of all fields of a message.
-- @tparam string bytes
-- @tparam ?table context
-- @return spans as `wolfssl.tls.wire` gives them; or nil, text, "decode_error",
-- `{path =, offset =}`
function M.spans(bytes, context)
  return wire.spans(Handshake, bytes, context)
end

--- What a message is called: its type, but "hello_retry_request" where a ServerHello is one. The
-- type that drafts of TLS 1.3 had for that is reserved, and called so.
-- @tparam table message decoded
-- @treturn string
function M.name(message)
  if message.msg_type.name == "server_hello" and type(message.body) == "table"
      and message.body.random == server_hello.retry_random then
    return "hello_retry_request"
  end
  local name = message.msg_type.name
  return name == "hello_retry_request" and "hello_retry_request_RESERVED" or name
end

--- Writes into a context what a message settles, for the messages after it.
-- @tparam table context changed in place
-- @tparam table message decoded
function M.observe(context, message)
  if message.msg_type.name ~= "server_hello" then return end
  local hello = message.body
  local selected = extension.find(hello.extensions, "supported_versions")
  context.version = (selected and selected.selected_version or hello.legacy_version).value
  context.cipher_suite = hello.cipher_suite
end

local function too_long(length, max)
  return nil, ("handshake message of %d bytes; at most %d are taken"):format(length, max),
    "decode_error", { path = "body", offset = 1 }
end

local reassembler = {}
reassembler.__index = reassembler

--- Takes the content of a handshake record.
-- @tparam string fragment
function reassembler:push(fragment)
  self.waiting:append(fragment)
  self.pending = self.waiting.size
end

--- Gives the next message.
-- @return bytes of one whole message; nil when more fragments are needed; or nil, text,
-- "decode_error", `{path =, offset =}`
function reassembler:next()
  local header = self.waiting:peek(4)
  if not header then return nil end
  local _, a, b, c = header:byte(1, 4)
  local length = (a * 256 + b) * 256 + c
  if length > self.max then return too_long(length, self.max) end
  local bytes = self.waiting:take(length + 4)
  self.pending = self.waiting.size
  return bytes
end

--- Puts messages together from the fragments that records carry.
-- @tparam ?number max longest message taken, bytes; default 131396, the longest ClientHello
-- @treturn table with `push` and `next`; `pending` is the number of bytes waiting, which must be
-- 0 where keys change
function M.reassembler(max)
  return setmetatable({ waiting = buffer.new(), pending = 0, max = max or 131396 }, reassembler)
end

M.DTLSFragment = DTLSFragment

return M
