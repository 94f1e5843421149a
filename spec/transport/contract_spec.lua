-- The transports that need no event loop, by the contract of all transports.

local contract = require "transport.contract"
local core = require("wolfssl.core").fd
local fd = require "wolfssl.transport.fd"
local luasocket = require "wolfssl.transport.luasocket"
local memory = require "wolfssl.transport.memory"
local scheduler = require "transport.scheduler"
local has_socket, socket = pcall(require, "socket")

local function holds(name, host)
  describe(name, function()
    for _, fact in ipairs(contract(host)) do it(fact[1], fact[2]) end
  end)
end

local function list(count, make)
  local pairs_made = {}
  for i = 1, count do pairs_made[i] = { make() } end
  return pairs_made
end

holds("wolfssl.transport.memory", {
  open = function(count)
    return list(count, memory.pair)
  end,
  run = memory.run,
})

local poll = scheduler.new()

holds("wolfssl.transport.fd on a poll scheduler", {
  open = function(count)
    return list(count, function()
      local a, b = assert(core.socketpair())
      return fd.new(a, poll.loop), fd.new(b, poll.loop)
    end)
  end,
  run = function(...) return poll:run(...) end,
})

if has_socket then
  holds("wolfssl.transport.luasocket on a poll scheduler", {
    open = function(count)
      local listener = assert(socket.bind("127.0.0.1", 0, 256))
      local _, port = listener:getsockname()
      local made = list(count, function()
        local client = assert(socket.connect("127.0.0.1", port))
        return luasocket.new(client, poll.loop), luasocket.new(listener:accept(), poll.loop)
      end)
      listener:close()
      return made
    end,
    run = function(...) return poll:run(...) end,
  })
end
