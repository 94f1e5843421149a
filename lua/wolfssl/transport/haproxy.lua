--- HAProxy: sockets of `core.tcp()`, and the applet of a TCP service, while HAProxy serves others.
--
--     core.register_service("echo", "tcp", function(applet)
--       local stream = context:wrap(applet)
--       …
--     end)
--
-- HAProxy has no way to ask for what is there, only for so many bytes: reads go record by record.
-- A timeout closes its sockets, so what was not there in time ends the connection. Applets have the
-- timeouts of their frontend instead. One coroutine at a time may use a connection, since HAProxy
-- makes Lua yield anywhere. With `lua-load-per-thread` each thread has a state of its own.
--
-- In HAProxy 2.6 a socket of `core.tcp()` goes to sleep when its peer has sent more than the buffer
-- (`tune.bufsize`) holds and Lua has not read it yet; it wakes when its timeout is over. Sockets
-- are good for short exchanges, not for downloads; applets do not have this fault.
-- @module wolfssl.transport.haproxy

local deadline = require "wolfssl.transport.deadline"

local haproxy = core -- luacheck: ignore 113

local M = {}

local FOREVER = 2147483 -- seconds; HAProxy's own default is 5
local LAG = 0.05        -- seconds by which HAProxy's clock may be behind ours

local Transport = {}
Transport.__index = Transport

-- Prepares an operation; false: HAProxy has ended the socket already, and would raise.
local function begin(self, moment)
  if self.closed or self.late then
    return false
  elseif not self.socket.settimeout then
    return true
  end
  local seconds = (deadline.left(moment) or FOREVER) + LAG
  return (pcall(self.socket.settimeout, self.socket, seconds))
end

-- Why nothing comes or goes any more: HAProxy says the same of all that ends a connection.
local function reason(self, moment, otherwise)
  if self.closed then
    return "closed"
  elseif self.late then
    return "HAProxy has closed it, as a timeout was over"
  elseif deadline.left(moment) == 0 then
    self.late = true
    return "timeout"
  end
  return otherwise
end

local function take(self, count, moment)
  if not begin(self, moment) then
    return ""
  end
  local bytes, _, partial = self.socket:receive(count)
  return bytes or partial or ""
end

-- The bytes that follow the first one of a record: its type tells it from text.
local function rest(self, first, moment)
  if not first:find "^[\20-\24]" then
    return ""
  end
  local head = take(self, 4, moment)
  local major, _, high, low = head:byte(1, 4)
  if not low or major ~= 3 then
    return head
  end
  return head .. take(self, high * 256 + low, moment)
end

--- Takes a record, or a byte of what is none, waiting for it.
-- @tparam int _ is not looked at
-- @tparam ?number timeout seconds; none for applets
-- @treturn[1] string one byte or more
-- @treturn[2] nil
-- @treturn[2] string "timeout" (nothing can be read any more), "eof", or "closed" (by us)
function Transport:read(_, timeout)
  local moment = deadline.after(timeout)
  local first = take(self, 1, moment)
  if first == "" then
    return nil, reason(self, moment, "eof")
  end
  return first .. rest(self, first, moment)
end

--- Writes all bytes.
-- @tparam string bytes
-- @tparam ?number timeout seconds; none for applets
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string "timeout" (nothing can be written any more), "closed" (by us) or "reset"
function Transport:write(bytes, timeout)
  local moment = deadline.after(timeout)
  local sent = begin(self, moment) and self.socket:send(bytes)
  if sent and sent >= #bytes then
    return true
  end
  return nil, reason(self, moment, "reset")
end

--- Closes a socket. An applet's connection is closed when its function returns.
-- @treturn boolean true
function Transport:close()
  if not self.closed then
    self.closed = true
    if self.socket.close then
      self.socket:close()
    end
  end
  return true
end

--- A transport over a connected socket, or over an applet.
-- @tparam table socket
-- @treturn transport
function M.new(socket)
  return setmetatable({ socket = socket }, Transport)
end

--- Connects over TCP. HAProxy resolves no names while it runs.
-- @tparam string host an address
-- @tparam int port
-- @tparam ?number timeout seconds
-- @treturn[1] transport
-- @treturn[2] nil
-- @treturn[2] string message, with host, port and reason
-- @treturn[2] string "timeout" or "network_error"
function M.connect(host, port, timeout)
  local self = M.new(haproxy.tcp())
  local moment = deadline.after(timeout)
  begin(self, moment)
  local raised, ok, err = pcall(self.socket.connect, self.socket, host, port)
  if raised and ok then
    return self
  end
  self:close()
  local late = deadline.left(moment) == 0
  return nil, ("cannot connect to %s:%s: %s"):format(host, port, late and "timeout" or err or ok),
    late and "timeout" or "network_error"
end

--- Whether this is code that HAProxy runs as it serves: there is no socket for it while it loads.
-- @treturn boolean
function M.running()
  return coroutine.isyieldable() -- luacheck: ignore 143
end

--- Whether this is a socket or a TCP applet of HAProxy.
-- @param socket anything
-- @treturn boolean
function M.fits(socket)
  local name = type(socket) == "table" and tostring(socket)
  return name == "HAProxy class Socket" or name == "HAProxy class AppletTCP"
end

return M
