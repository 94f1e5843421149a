--- luv, and Neovim's `vim.loop`: TCP and pipe handles, or descriptors, watched by their libuv loop.
--
-- A wait in a coroutine yields until the loop resumes it; one in the main coroutine runs the loop.
-- Close what is open and let `uv.run()` return before the program ends: luv 1.44 itself touches
-- freed memory at exit when a handle's close has not seen a turn of the loop.
-- @module wolfssl.transport.luv

local uv = require "luv"

local core = require("wolfssl.core").fd
local deadline = require "wolfssl.transport.deadline"
local fd = require "wolfssl.transport.fd"
local waiters = require "wolfssl.transport.luv.waiter"

local M = {}

local in_turn, new_waiter = waiters.in_turn, waiters.new

-- Polls one descriptor for one reader and one writer.
local Watch = {}
Watch.__index = Watch

local function new_watch(descriptor)
  local self = setmetatable({
    descriptor = descriptor,
    r = new_waiter(),
    w = new_waiter(),
    turn = new_waiter(),
    poll = assert(uv.new_poll(descriptor)),
    events = "",
  }, Watch)
  self.poll:unref()
  self.ready = function(err, events)
    self:tell(err and "rw" or events)
  end
  return self
end

function Watch:start(events)
  self.events = events
  if events == "" then
    self.poll:stop()
  else
    self.poll:start(events, self.ready)
  end
end

local function wanted(self)
  return (self.r.thread and "r" or "") .. (self.w.thread and "w" or "")
end

-- Polling goes on between two waits, as the next one mostly follows at once; what nobody has waited
-- for when it came is polled for no more.
function Watch:tell(events)
  local idle = false
  for mode in events:gmatch "[rw]" do
    idle = idle or not self[mode].thread
    self[mode]:resume "ready"
  end
  if idle and not self.poll:is_closing() then
    self:start(wanted(self))
  end
end

function Watch:wait(mode, timeout)
  if timeout == 0 then
    return core.poll(self.descriptor, mode, 0)
  elseif not self.events:find(mode, 1, true) then
    self:start(self.events == "" and mode or "rw")
  end
  self.poll:ref() -- only a wait keeps the loop running
  local why = self[mode]:wait(timeout)
  if wanted(self) == "" then
    self.poll:unref()
  end
  if why == "timeout" then
    return nil, why
  end
  return true
end

function Watch:event()
  return {
    wait = function(_, timeout)
      return self.turn:wait(timeout) ~= "timeout"
    end,
    signal = function()
      self.turn:wake()
    end,
  }
end

function Watch:close()
  self.poll:close()
  self.r:close()
  self.w:close()
  self.turn:close()
end

--- A transport over a connected TCP or pipe handle, or a descriptor, which it owns from now on.
-- Nobody may be reading from the handle.
-- @tparam userdata|int handle
-- @treturn transport
function M.new(handle)
  local descriptor = type(handle) == "number" and handle or handle:fileno()
  if not descriptor then
    error("the handle is not connected", 2)
  end
  local watch = new_watch(descriptor)
  local t = fd.new(descriptor, {
    wait = function(_, mode, timeout)
      return watch:wait(mode, timeout)
    end,
    wake = function()
      watch.r:wake()
      watch.w:wake()
    end,
    event = function()
      return watch:event()
    end,
    close = function()
      if not uv.loop_mode() then
        core.shutdown(descriptor, "rw")
      end
      in_turn(function()
        watch:close()
        if handle == descriptor then
          core.close(descriptor)
        else
          handle:close()
        end
      end)
    end,
  })
  t:setoption("tcp-nodelay", true)
  return t
end

-- Starts what calls back with an error and an answer, and waits for it.
local function await(moment, start)
  local waiter, called, err, answer = new_waiter()
  local request, why = start(function(...)
    called, err, answer = true, ...
    waiter:resume "called"
  end)
  if not request then
    return nil, why
  elseif not called then
    waiter:wait(deadline.left(moment))
    waiter:close()
  end
  if not called then
    return nil, "timeout"
  end
  return not err and (answer or true), err
end

local function connect_to(address, port, moment)
  local tcp = uv.new_tcp()
  local ok, err = await(moment, function(callback)
    return tcp:connect(address, port, callback)
  end)
  if ok then
    return M.new(tcp)
  end
  in_turn(function()
    tcp:close()
  end)
  return nil, err
end

local function addresses(host, moment)
  local list, err = await(moment, function(callback)
    return uv.getaddrinfo(host, nil, { socktype = "stream" }, callback)
  end)
  for i, entry in ipairs(list or {}) do list[i] = entry.addr end
  return list, err
end

--- The addresses of a host; libuv resolves names in a thread of its own.
-- @tparam string host a name or an address
-- @tparam ?number timeout seconds
-- @treturn[1] {string,...} in numbers
-- @treturn[2] nil
-- @treturn[2] string message
function M.resolve(host, timeout)
  local list, err = addresses(host, deadline.after(timeout))
  if list then return list end
  return nil, ("cannot find %s: %s"):format(host, err)
end

--- Connects over TCP; libuv resolves the name in a thread of its own.
-- @tparam string host a name or an address; each of a name's addresses is tried
-- @tparam int port
-- @tparam ?number timeout seconds
-- @treturn[1] transport
-- @treturn[2] nil
-- @treturn[2] string message, with host, port and reason
-- @treturn[2] string "timeout" or "network_error"
function M.connect(host, port, timeout)
  local moment = deadline.after(timeout)
  local list, err = addresses(host, moment)
  for _, address in ipairs(list or {}) do
    local transport, why = connect_to(address, port, moment)
    if transport then
      return transport
    end
    err = why
  end
  return nil, ("cannot connect to %s:%d: %s"):format(host, port, err),
    err == "timeout" and "timeout" or "network_error"
end

--- Waits until a descriptor is ready, once.
-- @tparam int descriptor
-- @tparam string mode "r" or "w"
-- @tparam ?number timeout seconds
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string "timeout"
function M.wait(descriptor, mode, timeout)
  local watch = new_watch(descriptor)
  local ok, err = watch:wait(mode, timeout)
  in_turn(function()
    watch:close()
  end)
  return ok, err
end

--- The loop of libuv with the methods of every loop; there is one in a program.
-- @treturn Loop see `wolfssl.transport.loop`
function M.loop()
  return require("wolfssl.transport.luv.loop").new()
end

--- Whether this is a TCP or pipe handle of libuv.
-- @param handle anything
-- @treturn boolean
function M.fits(handle)
  local name = tostring(handle)
  return type(handle) == "userdata" and (name:find "^uv_tcp_t" or name:find "^uv_pipe_t") ~= nil
end

return M
