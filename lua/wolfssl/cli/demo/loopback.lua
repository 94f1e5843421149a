--- A client and a server in one process, each a coroutine, joined by a real TCP connection on
-- loopback.
-- @module wolfssl.cli.demo.loopback

local core = require("wolfssl.core").fd
local fd = require "wolfssl.transport.fd"

local M = {}

local TURN = 0.005 -- seconds for which one side's socket is watched before it is the other's turn

local function wait(descriptor, mode)
  return coroutine.yield(descriptor, mode)
end

local function transport(descriptor)
  return fd.new(descriptor, { wait = wait })
end

local function resume(task, ...)
  local ok, descriptor, mode = coroutine.resume(task.thread, ...)
  if not ok then error(descriptor, 0) end
  task.descriptor, task.mode = descriptor, mode
end

--- Connects two coroutines and runs them to their end.
-- @tparam function client function(transport)
-- @tparam function server function(transport)
function M.run(client, server)
  local listener, port = assert(core.listen("127.0.0.1", 0))
  local near = assert(core.connect("127.0.0.1", port, 5))
  local far = assert(core.accept(listener, 5))
  core.close(listener)
  local tasks = {
    { thread = coroutine.create(function() client(transport(near)) end) },
    { thread = coroutine.create(function() server(transport(far)) end) },
  }
  for _, task in ipairs(tasks) do resume(task) end
  local running
  repeat
    running = false
    for _, task in ipairs(tasks) do
      if coroutine.status(task.thread) ~= "dead" then
        running = true
        if core.poll(task.descriptor, task.mode, TURN) then resume(task, true) end
      end
    end
  until not running
end

return M
