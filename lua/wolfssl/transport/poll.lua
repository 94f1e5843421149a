--- A loop of poll(2) for programs that want many connections at once and nothing else installed.
--
--     local loop = poll.new()
--     loop:listen(listener, function(transport) … end)   -- in a coroutine of its own
--     loop:run()
--
-- It is no match for cqueues or luv with thousands of connections: each turn looks at all of them.
-- @module wolfssl.transport.poll

local core = require("wolfssl.core").fd
local deadline = require "wolfssl.transport.deadline"
local fd = require "wolfssl.transport.fd"

local M = {}

--- @type Loop
local Loop = {}
Loop.__index = Loop

--- Makes a loop.
-- @tparam ?table options `limit`: most tasks at once (default 400), where a further connection
--   takes the place of the one that has been there longest; `on_error` = function(message): of a
--   task that raised, with a traceback. By default it ends `run`
-- @treturn Loop
function M.new(options)
  options = options or {}
  local self = setmetatable({
    limit = options.limit or 400, on_error = options.on_error,
    waiting = {}, -- those that wait
    count = 0, born = 0,
  }, Loop)
  self.hooks = {
    wait = function(descriptor, mode, timeout) return self:wait(descriptor, mode, timeout) end,
    wake = function(descriptor) self:wake(descriptor) end,
    event = function() return self:event() end,
  }
  return self
end

local function finished(self, task, ok, err)
  self.count = self.count - 1
  if ok then return end
  if task.guest then task.guest:close() end
  local message = debug.traceback(task.thread, tostring(err))
  if not self.on_error then error(message, 0) end
  self.on_error(message)
end

local function resume(self, task, ...)
  local outer = self.current
  self.waiting[task], self.current = nil, task
  local ok, err = coroutine.resume(task.thread, ...)
  self.current = outer
  if coroutine.status(task.thread) == "dead" then finished(self, task, ok, err) end
end

--- Runs a function in a coroutine of its own, up to its first wait at once.
-- @tparam function task
-- @param ... its arguments
function Loop:spawn(task, ...)
  self.count, self.born = self.count + 1, self.born + 1
  resume(self, { born = self.born, thread = coroutine.create(task) }, ...)
end

--- Waits: in a task, the others run meanwhile.
-- @tparam ?int descriptor nil, in a task: only for the time to pass
-- @tparam ?string mode "r" or "w"
-- @tparam ?number timeout seconds
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string "timeout"
function Loop:wait(descriptor, mode, timeout)
  local task = self.current
  if not task then return core.poll(descriptor, mode, timeout) end
  task.fd, task.mode, task.woken = descriptor, mode, nil
  task.moment = timeout and core.monotime() + timeout
  self.waiting[task] = true
  return coroutine.yield()
end

--- Makes the tasks that wait for a descriptor go on.
-- @tparam int descriptor
function Loop:wake(descriptor)
  for task in pairs(self.waiting) do
    if task.fd == descriptor then task.woken = true end
  end
end

--- Something that tasks can wait for until another signals it.
-- @treturn {wait=function,signal=function} see the transport contract in `wolfssl.transport.fd`
function Loop:event()
  local parked = {}
  return {
    wait = function(_, timeout)
      parked[self.current or false] = true
      return self:wait(nil, nil, timeout)
    end,
    signal = function()
      for task in pairs(parked) do task.woken, parked[task] = true, nil end
    end,
  }
end

--- A transport over a connected descriptor, which it owns from now on.
-- @tparam int descriptor
-- @treturn transport see `wolfssl.transport.fd`
function Loop:transport(descriptor)
  return fd.new(descriptor, self.hooks)
end

--- The addresses of a host. Nothing else runs while the system resolves a name.
-- @tparam string host a name or an address
-- @treturn[1] {string,...} in numbers
-- @treturn[2] nil
-- @treturn[2] string message
function Loop:resolve(host) -- luacheck: no self
  return core.addresses(host)
end

--- Connects over TCP. In a task, the others run meanwhile, but not while the system resolves a
-- name.
-- @tparam string host a name or an address; each of a name's addresses is tried
-- @tparam int port
-- @tparam ?number timeout seconds
-- @treturn[1] transport
-- @treturn[2] nil
-- @treturn[2] string message, with host, port and reason
-- @treturn[2] string "timeout" or "network_error"
function Loop:connect(host, port, timeout)
  local moment = deadline.after(timeout)
  local list, why = core.addresses(host)
  for _, address in ipairs(list or {}) do
    local transport
    transport, why = fd.dial(address, port, deadline.left(moment), self.hooks)
    if transport then return transport end
  end
  return nil, ("cannot connect to %s:%d: %s"):format(host, port, why),
    why == "timeout" and "timeout" or "network_error"
end

local function oldest(self)
  local found
  for task in pairs(self.waiting) do
    if task.guest and (not found or task.born < found.born) then found = task end
  end
  return found
end

-- A peer that is gone again, or no descriptor left: the next one may be luckier.
local function welcome(self, listener, serve)
  local descriptor = core.accept(listener, 0)
  if not descriptor then return end
  local leaving = self.count >= self.limit and oldest(self)
  if leaving then resume(self, leaving, nil, "timeout") end
  self:spawn(function()
    local transport = self:transport(descriptor)
    self.current.guest = transport
    serve(transport)
  end)
end

--- Serves each connection that comes, in a task of its own.
-- @tparam int listener from `core.fd.listen`
-- @tparam function serve function(transport)
function Loop:listen(listener, serve)
  self:spawn(function()
    while self:wait(listener, "r") do welcome(self, listener, serve) end
  end)
end

local function survey(self)
  local modes, moment = {}, nil
  for task in pairs(self.waiting) do
    if task.fd then
      local mode = modes[task.fd]
      modes[task.fd] = mode and mode ~= task.mode and "rw" or task.mode
    end
    local wanted = task.woken and 0 or task.moment
    if wanted and (not moment or wanted < moment) then moment = wanted end
  end
  return modes, moment
end

local function poll(self)
  local modes, moment = survey(self)
  local ready, timeout = {}, moment and math.max(moment - core.monotime(), 0)
  for _, descriptor in ipairs(core.poll_any(modes, timeout) or {}) do ready[descriptor] = true end
  return ready
end

-- In the order of their birth.
local function due(self, ready)
  local now, list = core.monotime(), {}
  for task in pairs(self.waiting) do
    local ok = task.woken or task.fd and ready[task.fd] and core.poll(task.fd, task.mode, 0)
    if ok or task.moment and task.moment <= now then
      list[#list + 1] = { task = task, ok = ok and true or nil }
    end
  end
  table.sort(list, function(a, b) return a.task.born < b.task.born end)
  return list
end

--- Runs until no task is left, or `stop`.
function Loop:run()
  self.running = true
  while self.running and next(self.waiting) do
    for _, item in ipairs(due(self, poll(self))) do
      if self.waiting[item.task] then
        resume(self, item.task, item.ok, not item.ok and "timeout" or nil)
      end
    end
  end
end

--- Ends `run` after this turn; the tasks that wait stay where they are.
function Loop:stop()
  self.running = false
end

return M
