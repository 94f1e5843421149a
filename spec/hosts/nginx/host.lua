-- A host for transport.contract and bench.pairs: light threads, and pairs of cosockets of one
-- request that a relay joins.

local ngx = ngx -- luacheck: ignore 113
local transport = require "wolfssl.transport"

local function run(...)
  local threads = {}
  for i = 1, select("#", ...) do
    local job = select(i, ...)
    threads[i] = ngx.thread.spawn(function() return xpcall(job, debug.traceback) end)
  end
  for _, thread in ipairs(threads) do
    local _, ok, err = ngx.thread.wait(thread)
    if not ok then error(err, 0) end
  end
end

-- At the port of spec/hosts/relay.lua.
return function(port)
  local function cosocket()
    local socket = ngx.socket.tcp()
    assert(socket:connect("127.0.0.1", port))
    return transport.of(socket)
  end
  return {
    limits = { write_timeout_fatal = true },
    run = run,
    open = function(count)
      local list = {}
      for i = 1, count do list[i] = { cosocket(), cosocket() } end
      return list
    end,
  }
end
