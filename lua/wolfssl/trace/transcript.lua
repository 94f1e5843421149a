--- The handshake messages so far, hashed when someone asks.
-- @module wolfssl.trace.transcript
-- @see RFC 8446 section 4.4.1
local crypto = require "wolfssl.trace.crypto"
local octets = require "wolfssl.trace.octets"

local M = {}

local MESSAGE_HASH = "\254"
local MAX_BYTES = 1048576

local transcript = {}
transcript.__index = transcript

--- Makes an empty transcript.
-- @treturn table transcript; `overflow` is true once a message was not taken any more
function M.new()
  return setmetatable({ messages = {}, size = 0, running = {} }, transcript)
end

--- Adds a message; after 1 MiB no more are taken, and nothing is hashed any more.
-- @tparam string bytes with the header of the message
function transcript:add(bytes)
  self.size = self.size + #bytes
  self.overflow = self.overflow or self.size > MAX_BYTES
  if not self.overflow then self.messages[#self.messages + 1] = bytes end
end

--- The hash of all messages.
-- @tparam string hash as wolfCrypt calls it
-- @tparam ?string more bytes to be taken as if they came next
-- @treturn[1] string digest
-- @treturn[2] nil after an overflow
-- @treturn[3] nil
-- @treturn[3] string message
-- @treturn[3] string code "internal": out of memory
function transcript:digest(hash, more)
  if self.overflow then return nil end
  if hash == "md5sha1" then return crypto.digest(hash, self:bytes() .. (more or "")) end
  local running = self.running[hash]
  if not running then
    local state, message, code = crypto.hash(hash)
    if not state then return nil, message, code end
    running = { state = state, count = 0 }
    self.running[hash] = running
  end
  for i = running.count + 1, #self.messages do running.state:update(self.messages[i]) end
  running.count = #self.messages
  if not more then return running.state:digest() end
  local copy, message, code = running.state:copy()
  if not copy then return nil, message, code end
  return copy:update(more):digest()
end

--- The hash of the messages up to now, for when somebody asks.
-- @tparam string hash as wolfCrypt calls it
-- @treturn function that gives the digest; nil after an overflow
function transcript:digest_later(hash)
  local messages, count = self.messages, #self.messages
  return not self.overflow and function()
    return crypto.digest(hash, table.concat(messages, "", 1, count))
  end or nil
end

--- All messages, one behind the other.
-- @treturn string
function transcript:bytes()
  return table.concat(self.messages)
end

--- Puts message_hash in the place of all messages, when a HelloRetryRequest is next.
-- @tparam string hash
function transcript:retry(hash)
  local digest = self:digest(hash)
  if not digest then return end
  local message = MESSAGE_HASH .. octets.vector(digest, 3)
  self.messages, self.size, self.running = { message }, #message, {}
end

--- Another transcript of the same messages.
-- @treturn table transcript
function transcript:copy()
  local other = M.new()
  for i, bytes in ipairs(self.messages) do other.messages[i] = bytes end
  other.size, other.overflow = self.size, self.overflow
  return other
end

return M
