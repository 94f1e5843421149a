--- The one transport for loops that watch descriptors: all such a loop supplies is a way to wait.
--
-- The contract of every transport, which this one keeps:
--
--    t:read(max, timeout)       1 byte or more (max is a hint), or
--                               nil, "timeout" | "eof" | "closed" | "reset" | reason
--    t:write(bytes, timeout)    true when all of it is written, or
--                               nil, "timeout" | "closed" | "reset" | reason [, count]
--    t:close()                  true; idempotent; parked operations return nil, "closed"
--    t.event                    optional function: {wait = f(self, timeout), signal = f(self)}
--    t:pull(connection, timeout), t:push(connection, timeout)   optional: no string in between
--
-- A count says how many bytes went out before a timeout, so that the rest can follow later;
-- where none is given, no later write can be right. A timeout is in seconds, nil waits for ever.
-- @module wolfssl.transport.fd

local core = require("wolfssl.core").fd
local deadline = require "wolfssl.transport.deadline"

local M = {}

local Transport = {}
Transport.__index = Transport

-- A transport that nobody refers to any more closes its descriptor. Tables of Lua 5.1 and LuaJIT
-- have no finalizer: there a proxy that the transport holds goes with it.
function Transport:__gc()
  self.active = 0
  self:close()
end

local newproxy = rawget(_G, "newproxy") -- some hosts raise for a global that is not there

local function guard(self)
  if newproxy then
    self.proxy = newproxy(true)
    getmetatable(self.proxy).__gc = function()
      Transport.__gc(self)
    end
  end
end

--- What a loop supplies.
-- @table loop
-- @tfield function wait `wait(fd, "r"|"w", timeout)`: true, or nil and "timeout" or a reason
-- @tfield ?function wake `wake(fd)`: makes parked waits on it return (called before it is closed)
-- @tfield ?function close `close(fd)`: default `core.fd.close`
-- @tfield ?function event `event()`: see the transport contract

--- A transport over a descriptor, which it owns from now on.
-- @tparam int fd a connected stream socket, of any mode: no call blocks on it
-- @tparam loop loop
-- @treturn transport
function M.new(fd, loop)
  local self = setmetatable({
    fd = fd,
    loop = loop,
    event = loop.event,
    active = 0,
  }, Transport)
  guard(self)
  return self
end

--- Connects over TCP to an address.
-- @tparam string address in numbers
-- @tparam int port
-- @tparam ?number timeout seconds
-- @tparam loop loop
-- @treturn[1] transport
-- @treturn[2] nil
-- @treturn[2] string "timeout", or the system's reason
function M.dial(address, port, timeout, loop)
  local descriptor, message = core.dial(address, port)
  if not descriptor then return nil, message end
  local ok, why = loop.wait(descriptor, "w", timeout)
  if ok then ok, why = core.connected(descriptor) end
  if ok then return M.new(descriptor, loop) end
  (loop.close or core.close)(descriptor)
  return nil, why
end

-- Waits until ready; the last one out of a closed transport closes the descriptor.
local function wait(self, mode, moment)
  if self.closed then
    return nil, "closed"
  end
  self.active = self.active + 1
  local ok, err = self.loop.wait(self.fd, mode, deadline.left(moment))
  self.active = self.active - 1
  if self.closed then
    self:close()
    return nil, "closed"
  end
  return ok, err
end

-- Tries until the answer is not "again".
local function retry(self, mode, timeout, try, argument)
  local moment = timeout and deadline.after(timeout)
  while not self.closed do
    local result, err = try(self, argument)
    if result or err ~= "again" then
      return result, err
    end
    local ok, why = wait(self, mode, moment)
    if not ok then
      return nil, why
    end
  end
  return nil, "closed"
end

-- Takes what arrived before the transport took over, or what the system has.
local function take(self, max)
  local first = self.first
  if first then
    self.first = nil
    return first
  end
  return core.recv(self.fd, max)
