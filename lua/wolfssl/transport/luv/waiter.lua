--- Where one coroutine waits at a time, in the loop of libuv.
-- @module wolfssl.transport.luv.waiter

local uv = require "luv"

local M = {}

--- What happens when a coroutine that was resumed raised: luv ends the program when this raises.
-- @tparam string message with a traceback
function M.failed(message)
  error(message, 0)
end

-- luv crashes at the end of a program that closed a handle behind the last turn of its loop; a
-- handle that is open does no harm. Closing is therefore left to the loop. The timer is older than
-- all that it closes, for the sake of finalizers.
local reaper, closers = uv.new_timer(), {}

local function reap()
  local list = closers
  closers = {}
  for _, close in ipairs(list) do
    close()
  end
end

--- Closes handles, in a turn of the loop.
-- @tparam function close
function M.in_turn(close)
  if uv.loop_mode() then
    return close()
  end
  closers[#closers + 1] = close
  reaper:start(0, 0, reap)
end

-- It is always the loop that resumes it.
local Waiter = {}
Waiter.__index = Waiter

--- Makes a waiter: `wait(self, timeout)` returns what is given to `resume(self, why)`, or
-- "timeout"; `wake(self)` resumes it in the next turn; `close(self)`.
-- @treturn table
function M.new()
  return setmetatable({}, Waiter)
end

function Waiter:resume(why)
  local thread = self.thread
  if not thread or self.why then
    return
  end
  self.why = why
  if thread ~= "main" then
    local ok, err = coroutine.resume(thread)
    if not ok then
      M.failed(debug.traceback(thread, tostring(err)))
    end
  end
end

function Waiter:resume_after(milliseconds, why)
  self.timer = self.timer or uv.new_timer()
  uv.update_time()
  self.timer:start(milliseconds, 0, function()
    self:resume(why)
  end)
end

local function pause(thread)
  if thread ~= "main" then
    coroutine.yield()
  elseif uv.loop_mode() then
    error("a callback of libuv cannot wait: let it start a coroutine", 0)
  else
    uv.run("once")
  end
end

-- Returns what was given to resume, or "timeout".
function Waiter:wait(timeout)
  local thread, main = coroutine.running()
  self.thread, self.why = thread and not main and thread or "main", nil
  if timeout then -- the loop's clock is in whole milliseconds
    self:resume_after(math.ceil(timeout * 1000) + 1, "timeout")
  end
  while not self.why do
    pause(self.thread)
  end
  if self.timer then
    self.timer:stop()
  end
  self.thread = nil
  return self.why
end

function Waiter:wake()
  if self.thread then
    self:resume_after(0, "woken")
  end
end

function Waiter:close()
  local timer = self.timer
  if timer then
    self.timer = nil
    timer:stop()
    M.in_turn(function()
      timer:close()
    end)
  end
end

return M
