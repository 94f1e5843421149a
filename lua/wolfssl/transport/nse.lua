--- nmap's scripting engine: sockets of `nmap.new_socket()`, while nmap runs its other scripts.
--
-- Such a socket belongs to the NSE thread that connected it, which is all that may use it: one
-- coroutine at a time. What a write did not send in time is lost, and the connection with it.
-- @module wolfssl.transport.nse

local nmap = require "nmap"

local M = {}

local Transport = {}
Transport.__index = Transport

-- Milliseconds; -1 waits for ever.
local function limit(self, timeout)
  self.socket:set_timeout(timeout and math.max(math.ceil(timeout * 1000), 1) or -1)
end

local REASONS = { TIMEOUT = "timeout", EOF = "eof" }

--- Takes what is there, waiting for the first byte of it.
-- @tparam int _ is not looked at: nmap gives what it has read
-- @tparam ?number timeout seconds
-- @treturn[1] string one byte or more
-- @treturn[2] nil
-- @treturn[2] string "timeout", "eof", "closed" (by us), or nmap's reason
function Transport:read(_, timeout)
  if self.closed then
    return nil, "closed"
  end
  limit(self, timeout)
  local ok, bytes = self.socket:receive()
  if ok then
    return bytes
  end
  return nil, REASONS[bytes] or bytes
end

--- Writes all bytes.
-- @tparam string bytes
-- @tparam ?number timeout seconds
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string "timeout" (nothing can be written any more), "closed" (by us), "reset" or
--   nmap's reason
function Transport:write(bytes, timeout)
  if self.closed then
    return nil, "closed"
  end
  limit(self, timeout)
  local ok, err = self.socket:send(bytes)
  if ok then
    return true
  end
  return nil, err == "EOF" and "reset" or REASONS[err] or err
end

--- Closes the socket.
-- @treturn boolean true
function Transport:close()
  if not self.closed then
    self.closed = true
    self.socket:close()
  end
  return true
end

local function addresses(self)
  if self.closed then
    return nil, "closed"
  end
  return self.socket:get_info()
end

--- The peer's address.
-- @treturn[1] string the address in numbers
-- @treturn[1] int the port
-- @treturn[2] nil
-- @treturn[2] string reason
function Transport:getpeername()
  local ok, why, _, address, port = addresses(self)
  if ok then
    return address, port
  end
  return nil, why
end

--- Our own address.
-- @treturn[1] string the address in numbers
-- @treturn[1] int the port
-- @treturn[2] nil
-- @treturn[2] string reason
function Transport:getsockname()
  local ok, address, port = addresses(self)
  if ok then
    return address, port
  end
  return nil, address
end

--- A transport over a connected socket.
-- @tparam userdata socket
-- @treturn transport
function M.new(socket)
  return setmetatable({ socket = socket }, Transport)
end

--- Connects over TCP; nmap blocks while it resolves a name.
-- @tparam string host a name or an address, such as the `ip` of a script's host
-- @tparam int port
-- @tparam ?number timeout seconds, name resolution not included
-- @treturn[1] transport
-- @treturn[2] nil
-- @treturn[2] string message, with host, port and reason
-- @treturn[2] string "timeout" or "network_error"
function M.connect(host, port, timeout)
  local self = M.new(nmap.new_socket())
  limit(self, timeout)
  local ok, err = self.socket:connect(host, port)
  if ok then
    return self
  end
  pcall(self.socket.close, self.socket)
  return nil, ("cannot connect to %s:%s: %s"):format(host, port, err),
    err == "TIMEOUT" and "timeout" or "network_error"
end

--- Whether a script of nmap runs the caller.
-- @treturn boolean
function M.running()
  return coroutine.isyieldable() -- luacheck: ignore 143
end

local metatable = getmetatable(nmap.new_socket())

--- Whether this is a socket of nmap.
-- @param socket anything
-- @treturn boolean
function M.fits(socket)
  return type(socket) == "userdata" and metatable ~= nil and getmetatable(socket) == metatable
end

return M
