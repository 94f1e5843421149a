--- cqueues: its socket objects, and any descriptor, waited for by its controllers.
--
-- Outside of a running controller a wait is poll(2).
-- @module wolfssl.transport.cqueues

local condition = require "cqueues.condition"
local cqueues = require "cqueues"
local errno = require "cqueues.errno"
local socket = require "cqueues.socket"

local core = require("wolfssl.core").fd
local fd = require "wolfssl.transport.fd"
local luasocket = require "wolfssl.transport.luasocket"

local M = {}

local function wait(descriptor, mode, timeout)
  if not cqueues.running() then
    return core.poll(descriptor, mode, timeout)
  end
  local awaited = { pollfd = descriptor, events = mode }
  if cqueues.poll(awaited, timeout) == awaited then
    return true
  end
  return nil, "timeout"
end

local function event()
  local changed = condition.new()
  return {
    wait = function(_, timeout)
      return changed:wait(timeout)
    end,
    signal = function()
      changed:signal()
    end,
  }
end

-- A controller must forget a descriptor before it is closed: its number may come again.
local function close(descriptor)
  cqueues.cancel(descriptor)
  core.close(descriptor)
end

local LOOP = {
  wait = wait, wake = cqueues.cancel, event = event, close = close, forget = cqueues.cancel,
}

-- By default some errors are raised.
local function return_code(_, _, code)
  return code
end

-- What the socket has read ahead belongs in front of what the system has.
local function buffered(s)
  local count = s:pending()
  return count > 0 and s:xread(-count, "b") or nil
end

local function of_cqueues(s)
  if s:checktls() then
    error("the socket does TLS already", 3)
  end
  s:onerror(return_code)
  if not s:peername() then
    local ok, code = s:connect()
    if not ok then
      error("the socket is not connected: " .. errno.strerror(code), 3)
    end
  end
  s:flush()
  local t = fd.new(s:pollfd(), {
    wait = wait, wake = cqueues.cancel, event = event,
    close = function()
      s:close()
    end,
  })
  t.first = buffered(s)
  t:setoption("tcp-nodelay", true)
  return t
end

--- A transport over a connected socket, which it owns from now on. What the object has read ahead
-- comes first. An object that is still connecting is waited for; one that fails to raises.
-- @tparam userdata|int s a cqueues.socket, a LuaSocket TCP object or a descriptor
-- @treturn transport
function M.new(s)
  if type(s) == "number" then
    return fd.new(s, LOOP)
  elseif luasocket.fits(s) then
    return luasocket.new(s, LOOP)
  end
  return of_cqueues(s)
end

--- Connects over TCP; the name is resolved by cqueues.
-- @tparam string host a name or an address
-- @tparam int port
-- @tparam ?number timeout seconds
-- @treturn[1] transport
-- @treturn[2] nil
-- @treturn[2] string message, with host, port and reason
-- @treturn[2] string "timeout" or "network_error"
function M.connect(host, port, timeout)
  local s, code = socket.connect { host = host, port = port }
  if s then
    s:onerror(return_code)
    local ok
    ok, code = s:connect(timeout)
    if ok then
      return M.new(s)
    end
    s:close()
  end
  return nil, ("cannot connect to %s:%d: %s"):format(host, port, errno.strerror(code)),
    code == errno.ETIMEDOUT and "timeout" or "network_error"
end

-- See `wolfssl.transport.loop`.
local Loop = {}
Loop.__index = Loop

function Loop:spawn(task, ...)
  self.controller:wrap(task, ...)
end

function Loop.wait(_, descriptor, mode, timeout)
  if descriptor then return wait(descriptor, mode, timeout) end
  cqueues.sleep(timeout)
  return nil, "timeout"
end

Loop.event = event

function Loop.connect(_, host, port, timeout)
  return M.connect(host, port, timeout)
end

function Loop.transport(_, descriptor)
  return M.new(descriptor)
end

function Loop:run()
  local ok, message, _, thread = self.controller:loop()
  if not ok then
    error(thread and debug.traceback(thread, tostring(message)) or tostring(message), 0)
  end
end

--- A controller of one's own, with the methods of every loop.
-- @treturn Loop see `wolfssl.transport.loop`
function M.loop()
  return setmetatable({ controller = cqueues.new() }, Loop)
end

--- Whether a controller runs the caller.
-- @treturn boolean
function M.running()
  return cqueues.running() ~= nil
end

--- Whether to wait for this here: a cqueues.socket, and what else has a descriptor while a
-- controller runs the caller.
-- @param s anything
-- @treturn boolean
function M.fits(s)
  return socket.type(s) ~= nil or M.running() and (type(s) == "number" or luasocket.fits(s))
end

return M
