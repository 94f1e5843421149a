--- One TLS connection told message by message: what is sent is up to the caller, what comes is
-- read whatever keys protect it.
--
--     local c = assert(probe.connect("example.org", 443))
--     c:send(c:client_hello { server_name = "example.org", alpn = { "h2" } })
--     local hello, entry = assert(c:expect "server_hello")
--
-- No state machine stands behind it: an observer (`wolfssl.trace.observer`) follows both directions
-- as any onlooker would who knows our private keys, and from that come the keys to seal and open
-- records. So messages may be left out, repeated, reordered, split, or lie, and a conversation can
-- stop anywhere. Nothing is verified unless asked: entries carry the checks that were made. What
-- came behind the last message that was asked for is followed when somebody asks again, says
-- something, or looks at the trace.
--
-- Methods that talk return `nil, message, code, detail` when the other side does not go along;
-- `detail` is `{expected =, entry =, alert =, conversation =}` and the conversation has the whole
-- trace (`entries`, `explain`, `capture`).
-- @module wolfssl.probe.conversation
local deadline = require "wolfssl.transport.deadline"
local entry_list = require "wolfssl.trace.observer.entries"
local expectation = require "wolfssl.probe.expectation"
local observer = require "wolfssl.trace.observer"
local options_of = require "wolfssl.options"
local recording = require "wolfssl.probe.recording"
local secret_store = require "wolfssl.trace.secrets"

local M = {}

local OPTIONS = { timeout = "number", secrets = "table", psks = "table", server_name = "string",
  entries = "any", bytes = "any", allowance = "any", trusting = "any" }
local TIMEOUT = 10
local READ_MAX = 4096     -- of the smallest records that is some hundred, each an entry
local MOST_MUTE = 262144  -- bytes that bring no message
local MOST_PASSED = 256   -- messages that nobody asked for, in one step
local TLS13 = 0x0304
--- @type Conversation
local Conversation = {}
Conversation.__index = Conversation

M.Conversation = Conversation

