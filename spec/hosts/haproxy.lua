-- What HAProxy loads for haproxy_spec, in each of its threads. It finds certificates and ports in
-- the environment.

local core = core -- luacheck: ignore 113
local inside = require "hosts.inside"
local transport = require "wolfssl.transport"
local wolfssl = require "wolfssl"

local function run(...)
  local alive, failure = select("#", ...), nil
  for i = 1, alive do
    local job = select(i, ...)
    core.register_task(function()
      local ok, err = xpcall(job, debug.traceback)
      failure = failure or not ok and err
      alive = alive - 1
    end)
  end
  while alive > 0 do core.msleep(5) end
  if failure then error(failure, 0) end
end

-- The contract of all transports: pairs of connections to a relay, tasks.
core.register_service("contract", "tcp", function(applet)
  local port = tonumber((applet:getline()))
  local function socket()
    local made = core.tcp()
    assert(made:connect("127.0.0.1", port))
    return transport.of(made)
  end
  applet:send(inside.report {
    limits = { one_coroutine = true, timeout_fatal = true, no_bulk = true },
    run = run,
    pause = function(seconds) core.msleep(math.ceil(seconds * 1000)) end,
    open = function(count)
      local made = {}
      for i = 1, count do made[i] = { socket(), socket() } end
      return made
    end,
  })
end)

-- A handler that waits for Redis.
local greeting

local function on_client_hello()
  local redis = core.tcp()
  redis:connect("127.0.0.1", tonumber(os.getenv "REDIS"))
  redis:send "GET greeting\r\n"
  redis:receive "*l"
  greeting = redis:receive "*l"
  redis:close()
end

local context = assert(wolfssl.server {
  certificate = os.getenv "CHAIN", key = os.getenv "KEY",
  on_client_hello = os.getenv "REDIS" and on_client_hello,
})

core.register_service("tls", "tcp", function(applet)
  local stream = context:wrap(applet)
  for line in function() return (stream:receive()) end do
    local size = tonumber(line)
    if size then
      line = stream:receive(size)
    elseif line == "who" then
      line = ("%d %s"):format(core.thread, greeting)
    end
    stream:send(line:reverse() .. "\n")
  end
  stream:close()
end)

-- A client: "PORT SECONDS".
core.register_service("client", "tcp", function(applet)
  local port, seconds = applet:getline():match "(%d+) (%S+)"
  local stream, message, code = wolfssl.connect("127.0.0.1", tonumber(port), {
    trust = os.getenv "TRUST", server_name = "localhost", timeout = tonumber(seconds),
  })
  if not stream then return applet:send(code .. ": " .. message) end
  stream:send "hello\n"
  applet:send(stream:info().version.name .. " " .. stream:receive())
  stream:close()
end)
