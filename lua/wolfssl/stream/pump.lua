--- Moves ciphertext between a sans-IO connection and a transport; all waiting ends up here.
--
-- One coroutine may read while another writes. Only one of them flushes at a time: a reader that
-- has a control record to send leaves it to the flusher at work, a writer waits for its turn
-- (otherwise the queue would grow without bound).
-- @module wolfssl.stream.pump

local deadline = require "wolfssl.transport.deadline"

local running = coroutine.running

local M = {}

local READ_MAX = 16645  -- a full record: 5 + 2^14 + 256 (RFC 8446 section 5.2)
local WRITE_MAX = 65536

local Pump = {}
Pump.__index = Pump

--- @tparam connection connection anything that keeps the sans-IO contract
-- @tparam transport transport
-- @treturn pump
function M.new(connection, transport)
  return setmetatable({
    connection = connection,
    transport = transport,
    direct = transport.push ~= nil and connection.push ~= nil,
    event = transport.event and transport.event(),
  }, Pump)
end

local function explain(err, doing)
  if err == "closed" then
    return "the stream was closed while " .. doing, "closed"
  elseif err == "eof" then
    return "the peer closed the connection", "truncated"
  elseif err == "reset" then
    return "the peer reset the connection while " .. doing, "network_error"
  end
  return "the network failed while " .. doing .. ": " .. tostring(err), "network_error"
end

local function stopped(self, err, resumable)
  if err == "timeout" and resumable then
    self.waits = "want_write"
    return nil, "the network did not take the data in time", "timeout"
  end
  local message, code = explain(err, "writing")
  self.write_failure = { message = message, code = code }
  return nil, message, code
end

-- A partial write that timed out can go on later if the transport knows how far it came.
local function drain(self, moment)
  while true do
    local bytes = self.unsent or self.connection:data_to_send(WRITE_MAX)
    if bytes == "" and not self.unsent then -- an unsent "": the transport holds some back
      return true
    end
    local ok, err, count = self.transport:write(bytes, deadline.left(moment))
    self.unsent = not ok and count and bytes:sub(count + 1) or nil
    if not ok then
      return stopped(self, err, count)
    end
  end
end

-- The same where connection and transport need no string between them.
local function push(self, moment)
  local ok, err = self.transport:push(self.connection, moment and deadline.left(moment))
  if ok then
    return true
  end
  return stopped(self, err, true)
end

-- A writer waits for the flusher at work.
local function queue(self, moment)
  if type(self.flusher) == "thread" and coroutine.status(self.flusher) == "dead" then
    self.flusher = nil
    return stopped(self, "the coroutine that was writing is dead")
  elseif not self.event then
    error("this transport serves one coroutine at a time", 4)
  end
  if not self.event:wait(deadline.left(moment)) then
    self.waits = "want_write"
    return nil, "another coroutine was writing all the time", "timeout"
  end
  return true
end

--- Whether a flush would find nothing to do: asked for every record, that is cheaper than a flush.
-- @treturn boolean
function Pump:idle()
  if self.flusher or self.unsent or self.write_failure then
    return false
  end
  local unsent = self.connection.unsent
  return unsent ~= nil and unsent(self.connection) == 0
end

--- Sends what the connection has for the network.
-- @tparam ?number moment deadline
-- @tparam ?boolean reading leave it to a flusher at work
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string "timeout" (may go on later), "closed" or "network_error"
function Pump:flush(moment, reading)
  while self.flusher do
    if reading then
      return true
    end
    local ok, message, code = queue(self, moment)
    if not ok then
      return nil, message, code
    end
  end
  if self.write_failure then
    return nil, self.write_failure.message, self.write_failure.code
  end
  self.flusher = running() or "main"
  local ok, message, code = (self.direct and push or drain)(self, moment)
  self.flusher = nil
  if self.event then
    self:signal()
  end
  return ok, message, code
end

local function receive(self, moment)
  local timeout = moment and deadline.left(moment)
  if self.direct then
    return self.transport:pull(self.connection, timeout)
  end
  local bytes, err = self.transport:read(READ_MAX, timeout)
  if bytes then
    self.connection:receive_data(bytes)
  elseif err == "eof" and not self.ended then
    self.connection:receive_eof()
  end
  return bytes, err
end

--- Gives the connection what the network has, waiting for the first byte of it.
-- @tparam ?number moment deadline
-- @treturn[1] boolean true: bytes, or the end of them
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string "timeout", "closed", "truncated" or "network_error"
function Pump:fill(moment)
  if self.read_failure then
    return nil, self.read_failure.message, self.read_failure.code
  end
  local ok, err = receive(self, moment)
  if ok then
    return true
  elseif err == "timeout" then
    self.waits = "want_read"
    return nil, "nothing arrived in time", "timeout"
  elseif err == "eof" and not self.ended then
    self.ended = true
    return true
  end
  local message, code = explain(err, "reading")
  self.read_failure = { message = message, code = code }
  return nil, message, code
end

--- Wakes whoever waits for a flusher.
function Pump:signal()
  if self.event then
    self.event:signal()
  end
end

--- Ends our direction, then reads and throws away what still arrives, so that closing does not turn
-- into a reset that overtakes our last alert on its way to the peer.
-- @tparam ?number moment deadline
function Pump:finish(moment)
  if not self.transport.finish or not self.transport:finish() then
    return
  end
  for _ = 1, 64 do
    if not self.transport:read(READ_MAX, deadline.left(moment)) then
      return
    end
  end
end

return M
