-- The contract of all transports, on cosockets of one request: pairs of connections to a relay,
-- light threads.

local inside = require "hosts.inside"
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

return function()
  local port = tonumber(ngx.var.arg_port)
  local function cosocket()
    local socket = ngx.socket.tcp()
    assert(socket:connect("127.0.0.1", port))
    return transport.of(socket)
  end
  ngx.print(inside.report {
    limits = { write_timeout_fatal = true },
    run = run,
    open = function(count)
      local pairs_made = {}
      for i = 1, count do pairs_made[i] = { cosocket(), cosocket() } end
      return pairs_made
    end,
  })
end
