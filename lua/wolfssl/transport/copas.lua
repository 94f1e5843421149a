--- copas 4: LuaSocket TCP objects, raw or wrapped by copas, waited for in its loop.
--
-- copas waits inside of its own receive and send; it is given a stand-in for the socket that is
-- readable or writable when the descriptor is, and moves no bytes. Outside of a running loop a wait
-- is poll(2).
-- @module wolfssl.transport.copas

local copas = require "copas"

local core = require("wolfssl.core").fd
local fd = require "wolfssl.transport.fd"
local luasocket = require "wolfssl.transport.luasocket"

local M = {}

--- Whether copas runs the caller.
-- @treturn boolean
function M.running()
  local thread, main = coroutine.running()
  return copas.running and thread ~= nil and not main
end

-- Is asked once before the wait and once after it. `r` and `w`: somebody waits.
local StandIn = {}
StandIn.__index = StandIn

local function ready(self, mode)
  if self[mode] and core.poll(self.fd, mode, 0) then
    return 1
  end
  self[mode] = true
  return nil, "timeout", 0
end

function StandIn:receive()
  return ready(self, "r")
end

function StandIn:send()
  return ready(self, "w")
end

function StandIn:getfd()
  return self.fd
end

function StandIn.dirty()
  return false
end

local function park(standin, mode, timeout)
  local limit, ok, err = timeout or -1
  if mode == "r" then
    copas.settimeouts(standin, nil, nil, limit)
    ok, err = copas.receive(standin, 1)
  else
    copas.settimeouts(standin, nil, limit)
    ok, err = copas.send(standin, "")
  end
  standin[mode] = nil
  return ok, err
end

local function event()
  local turn = copas.semaphore.new(1, 0, math.huge)
  return {
    wait = function(_, timeout)
      return turn:take(1, timeout)
    end,
    signal = function()
      turn:give(1)
    end,
  }
end

-- For one descriptor. Its stand-in is one for reader and writer, as select tells sockets apart by
-- their descriptors; it is replaced after a timeout, since copas remembers who waited for it.
local function new_loop()
  local standin
  local loop = { event = event }

  function loop.wait(descriptor, mode, timeout)
    if timeout == 0 or not M.running() then
      return core.poll(descriptor, mode, timeout)
    elseif not standin or standin.stale and not (standin.r or standin.w) then
      standin = setmetatable({ fd = descriptor }, StandIn)
    end
    local ok, err = park(standin, mode, timeout)
    standin.stale = standin.stale or not ok
    return ok, err
  end

  -- Makes it readable and writable, whether or not copas looks at it already.
  function loop.wake(descriptor)
    core.shutdown(descriptor, "rw")
  end

  return loop
end

local function is_wrapped(socket)
  return type(socket) == "table" and luasocket.fits(socket.socket)
end

--- A transport over a connected socket, which it owns from now on.
-- @tparam userdata|table|int socket a LuaSocket TCP object, raw or wrapped, or a descriptor
-- @treturn transport
function M.new(socket)
  if type(socket) == "number" then
    return fd.new(socket, new_loop())
  end
  return luasocket.new(is_wrapped(socket) and socket.socket or socket, new_loop())
end

--- Connects over TCP. LuaSocket resolves the name, and blocks meanwhile.
-- @tparam string host a name or an address
-- @tparam int port
-- @tparam ?number timeout seconds, name resolution not included
-- @treturn[1] transport
-- @treturn[2] nil
-- @treturn[2] string message, with host, port and reason
-- @treturn[2] string "timeout" or "network_error"
function M.connect(host, port, timeout)
  local socket = require("socket").tcp()
  copas.settimeouts(socket, timeout or -1)
  local ok, err = copas.connect(socket, host, port)
  if ok then
    return M.new(socket)
  end
  socket:close()
  return nil, ("cannot connect to %s:%d: %s"):format(host, port, err),
    err == "timeout" and "timeout" or "network_error"
end

--- Whether to wait for this here: what copas has wrapped, and any other socket while copas
-- runs the caller.
-- @param socket anything
-- @treturn boolean
function M.fits(socket)
  return is_wrapped(socket)
    or M.running() and (type(socket) == "number" or luasocket.fits(socket))
end

return M
