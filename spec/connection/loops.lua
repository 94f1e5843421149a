--- The loops that handlers wait on: those of transport.hosts that have sockets, and two that need
-- nothing.
--
-- A host has `open(count)`: a list of pairs of joined transports; `run(jobs...)`: runs functions
-- until all have returned, the first on the first ones of these pairs.

local core = require("wolfssl.core").fd
local blocking = require "wolfssl.transport.blocking"
local fd = require "wolfssl.transport.fd"
local hosts = require "transport.hosts"

local M = { names = { "a bare coroutine", "blocking sockets" } }

local PATIENCE = 100 -- seconds: nobody should have to wait for it

local function sockets()
  local listener, port = assert(core.listen("127.0.0.1", 0))
  local near = assert(core.connect("127.0.0.1", port, PATIENCE))
  local far = assert(core.accept(listener, PATIENCE))
  core.close(listener)
  return near, far
end

local function list(count, make)
  local made = {}
  for i = 1, count do made[i] = { make() } end
  return made
end

-- ---------------------------------------------------------------- coroutines, resumed by hand

local woken = {}

local bare = {
  wait = function(...) return coroutine.yield(...) end,
  wake = function(descriptor) woken[descriptor] = true end,
}

local function is_ready(job)
  return not job.fd or woken[job.fd] or core.poll(job.fd, job.mode, 0)
end

-- One turn of each that need not wait; true while somebody went on.
local function turn(jobs)
  local moved = false
  for i = #jobs, 1, -1 do
    local job = jobs[i]
    if is_ready(job) then
      moved = true
      if job.fd then woken[job.fd] = nil end
      local ok, what, mode = coroutine.resume(job.thread, job.answer or true)
      assert(ok, what)
      job.fd, job.mode, job.answer = nil, nil, nil
      if coroutine.status(job.thread) == "dead" then table.remove(jobs, i)
      elseif type(what) == "number" then job.fd, job.mode = what, mode
      else job.answer = what end -- whoever yields something else is given it back
    end
  end
  return moved
end

local function started(...)
  local jobs = {}
  for i = 1, select("#", ...) do jobs[i] = { thread = coroutine.create((select(i, ...))) } end
  return jobs
end

local function finish(jobs)
  local modes = {}
  while jobs[1] do
    if not turn(jobs) then
      for _, job in ipairs(jobs) do modes[job.fd] = job.mode end
      assert(core.poll_any(modes, PATIENCE), "everybody waits")
      modes = {}
    end
  end
end

local function of_bare()
  return {
    open = function(count)
      return list(count, function()
        local near, far = sockets()
        return fd.new(near, bare), fd.new(far, bare)
      end)
    end,
    run = function(...) finish(started(...)) end,
  }
end

-- ---------------------------------------------------------------------- blocking sockets

-- What waits here stops the program; it is let wait when all others do.
local function of_blocking()
  local others = {}
  local loop = {
    wait = function(...)
      repeat until not turn(others)
      return core.poll(...)
    end,
  }
  return {
    open = function(count)
      return list(count, function()
        local near, far = sockets()
        near = blocking.new(near)
        near.loop = loop
        return near, fd.new(far, bare)
      end)
    end,
    run = function(first, ...)
      others = started(...)
      first()
      finish(others)
    end,
  }
end

M["a bare coroutine"] = { library = "wolfssl", new = of_bare }
M["blocking sockets"] = { library = "wolfssl", new = of_blocking }
for _, name in ipairs(hosts.names) do
  if name ~= "memory" then
    M.names[#M.names + 1] = name
    M[name] = hosts[name]
  end
end

return M
