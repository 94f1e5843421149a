-- A small poll scheduler for coroutines: what an event loop gives to wolfssl.transport.fd.

local core = require("wolfssl.core").fd

local M = {}

local Scheduler = {}
Scheduler.__index = Scheduler

function M.new()
  local self = setmetatable({ woken = {} }, Scheduler)
  self.loop = {
    wait = function(fd, mode, timeout) return self:wait(fd, mode, timeout) end,
    wake = function(fd) self.woken[fd] = true end,
    event = function() return self:event() end,
  }
  return self
end

-- Yields until ready() or the time is over.
function Scheduler:until_ready(ready, timeout)
  local deadline = timeout and core.monotime() + timeout
  while not ready() do
    if deadline and core.monotime() >= deadline then
      return nil, "timeout"
    end
    self.idle = self.idle + 1
    coroutine.yield()
  end
  self.idle = 0
  return true
end

function Scheduler:wait(fd, mode, timeout)
  self.woken[fd] = nil
  self.last = { fd, mode }
  return self:until_ready(function()
    return self.woken[fd] or core.poll(fd, mode, 0)
  end, timeout)
end

function Scheduler:event()
  local signals = 0
  return {
    wait = function(_, timeout)
      local before = signals
      return self:until_ready(function() return signals ~= before end, timeout)
    end,
    signal = function() signals = signals + 1 end,
  }
end

function Scheduler:sleep(seconds)
  self:until_ready(function() return false end, seconds)
end

-- Runs functions as coroutines until all are done; an error in one is raised.
function Scheduler:run(...)
  local threads = {}
  for i = 1, select("#", ...) do threads[i] = coroutine.create((select(i, ...))) end
  self.idle = 0
  while #threads > 0 do
    local alive = {}
    for _, thread in ipairs(threads) do
      local ok, err = coroutine.resume(thread)
      if not ok then error(debug.traceback(thread, tostring(err)), 0) end
      if coroutine.status(thread) ~= "dead" then alive[#alive + 1] = thread end
    end
    threads = alive
    if self.idle > 2 * #threads and self.last then -- all wait: let the system wait, too
      core.poll(self.last[1], self.last[2], 0.001)
    end
  end
end

return M
