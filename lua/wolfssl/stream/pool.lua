--- Connected streams that wait for their next use.
--
--     local streams = require("wolfssl.stream.pool").new { idle = 60 }
--
--     local stream, message = streams:take("db:5432")
--     if not stream then stream, message = wolfssl.connect("db", 5432, options) end
--     …
--     streams:give("db:5432", stream)
--
-- In nginx a pool is a worker's: kept in a module, it serves all of its requests.
-- @module wolfssl.stream.pool

local deadline = require "wolfssl.transport.deadline"
local options_of = require "wolfssl.options"

local M = {}

--- @type Pool
local Pool = {}
Pool.__index = Pool

--- Makes a pool.
-- @tparam ?table options `idle`: seconds that a stream may wait (60; for ever when negative);
--   `max`: how many may wait under one name (8), and `total`: under all (100), then the one that
--   has waited longest is closed
-- @treturn Pool
function M.new(options)
  options = options or {}
  options_of.check(options, { idle = "number", max = "number", total = "number" }, "a pool")
  return setmetatable({ idle = options.idle or 60, max = options.max or 8,
    total = options.total or 100, waiting = {} }, Pool)
end

-- Silent and sound: nothing can be read, not even the end.
local function is_quiet(stream)
  local total, block = stream.timeout, stream.loop.block_timeout
  stream:settimeout(0)
  local _, _, code = stream:read()
  stream.timeout, stream.loop.block_timeout = total, block
  return code == "timeout"
end

local function park(stream, idle)
  if stream:dirty() then return false end
  local transport = stream.transport
  if transport.park then return transport:park(idle) end
  return is_quiet(stream)
end

local function unpark(entry)
  local stream = entry.stream
  if stream.closed or deadline.left(entry.moment) == 0 then return false end
  local transport = stream.transport
  if transport.unpark then return transport:unpark(stream.timeout) end
  return is_quiet(stream)
end

--- A stream that was given under this name, if one is still connected: the latest.
-- @tparam string name
-- @treturn ?stream the caller's from now on
function Pool:take(name)
  local list = self.waiting[name] or {}
  while #list > 0 do
    local entry = table.remove(list)
    if #list == 0 then self.waiting[name] = nil end
    if unpark(entry) then return entry.stream end
    entry.stream:close()
  end
end

-- Nobody may ever ask for a name again: whatever has waited too long goes with the next that comes,
-- and the oldest of too many.
local function make_room(self)
  local over, count, oldest = {}, 0, nil
  for name, list in pairs(self.waiting) do
    while list[1] and deadline.left(list[1].moment) == 0 do
      over[#over + 1] = table.remove(list, 1).stream
    end
    count = count + #list
    if #list == 0 then
      self.waiting[name] = nil
    elseif not oldest or list[1].moment < oldest[1].moment then
      oldest = list
    end
  end
  if oldest and count >= self.total then over[#over + 1] = table.remove(oldest, 1).stream end
  for _, stream in ipairs(over) do stream:close() end
end

--- Keeps a stream that is between two uses. One with something to read, or at its end, is closed.
-- @tparam string name who may have it: say peer, credentials and whatever else makes a difference
-- @tparam stream stream the pool's from now on
-- @treturn boolean whether it was kept
function Pool:give(name, stream)
  if stream.closed then return false end
  if not park(stream, self.idle) then
    stream:close()
    return false
  end
  make_room(self)
  local list = self.waiting[name] or {}
  self.waiting[name] = list
  list[#list + 1] = { stream = stream, moment = deadline.after(self.idle) or math.huge }
  if #list > self.max then table.remove(list, 1).stream:close() end
  return true
end

--- Closes all that wait.
function Pool:close()
  for name, list in pairs(self.waiting) do
    self.waiting[name] = nil
    for _, entry in ipairs(list) do entry.stream:close() end
  end
end

return M
