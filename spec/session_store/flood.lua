--- Many connections at once to one process, each of which waits on Redis in the middle of its
-- handshake.

local cqueues = require "cqueues"
local cqueues_socket = require "cqueues.socket"
local helper = require "helper"
local pki = require "pki"
local redis_server = require "session_store.redis_server" -- says where lua-redis is
local lua_redis = require "redis"
local redis_store = require "wolfssl.session_store.redis"
local wolfssl = require "wolfssl"

local M = {}

local function checked(ok, code)
  if not ok then error(("redis: %s"):format(code or "closed"), 0) end
  return ok
end

-- A client of lua-redis whose socket yields to cqueues.
local function connect(port)
  local s = cqueues_socket.connect("127.0.0.1", port)
  s:setmode("b", "bn")
  s:onerror(function(_, _, code) return code end)
  return lua_redis.connect { socket = {
    send = function(_, bytes) return checked(s:xwrite(bytes, "bn")) end,
    receive = function(_, what)
      if what == "*l" then return (checked(s:xread("*L", "b")):gsub("\r?\n$", "")) end
      return checked(s:xread(what, "b"))
    end,
    close = function() s:close() end,
  } }
end

local function resident()
  return tonumber(helper.read("/proc/self/statm"):match("^%d+ (%d+)")) * 4096
end

-- A handler for which Redis itself waits before it answers. What it counts stands in `tally`.
local function slow_handler(port, seconds, tally)
  local clients = {}
  return function()
    local client = table.remove(clients) or connect(port)
    tally.waiting = tally.waiting + 1
    tally.most_waiting = math.max(tally.most_waiting, tally.waiting)
    client:blpop("nothing", seconds)
    tally.waiting = tally.waiting - 1
    tally.waits = tally.waits + 1
    clients[#clients + 1] = client
  end
end

-- One connection: it says its number, and hears it; then it stays until everybody is there.
local function serve(context, socket, tally)
  local stream = context:wrap(socket, { timeout = 60 })
  if stream:handshake() then
    tally.open = tally.open + 1
    tally.resumed = tally.resumed + (stream:info().resumed and 1 or 0)
    tally.most_open = math.max(tally.most_open, tally.open)
    if tally.open == tally.count then tally.memory = resident() - tally.before end
    local line = stream:receive "*l"
    if line then stream:send(line .. "\n") end
    stream:receive "*a"
    tally.open = tally.open - 1
  end
  stream:close()
end

local function ca_file()
  return helper.write(helper.tempdir() .. "/ca.pem", wolfssl.certificate(pki.root):pem())
end

local function loop(context, listener, tally, rounds)
  local queue = cqueues.new()
  queue:wrap(function()
    for i = 1, tally.count * rounds do
      local socket = listener:accept()
      if i == tally.count + 1 then tally.resumed = 0 end
      queue:wrap(serve, context, socket, tally)
    end
  end)
  assert(queue:loop())
end

--- Runs it: all clients come at once, go, and come back with their sessions.
-- @int count of connections
-- @number seconds for which the handler of each waits on Redis
-- @string version of the clients
-- @treturn table `seconds` of both rounds, `most_open`, `most_waiting`, `waits`, `memory` of the
--   open connections, `resumed` in the second round, `errors` of the store, `told` by the clients
function M.run(count, seconds, version)
  local redis = redis_server.start()
  local tally = { count = count, open = 0, most_open = 0, waiting = 0, most_waiting = 0, waits = 0,
    resumed = 0 }
  local store = redis_store.new { max_idle = count, connect = function()
    return connect(redis.port)
  end }
  local context = pki.server { sessions = store, ticket_keys = { ("k"):rep(48) },
    on_client_hello = slow_handler(redis.port, seconds, tally) }
  local listener = cqueues_socket.listen { host = "127.0.0.1", port = 0, backlog = count }
  local _, _, port = listener:localname()
  collectgarbage()
  tally.before = resident()
  local clients = helper.spawn(("exec %s spec/session_store/flood_clients.lua %s %s %d %d %s %s")
    :format(helper.interpreter(), helper.quote(package.path), helper.quote(package.cpath), port,
      count, ca_file(), helper.quote(version)))
  local began = cqueues.monotime()
  loop(context, listener, tally, 2)
  tally.seconds = cqueues.monotime() - began
  tally.told, tally.errors = clients:finish(), store.errors
  listener:close()
  redis:stop()
  helper.cleanup()
  return tally
end

return M