-- What the peer says stands in the queue until somebody takes it.
local function follow(self, options)
  local kept, allowance = entry_list.new { entries = options.entries }, self.allowance
  local function keep(entry)
    kept:add(entry)
    if entry.from ~= self.peer then return end
    self.queue[#self.queue + 1] = entry
    if allowance then allowance.messages = allowance.messages - 1 end
  end
  local seen = observer.new { secrets = self.secrets, lazy = true, take = keep,
    trusting = options.trusting }
  seen.entries, seen.omitted = kept.list, kept.omitted
  return seen
end

--- Begins a conversation.
-- @tparam table transport
-- @tparam string role "client" or "server": who we are
-- @tparam ?table options `timeout`: seconds for each step (10); `secrets`: see
-- `wolfssl.trace.secrets`, to be shared by conversations that resume one another; `psks`: list of
-- `{identity =, key =, hash =}` where there are no `secrets`; `server_name`; `entries`, `bytes`:
-- how much of it is kept at most (4096, 1 MB); `trusting`: true where no signature and no Finished
-- is to be checked; `allowance`: see `wolfssl.probe.manners`
-- @treturn Conversation
function M.new(transport, role, options)
  options = options or {}
  options_of.check(options, OPTIONS, "a conversation", 4)
  local self = setmetatable({
    transport = transport, role = role, peer = role == "client" and "server" or "client",
    timeout = options.timeout or TIMEOUT, server_name = options.server_name,
    secrets = options.secrets or secret_store.new { psks = options.psks }, queue = {}, held = {},
    seals = {}, allowance = options.allowance,
  }, Conversation)
  self.recording = recording.new(self, options.bytes)
  self.observer = follow(self, options)
  return self
end

--- Takes bytes of either side into the trace, and follows them.
-- @tparam string from "client" or "server"
-- @tparam string bytes
function Conversation:see(from, bytes)
  local seen = self:seen()
  seen:push(from, bytes, self.recording:keep(from, bytes))
  self.unread = from == self.peer
  -- What we say may teach of sessions and tickets, but for what begins a conversation: that can
  -- wait for an answer.
  if from == self.role and seen.entries[1] then self:seen() end
end

--- Follows what the other side said by a record, behind all that we said before it.
-- @treturn boolean whether there was one
function Conversation:step()
  while self.observer:step(self.role) do end
  return self.observer:step(self.peer)
end

--- The observer, once it has followed all that was said.
-- @treturn table see `wolfssl.trace.observer`
function Conversation:seen()
  while self:step() do end
  return self.observer
end

--- What a transport's error is in the words of this library.
-- @tparam string reason
-- @tparam string doing what
-- @return nil, message, code
function M.network_error(reason, doing)
  local code = reason == "timeout" and "timeout" or reason == "eof" and "truncated"
    or "network_error"
  return nil, ("the network failed while %s: %s"):format(doing, reason or "no reason was given"),
    code
end

--- What was negotiated so far: `version`, `cipher_suite`, `group`, `protocol`, `resumed` …
-- @treturn table see `wolfssl.trace.observer`
function Conversation:summary()
  return self:seen().summary
end

--- The negotiated version as a number such as 0x0303; nil before a ServerHello was asked for.
function Conversation:version()
  while self.observer:step(self.role) do end
  return self.observer.version
end

-- ---------------------------------------------------------------------------------- receiving

local function failure(self, entry, expected, message, code)
  local detail = { expected = expected, entry = entry, conversation = self,
    alert = entry and entry.kind == "alert" and entry.message or nil }
  self.recording.message, self.recording.code = message, code
  return nil, message, code, detail
end

local function undecodable(self, entry, expected)
  if entry.problem then
    return failure(self, entry, expected, entry.problem.message, entry.problem.code)
  end
end

-- The first entry that nobody has taken yet, waiting for it until then.
local function peek(self, moment, expected)
  local mute = 0
  while not self.queue[1] do
    if mute > MOST_MUTE then
      return failure(self, nil, expected, "no end of bytes without a message", "decode_error")
    end
    self.unread = self.unread and self:step()
    if not self.unread then
      local bytes, reason = self.transport:read(READ_MAX, deadline.left(moment))
      if not bytes then
        local _, message, code = M.network_error(reason, "reading")
        if reason == "eof" then message = "the other side ended the connection" end
        return failure(self, nil, expected, message, code)
      end
      self:see(self.peer, bytes)
      mute = mute + #bytes
    end
    if self.allowance then self.allowance:check(self.transport) end
  end
  return self.queue[1]
end

local function take(self)
  local entry = table.remove(self.queue, 1)
  self.latest = entry
  if entry.name == "encrypted_extensions" and entry.message then
    self.refused_early_data = not self.observer.summary.early_data
  end
  return entry.message or { content_type = entry.name, content = entry.bytes }, entry
end

--- The next message, whatever it is, and without judging it.
-- @treturn[1] table message, decoded: a handshake message, an alert, `{content_type =, content =}`
-- @treturn[1] table its entry of the trace: `name`, `checks`, `bytes`, `record` …
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code: "decode_error" for bytes that cannot be read; "truncated" at the end of
-- the stream; "timeout", "network_error"
-- @treturn[2] table detail
function Conversation:receive()
  local entry, message, code, detail = peek(self, deadline.after(self.timeout))
  if not entry then return nil, message, code, detail end
  local unread, text, reason, more = undecodable(self, entry)
  if reason then
    table.remove(self.queue, 1)
    return unread, text, reason, more
  end
  return take(self)
end

-- What TLS 1.3 lets a peer send at any time.
local ANY_TIME = { change_cipher_spec = true, new_session_ticket = true, key_update = true }

local function unexpected(self, entry, wanted)
  local fault, text, code, detail = undecodable(self, entry, wanted)
  if code then return fault, text, code, detail end
  local got, word = entry.name, "peer_misbehaved"
  if entry.kind == "alert" then
    got = ("alert %s"):format(entry.message.description.name)
    word = entry.message.description.name == "close_notify" and "closed" or "alert_received"
  end
  return failure(self, entry, wanted, ("%s came where %s was expected"):format(got, wanted), word)
end

--- The next message, which must be of a kind. One that is not stays the next; in TLS 1.3
-- ChangeCipherSpec, NewSessionTicket and KeyUpdate are passed over when they are not what is
-- expected.
-- @tparam string|table|function expected a name ("server_hello", "hello_retry_request", "alert",
-- "application_data" …; what is none raises), a list of names, or function(message, entry) that
-- returns whether it is
-- @treturn[1] table message
-- @treturn[1] table entry, see `receive`
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code: those of `receive`, "alert_received", "closed" for close_notify,
-- "peer_misbehaved" for another message
-- @treturn[2] table detail `{expected =, entry =, alert =, conversation =}`
function Conversation:expect(expected)
  local fits, wanted = expectation.of(expected)
  local moment = deadline.after(self.timeout)
  for _ = 1, MOST_PASSED do
    local entry, message, code, detail = peek(self, moment, wanted)
    if not entry then return nil, message, code, detail end
    if entry.message and not entry.problem or entry.kind == "application_data" then
      if fits(entry.message or { content_type = entry.name, content = entry.bytes }, entry) then
        return take(self)
      end
    end
    if not (ANY_TIME[entry.name] and (self:version() or 0) >= TLS13) then
      return unexpected(self, entry, wanted)
    end
    table.remove(self.queue, 1)
  end
  return failure(self, nil, wanted, "no end of messages where " .. wanted .. " was expected",
    "peer_misbehaved")
end

--- Waits for application data.
-- @return data; or nil, message, code, detail; code "closed" after close_notify
function Conversation:read()
  local message, text, code, detail = self:expect "application_data"
  if not message then return nil, text, code, detail end
  return message.content
end

--- Says close_notify, if it can, and closes the transport.
-- @treturn boolean true
function Conversation:close()
  if not self.closed then
    self.closed = true
    self:alert "close_notify"
    self.transport:close()
  end
  return true
end

--- Closes the transport without a word.
-- @treturn boolean true
function Conversation:abort()
  self.closed = true
  self.transport:close()
  return true
end

return M
