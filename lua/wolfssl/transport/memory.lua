--- Two ends in memory, joined: what one writes the other reads. For tests and demonstrations.
--
-- An end that must wait yields until there is something for it, so both sides run as coroutines;
-- `run` is all the scheduler that takes. In the main coroutine nobody else can run, and a wait
-- there is a timeout at once.
-- @module wolfssl.transport.memory

local deadline = require "wolfssl.transport.deadline"

local M = {}

local End = {}
End.__index = End

local function can_yield()
  local running, main = coroutine.running()
  return running ~= nil and not main
end

-- Yields until ready(); true, or nil and "timeout".
local function wait(ready, timeout)
  local moment = deadline.after(timeout)
  while not ready() do
    if not can_yield() or deadline.left(moment) == 0 then
      return nil, "timeout"
    end
    coroutine.yield()
  end
  return true
end

--- An event for one reader and one writer (see the transport contract in wolfssl.transport.fd).
-- @treturn table with `wait(self, timeout)` and `signal(self)`
function M.event()
  local count = 0
  return {
    wait = function(_, timeout)
      local before = count
      return wait(function()
        return count ~= before
      end, timeout)
    end,
    signal = function()
      count = count + 1
    end,
  }
end

local function end_of(inward, outward)
  return setmetatable({ inward = inward, outward = outward, event = M.event }, End)
end

--- Two joined ends.
-- @tparam[opt=65536] int capacity bytes under way in each direction before a write waits
-- @treturn transport
-- @treturn transport
function M.pair(capacity)
  local one = { bytes = "", capacity = capacity or 65536 }
  local other = { bytes = "", capacity = capacity or 65536 }
  return end_of(one, other), end_of(other, one)
end

--- Takes what is there, waiting for the first byte of it.
-- @tparam int max
-- @tparam ?number timeout seconds
-- @treturn[1] string one byte or more
-- @treturn[2] nil
-- @treturn[2] string "timeout", "eof" or "closed"
function End:read(max, timeout)
  local pipe = self.inward
  local ok, err = wait(function()
    return self.closed or pipe.bytes ~= "" or pipe.ended
  end, timeout)
  if self.closed then
    return nil, "closed"
  elseif not ok then
    return nil, err
  elseif pipe.bytes == "" then
    return nil, "eof"
  end
  local bytes = pipe.bytes:sub(1, max)
  pipe.bytes = pipe.bytes:sub(#bytes + 1)
  return bytes
end

--- Writes all bytes.
-- @tparam string bytes
-- @tparam ?number timeout seconds
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string "timeout", "closed" (by us) or "reset" (the other end is closed)
-- @treturn[2] int how many bytes were written
function End:write(bytes, timeout)
  local pipe, sent = self.outward, 0
  local moment = deadline.after(timeout)
  local function ready()
    return self.closed or pipe.deaf or #pipe.bytes < pipe.capacity
  end
  while sent < #bytes do
    local ok, err = wait(ready, deadline.left(moment))
    if self.closed or pipe.deaf or not ok then
      return nil, self.closed and "closed" or pipe.deaf and "reset" or err, sent
    end
    local chunk = bytes:sub(sent + 1, sent + pipe.capacity - #pipe.bytes)
    pipe.bytes = pipe.bytes .. chunk
    sent = sent + #chunk
  end
  return true
end

--- Ends our direction; reading goes on.
-- @treturn boolean true
function End:finish()
  self.outward.ended = true
  return true
end

--- Closes this end: the other reads what is under way and then "eof", and cannot write any more.
-- @treturn boolean true
function End:close()
  self.closed = true
  self.outward.ended = true
  self.inward.deaf = true
  return true
end

--- Runs functions as coroutines in turn until all have returned. An error in one is raised.
-- @tparam function ...
function M.run(...)
  local threads = {}
  for i = 1, select("#", ...) do
    threads[i] = coroutine.create((select(i, ...)))
  end
  while #threads > 0 do
    local alive = {}
    for _, thread in ipairs(threads) do
      local ok, err = coroutine.resume(thread)
      if not ok then
        error(debug.traceback(thread, tostring(err)), 0)
      elseif coroutine.status(thread) ~= "dead" then
        alive[#alive + 1] = thread
      end
    end
    threads = alive
  end
end

return M
