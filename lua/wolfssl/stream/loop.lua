--- Handshake, read, write, shutdown: each asks the connection, moves ciphertext, and asks again.
-- @module wolfssl.stream.loop

local deadline = require "wolfssl.transport.deadline"
local pattern = require "wolfssl.stream.pattern"
local pump = require "wolfssl.stream.pump"

local M = {}

local CHUNK = 16384   -- one record per flush: what waits unsent stays small
local GOODBYE = 1     -- seconds that the end of a connection may take on a slow network
local LAST_WORDS = 8  -- reads after a failed write, in search of the peer's alert
local LATE = 64       -- reads of a call whose time is over, as long as there is something

-- After these we have sent an alert that the peer should get to see.
local OUR_ALERT = {
  decode_error = true, peer_misbehaved = true, peer_incompatible = true,
  certificate_invalid = true, rejected = true, internal = true,
}

local Loop = {}
Loop.__index = Loop

--- @tparam connection connection
-- @tparam transport transport
-- @treturn loop
function M.new(connection, transport)
  local self = setmetatable({
    connection = connection,
    pump = pump.new(connection, transport),
    received = 0,
    sent = 0,
    late = 0,
  }, Loop)
  self.inbox = pattern.buffer(function()
    return self:pull(nil, self.total)
  end)
  return self
end

--- Begins a call.
-- @tparam ?number timeout seconds for all of it
-- @treturn ?number its deadline
function Loop:begin(timeout)
  self.late = 0
  return deadline.after(timeout)
end

-- The end of one wait in a call that itself must end at total.
local function moment(self, total)
  local limit = self.block_timeout
  return limit and deadline.nearer(total, deadline.after(limit)) or total
end

local function soon(self, total)
  return deadline.nearer(moment(self, total), deadline.after(GOODBYE))
end

-- What is there needs no wait: without a limit a peer that never pauses would have no end.
local function fill(self, total)
  if total and deadline.left(total) == 0 then
    self.late = self.late + 1
    if self.late > LATE then
      self.pump.waits = "want_read"
      return nil, "the peer sent more than there was time for", "timeout"
    end
  end
  return self.pump:fill(moment(self, total))
end

--- What the connection says for good; its alert goes out first.
-- @tparam ?number total deadline
-- @tparam string message
-- @tparam string code
-- @tparam ?table detail
-- @treturn nil
-- @treturn string message
-- @treturn string code
-- @treturn ?table detail
function Loop:fatal(total, message, code, detail)
  if code ~= "closed" then
    self.failure = code
  end
  self.pump:flush(soon(self, total), true)
  return nil, message, code, detail
end

--- One step of a connection whose peer may have sent something; data is kept for later reads.
-- @treturn[1] string|boolean data; true: the handshake is done
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
-- @treturn[2] ?table detail
function Loop:listen()
  if not self.ready then
    return self.connection:handshake()
  end
  local data, message, code, detail = self.connection:read()
  if data then
    self.received = self.received + #data
    self.inbox:append(data)
  end
  return data, message, code, detail
end

-- A peer that hangs up while we write has often said why: its alert may wait unread.
local function last_words(self, message, code)
  for _ = 1, LAST_WORDS do
    if self.reading or not self.pump:fill(deadline.after(0)) then
      break
    end
    local _, why, word, detail = self:listen()
    if word == "alert_received" then
      message, code = why, word
      self.failure = code
      return nil, message, code, detail
    end
  end
  self.failure = code
  return nil, message, code
end

--- Sends what there is for the network.
-- @tparam ?number total deadline
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
-- @treturn[2] ?table detail
function Loop:flush(total)
  local ok, message, code = self.pump:flush(moment(self, total))
  if code == "network_error" then
    return last_words(self, message, code)
  end
  return ok, message, code
end

-- One step of the handshake. Its handlers may wait for something, and then the time is over.
local function step(self, total)
  local early = deadline.left(total) ~= 0
  local done, message, code, detail = self.connection:handshake()
  if early and deadline.left(total) == 0 and (done or code == "want_read") then
    self.ready = done
    return nil, "a handler did not return in time", "timeout"
  end
  return done, message, code, detail
