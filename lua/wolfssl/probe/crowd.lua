--- Many things at once on one loop, though not more than so many, and not more than so many with
-- one host.
-- @module wolfssl.probe.crowd
local call = require "wolfssl.connection.call"

local M = {}

local CONCURRENCY, PER_HOST = 100, 1

-- Those with a busy host wait in its queue, so that others can pass.
local function park(self, item, host)
  local queue = self.queues[host] or { first = 1, last = 0 }
  self.queues[host], self.parked = queue, self.parked + 1
  queue.last = queue.last + 1
  queue[queue.last] = item
end

local function unpark(self, host)
  local queue = not self.failure and self.queues[host]
  if not queue then return nil end
  local item = queue[queue.first]
  queue[queue.first], queue.first, self.parked = nil, queue.first + 1, self.parked - 1
  if queue.first > queue.last then self.queues[host] = nil end
  return item
end

local function fail(self, message)
  self.failure = self.failure or { message }
end

-- One task does what waits for its host, too: whoever waits has somebody to wait for.
local function serve(self, item, host)
  self.with[host] = (self.with[host] or 0) + 1
  while item ~= nil do
    local ok, message = call.pcall(self.work, item)
    if not ok then fail(self, message) end
    item = unpark(self, host)
  end
  self.with[host] = self.with[host] > 1 and self.with[host] - 1 or nil
end

local function begin(self, item)
  local ok, host = call.pcall(self.host_of, item)
  if not ok then
    fail(self, host)
  elseif (self.with[host] or 0) >= self.per_host then
    park(self, item, host)
  elseif not self.failure then
    serve(self, item, host)
  end
  self.active = self.active - 1
  self.changed:signal()
end

local function take(self, item)
  self.active = self.active + 1
  self.loop:spawn(begin, self, item)
end

local function is_full(self)
  return self.active >= self.concurrency or self.parked >= self.concurrency
end

local function feed(self)
  while not self.failure do
    local ok, item = call.pcall(self.next)
    if not ok then self.failure = { item } end
    if not ok or item == nil then return end
    take(self, item)
    while is_full(self) and not self.failure do self.changed:wait() end
  end
end

--- Does work for each item, many at once; returns when all is done.
-- @tparam Loop loop see `wolfssl.transport.loop`
-- @tparam table options
--
-- - `next`: function() that returns the next item, or nil when there are no more; it may wait;
-- - `work`: function(item), in a task of its own; when it raises no more work is begun, and this
--   raises the same once the work under way is done;
-- - `host_of`: function(item) that returns what `per_host` counts; it may wait; default the item;
-- - `concurrency`: at most so many at once, default 100; `per_host`: with one host, default 1
function M.run(loop, options)
  local self = { loop = loop, next = options.next, work = options.work,
    host_of = options.host_of or function(item) return item end,
    concurrency = options.concurrency or CONCURRENCY, per_host = options.per_host or PER_HOST,
    active = 0, parked = 0, with = {}, queues = {}, changed = loop:event() }
  loop:spawn(feed, self)
  loop:run()
  if self.failure then error(self.failure[1], 0) end
end

return M
