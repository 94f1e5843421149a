--- One direction of a connection: bytes in, records out, opened where the keys are known.
--
-- Keys are an ordered list of candidates, `{name, epoch, make}`: the name of the secret, and a
-- method that makes the protection when it is first needed. The first candidate is in force;
-- one behind it comes into force as soon as it opens a record that those before it do not, which
-- is how keys change where the message that changes them cannot be read.
-- @module wolfssl.trace.observer.direction
local handshake = require "wolfssl.tls.handshake"
local record_reader = require("wolfssl.tls.record").reader

local M = {}

local APPLICATION_DATA = 23
local TLS13 = 0x0304
-- A message can come in as many records as it has bytes; so many are kept.
local MOST_RECORDS = 256

local direction = {}
direction.__index = direction

--- Makes a direction.
-- @tparam string from "client" or "server"
-- @treturn table direction
function M.new(from)
  return setmetatable({
    from = from, reader = record_reader(), reassembler = handshake.reassembler(),
    candidates = {}, records = {}, content_offset = 0,
  }, direction)
end

--- Puts one candidate in force, in the place of all others.
-- @tparam ?table candidate nil for no protection
function direction:switch(candidate)
  self.candidates = { candidate }
end

--- Adds a candidate that may come into force later.
-- @tparam table candidate
function direction:expect(candidate)
  self.candidates[#self.candidates + 1] = candidate
end

--- The candidate in force, or nil.
function direction:current()
  return self.candidates[1]
end

-- The protection of a candidate, made once; nil and why it cannot be made.
local function protection_of(candidate)
  if not candidate.protection then
    local protection, message = candidate:make()
    if not protection then return nil, message end
    candidate.protection = protection
  end
  return candidate.protection
end

local function try(candidate, record)
  local protection, message = protection_of(candidate)
  if not protection then return nil, message end
  local sequence = protection.sequence
  local content, kind, padding = protection:open(record)
  if not content then return nil, kind end
  record.sequence, record.padding = sequence, padding
  return content, kind
end

-- The content and its type; nil and why not.
local function open(self, record)
  local reason
  for i, candidate in ipairs(self.candidates) do
    local content, kind = try(candidate, record)
    if content then
      for _ = 2, i do table.remove(self.candidates, 1) end
      record.epoch, record.secret = candidate.epoch, candidate.name
      return content, kind
    end
    reason = reason or kind
  end
  return nil, reason or "no handshake was seen that would tell the keys"
end

--- Opens a record as far as that is possible.
-- @tparam table record of `wolfssl.tls.record`; gains `content`, and `sequence`, `padding`,
-- `epoch`, `secret` where it is protected
-- @tparam ?number version negotiated
-- @treturn number content type; nil when the record cannot be opened
-- @treturn string why not
function direction:open(record, version)
  local kind = record.type.value
  -- In TLS 1.3 a record that is protected says so, and others may still come.
  local tls13 = not version or version >= TLS13
  if tls13 and kind ~= APPLICATION_DATA or not tls13 and #self.candidates == 0 then
    record.epoch, record.content = 0, record.fragment
    return kind
  end
  record.protected = true
  record.epoch = self.candidates[1] and self.candidates[1].epoch
  local content, inner = open(self, record)
  if not content then return nil, inner end
  record.content = content
  return inner
end

--- Takes the content of a handshake record.
-- @tparam table record opened
function direction:push(record)
  if self.reassembler.pending == 0 then self.records, self.content_offset = {}, 0 end
  self.records[math.min(#self.records + 1, MOST_RECORDS)] = record
  self.reassembler:push(record.content)
end

--- The next whole message.
-- @treturn string bytes; nil when there is none, or nil, text, "decode_error", detail
-- @treturn table records that it came in
-- @treturn number where it begins in the content of the first of them
function direction:next()
  local bytes, text, code, detail = self.reassembler:next()
  if not bytes then return nil, text, code, detail end
  local records, offset = self.records, self.content_offset
  local last = records[#records]
  local left = self.reassembler.pending
  self.records, self.content_offset = { last }, #last.content - left
  return bytes, records, offset
end

return M
