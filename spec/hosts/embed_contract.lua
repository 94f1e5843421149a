-- The contract of all transports in the loop of embed.c. `watch` is its.

local core = require("wolfssl.core").fd
local fd = require "wolfssl.transport.fd"
local inside = require "hosts.inside"

local watch = watch -- luacheck: ignore 113
local silent = assert(core.socketpair())
local loop, parked = {}, {}

function loop.wait(descriptor, mode, timeout)
  local thread, here = coroutine.running(), parked[descriptor] or {}
  parked[descriptor] = here
  local function go(...)
    if here[thread] ~= go then return end -- it has gone on already
    here[thread] = nil
    assert(coroutine.resume(thread, ...))
  end
  here[thread] = go
  watch(descriptor, mode, timeout, function(ready) go(ready, "timeout") end)
  return coroutine.yield()
end

function loop.wake(descriptor)
  local here = parked[descriptor]
  parked[descriptor] = nil
  for _, go in pairs(here or {}) do go(nil, "closed") end
end

-- This program can only wait for descriptors, and never ceases to: so by turns.
function loop.event()
  local count = 0
  return {
    wait = function(_, timeout)
      local before, moment = count, core.monotime() + (timeout or math.huge)
      repeat loop.wait(silent, "r", 0.001) until count > before or core.monotime() >= moment
      return count > before
    end,
    signal = function() count = count + 1 end,
  }
end

local host = {}

function host.open(count)
  local list = {}
  for i = 1, count do
    local a, b = assert(core.socketpair())
    list[i] = { fd.new(a, loop), fd.new(b, loop) }
  end
  return list
end

function host.run(...)
  local alive, failure, me = select("#", ...), nil, nil
  for _, job in ipairs { ... } do
    coroutine.wrap(function()
      local ok, err = xpcall(job, debug.traceback)
      alive, failure = alive - 1, failure or not ok and err
      if me and alive == 0 then assert(coroutine.resume(me)) end
    end)()
  end
  if alive > 0 then
    me = coroutine.running()
    coroutine.yield()
  end
  if failure then error(failure, 0) end
end

coroutine.wrap(function()
  print(inside.report(host))
  os.exit(true)
end)()
