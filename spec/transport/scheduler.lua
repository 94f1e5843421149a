-- wolfssl.transport.poll as specs use it: run(…) runs functions concurrently until all are done.

local poll = require "wolfssl.transport.poll"

local M = {}

local Scheduler = {}
Scheduler.__index = Scheduler

function M.new()
  local loop = poll.new { limit = math.huge }
  return setmetatable({ poll = loop, loop = loop.hooks }, Scheduler)
end

function Scheduler:sleep(seconds)
  self.poll:wait(nil, nil, seconds)
end

function Scheduler:run(...)
  for i = 1, select("#", ...) do self.poll:spawn((select(i, ...))) end
  self.poll:run()
end

return M
