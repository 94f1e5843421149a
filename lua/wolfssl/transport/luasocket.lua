--- A LuaSocket TCP object as a transport. LuaSocket itself is not needed to load this.
--
-- Waiting is poll(2) unless the caller's own scheduler does it: unlike `socket.select`, poll has no
-- limit of 1024 descriptors.
-- @module wolfssl.transport.luasocket

local core = require("wolfssl.core").fd
local fd = require "wolfssl.transport.fd"

local M = {}

--- Takes what LuaSocket has read ahead: it belongs in front of what the system has. The socket is
-- non-blocking from now on.
-- @param socket
-- @treturn ?string
function M.read_ahead(socket)
  if not socket.dirty then return nil end
  local parts = {}
  socket:settimeout(0)
  while socket:dirty() do -- a longer piece could bring in more from the system, and that no end
    local byte, err = socket:receive(1)
    parts[#parts + 1] = byte
    if err then
      break
    end
  end
  local all = table.concat(parts)
  return all ~= "" and all or nil
end

--- A transport over a connected LuaSocket TCP object. It owns the socket from now on, makes it
-- non-blocking, and hands over first what LuaSocket has read ahead.
-- @tparam userdata socket
-- @tparam ?loop loop a scheduler's own `wait`, `wake`, `event` (see wolfssl.transport.fd), and
-- `forget(fd)`, called before the socket is closed
-- @treturn transport
function M.new(socket, loop)
  local descriptor = socket:getfd()
  if not descriptor or descriptor < 0 then
    error("the socket is closed", 2)
  end
  local first = M.read_ahead(socket)
  local t = fd.new(descriptor, {
    wait = loop and loop.wait or core.poll,
    wake = loop and loop.wake,
    event = loop and loop.event,
    close = function()
      if loop and loop.forget then
        loop.forget(descriptor)
      end
      socket:close()
    end,
  })
  t.first = first
  t:setoption("tcp-nodelay", true)
  return t
end

--- Whether this is a TCP object of LuaSocket.
-- @param socket anything
-- @treturn boolean
function M.fits(socket)
  return type(socket) == "userdata" and tostring(socket):find("^tcp{") ~= nil
end

return M
