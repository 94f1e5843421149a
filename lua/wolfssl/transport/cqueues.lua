--- cqueues: its socket objects, and any descriptor, waited for by its controllers.
--
-- Outside of a running controller a wait is poll(2).
-- @module wolfssl.transport.cqueues

local condition = require "cqueues.condition"
local cqueues = require "cqueues"
local dns = require "cqueues.dns"
local errno = require "cqueues.errno"
local packet = require "cqueues.dns.packet"
local record = require "cqueues.dns.record"
local socket = require "cqueues.socket"

local core = require("wolfssl.core").fd
local deadline = require "wolfssl.transport.deadline"
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

local function is_address(host)
  return host:find "^%d+%.%d+%.%d+%.%d+$" or host:find(":", 1, true)
end

local function records(name, kind, timeout)
  local answer, list = dns.query(name, kind, "IN", timeout), {}
  if not answer then return list end
  for found in answer:grep { section = packet.section.ANSWER, type = record[kind] } do
    list[#list + 1] = found:addr()
  end
  return list
end

-- Those of IPv6 where there are no others. What is too long for a name ends the process in cqueues.
function Loop.resolve(_, host, timeout)
  if is_address(host) then return core.addresses(host) end
  local moment = deadline.after(timeout)
  for _, kind in ipairs(#host < 256 and { "A", "AAAA" } or {}) do
    local list = records(host, kind, deadline.left(moment))
    if list[1] then return list end
  end
  return nil, "cannot find " .. host
end

-- What needs no resolver needs none of the socket objects either, which take twice the time.
function Loop.connect(_, host, port, timeout)
  if not is_address(host) then return M.connect(host, port, timeout) end
  local transport, why = fd.dial(host, port, timeout, LOOP)
  if transport then return transport end
  return nil, ("cannot connect to %s:%d: %s"):format(host, port, why),
    why == "timeout" and "timeout" or "network_error"
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
