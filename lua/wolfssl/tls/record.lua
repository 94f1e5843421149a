--- Records: TLS over a stream, DTLS in datagrams.
--
-- A TLS record is `{type =, legacy_record_version =, fragment =}`, both code points as registry
-- entries; the reader adds `offset`, its place in the stream from 0. A protected record has the
-- same form, its fragment being ciphertext.
-- @module wolfssl.tls.record
-- @see RFC 8446 section 5.1 and 5.2
-- @see RFC 6347 section 4.1
-- @see RFC 9147 section 4
local buffer = require "wolfssl.tls.buffer"
local content_type = require "wolfssl.tls.registry.content_type"
local sslv2 = require "wolfssl.tls.sslv2"
local version = require "wolfssl.tls.registry.version"
local wire = require "wolfssl.tls.wire"

local M = {}

--- Most bytes in a fragment: 2^14 of plaintext and, in TLS 1.2, 2048 that protection may add.
M.MAX_FRAGMENT = 16384 + 2048

local Record = wire.named("TLS record", wire.struct {
  { "type", wire.enum(content_type) },
  { "legacy_record_version", wire.enum(version) },
  { "fragment", wire.opaque(0, M.MAX_FRAGMENT) },
})

local DTLSRecord = wire.named("DTLS record", wire.struct {
  { "type", wire.enum(content_type) },
  { "version", wire.enum(version) },
  { "epoch", wire.uint16 },
  { "sequence_number", wire.uint48 },
  { "fragment", wire.opaque(0, M.MAX_FRAGMENT) },
})

M.type, M.dtls_type = Record, DTLSRecord

--- Decodes one TLS record, all of `bytes`.
-- @tparam string bytes
-- @return record; or nil, text, "decode_error", `{path =, offset =}`
function M.decode(bytes)
  return wire.decode(Record, bytes)
end

--- Encodes one TLS record; raises when a value is impossible.
-- @tparam table record
-- @treturn string bytes
function M.encode(record)
  return wire.encode(Record, record)
end

--- What the first bytes of a stream are.
-- @tparam string bytes five or more
-- @treturn string "tls", "sslv2" or "other"
function M.recognise(bytes)
  local kind, major = bytes:byte(1, 2)
  if major == 3 and content_type.by_value[kind] then return "tls" end
  return sslv2.recognise(bytes) and "sslv2" or "other"
end

local function refuse(offset, path, text)
  return nil, ("TLS record: %s at offset %.0f: %s"):format(path, offset, text), "decode_error",
    { path = path, offset = offset }
end

local function not_tls(offset, header)
  local seen = header:gsub("[^\32-\126]", function(c) return ("\\x%02x"):format(c:byte()) end)
  return refuse(offset, "type", "not TLS, it begins with \"" .. seen .. "\"")
end

local function next_sslv2(self, header)
  local length = sslv2.recognise(header)
  local bytes = self.waiting:take(length + 2)
  if not bytes then return nil end
  local hello, text, code, detail = sslv2.decode(bytes:sub(3))
  if not hello then
    detail.offset = detail.offset + 2
    return nil, text, code, detail
  end
  local record = { sslv2_client_hello = hello, fragment = bytes:sub(3), offset = self.offset }
  self.offset = self.offset + #bytes
  return record
end

local methods = {}
methods.__index = methods

--- Takes bytes of the stream.
-- @tparam string bytes any number
function methods:push(bytes)
  self.waiting:append(bytes)
end

--- Gives the next record.
-- @return record; nil when more bytes are needed; or nil, text, "decode_error",
-- `{path =, offset =}` (offset in the stream, from 0), and the same ever after. At the start of
-- the stream also `{sslv2_client_hello =, fragment =, offset =}`
function methods:next()
  local failure = self.failure
  if failure then return nil, failure.text, failure.code, failure.detail end
  local header = self.waiting:peek(5)
  if not header then return nil end
  local record, text, code, detail = self:read(header)
  if text then self.failure = { text = text, code = code, detail = detail } end
  return record, text, code, detail
end

function methods:read(header)
  local kind, major, minor, high, low = header:byte(1, 5)
  local entry = content_type.by_value[kind]
  if major ~= 3 or not entry then
    if self.offset == 0 and sslv2.recognise(header) then return next_sslv2(self, header) end
    return not_tls(self.offset, header)
  end
  local length = high * 256 + low
  if length > M.MAX_FRAGMENT then
    return refuse(self.offset + 3, "fragment", ("length %d is not in 0..%d")
      :format(length, M.MAX_FRAGMENT))
  end
  local bytes = self.waiting:take(5 + length)
  if not bytes then return nil end
  local record = { type = entry, legacy_record_version = version:entry(768 + minor),
    fragment = bytes:sub(6), offset = self.offset }
  self.offset = self.offset + #bytes
  return record
end

--- Makes a reader for one direction of a stream.
-- @treturn table reader with `push` and `next`; `offset` is how far it has come
function M.reader()
  return setmetatable({ waiting = buffer.new(), offset = 0 }, methods)
end

-- RFC 9147 section 4: 001CSLEE, then connection ID, sequence number, length, ciphertext.
local function read_unified(datagram, pos, cid_length)
  local first = datagram:byte(pos)
  local record = { unified = true, epoch_bits = first % 4, offset = pos - 1 }
  local has_length, long_sequence = first % 8 >= 4, first % 16 >= 8
  local header = 1 + (first % 32 >= 16 and cid_length or 0)
  record.connection_id = datagram:sub(pos + 1, pos + header - 1)
  local sequence_width = long_sequence and 2 or 1
  local need = header + sequence_width + (has_length and 2 or 0)
  if #datagram - pos + 1 < need then
    return refuse(pos - 1, "header", ("%d bytes needed"):format(need))
  end
  local a, b, c, d = datagram:byte(pos + header, pos + header + 3)
  record.sequence_bits = long_sequence and a * 256 + b or a
  local length = #datagram - pos + 1 - need
  if has_length then
    local claimed = long_sequence and c * 256 + d or b * 256 + c
    if claimed > length then
      return refuse(pos - 1, "fragment", ("length %d, but %d left"):format(claimed, length))
    end
    length = claimed
  end
  record.fragment = datagram:sub(pos + need, pos + need + length - 1)
  return record, pos + need + length
end

local function read_dtls(datagram, pos)
  local a, b = datagram:byte(pos + 11, pos + 12)
  local length = b and 13 + a * 256 + b or 13
  local record, text, code, detail =
    wire.decode(DTLSRecord, datagram:sub(pos, pos + length - 1))
  if not record then
    detail.offset = detail.offset + pos - 1
    return nil, text, code, detail
  end
  record.offset = pos - 1
  return record, pos + length
end

--- Takes a datagram apart into its DTLS records.
-- Records of DTLS 1.3 with the short header have `unified = true`, `epoch_bits`, `sequence_bits`
-- and `connection_id` in place of the fields they abbreviate.
-- @tparam string datagram
-- @tparam ?number cid_length bytes of the receiver's connection ID; default 0
-- @treturn table list of records, each with `offset` in the datagram; on an error those before it
-- @return nothing more; or text, "decode_error", `{path =, offset =}`
function M.datagram(datagram, cid_length)
  local list, pos = {}, 1
  while pos <= #datagram do
    local first = datagram:byte(pos)
    local unified = first >= 32 and first < 64
    local record, after, code, detail
    if unified then
      record, after, code, detail = read_unified(datagram, pos, cid_length or 0)
    else
      record, after, code, detail = read_dtls(datagram, pos)
    end
    if not record then return list, after, code, detail end
    list[#list + 1], pos = record, after
  end
  return list
end

return M
