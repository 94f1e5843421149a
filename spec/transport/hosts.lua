-- The loops that the contract is run on. Each of `names` has here what it needs, `library` and its
-- `package`, and `new`, which makes a host for transport.contract.

local core = require("wolfssl.core").fd
local fd = require "wolfssl.transport.fd"
local luasocket = require "wolfssl.transport.luasocket"
local memory = require "wolfssl.transport.memory"
local scheduler = require "transport.scheduler"
local transport = require "wolfssl.transport"

local M = { names = {} }

local yields_over_pcall = jit ~= nil or _VERSION ~= "Lua 5.1" -- luacheck: ignore 113

local function host(name, library, package_name, new)
  M.names[#M.names + 1] = name
  M[name] = { library = library, package = package_name, new = new }
end

local function list(count, make)
  local made = {}
  for i = 1, count do made[i] = { make() } end
  return made
end

-- Pairs of connected LuaSocket objects.
local function sockets(count, wrap)
  local socket = require "socket"
  local listener = assert(socket.bind("127.0.0.1", 0, 256))
  local _, port = listener:getsockname()
  local made = list(count, function()
    local client = assert(socket.connect("127.0.0.1", port))
    return wrap(client), wrap(assert(listener:accept()))
  end)
  listener:close()
  return made
end

local function descriptors(count, wrap)
  return list(count, function()
    local a, b = assert(core.socketpair())
    return wrap(a), wrap(b)
  end)
end

-- Runs functions where one that fails must not take the loop down, then raises the first error.
local function guarded(loop, ...)
  local failure
  local jobs = { ... }
  if not yields_over_pcall then return loop(jobs) end
  for i, job in ipairs(jobs) do
    jobs[i] = function()
      local ok, err = xpcall(job, function(e) return debug.traceback(tostring(e), 2) end)
      if not ok then failure = failure or err end
    end
  end
  loop(jobs)
  if failure then error(failure, 0) end
end

host("memory", "wolfssl", "nothing", function()
  return {
    open = function(count) return list(count, memory.pair) end,
    run = memory.run,
  }
end)

host("poll", "wolfssl", "nothing", function()
  local poll = scheduler.new()
  return {
    open = function(count)
      return descriptors(count, function(n) return fd.new(n, poll.loop) end)
    end,
    run = function(...) return poll:run(...) end,
  }
end)

host("LuaSocket", "socket", "package lua-socket", function()
  local poll = scheduler.new()
  return {
    open = function(count)
      return sockets(count, function(s) return luasocket.new(s, poll.loop) end)
    end,
    run = function(...) return poll:run(...) end,
  }
end)

local function run_cqueues(...)
  local queue = require "cqueues".new()
  for i = 1, select("#", ...) do queue:wrap((select(i, ...))) end
  local ok, err, _, thread = queue:loop()
  if not ok then error(thread and debug.traceback(thread, tostring(err)) or err, 0) end
end

host("cqueues", "cqueues", "package lua-cqueues", function()
  local socket = require "cqueues.socket"
  return {
    open = function(count)
      local listener = assert(socket.listen("127.0.0.1", 0))
      local _, address, port = listener:localname()
      local made = list(count, function()
        local client = assert(socket.connect(address, port))
        assert(client:connect(50))
        return transport.of(client), transport.of(assert(listener:accept(50)))
      end)
      listener:close()
      return made
    end,
    run = run_cqueues,
  }
end)

host("cqueues, descriptors", "cqueues", "package lua-cqueues", function()
  local cqueues = require "wolfssl.transport.cqueues"
  return {
    open = function(count) return descriptors(count, cqueues.new) end,
    run = run_cqueues,
  }
end)

-- Debian's copas is 1.2, without timeouts. WOLFSSL_COPAS names a directory with copas 4 and what it
-- requires: timerwheel, binaryheap, on Lua 5.1 coxpcall.
local COPAS = os.getenv "WOLFSSL_COPAS"
if COPAS then package.path = ("%s/?.lua;%s/?/init.lua;"):format(COPAS, COPAS) .. package.path end

local function run_copas(...)
  local copas = require "copas"
  guarded(function(jobs)
    for _, job in ipairs(jobs) do copas.addthread(job) end
    copas.loop()
  end, ...)
end

host("copas", "copas.semaphore", "copas 4, see WOLFSSL_COPAS", function()
  local copas = require "copas"
  return {
    open = function(count)
      return sockets(count, function(s) return transport.of(copas.wrap(s)) end)
    end,
    run = run_copas,
  }
end)

-- Not until the loop has nothing to do: Neovim's never ends.
local function run_luv(...)
  local uv = require "luv"
  guarded(function(jobs)
    local alive = #jobs
    for _, job in ipairs(jobs) do
      assert(coroutine.resume(coroutine.create(function()
        job()
        alive = alive - 1
      end)))
    end
    while alive > 0 do uv.run "once" end
  end, ...)
end

-- One TCP connection through libuv's own listen, accept and connect.
local function uv_pair(uv)
  local listener, client, server = uv.new_tcp(), uv.new_tcp(), uv.new_tcp()
  local connected, accepted
  assert(listener:bind("127.0.0.1", 0))
  assert(listener:listen(16, function(err) accepted = not err and listener:accept(server) end))
  local port = listener:getsockname().port
  assert(client:connect("127.0.0.1", port, function(err) connected = not err end))
  while not (connected and accepted) do uv.run "once" end
  listener:close()
  return client, server
end

host("luv", "luv", "package lua-luv", function()
  local uv = require "luv"
  return {
    open = function(count)
      return list(count, function()
        local client, server = uv_pair(uv)
        return transport.of(client), transport.of(server)
      end)
    end,
    run = run_luv,
  }
end)

return M
