--- A stage on which servers are played in memory, each connection by a coroutine of its own. Time
-- does not pass there: who waits for one that waits as well has a timeout at once.

local memory = require "wolfssl.transport.memory"
local probe = require "wolfssl.probe"

local M = {}

local PATIENCE = 3   -- turns in which nobody says a word

-- The client's end: its waits end when nobody says anything any more.
local function impatient(stage, inner)
  local transport = { event = inner.event }
  function transport.read(_, max)
    local quiet = 0
    while true do
      local bytes, reason = inner:read(max, 0)
      if bytes or reason ~= "timeout" or quiet == PATIENCE then return bytes, reason end
      local said = stage.said
      coroutine.yield()
      quiet = said == stage.said and quiet + 1 or 0
    end
  end
  function transport.write(_, bytes, timeout)
    stage.said = stage.said + 1
    return inner:write(bytes, timeout)
  end
  function transport.close() return inner:close() end
  return transport
end

-- The server's end: what it writes may be changed on its way.
local function bent(stage, inner, bend)
  local transport = { event = inner.event }
  function transport.read(_, max) return inner:read(max, 3600) end
  function transport.write(_, bytes)
    stage.said = stage.said + 1
    return inner:write(bend and bend(bytes) or bytes, 3600)
  end
  function transport.close() return inner:close() end
  return transport
end

local function resume(task)
  local ok, message = coroutine.resume(task)
  if not ok then error(debug.traceback(task, tostring(message)), 0) end
  return coroutine.status(task) ~= "dead"
end

--- Plays servers.
-- @func test function(target), the client's part; its first result is returned
-- @func serve function(conversation, number, transport), which plays a connection
-- @tparam ?table options of the target; `host`; `bend`: function(bytes) that returns what goes out
--   in the place of what a server writes
-- @return what the test returned
function M.play(test, serve, options)
  local stage, tasks, count, result = { said = 0 }, {}, 0, nil
  local all = { timeout = 3600, patience = 1 }
  for name, value in pairs(options or {}) do all[name] = value end
  local bend, host = all.bend, all.host or "a.example"
  all.bend, all.host = nil, nil
  all.transport = function()
    local near, far = memory.pair(2 ^ 30)
    local transport = bent(stage, far, bend)
    count = count + 1
    local number = count
    tasks[#tasks + 1] = coroutine.create(function()
      serve(probe.accept(transport, { timeout = 3600 }), number, transport)
      stage.said = stage.said + 1
      transport:close()
    end)
    return impatient(stage, near)
  end
  local client = coroutine.create(function()
    result = test(probe.target(host, 443, all))
  end)
  while resume(client) do
    for i = #tasks, 1, -1 do
      if not resume(tasks[i]) then table.remove(tasks, i) end
    end
  end
  return result
end

return M