end

--- Takes what is there, waiting for the first byte of it.
-- @tparam int max
-- @tparam ?number timeout seconds
-- @treturn[1] string one byte or more
-- @treturn[2] nil
-- @treturn[2] string "timeout", "eof", "closed" (by us), "reset", or the system's reason
function Transport:read(max, timeout)
  return retry(self, "r", timeout, take, max)
end

local function fill(self, connection)
  if self.first then
    local bytes = take(self)
    connection:receive_data(bytes)
    return #bytes
  end
  local count, message, code = connection:pull(self.fd)
  if count == 0 then
    return nil, "eof"
  end
  return count, code == "want_read" and "again" or message
end

--- Like `read`, but the bytes go straight into a connection.
-- @tparam connection connection its `pull` is used
-- @tparam ?number timeout seconds
-- @treturn[1] int number of bytes
-- @treturn[2] nil
-- @treturn[2] string as from `read`; the connection has taken note of "eof"
function Transport:pull(connection, timeout)
  return retry(self, "r", timeout, fill, connection)
end

local function drain(self, connection)
  local count, message, code = connection:push(self.fd)
  return count, code == "want_write" and "again" or message
end

--- Like `write`, but the bytes come straight out of a connection, where the rest of them stays.
-- @tparam connection connection its `push` is used
-- @tparam ?number timeout seconds
-- @treturn[1] int 0: nothing is left
-- @treturn[2] nil
-- @treturn[2] string as from `write`
function Transport:push(connection, timeout)
  return retry(self, "w", timeout, drain, connection)
end

--- Writes all bytes.
-- @tparam string bytes
-- @tparam ?number timeout seconds
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string "timeout", "closed" (by us), "reset", or the system's reason
-- @treturn[2] int how many bytes were written
function Transport:write(bytes, timeout)
  local moment = deadline.after(timeout)
  local sent = 0
  while not self.closed do
    local count, err = core.send(self.fd, bytes, sent + 1)
    sent = sent + (count or 0)
    if sent == #bytes then
      return true
    elseif not count and err ~= "again" then
      return nil, err, sent
    end
    local ok, why = wait(self, "w", moment)
    if not ok then
      return nil, why, sent
    end
  end
  return nil, "closed", sent
end

--- Closes the descriptor, at the latest when the operations parked on it have returned.
-- @treturn boolean true
function Transport:close()
  if not self.closed then
    self.closed = true
    if self.active > 0 and self.loop.wake then
      self.loop.wake(self.fd)
    end
  end
  if self.active == 0 and not self.released then
    self.released = true;
    (self.loop.close or core.close)(self.fd)
  end
  return true
end

--- Tells the peer's TCP that no more bytes come from us; reading goes on.
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string the system's reason
function Transport:finish()
  if self.closed then
    return nil, "closed"
  end
  return core.shutdown(self.fd, "w")
end

--- The descriptor.
-- @treturn[1] int
-- @treturn[2] nil once closed
function Transport:getfd()
  return not self.closed and self.fd or nil
end

--- The peer's address.
-- @treturn[1] string the address in numbers
-- @treturn[1] int the port
-- @treturn[2] nil
-- @treturn[2] string reason
function Transport:getpeername()
  if self.closed then
    return nil, "closed"
  end
  return core.peername(self.fd)
end

--- Our own address.
-- @treturn[1] string the address in numbers
-- @treturn[1] int the port
-- @treturn[2] nil
-- @treturn[2] string reason
function Transport:getsockname()
  if self.closed then
    return nil, "closed"
  end
  return core.sockname(self.fd)
end

--- Switches a socket option.
-- @tparam string name "tcp-nodelay" or "keepalive"
-- @tparam boolean value
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string reason
function Transport:setoption(name, value)
  if self.closed then
    return nil, "closed"
  end
  return core.setoption(self.fd, name, value)
end

return M
