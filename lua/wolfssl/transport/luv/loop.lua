--- The loop of libuv with the methods of `wolfssl.transport.loop`.
-- @module wolfssl.transport.luv.loop

local uv = require "luv"

local luv = require "wolfssl.transport.luv"
local waiters = require "wolfssl.transport.luv.waiter"

local M = {}

local Loop = {}
Loop.__index = Loop

function Loop.spawn(_, task, ...)
  local thread = coroutine.create(task)
  local ok, err = coroutine.resume(thread, ...)
  if not ok then error(debug.traceback(thread, tostring(err)), 0) end
end

function Loop.wait(_, descriptor, mode, timeout)
  if not descriptor then
    local waiter = waiters.new()
    waiter:wait(timeout)
    waiter:close()
    return nil, "timeout"
  end
  return luv.wait(descriptor, mode, timeout)
end

-- Any number may wait.
function Loop.event()
  local parked = {}
  return {
    wait = function(_, timeout)
      local waiter = waiters.new()
      parked[waiter] = true
      local why = waiter:wait(timeout)
      parked[waiter] = nil
      waiter:close()
      return why ~= "timeout"
    end,
    signal = function()
      for waiter in pairs(parked) do
        waiter:wake()
      end
    end,
  }
end

function Loop.resolve(_, host, timeout)
  return luv.resolve(host, timeout)
end

function Loop.connect(_, host, port, timeout)
  return luv.connect(host, port, timeout)
end

function Loop.transport(_, descriptor)
  return luv.new(descriptor)
end

function Loop.run()
  local failed, failure = waiters.failed, nil
  function waiters.failed(message)
    failure = failure or message
    uv.stop()
  end
  uv.run()
  waiters.failed = failed
  if failure then error(failure, 0) end
end

--- The loop.
-- @treturn Loop
function M.new()
  return setmetatable({}, Loop)
end

return M