end

--- Does the handshake, or goes on with it; true when it was done before.
-- @tparam ?number total deadline
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
-- @treturn[2] ?table detail
function Loop:handshake(total)
  while not self.flushed do
    local done, message, code, detail = step(self, total)
    if code == "timeout" then
      return nil, message, code
    elseif not done and code ~= "want_read" then
      return self:fatal(total, message, code, detail)
    end
    self.ready = done
    local ok, why, word, more = self:flush(total)
    if not ok then
      return nil, why, word, more
    elseif not done then
      ok, why, word = fill(self, total)
      if not ok then
        return nil, why, word
      end
    end
    self.flushed = done
  end
  return true
end

--- Waits for ciphertext. Our own control records go first, but when they cannot, what the peer has
-- sent is still worth reading.
-- @tparam ?number total deadline
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
function Loop:fetch(total)
  local ok, message, code
  if not self.pump:idle() then
    ok, message, code = self.pump:flush(moment(self, total), true)
    if not ok and code == "timeout" then
      return nil, message, code
    end
  end
  self.reading = true
  ok, message, code = fill(self, total)
  self.reading = false
  return ok, message, code
end

-- The answer to a KeyUpdate that came before the data: the next call may be far away.
local function reply(self, total)
  self.pump:flush(soon(self, total), true)
end

--- Reads plaintext, waiting for the first byte of it.
-- @tparam ?int max
-- @tparam ?number total deadline
-- @treturn[1] string one byte or more
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
-- @treturn[2] ?table detail
function Loop:pull(max, total)
  while true do
    local data, message, code, detail = self.connection:read(max)
    if data then
      self.received = self.received + #data
      if not self.pump:idle() then
        reply(self, total)
      end
      return data
    elseif code ~= "want_read" then
      return self:fatal(total, message, code, detail)
    end
    local ok, why, word = self:fetch(total)
    if not ok then
      return nil, why, word
    end
  end
end

--- Whether there is plaintext that needs no wait.
-- @treturn boolean
function Loop:dirty()
  if self.inbox:length() == 0 and self.ready and not self.reading then
    self:listen()
  end
  return self.inbox:length() > 0
end

--- Encrypts and sends data[i..j], record by record.
-- @tparam string data
-- @tparam int i
-- @tparam int j
-- @tparam ?number total deadline
-- @treturn ?boolean true
-- @treturn ?string message
-- @treturn ?string code
-- @treturn ?table detail
-- @treturn int index of the last byte taken
function Loop:push(data, i, j, total)
  local ok, message, code, detail = self.pump:idle(), nil, nil, nil
  if not ok then
    ok, message, code, detail = self:flush(total)
  end
  while ok and i <= j do
    local last = math.min(i + CHUNK - 1, j)
    ok, message, code, detail = self.connection:write(data, i, last)
    if not ok then
      self:fatal(total, message, code, detail)
      break
    end
    self.sent = self.sent + last - i + 1
    i = last + 1
    ok, message, code, detail = self:flush(total)
  end
  return ok, message, code, detail, i - 1
end

--- Sends close_notify.
-- @tparam ?number total deadline
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
-- @treturn[2] ?table detail
function Loop:shutdown(total)
  local ok, message, code, detail = self.connection:shutdown()
  if not ok then
    return nil, message, code, detail
  end
  return self:flush(total)
end

--- Ends a connection in good manners: close_notify if it is sound, and a chance for our last alert.
-- @tparam ?number total deadline
function Loop:goodbye(total)
  local limit = soon(self, total)
  local raised = not self.failure and self.connection.rejected -- by a handler's mistake, past us
  if raised then self.failure = "rejected" end
  if raised or self.ready and not self.failure and not self.pump.flusher
    and self.connection:shutdown() then
    self.pump:flush(limit, true)
  end
  if not self.reading then
    self.pump:finish(OUR_ALERT[self.failure] and limit or deadline.after(0))
  end
end

return M
